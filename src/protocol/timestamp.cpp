#include "protocol/timestamp.hpp"

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

}  // namespace mwaa_serverless::protocol
