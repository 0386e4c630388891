// Things that go wrong between a client and the emulator, on demand.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless::testing {

namespace detail {

/// `length` in milliseconds; what does not fit is the nearest that does. The standard's conversion overflows.
template <class Rep, class Period>
[[nodiscard]] constexpr std::chrono::milliseconds saturated(std::chrono::duration<Rep, Period> length) noexcept {
  using std::chrono::milliseconds;
  const auto exact = std::chrono::duration<long double, std::milli>(length).count();
  if (exact >= static_cast<long double>(milliseconds::max().count())) return milliseconds::max();
  if (exact <= static_cast<long double>(milliseconds::min().count())) return milliseconds::min();
  return milliseconds{static_cast<milliseconds::rep>(exact)};
}

}  // namespace detail

/// One fault, for one request or for several in a row.
///
///     emulator.script(fault::throttle(2s).with_times(3));
///     emulator.script({fault::delay(500ms), fault::close_inside_body(100)});
///
/// A request that is not signed correctly uses its fault up, but is answered with the error of its signature: so a test
/// of retries is also a test of signing them anew.
///
/// Errors: times may be any durations: negative ones are taken for zero, those over ten years for ten years. See
/// parse().
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API fault {
 public:
  enum class kind : std::uint8_t {
    delay,                 ///< The right response, `after` later.
    throttle,              ///< ThrottlingException, 429.
    status,                ///< An error response of the given status and code.
    body,                  ///< The given bytes as body, in place of JSON.
    close_before_headers,  ///< Closes without a byte.
    close_inside_headers,  ///< Closes after `bytes` bytes of the head of the response.
    close_inside_body,     ///< Closes after the head and `bytes` bytes of the body.
    wrong_length,          ///< Content-Length is off by `length_error`; closes after the last byte.
    garbage,               ///< Bytes that are not HTTP, then closes.
    drip,                  ///< The right response, `bytes` bytes at a time, `interval` between them.
    never_answer,          ///< Reads the request and keeps silent until the client goes.
  };

  [[nodiscard]] static fault delay(std::chrono::milliseconds length);
  template <class Rep, class Period>
  [[nodiscard]] static fault delay(std::chrono::duration<Rep, Period> length) {
    return delay(detail::saturated(length));
  }
  /// Without `retry_after` the response has no RetryAfterSeconds.
  [[nodiscard]] static fault throttle(std::optional<std::chrono::seconds> retry_after = std::nullopt);
  /// `code` empty: the modelled name of the status (429, 500, 504, 400, 403, 402, 404, 409), else none.
  [[nodiscard]] static fault status(int http_status, std::string code = {}, std::string message = {});
  /// Anything as body of a response, such as JSON that breaks off.
  [[nodiscard]] static fault body(std::string content, std::string content_type = "application/x-amz-json-1.0",
                                  int http_status = 200);
  /// A page as proxies make them.
  [[nodiscard]] static fault html(int http_status = 502);
  [[nodiscard]] static fault close_before_headers();
  [[nodiscard]] static fault close_inside_headers(std::size_t after_bytes = 20);
  [[nodiscard]] static fault close_inside_body(std::size_t after_bytes = 10);
  /// Positive: more is promised than comes. Negative: less is promised than comes.
  [[nodiscard]] static fault wrong_length(std::int64_t difference = 100);
  [[nodiscard]] static fault garbage();
  [[nodiscard]] static fault drip(std::size_t bytes, std::chrono::milliseconds interval);
  template <class Rep, class Period>
  [[nodiscard]] static fault drip(std::size_t bytes, std::chrono::duration<Rep, Period> interval) {
    return drip(bytes, detail::saturated(interval));
  }
  [[nodiscard]] static fault never_answer();

  /// Reads the spelling of the program's `--fault`: `KIND[=VALUE[/VALUE]][*TIMES]`, such as `throttle*3`,
  /// `throttle=2*3` (RetryAfterSeconds 2), `status=503`, `delay=250` (ms), `drip=64/20` (bytes/ms), `html=502`,
  /// `close-inside-body=100`, `broken-json`. Throws exception(errc::invalid_argument) that lists what there is.
  [[nodiscard]] static fault parse(std::string_view spelling);

  // The setters return by value: a reference to a chain of them does not dangle.

  /// How many requests in a row; from 1.
  [[nodiscard]] fault with_times(int value) && {
    times = value;
    return std::move(*this);
  }
  /// Time before the response begins.
  template <class Rep, class Period>
  [[nodiscard]] fault with_delay(std::chrono::duration<Rep, Period> value) && {
    after = detail::saturated(value);
    return std::move(*this);
  }
  /// `RetryAfterSeconds` in the body of a status fault, such as a 500.
  [[nodiscard]] fault with_retry_after(std::chrono::seconds value) && {
    retry_after = value;
    return std::move(*this);
  }
  /// Adds a header to the response, such as `Retry-After: 2` or `x-amz-retry-after: 1500`.
  [[nodiscard]] fault with_header(std::string_view name, std::string_view value) &&;
  /// On a socket: ends with a reset (RST) where it would close (FIN). In memory there is no difference.
  [[nodiscard]] fault with_reset() && {
    reset = true;
    return std::move(*this);
  }

  /// The kind's spelling in parse() and in the request log, such as `close-inside-body`.
  [[nodiscard]] std::string_view name() const noexcept;

  kind what = kind::delay;
  int times = 1;
  std::chrono::milliseconds after{0};
  std::optional<std::chrono::seconds> retry_after;
  int http_status = 0;
  std::string code;
  std::string message;
  std::string content;
  std::string content_type;
  std::string headers;  ///< Further header lines, each ended by CRLF.
  std::size_t bytes = 0;
  std::int64_t length_error = 0;
  std::chrono::milliseconds interval{0};
  bool reset = false;

 private:
  explicit fault(kind value);
};
static_assert(!std::is_aggregate_v<fault>);

/// Faults that another attempt of the same request mends: throttling, 5xx, closed connections, slowness.
[[nodiscard]] MWAA_SERVERLESS_API std::vector<fault> transient_faults();
/// One of every kind; an unlucky request may end in an error. never_answer is among them.
[[nodiscard]] MWAA_SERVERLESS_API std::vector<fault> all_faults();

}  // namespace mwaa_serverless::testing
