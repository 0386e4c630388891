#include "retry/hints.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "strings/date_time.hpp"

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

std::optional<milliseconds> retry_after(std::string_view text, system_clock::time_point now) noexcept {
  if (const auto count = whole_number(text))
    return *count > longest_sane_seconds ? std::nullopt : std::optional<milliseconds>{seconds{*count}};
  const auto date = strings::parse_http_date(text);
  if (!date) return std::nullopt;
  const seconds whole = *date - std::chrono::floor<seconds>(now);
  if (whole.count() > longest_sane_seconds) return std::nullopt;
  if (whole.count() <= 0) return milliseconds::zero();
  return std::chrono::ceil<milliseconds>(*date - now);
}

}  // namespace

retry_hints read_hints(const error& failure, const http_response* response, system_clock::time_point now) noexcept {
  retry_hints hints;
  if (failure.retry_after) {
    if (failure.retry_after->count() >= 0 && failure.retry_after->count() <= longest_sane_seconds)
      hints.body = *failure.retry_after;
    else
      hints.note = "RetryAfterSeconds is negative or more than a year: ignored";
  }
  if (response == nullptr) return hints;
  if (const auto text = response->header("retry-after")) {
    hints.header = retry_after(*text, now);
    if (!hints.header) hints.note = "Retry-After is neither a number of seconds (up to a year) nor a date: ignored";
  }
  if (const auto text = response->header("x-amz-retry-after")) {
    const auto count = whole_number(*text);
    if (count && *count <= longest_sane_seconds * 1000)
      hints.amz = milliseconds{*count};
    else
      hints.note = "x-amz-retry-after is no number of milliseconds (up to a year): ignored";
  }
  return hints;
}

std::chrono::nanoseconds gate_hint(const retry_options& options, const retry_hints& hints) noexcept {
  // What a request is told for itself alone counts for the others no longer than AWS's SDKs let it.
  std::optional<milliseconds> own = hints.amz;
  if (own) own = std::min<milliseconds>(*own, amz_over_backoff);
  const auto hint = std::max({hints.body, hints.header, own});
  return hint ? std::min(*hint, options.max_hint) : milliseconds::zero();
}

std::optional<milliseconds> longest(const retry_hints& hints) noexcept {
  return std::max({hints.body, hints.header, hints.amz});  // nullopt is less than any value
}

}  // namespace mwaa_serverless::retry
