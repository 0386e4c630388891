// How wrong the clock is, by the `Date` of responses: AWS's rules of 2026.
#include <doctest/doctest.h>

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <string>

#include "retry/clock_skew.hpp"
#include "strings/date_time.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::error;
using mwaa_serverless::http_response;
using mwaa_serverless::retry::blames_clock;
using mwaa_serverless::retry::observed_skew;
using namespace std::chrono_literals;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::chrono::system_clock::time_point noon{std::chrono::seconds{784111777}};

http_response dated(std::string fields) {
  http_response out;
  out.status = 200;
  out.fields = "x-amzn-RequestId: r\r\n" + std::move(fields);
  return out;
}

error named(std::string name) {
  error out{errc::other_service_error, "made up"};
  out.aws_code = std::move(name);
  return out;
}

}  // namespace

TEST_CASE("skew: the response's date less the middle of the exchange") {
  const auto response = dated("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK(observed_skew(response, noon, noon) == 0ms);
  CHECK(observed_skew(response, noon - 10min, noon - 10min) == 10min);
  CHECK(observed_skew(response, noon + 10min, noon + 10min + 4s) == -(10min + 2s));
  CHECK(observed_skew(response, noon - 1s, noon + 1s) == 0ms);
  CHECK(observed_skew(response, noon - 15min, noon) == 7min + 30s);
}

TEST_CASE("skew: what shows nothing") {
  const auto response = dated("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK_FALSE(observed_skew(response, noon, noon + 15min + 1ms));  // took too long
  CHECK_FALSE(observed_skew(response, noon, noon - 1ms));          // the clock was set meanwhile
  CHECK_FALSE(observed_skew(dated(""), noon, noon));
  CHECK_FALSE(observed_skew(dated("Date: yesterday\r\n"), noon, noon));
  CHECK_FALSE(observed_skew(dated("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 0\r\n"), noon, noon));  // from a cache
}

TEST_CASE("skew: a response that is not the service's own shows nothing") {
  auto response = dated("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  response.fields.erase(0, response.fields.find('\n') + 1);
  CHECK_FALSE(observed_skew(response, noon - 10min, noon - 10min));
}

TEST_CASE("skew: dates that no clock can be wrong by") {
  using sys_seconds = std::chrono::sys_seconds;
  constexpr sys_seconds now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  struct row {
    const char* date;
    bool believed;
  };
  for (const row& each : {
           row{"Sat, 01 Jan 0000 00:00:00 GMT", false},
           row{"Mon, 01 Jan 0001 00:00:00 GMT", false},
           row{"Tue, 21 Sep 1677 00:12:43 GMT", false},  // the first second of a system_clock in nanoseconds
           row{"Wed, 31 Dec 1969 23:59:59 GMT", false},
           row{"Thu, 01 Jan 1970 00:00:00 GMT", true},
           row{"Thu, 01 Jan 2026 00:00:00 GMT", true},
           row{"Fri, 01 Jan 2100 00:00:00 GMT", true},
           row{"Fri, 31 Dec 2199 23:59:59 GMT", false},  // more than 100 years
           row{"Wed, 01 Jan 2200 00:00:00 GMT", false},
           row{"Fri, 11 Apr 2262 23:47:16 GMT", false},  // its last
           row{"Fri, 31 Dec 9999 23:59:59 GMT", false},
       }) {
    CAPTURE(each.date);
    const auto shown = observed_skew(dated("Date: " + std::string{each.date} + "\r\n"), now, now);
    CHECK(shown.has_value() == each.believed);
    if (shown)
      CHECK(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::time_point{now} + *shown) ==
            mwaa_serverless::strings::parse_http_date(each.date));
  }
  // A machine whose own clock is at either end of what there is.
  for (const auto own :
       {std::chrono::system_clock::time_point::min() + 24h, std::chrono::system_clock::time_point::max() - 24h}) {
    CHECK_FALSE(observed_skew(dated("Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"), own, own));
    CHECK_FALSE(observed_skew(dated("Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"), own, own));
  }
  // One that began at 1970, and one that is a century late.
  constexpr sys_seconds begun{};
  CHECK(observed_skew(dated("Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"), begun, begun) == now - begun);
  constexpr sys_seconds late{std::chrono::sys_days{std::chrono::year{2199} / 12 / 1}};
  CHECK(observed_skew(dated("Date: Sat, 01 Jan 2101 00:00:00 GMT\r\n"), late, late));
}

TEST_CASE("skew: which errors it may explain, and from how much on") {
  for (const char* name : {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
                           "AccessDeniedException"}) {
    CAPTURE(name);
    CHECK(blames_clock(named(name), 0ms, 4min + 1ms));
    CHECK(blames_clock(named(name), 0ms, -(4min + 1ms)));
    CHECK_FALSE(blames_clock(named(name), 0ms, 4min));
    CHECK_FALSE(blames_clock(named(name), 10min, 10min));  // it was corrected already: another reason
    CHECK_FALSE(blames_clock(named(name), 0ms, std::nullopt));
  }
  for (const char* name :
       {"RequestExpired", "RequestInTheFuture", "ExpiredTokenException", "ValidationException", ""}) {
    CAPTURE(name);
    CHECK_FALSE(blames_clock(named(name), 0ms, 1h));
  }
}
