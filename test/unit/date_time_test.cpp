// Dates in the forms of the service, of HTTP and of signatures, and the ends of credentials however they are written.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "strings/date_time.hpp"

using namespace mwaa_serverless::strings;
using namespace std::chrono_literals;

namespace {

std::optional<std::chrono::milliseconds> since_1970(std::string_view text) {
  const auto when = parse_expiration(text);
  if (!when) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(when->time_since_epoch());
}

constexpr std::chrono::milliseconds noon = 4'070'952'000s;  // 2099-01-01T12:00:00Z
constexpr std::chrono::milliseconds last = 9'214'646'400s;  // 2262-01-01T00:00:00Z

}  // namespace

TEST_CASE("expiration: what is accepted") {
  struct row {
    const char* text;
    std::chrono::milliseconds value;
  };
  const row rows[] = {
      {"2099-01-01T12:00:00Z", noon},
      {"2099-01-01T12:00:00.5Z", noon + 500ms},
      {"2099-01-01T12:00:00,25Z", noon + 250ms},
      {"2099-01-01T12:00:00z", noon},
      {"2099-01-01t12:00:00z", noon},
      {"2099-01-01 12:00:00Z", noon},
      {"2099-01-01T12:00:00UTC", noon},
      {"2099-01-01 12:00:00 UTC", noon},
      {"2099-01-01T12:00:00GMT", noon},
      {"2099-01-01T12:00:00+00:00", noon},
      {"2099-01-01T12:00:00+0000", noon},
      {"2099-01-01T12:00:00+00", noon},
      {"2099-01-01T12:00:00-0000", noon},
      {"2099-01-01T14:30:00+0230", noon},
      {"2099-01-01T14:30:00.5+02:30", noon + 500ms},
      {"2099-01-01T04:00:00-08", noon},
      {"2099-01-01 12:00:00.123456789 +0000 UTC", noon + 123ms},
      {"2099-01-01T12:00Z", noon},
      {"20990101T120000Z", noon},
      {"20990101T1200+0000", noon},
      {"2261-12-31T23:59:59Z", last - 1s},
      {"2262-01-01T00:00:00Z", last},
      {"2262-04-12T00:00:00Z", last},
      {"2262-12-31T23:59:59.999Z", last},
      {"9999-12-31T23:59:59Z", last},
      {"9999-12-31T23:59:59+0000", last},
      {"1970-01-01T00:00:00Z", 0s},
      {"1969-12-31T23:59:59Z", 0s},
      {"1677-01-01T00:00:00Z", 0s},
      {"0001-01-01T00:00:00Z", 0s},
      {"0000-01-01T00:00:00Z", 0s},
  };
  for (const row& each : rows) {
    CAPTURE(each.text);
    CHECK(since_1970(each.text) == each.value);
  }
}

TEST_CASE("expiration: what is not") {
  for (const char* text : {"",
                           "tomorrow",
                           "2099",
                           "2099-01-01",
                           "2099-01-01T12:00:00",
                           "2099-01-01 12:00:00",
                           "2099-13-01T12:00:00Z",
                           "2099-02-30T12:00:00Z",
                           "2099-01-01T24:00:00Z",
                           "2099-01-01T12:60:00Z",
                           "2099-01-01T12:00:61Z",
                           "2099-01-01T12:00:00+2400",
                           "2099-01-01T12:00:00+0060",
                           "2099-01-01T12:00:00+0",
                           "2099-01-01T12:00:00+000",
                           "2099-01-01T12:00:00 PST",
                           "2099-01-01T12:00:00Zx",
                           "2099-01-01T12:00:00Z ",
                           " 2099-01-01T12:00:00Z",
                           "2099-01-01T12:00:00.Z",
                           "2099-0101T12:00:00Z",
                           "10000-01-01T00:00:00Z",
                           "2099-01-01T12:00:00utc"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_expiration(text));
  }
}

TEST_CASE("expiration: seconds within the limits") {
  CHECK(clamped_expiration(5s).time_since_epoch() == 5s);
  CHECK(clamped_expiration(-5s).time_since_epoch() == 0s);
  CHECK(clamped_expiration(std::chrono::seconds::max()).time_since_epoch() == last);
  CHECK(clamped_expiration(std::chrono::seconds::min()).time_since_epoch() == 0s);
}

TEST_CASE("dates: HTTP's one form, and nothing else") {
  using namespace std::chrono;
  const sys_seconds morning = sys_days{1994y / November / 6} + 8h + 49min + 37s;
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == morning);
  CHECK(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"));
  CHECK(parse_http_date("Fri, 30 Jun 2023 23:59:60 GMT") == sys_days{2023y / July / 1});
  for (const char* wrong :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:4x:37 GMT",
        "Sun, 06 Nov 1994 08:49:37", "Su, 06 Nov 1994 08:49:37 GMT", "Sun"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_http_date(wrong));
  }
  for (unsigned each = 1; each <= 12; ++each) {
    const sys_seconds when = sys_days{2024y / std::chrono::month{each} / 29} + 1h;
    CHECK(parse_http_date(format_http_date(when)) == when);
  }
  CHECK(format_http_date(morning + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(format_http_date(system_clock::time_point{-1ms}) == "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST_CASE("dates: as signatures have them") {
  using namespace std::chrono;
  CHECK(format_signing_time(sys_days{2015y / August / 30} + 12h + 36min) == "20150830T123600Z");
  CHECK(format_signing_time(sys_days{2024y / February / 29} + 23h + 59min + 59s + 999ms) == "20240229T235959Z");
  CHECK(format_signing_time(system_clock::time_point{}) == "19700101T000000Z");
  CHECK(format_signing_time(system_clock::time_point{-1ms}) == "19691231T235959Z");
  CHECK(parse_signing_time("20150830T123600Z") == sys_days{2015y / August / 30} + 12h + 36min);
  for (const char* wrong : {"", "20150830T123600", "20150830t123600Z", "20150830T123660Z", "20150830T126000Z",
                            "20150830T243600Z", "20150832T123600Z", "2015083xT123600Z", "20150830T123600Z0"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_signing_time(wrong));
  }
}

TEST_CASE("dates: in ISO 8601, to the millisecond") {
  using namespace std::chrono;
  CHECK(format_timestamp(sys_days{2026y / January / 1}) == "2026-01-01T00:00:00.000Z");
  CHECK(format_timestamp(sys_days{2024y / February / 29} + 23h + 59min + 59s + 7ms) == "2024-02-29T23:59:59.007Z");
  CHECK(format_timestamp(system_clock::time_point{-1ms}) == "1969-12-31T23:59:59.999Z");
}
