#include "strings/date_time.hpp"

#include <algorithm>
#include <cstddef>

namespace mwaa_serverless::strings {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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
  template <class Text>
  void expect(Text what) noexcept {
    if (!take(what)) fail();
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
  // One of the words of three letters, from 1.
  template <std::size_t Size>
  int word(const std::array<std::string_view, Size>& words) noexcept {
    for (std::size_t i = 0; i < Size; ++i)
      if (take(words[i])) return static_cast<int>(i) + 1;
    return fail();
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

// A date and a time of day as a text names them. A leap second is the first second of the next minute.
struct calendar_time {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;

  calendar_time() = default;
  explicit calendar_time(sys_seconds when) noexcept {
    const sys_days midnight = floor<days>(when);
    const year_month_day date{midnight};
    const hh_mm_ss time{when - midnight};
    year = static_cast<int>(date.year());
    month = static_cast<int>(static_cast<unsigned>(date.month()));
    day = static_cast<int>(static_cast<unsigned>(date.day()));
    hour = static_cast<int>(time.hours().count());
    minute = static_cast<int>(time.minutes().count());
    second = static_cast<int>(time.seconds().count());
  }

  // nullopt when the calendar or the clock has no such time.
  [[nodiscard]] std::optional<sys_seconds> moment() const noexcept {
    const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
  }
};

/// An offset behind its sign.
std::optional<minutes> offset_of(scanner& in, bool colon_required) noexcept {
  const int offset_hours = in.number(2);
  if (colon_required) in.expect(':');
  const int offset_minutes = colon_required || in.take(':') || in.at_digit() ? in.number(2) : 0;
  if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
  return hours{offset_hours} + minutes{offset_minutes};
}

char* write(char* to, std::string_view text) noexcept {
  return std::copy(text.begin(), text.end(), to);
}
template <int Digits>
char* write(char* to, int number) noexcept {
  auto value = static_cast<unsigned>(number);
  for (int i = Digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + Digits;
}

}  // namespace

std::optional<system_clock::time_point> parse_timestamp(std::string_view text) noexcept {
  scanner in{text};
  calendar_time when;
  when.year = in.number(4);
  in.expect('-');
  when.month = in.number(2);
  in.expect('-');
  when.day = in.number(2);
  in.expect('T');
  when.hour = in.number(2);
  in.expect(':');
  when.minute = in.number(2);
  in.expect(':');
  when.second = in.number(2);
  const nanoseconds fraction = in.take('.') ? in.fraction() : nanoseconds{0};
  std::optional<minutes> offset{0};
  if (!in.take('Z')) {
    const bool west = in.take('-');
    if (!west) in.expect('+');
    offset = offset_of(in, true);
    if (offset && west) *offset = -*offset;
  }
  const auto moment = when.moment();
  // Nanoseconds since 1970 reach from 1677 to 2262.
  if (!in.complete() || !offset || !moment || when.year <= 1677 || when.year >= 2262) return std::nullopt;
  return *moment - *offset + duration_cast<system_clock::duration>(fraction);
}

system_clock::time_point clamped_expiration(seconds since_1970, nanoseconds fraction) noexcept {
  constexpr seconds last = sys_days{year{2262} / January / 1}.time_since_epoch();
  if (since_1970 < seconds{0}) return system_clock::time_point{};
  if (since_1970 >= last) return system_clock::time_point{last};
  return system_clock::time_point{since_1970} + duration_cast<system_clock::duration>(fraction);
}

std::optional<system_clock::time_point> parse_expiration(std::string_view text) noexcept {
  scanner in{text};
  calendar_time when;
  when.year = in.number(4);
  const bool extended = in.take('-');
  when.month = in.number(2);
  if (extended) in.expect('-');
  when.day = in.number(2);
  if (!in.take('T') && !in.take('t')) in.expect(' ');
  when.hour = in.number(2);
  const bool colons = in.take(':');
  when.minute = in.number(2);
  const bool has_seconds = colons ? in.take(':') : in.at_digit();
  when.second = has_seconds ? in.number(2) : 0;
  const nanoseconds fraction = has_seconds && (in.take('.') || in.take(',')) ? in.fraction() : nanoseconds{0};
  in.take(' ');
  std::optional<minutes> offset{0};
  if (!in.take('Z') && !in.take('z') && !in.take("UTC") && !in.take("GMT")) {
    const bool west = in.take('-');
    if (!west) in.expect('+');
    offset = offset_of(in, false);
    if (offset && west) *offset = -*offset;
    in.take(" UTC");
  }
  const auto moment = when.moment();
  if (!in.complete() || !offset || !moment) return std::nullopt;
  return clamped_expiration(moment->time_since_epoch() - *offset, fraction);
}

std::string format_timestamp(system_clock::time_point when) {
  const auto seconds_since = floor<seconds>(when);
  const calendar_time at{seconds_since};
  std::string out = "YYYY-MM-DDThh:mm:ss.fffZ";
  write<4>(&out[0], at.year);
  write<2>(&out[5], at.month);
  write<2>(&out[8], at.day);
  write<2>(&out[11], at.hour);
  write<2>(&out[14], at.minute);
  write<2>(&out[17], at.second);
  write<3>(&out[20], static_cast<int>(floor<milliseconds>(when - seconds_since).count()));
  return out;
}

std::string format_shortest_timestamp(system_clock::time_point when, utc_sign zone) {
  std::string out = format_timestamp(when).substr(0, 19);
  const auto fraction = floor<microseconds>(when) - floor<seconds>(when);
  if (fraction.count() != 0) {
    const std::string digits = std::to_string(fraction.count());
    out.append(".").append(6 - digits.size(), '0').append(digits);
  }
  return out += zone == utc_sign::z ? "Z" : "+00:00";
}

std::optional<sys_seconds> parse_http_date(std::string_view text) noexcept {
  // The name of the day is not looked at.
  scanner in{text.substr(std::min<std::size_t>(text.size(), 3))};
  calendar_time when;
  in.expect(',');
  in.expect(' ');
  when.day = in.number(2);
  in.expect(' ');
  when.month = in.word(month_names);
  in.expect(' ');
  when.year = in.number(4);
  in.expect(' ');
  when.hour = in.number(2);
  in.expect(':');
  when.minute = in.number(2);
  in.expect(':');
  when.second = in.number(2);
  in.expect(" GMT");
  return in.complete() ? when.moment() : std::nullopt;
}

std::string format_http_date(system_clock::time_point when) {
  const calendar_time at{floor<seconds>(when)};
  std::string out = "Www, DD Nnn YYYY hh:mm:ss GMT";
  write(&out[0], day_names[weekday{floor<days>(when)}.c_encoding()]);
  write<2>(&out[5], at.day);
  write(&out[8], month_names[static_cast<std::size_t>(at.month) - 1]);
  write<4>(&out[12], at.year);
  write<2>(&out[17], at.hour);
  write<2>(&out[20], at.minute);
  write<2>(&out[23], at.second);
  return out;
}

std::optional<sys_seconds> parse_signing_time(std::string_view text) noexcept {
  scanner in{text};
  calendar_time when;
  when.year = in.number(4);
  when.month = in.number(2);
  when.day = in.number(2);
  in.expect('T');
  when.hour = in.number(2);
  when.minute = in.number(2);
  when.second = in.number(2);
  in.expect('Z');
  return in.complete() && when.second < 60 ? when.moment() : std::nullopt;
}

std::array<char, 16> signing_time_characters(system_clock::time_point when) noexcept {
  const calendar_time at{floor<seconds>(when)};
  std::array<char, 16> out;
  char* to = write<4>(out.data(), at.year);
  to = write<2>(to, at.month);
  to = write<2>(to, at.day);
  *to++ = 'T';
  to = write<2>(to, at.hour);
  to = write<2>(to, at.minute);
  to = write<2>(to, at.second);
  *to = 'Z';
  return out;
}

std::string format_signing_time(system_clock::time_point when) {
  const auto characters = signing_time_characters(when);
  return {characters.data(), characters.size()};
}

}  // namespace mwaa_serverless::strings
