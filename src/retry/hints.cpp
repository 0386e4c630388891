#include "retry/hints.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace mwaa_serverless::retry {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

namespace {

// Nobody means more than a year: larger numbers are mistakes, and would overflow later sums.
constexpr std::int64_t longest_sane_seconds = 366LL * 24 * 3600;

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() == '-') return std::nullopt;  // "-0" is no number here either
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<unsigned> month_number(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin()) + 1;
}

// The one form that senders may use (RFC 9110, section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". In whole seconds: the
// nanoseconds of system_clock end in 2262, and "never" is sent as the year 9999.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text) noexcept {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT")
    return std::nullopt;
  const auto day = whole_number(text.substr(5, 2));
  const auto month = month_number(text.substr(8, 3));
  const auto year = whole_number(text.substr(12, 4));
  const auto hour = whole_number(text.substr(17, 2));
  const auto minute = whole_number(text.substr(20, 2));
  const auto second = whole_number(text.substr(23, 2));
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
}

std::optional<milliseconds> retry_after(std::string_view text, system_clock::time_point now) noexcept {
  if (const auto count = whole_number(text))
    return *count > longest_sane_seconds ? std::nullopt : std::optional<milliseconds>{seconds{*count}};
  const auto date = http_date(text);
  if (!date) return std::nullopt;
  const seconds whole = *date - std::chrono::floor<seconds>(now);
  if (whole.count() > longest_sane_seconds) return std::nullopt;
  if (whole.count() <= 0) return milliseconds::zero();
  return std::chrono::ceil<milliseconds>(*date - now);
}

}  // namespace

retry_hints read_hints(const error& failure, const http_response* response, system_clock::time_point now) noexcept {
  retry_hints hints;
  if (failure.retry_after && failure.retry_after->count() >= 0 && failure.retry_after->count() <= longest_sane_seconds)
    hints.body = *failure.retry_after;
  if (response == nullptr) return hints;
  if (const auto text = response->header("retry-after")) hints.header = retry_after(*text, now);
  if (const auto text = response->header("x-amz-retry-after")) {
    const auto count = whole_number(*text);
    if (count && *count <= longest_sane_seconds * 1000) hints.amz = milliseconds{*count};
  }
  return hints;
}

std::optional<milliseconds> longest(const retry_hints& hints) noexcept {
  return std::max({hints.body, hints.header, hints.amz});  // nullopt is less than any value
}

}  // namespace mwaa_serverless::retry
