// The gate that spaces requests after throttling: AWS's published tables for the adaptive mode, and hints.
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "retry/rate_gate.hpp"

using mwaa_serverless::retry_mode;
using mwaa_serverless::retry::cubic_rate;
using mwaa_serverless::retry::measured_rate;
using mwaa_serverless::retry::proven_rate;
using mwaa_serverless::retry::rate_gate;
using namespace std::chrono_literals;
using time_point = rate_gate::time_point;

namespace {

// Not near zero, which measured_rate takes for "nothing counted yet".
constexpr time_point epoch{1000s};

time_point at(double seconds) {
  // In microseconds: 0.6 s and the like are no sums of halves in binary, and bucket limits are exact.
  return epoch + std::chrono::microseconds{static_cast<long long>(seconds * 1e6 + 0.5)};
}

auto about(double value, double tolerance = 1e-6) {
  return doctest::Approx(value).epsilon(tolerance);
}

// How many requests the gate lets pass in [from, to) when somebody always waits.
int passed(rate_gate& gate, time_point from, time_point to) {
  int count = 0;
  for (time_point now = from; now < to;) {
    if (gate.try_pass(now, true)) ++count;
    const time_point next = gate.opens(now);
    now = next > now ? next : now + 1us;
  }
  return count;
}

// Waits as the first in line does.
time_point wait_and_pass(rate_gate& gate, time_point now) {
  while (!gate.try_pass(now, true)) {
    const time_point opens = gate.opens(now);
    REQUIRE(opens > now);
    now = opens;
  }
  return now;
}

}  // namespace

TEST_CASE("adaptive: the cubic curve is the published one") {
  // The tables of AWS's retry specification, as in the tests of the Go, Rust, Java, Kotlin, Swift and .NET SDKs:
  // last maximum 10, throttled at 5.
  cubic_rate success;
  CHECK(success.throttled(10, at(5)) == about(7));
  const double climbing[] = {7.0,
                             9.64893600966,
                             10.000030849917364,
                             10.453284520772092,
                             13.408697022224185,
                             21.26626835427364,
                             36.425998516920465};
  for (int i = 0; i < 7; ++i) {
    CAPTURE(i);
    CHECK(success.at(at(5 + i)) == about(climbing[i], 1e-9));
  }

  cubic_rate mixed;
  (void)mixed.throttled(10, at(5));
  double rate = mixed.at(at(6));
  CHECK(rate == about(9.64893600966, 1e-9));
  rate = mixed.throttled(rate, at(7));
  CHECK(rate == about(6.754255206761999, 1e-9));
  rate = mixed.throttled(rate, at(8));
  CHECK(rate == about(4.727978644733399, 1e-9));
  CHECK(mixed.at(at(9)) == about(6.606547753887045, 1e-9));
  CHECK(mixed.at(at(10)) == about(6.763279816944947, 1e-9));
  CHECK(mixed.at(at(11)) == about(7.598174833907107, 1e-9));
  CHECK(mixed.at(at(12)) == about(11.511232804773524, 1e-9));
}

TEST_CASE("adaptive: measured rate and sending rate are the published ones, step by step") {
  // The same specification's table of client sending rates: an answer every 0.2 s, throttled at 2.0 and 3.2.
  const double measured[] = {0,      0,      4.8,    4.8,     4.16,    4.16,     4.16,     5.632,   5.632,
                             4.3264, 4.3264, 4.3264, 5.66528, 5.66528, 4.333056, 4.333056, 4.333056};
  const double sending[] = {0,        0,        0,        0,        0,        0,        0,        0,       0,
                            3.028480, 3.486639, 3.821874, 4.053386, 4.200373, 4.282037, 2.997426, 3.452226};
  measured_rate meter;
  rate_gate gate{retry_mode::adaptive};
  for (int i = 0; i < 17; ++i) {
    CAPTURE(i);
    const time_point now = at(0.2 * (i + 1));
    meter.count(now);
    CHECK(meter.per_second() == about(measured[i]));
    if (i == 9 || i == 15)
      gate.throttled(now, now, 0s);
    else
      gate.accepted(now, now);
    CHECK(gate.rate(now) == about(sending[i]));  // 0: no limit before the first throttle
  }
}

TEST_CASE("adaptive: at least half a request a second, and never a debt") {
  rate_gate gate{retry_mode::adaptive};
  CHECK(gate.try_pass(at(0), false));
  gate.throttled(at(0), at(0.1), 0s);
  CHECK(gate.rate(at(0.1)) == 0.5);
  // A bucket of one token, empty at first: 2 s for each.
  CHECK_FALSE(gate.try_pass(at(0.1), true));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(gate.try_pass(at(0.2), true));
  CHECK(gate.opens(at(0.2)) <= at(2.1) + 1ms);  // fifty refusals have cost nothing
  CHECK(wait_and_pass(gate, at(0.2)) >= at(2.09));
}

TEST_CASE("adaptive: one cut for one overshoot") {
  rate_gate gate{retry_mode::adaptive};
  for (int i = 0; i < 200; ++i) gate.accepted(at(0.01 * i), at(0.01 * i + 0.1));  // 100 a second
  gate.throttled(at(2.0), at(2.1), 0s);
  const double once = gate.rate(at(2.1));
  CHECK(once == about(0.7 * 100, 0.1));
  for (int i = 1; i < 10; ++i) gate.throttled(at(2.0 + 0.01 * i), at(2.1 + 0.01 * i), 0s);  // sent before the cut
  CHECK(gate.rate(at(2.2)) == once);
  gate.throttled(at(2.11), at(2.21), 0s);
  CHECK(gate.rate(at(2.21)) < once);
}

TEST_CASE("gate: open until the first throttle") {
  for (const auto mode : {retry_mode::standard, retry_mode::adaptive}) {
    rate_gate gate{mode};
    for (int i = 0; i < 1000; ++i) CHECK(gate.try_pass(at(1), false));
    CHECK(gate.rate(at(1)) == 0);
    CHECK(gate.opens(at(1)) == at(1));
    CHECK_FALSE(gate.spaces_retries());
  }
}

TEST_CASE("gate: a hint closes it in both modes, for the longest hint") {
  for (const auto mode : {retry_mode::standard, retry_mode::adaptive}) {
    rate_gate gate{mode};
    gate.throttled(at(0), at(0.1), 5s);
    CHECK(gate.spaces_retries());
    CHECK_FALSE(gate.try_pass(at(5.09), true));
    CHECK(gate.opens(at(1)) >= at(5.1));
    gate.throttled(at(0), at(0.2), 2s);  // ends earlier
    CHECK(gate.closed_until() == at(5.1));
    gate.throttled(at(0), at(0.3), 7s);
    CHECK(gate.closed_until() == at(7.3));
    CHECK_FALSE(gate.try_pass(at(7.2), true));
    gate.close(at(20));
    CHECK_FALSE(gate.try_pass(at(19.9), true));
    gate.close(at(10));
    CHECK(gate.closed_until() == at(20));
    CHECK(wait_and_pass(gate, at(20)) >= at(20));
  }
}

TEST_CASE("gate: throttles without hints are left to each call in standard mode") {
  rate_gate gate{retry_mode::standard};
  for (int i = 0; i < 100; ++i) gate.throttled(at(i), at(i + 0.1), 0s);
  CHECK(gate.try_pass(at(100), false));
  CHECK(gate.rate(at(100)) == 0);
  CHECK_FALSE(gate.spaces_retries());
}

TEST_CASE("gate: after a hint requests go one by one, not as one burst") {
  rate_gate gate{retry_mode::standard};
  for (int i = 0; i < 50; ++i) gate.accepted(at(0), at(0.05));
  for (int i = 0; i < 450; ++i) gate.throttled(at(0), at(0.05), 1s);
  CHECK(passed(gate, at(0.05), at(1.05)) == 0);
  // 50 were granted within the burst and the hint's second: that many a second to begin with, twice as many a second
  // later.
  const double rate = gate.rate(at(1.05));
  CHECK(rate > 25);
  CHECK(rate < 60);
  CHECK(passed(gate, at(1.05), at(1.15)) <= 6);
  CHECK(gate.rate(at(2.05)) == about(2 * rate, 1e-3));
}

TEST_CASE("gate: the rate settles at what was accepted between two throttles") {
  rate_gate gate{retry_mode::standard};
  gate.throttled(at(0), at(0.05), 1s);
  // A service that grants 50 a second and saves up a second's worth.
  for (int i = 0; i < 500; ++i) {
    const double now = 1.05 + i * 0.0179;  // to 10 s
    (void)wait_and_pass(gate, at(now));
    gate.accepted(at(now), at(now + 0.05));
  }
  gate.throttled(at(10), at(10.05), 1s);
  CHECK(gate.rate(at(11.05)) == about(50, 0.03));
  // It rises to what the hint's second may have hidden, 500 in 8.95 s, and not far above that soon.
  CHECK(gate.rate(at(21.05)) == about(500 / 8.95, 0.03));
  CHECK(gate.rate(at(31.05)) < 65);
  // When nothing is throttled for long the limit must have been raised.
  CHECK(gate.rate(at(100)) > 1000);
  CHECK(gate.rate(at(1e6)) <= 1e9);
}

TEST_CASE("gate: throttles of one overshoot lower the rate once") {
  rate_gate gate{retry_mode::standard};
  gate.throttled(at(0), at(0.05), 1s);
  for (int i = 0; i < 200; ++i) gate.accepted(at(1.05 + 0.01 * i), at(1.1 + 0.01 * i));
  gate.throttled(at(4), at(4.05), 1s);
  const double rate = gate.rate(at(5.2));
  CHECK(rate > 10);
  gate.throttled(at(4.01), at(4.06), 1s);
  gate.throttled(at(4.04), at(4.09), 1s);
  CHECK(gate.rate(at(5.2)) == rate);
  CHECK(gate.closed_until() == at(5.09));
}

TEST_CASE("gate: when callers seldom wait, what was accepted proves no limit") {
  rate_gate gate{retry_mode::standard};
  gate.throttled(at(0), at(0.05), 1s);
  // One request a second for a minute, then the service throttles: others share its allowance.
  for (int i = 2; i < 60; ++i) {
    CHECK(gate.try_pass(at(i), false));
    gate.accepted(at(i), at(i + 0.05));
  }
  gate.throttled(at(60), at(60.05), 1s);
  CHECK(gate.rate(at(61.05)) == about(0.7, 0.1));
  CHECK(gate.rate(at(63.05)) == about(1.0, 0.1));
}

TEST_CASE("gate: opens() is never too late, also while the rate rises") {
  rate_gate gate{retry_mode::standard};
  gate.throttled(at(0), at(0.1), 1s);  // half a request a second, twice as many each second
  CHECK(gate.try_pass(at(1.1), true));
  // The integral of 0.5 * 2^t reaches 1 after log2(1 + 2 ln 2) = 1.25 s.
  CHECK(gate.opens(at(1.1)) <= at(2.36));
  const time_point second = wait_and_pass(gate, at(1.1));
  CHECK(second >= at(2.0));
  CHECK(second <= at(2.6));
}

TEST_CASE("gate: late timers do not lower the rate") {
  rate_gate gate{retry_mode::standard};
  for (int i = 0; i < 500; ++i) gate.accepted(at(0), at(0.05));
  gate.throttled(at(0), at(0.05), 1s);
  const time_point start = at(1.05);
  const double rate = gate.rate(start);
  int count = 0;
  for (time_point now = start; now < start + 200ms;) {
    while (gate.try_pass(now, true)) ++count;
    now += 20ms;  // a loop that is busy for 20 ms at a time
  }
  CHECK(count >= static_cast<int>(rate * 0.18));
}
