// The ends of credentials, however a program or a service writes them.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "protocol/timestamp.hpp"

using mwaa_serverless::protocol::clamped_expiration;
using mwaa_serverless::protocol::parse_expiration;
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
