// The three places where a response says when to come back.
#include <doctest/doctest.h>

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <optional>
#include <string>

#include "retry/hints.hpp"

using mwaa_serverless::error;
using mwaa_serverless::http_response;
using mwaa_serverless::retry::gate_hint;
using mwaa_serverless::retry::longest;
using mwaa_serverless::retry::read_hints;
using mwaa_serverless::retry::retry_hints;
using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;
using hint = std::optional<milliseconds>;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT: the date of RFC 9110's examples.
constexpr std::chrono::system_clock::time_point now{784111777s};

retry_hints of(const std::string& fields) {
  http_response response;
  response.fields = fields;
  return read_hints(error{}, &response, now);
}
hint header(const std::string& value) {
  return of("Retry-After: " + value + "\r\n").header;
}
hint amz(const std::string& value) {
  return of("x-amz-retry-after: " + value + "\r\n").amz;
}
hint body(std::chrono::seconds value) {
  error failure;
  failure.retry_after = value;
  return read_hints(failure, nullptr, now).body;
}

}  // namespace

TEST_CASE("hints: nothing said, nothing read") {
  for (const retry_hints& none : {read_hints(error{}, nullptr, now), of("Content-Length: 2\r\n")}) {
    CHECK_FALSE(none.body);
    CHECK_FALSE(none.header);
    CHECK_FALSE(none.amz);
    CHECK_FALSE(longest(none));
  }
}

TEST_CASE("hints: RetryAfterSeconds of the body") {
  CHECK(body(0s) == hint{0ms});
  CHECK(body(7s) == hint{7000ms});
  CHECK(body(366 * 24h) == hint{366 * 24h});
  CHECK_FALSE(body(366 * 24h + 1s));
  CHECK_FALSE(body(-1s));
  CHECK_FALSE(body(std::chrono::seconds::max()));  // would overflow in milliseconds
  CHECK_FALSE(body(std::chrono::seconds::min()));
}

TEST_CASE("hints: Retry-After in seconds") {
  CHECK(header("0") == hint{0ms});
  CHECK(header("120") == hint{120s});
  CHECK(header("31622400") == hint{366 * 24h});
  for (const char* const wrong : {"", "-1", "-0", "+1", "1.5", "1s", "1 2", "0x10", "soon", "31622401",
                                  "9223372036854775807", "9223372036854775808", "99999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(header(wrong));
  }
}

TEST_CASE("hints: Retry-After as a date") {
  CHECK(header("Sun, 06 Nov 1994 08:49:37 GMT") == hint{0ms});
  CHECK(header("Sun, 06 Nov 1994 08:49:38 GMT") == hint{1s});
  CHECK(header("Sun, 06 Nov 1994 09:49:37 GMT") == hint{1h});
  CHECK(header("Mon, 07 Nov 1994 08:49:37 GMT") == hint{24h});
  CHECK(header("Tue, 07 Nov 1995 08:49:37 GMT") == hint{366 * 24h});
  CHECK(header("Sun, 06 Nov 1994 08:49:36 GMT") == hint{0ms});  // past: now
  CHECK(header("Thu, 01 Jan 1970 00:00:00 GMT") == hint{0ms});

  // Beyond a year: as if not sent. The year 9999 has no place in the nanoseconds of system_clock, the year 1 neither.
  CHECK_FALSE(header("Tue, 07 Nov 1995 08:49:38 GMT"));
  CHECK_FALSE(header("Fri, 31 Dec 9999 23:59:59 GMT"));
  CHECK_FALSE(header("Fri, 11 Apr 2262 23:47:17 GMT"));
  CHECK(header("Mon, 01 Jan 0001 00:00:00 GMT") == hint{0ms});
  CHECK(header("Sat, 01 Jan 0000 00:00:00 GMT") == hint{0ms});
  CHECK(header("Tue, 21 Sep 1677 00:12:43 GMT") == hint{0ms});

  for (const char* const wrong :
       {"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1995 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(wrong);
    CHECK_FALSE(header(wrong));
  }
}

TEST_CASE("hints: a date is rounded up, so that nobody returns too early") {
  http_response response;
  response.fields = "Retry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
  CHECK(read_hints(error{}, &response, now + 1ns).header == hint{1000ms});
  CHECK(read_hints(error{}, &response, now + 999ms).header == hint{1ms});
  CHECK(read_hints(error{}, &response, now + 999'999'999ns).header == hint{1ms});
  CHECK(read_hints(error{}, &response, now + 1s).header == hint{0ms});
}

TEST_CASE("hints: x-amz-retry-after in milliseconds") {
  // Non-integers and negative numbers are ignored: botocore's _get_retry_after_delay.
  CHECK(amz("0") == hint{0ms});
  CHECK(amz("1500") == hint{1500ms});
  CHECK(amz("31622400000") == hint{366 * 24h});
  for (const char* const wrong :
       {"", "-1", "1.5", "1e3", "abc", "31622400001", "99999999999999999999999", "Sun, 06 Nov 1994 08:49:38 GMT"}) {
    CAPTURE(wrong);
    CHECK_FALSE(amz(wrong));
  }
}

TEST_CASE("hints: names of headers in any case, and each in its own place") {
  error failure;
  failure.retry_after = 3s;
  http_response response;
  response.fields = "RETRY-AFTER: 2\r\nX-Amz-Retry-After: 2500\r\n";
  const retry_hints all = read_hints(failure, &response, now);
  CHECK(all.body == hint{3s});
  CHECK(all.header == hint{2s});
  CHECK(all.amz == hint{2500ms});
  CHECK(longest(all) == hint{3s});
}

TEST_CASE("hints: what the throttle gate takes of them") {
  const mwaa_serverless::retry_options options;
  const auto taken = [&](hint in_body, hint in_header, hint in_amz) {
    retry_hints hints;
    hints.body = in_body;
    hints.header = in_header;
    hints.amz = in_amz;
    return gate_hint(options, hints);
  };
  CHECK(taken({}, {}, {}) == 0s);
  CHECK(taken(2s, 7s, {}) == 7s);
  CHECK(taken(9s, 7s, {}) == 9s);
  CHECK(taken({}, {}, 1500ms) == 1500ms);
  CHECK(taken({}, {}, 60s) == 5s);  // meant for one request: what AWS's SDKs make of it
  CHECK(taken(3s, {}, 60s) == 5s);
  CHECK(taken(365 * 24h, {}, {}) == 60s);  // max_hint
}

TEST_CASE("hints: the longest of those there are") {
  retry_hints hints;
  hints.amz = 4ms;
  CHECK(longest(hints) == hint{4ms});
  hints.header = 5ms;
  CHECK(longest(hints) == hint{5ms});
  hints.body = 0ms;
  CHECK(longest(hints) == hint{5ms});
}
