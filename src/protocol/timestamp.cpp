#include "protocol/timestamp.hpp"

#include <array>
#include <cstdio>

namespace mwaa_serverless::protocol {

namespace {

// Takes what it reads off the front of a text; after the first thing that is not there it stays failed.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {}

  int number(std::size_t digits) noexcept {
    if (rest_.size() < digits) return fail();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  void expect(char c) noexcept {
    if (!take(c)) fail();
  }
  bool take(char c) noexcept {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  [[nodiscard]] bool at_digit() const noexcept { return !rest_.empty() && is_digit(rest_.front()); }
  // The digits of a fraction, as nanoseconds; those behind the ninth are cut.
  std::chrono::nanoseconds fraction() noexcept {
    if (rest_.empty() || !is_digit(rest_.front())) fail();
    std::chrono::nanoseconds value{0};
    for (std::chrono::nanoseconds unit{100'000'000}; !rest_.empty() && is_digit(rest_.front()); unit /= 10) {
      value += unit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  [[nodiscard]] bool complete() const noexcept { return !failed_ && rest_.empty(); }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  int fail() noexcept {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) noexcept {
  using namespace std::chrono;
  scanner in{text};
  const int year_number = in.number(4);
  in.expect('-');
  const int month_number = in.number(2);
  in.expect('-');
  const int day_number = in.number(2);
  in.expect('T');
  const int hour = in.number(2);
  in.expect(':');
  const int minute = in.number(2);
  in.expect(':');
  const int second = in.number(2);
  const nanoseconds fraction = in.take('.') ? in.fraction() : nanoseconds{0};
  minutes offset{0};
  if (!in.take('Z')) {
    const int sign = in.take('-') ? -1 : 1;
    if (sign > 0) in.expect('+');
    const int offset_hours = in.number(2);
    in.expect(':');
    const int offset_minutes = in.number(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = sign * (hours{offset_hours} + minutes{offset_minutes});
  }
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  // Nanoseconds since 1970 reach from 1677 to 2262; a leap second is the first second of the next minute.
  const bool exists = date.ok() && hour < 24 && minute < 60 && second <= 60 && year_number > 1677 && year_number < 2262;
  if (!in.complete() || !exists) return std::nullopt;
  return sys_days{date} + hours{hour} + minutes{minute} - offset + seconds{second} +
         duration_cast<system_clock::duration>(fraction);
}

namespace {

/// An offset behind its sign.
std::optional<std::chrono::minutes> offset_of(scanner& in) noexcept {
  const int offset_hours = in.number(2);
  const int offset_minutes = in.take(':') || in.at_digit() ? in.number(2) : 0;
  if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
  return std::chrono::hours{offset_hours} + std::chrono::minutes{offset_minutes};
}

}  // namespace

std::chrono::system_clock::time_point clamped_expiration(std::chrono::seconds since_1970,
                                                         std::chrono::nanoseconds fraction) noexcept {
  using namespace std::chrono;
  constexpr seconds last = sys_days{year{2262} / January / 1}.time_since_epoch();
  if (since_1970 < seconds{0}) return system_clock::time_point{};
  if (since_1970 >= last) return system_clock::time_point{last};
  return system_clock::time_point{since_1970} + duration_cast<system_clock::duration>(fraction);
}

std::optional<std::chrono::system_clock::time_point> parse_expiration(std::string_view text) noexcept {
  using namespace std::chrono;
  scanner in{text};
  const int year_number = in.number(4);
  const bool extended = in.take('-');
  const int month_number = in.number(2);
  if (extended) in.expect('-');
  const int day_number = in.number(2);
  if (!in.take('T') && !in.take('t')) in.expect(' ');
  const int hour = in.number(2);
  const bool colons = in.take(':');
  const int minute = in.number(2);
  const bool has_seconds = colons ? in.take(':') : in.at_digit();
  const int second = has_seconds ? in.number(2) : 0;
  const nanoseconds fraction = has_seconds && (in.take('.') || in.take(',')) ? in.fraction() : nanoseconds{0};
  in.take(' ');
  std::optional<minutes> offset{0};
  if (!in.take('Z') && !in.take('z') && !in.take("UTC") && !in.take("GMT")) {
    const bool west = in.take('-');
    if (!west) in.expect('+');
    offset = offset_of(in);
    if (offset && west) *offset = -*offset;
    in.take(" UTC");
  }
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!in.complete() || !offset || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const seconds whole = sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} - *offset + seconds{second};
  return clamped_expiration(whole, fraction);
}

std::string format_timestamp(std::chrono::system_clock::time_point when, utc_sign zone) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss time{floor<microseconds>(when - day)};
  std::array<char, 64> out{};
  int size = std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                           static_cast<int>(time.seconds().count()));
  std::string text{out.data(), static_cast<std::size_t>(size)};
  if (time.subseconds().count() != 0) {
    size = std::snprintf(out.data(), out.size(), ".%06d", static_cast<int>(time.subseconds().count()));
    text.append(out.data(), static_cast<std::size_t>(size));
  }
  return text += zone == utc_sign::z ? "Z" : "+00:00";
}

}  // namespace mwaa_serverless::protocol
