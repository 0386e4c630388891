// The gate that spaces requests after throttling: AWS's published tables for the adaptive mode, evidence and hints.
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "retry/rate_gate.hpp"

using mwaa_serverless::retry_mode;
using mwaa_serverless::retry::cubic_rate;
using mwaa_serverless::retry::measured_rate;
using mwaa_serverless::retry::proven_rate;
using mwaa_serverless::retry::rate_gate;
using mwaa_serverless::retry::throttle_evidence;
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

// How many requests the gate lets pass in [from, to) when somebody always waits; each is accepted at once.
int accepted(rate_gate& gate, double from, double to) {
  int count = 0;
  for (time_point now = at(from); now < at(to);) {
    if (gate.try_pass(now, true)) {
      ++count;
      gate.accepted(now, now);
    }
    const time_point next = gate.opens(now);
    now = next > now ? next : now + 1us;
  }
  return count;
}

// Throttles of requests that were sent together, enough to close an open gate.
void refuse_all(rate_gate& gate, double sent, double now, rate_gate::duration hint, int count = 5) {
  for (int i = 0; i < count; ++i) gate.throttled(at(sent), at(now), hint);
}

// Waits as the first in the queue does.
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

TEST_CASE("evidence: rises only while more is throttled than is tolerated") {
  throttle_evidence evidence;
  CHECK(evidence.reaches(0));
  CHECK_FALSE(evidence.reaches(0.001));
  for (int i = 0; i < 100; ++i) evidence.accepted(0.2);  // acceptances are not saved up
  evidence.throttled();
  CHECK(evidence.reaches(1));
  for (int i = 0; i < 4; ++i) evidence.accepted(0.25);
  CHECK_FALSE(evidence.reaches(0.001));
  for (int i = 0; i < 1000; ++i) {  // one in five
    evidence.throttled();
    for (int k = 0; k < 4; ++k) evidence.accepted(0.25);
  }
  CHECK_FALSE(evidence.reaches(0.001));
  for (int i = 0; i < 10; ++i) {
    evidence.throttled();
    for (int k = 0; k < 3; ++k) evidence.accepted(0.25);
  }
  CHECK(evidence.reaches(2.5));
  CHECK_FALSE(evidence.reaches(2.6));
  evidence.reset();
  CHECK_FALSE(evidence.reaches(0.001));
}

TEST_CASE("gate: one response does not close it, whatever its hint; five without an acceptance do, in both modes") {
  for (const auto mode : {retry_mode::standard, retry_mode::adaptive}) {
    CAPTURE(static_cast<int>(mode));
    rate_gate gate{mode};
    refuse_all(gate, 0, 0.1, 60s, 4);
    CHECK(gate.closed_until() <= at(0.1));
    gate.throttled(at(0), at(0.1), 60s);
    CHECK(gate.closed_until() == at(1.1));
    CHECK(gate.spaces_retries());
    CHECK_FALSE(gate.try_pass(at(1.09), true));
  }
}

TEST_CASE("gate: acceptances weigh against throttles") {
  struct row {
    int accepted_between;  // two throttles
    int throttles;         // until it is closed; 0: never
  };
  for (const row& each : {row{0, 5}, row{2, 8}, row{5, 0}, row{19, 0}, row{99, 0}}) {
    CAPTURE(each.accepted_between);
    rate_gate gate{retry_mode::adaptive};  // closes by the same rule, and does nothing else about hints
    int throttles = 0;
    for (double now = 0; throttles < 1000 && gate.closed_until() < at(now); ++throttles) {
      for (int i = 0; i < (throttles > 0 ? each.accepted_between : 0); ++i) gate.accepted(at(now), at(now));
      gate.throttled(at(now), at(now), 1s);
      if (gate.closed_until() > at(now)) break;
      now += 0.01;
    }
    CHECK((throttles == 1000 ? 0 : throttles + 1) == each.throttles);
  }
}

TEST_CASE("gate: it closes for a second, or for the hint if that is shorter") {
  for (const auto& [hint, closed] : {std::pair{200ms, 200ms}, {999ms, 999ms}, {1000ms, 1000ms}, {60'000ms, 1000ms}}) {
    CAPTURE(hint.count());
    rate_gate gate{retry_mode::standard};
    refuse_all(gate, 0, 0.1, hint);
    CHECK(gate.closed_until() == at(0.1) + closed);
    gate.close(at(20));  // another gate
    CHECK(gate.closed_until() == at(20));
    gate.close(at(10));
    CHECK(gate.closed_until() == at(20));
  }
}

TEST_CASE("gate: while another closes it nothing is saved up") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  (void)accepted(gate, 1.05, 8.05);
  const time_point last = wait_and_pass(gate, at(8.05));
  gate.close(at(20));
  const time_point next = wait_and_pass(gate, last);
  CHECK(next > at(20));
  CHECK(std::chrono::duration<double>(next - at(20)).count() == about(1 / gate.rate(next), 0.05));
}

TEST_CASE("gate: while the hint lasts one request at a time is a probe, at intervals that double up to the hint") {
  for (const auto mode : {retry_mode::standard, retry_mode::adaptive}) {
    CAPTURE(static_cast<int>(mode));
    rate_gate gate{mode};
    refuse_all(gate, 0, 0, 20s);
    CHECK_FALSE(gate.may_open_early());
    double now = 1;
    for (const double pause : {2.0, 4.0, 8.0, 16.0}) {
      CAPTURE(pause);
      CHECK(gate.opens(at(now - 0.5)) == at(now));
      CHECK_FALSE(gate.try_pass(at(now - 0.001), true));
      REQUIRE(gate.try_pass(at(now), true));
      CHECK(gate.may_open_early());
      CHECK_FALSE(gate.try_pass(at(now), true));
      gate.throttled(at(now), at(now + 0.1), 20s);
      CHECK_FALSE(gate.may_open_early());
      now += 0.1 + pause;
      CHECK(gate.closed_until() == at(now));
    }
    rate_gate other = gate;
    REQUIRE(gate.try_pass(at(now), true));
    gate.accepted(at(now), at(now + 0.1));
    CHECK_FALSE(gate.may_open_early());
    CHECK(gate.closed_until() == at(now + 0.1));
    // After the whole of a hint nobody is a probe.
    REQUIRE(other.try_pass(at(now), true));
    other.throttled(at(now), at(now), 20s);
    CHECK(other.closed_until() == at(now + 20));
    CHECK(wait_and_pass(other, at(now + 20)) >= at(now + 20));
    CHECK_FALSE(other.may_open_early());
    if (mode == retry_mode::adaptive) continue;
    CHECK(gate.rate(at(now + 0.1)) == about(0.5));  // it begins now
    CHECK(gate.try_pass(at(now + 0.1), true));
    CHECK_FALSE(gate.may_open_early());
  }
}

TEST_CASE("gate: a probe that is never answered costs one interval") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0, 60s);
  REQUIRE(gate.try_pass(at(1), true));
  CHECK(gate.opens(at(1)) == at(2));
  CHECK_FALSE(gate.try_pass(at(1.9), true));
  REQUIRE(gate.try_pass(at(2), true));
  // What was sent before the last probe says nothing about it.
  gate.accepted(at(0.5), at(2.1));
  CHECK(gate.may_open_early());
  gate.throttled(at(2), at(2.2), 0s);  // no hint, but throttled
  CHECK(gate.closed_until() == at(3.2));
}

TEST_CASE("gate: when the hint is over nobody is a probe, also when the last was never answered") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0, 3s);
  REQUIRE(gate.try_pass(at(1), true));
  REQUIRE(gate.try_pass(at(2), true));
  CHECK(gate.may_open_early());
  CHECK(wait_and_pass(gate, at(3)) == at(3));
  CHECK_FALSE(gate.may_open_early());
}

TEST_CASE("gate: once open it takes as much evidence to close again, of requests sent since") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0, 1s);
  REQUIRE(gate.try_pass(at(1), true));
  refuse_all(gate, 1, 2, 1s, 4);
  for (int i = 0; i < 100; ++i) gate.accepted(at(0.5), at(2));  // sent before
  CHECK(gate.closed_until() <= at(2));
  gate.throttled(at(1), at(2), 1s);
  CHECK(gate.closed_until() == at(3));
}

TEST_CASE("gate: throttles of the same overshoot close it no longer, but their hints count") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.1, 1s);
  refuse_all(gate, 0, 0.2, 3s, 100);
  CHECK(gate.closed_until() == at(1.1));
  REQUIRE(gate.try_pass(at(1.1), true));
  CHECK(gate.may_open_early());  // a probe: the hint is not over before 3.2 s
  rate_gate plain{retry_mode::standard};
  refuse_all(plain, 0, 0.1, 1s, 100);
  REQUIRE(plain.try_pass(at(1.1), true));
  CHECK_FALSE(plain.may_open_early());  // the hint is over
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
  refuse_all(gate, 0, 0.05, 1s, 450);
  CHECK(accepted(gate, 0.05, 1.05) == 0);
  // 50 were granted within the burst and the hint's second: that many a second to begin with, twice as many a second
  // later.
  const double rate = gate.rate(at(1.05));
  CHECK(rate == about(50 / 1.5));
  CHECK(gate.rate(at(2.05)) == about(2 * rate, 1e-3));
  CHECK(accepted(gate, 1.05, 1.15) <= 6);
}

TEST_CASE("gate: at the limit a throttle lowers the rate to what was granted, and nobody stays away") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  // It doubles from half a request a second to 64: too fast for a service that grants 20 a second.
  const int first = accepted(gate, 1.05, 8.05);
  CHECK(first == about((64 - 0.5) / std::log(2.0), 0.05));
  gate.throttled(at(8.05), at(8.05), 1s);
  CHECK(gate.rate(at(8.05)) == about(64, 0.01));  // one is not enough while it doubles
  gate.throttled(at(8.05), at(8.05), 1s);
  CHECK(gate.closed_until() < at(8.05));
  CHECK(gate.rate(at(8.05)) == about(0.97 * first / 8.05, 1e-3));
  CHECK(gate.rate(at(12.05)) == about(64, 0.01));  // unless the service saves up little

  // Soon after a change it takes two.
  rate_gate soon = gate;
  (void)accepted(soon, 8.05, 8.55);
  const double rising = soon.rate(at(8.55));
  soon.throttled(at(8.55), at(8.55), 1s);
  CHECK(soon.rate(at(8.55)) == rising);
  soon.throttled(at(8.55), at(8.55), 1s);
  CHECK(soon.rate(at(8.55)) < rising);

  // Then one is enough.
  const int second = accepted(gate, 8.05, 10.05);
  gate.throttled(at(10.05), at(10.05), 1s);
  CHECK(gate.closed_until() < at(10.05));
  const double granted = second / 2.0;
  CHECK(gate.rate(at(10.05)) == about(0.97 * granted, 1e-3));

  // The rate rises to the one that was too high, then by half a percent a second, and faster.
  const double high = gate.rate(at(13.05));
  CHECK(high > granted);
  CHECK(gate.rate(at(14.05)) == about(high * 1.005, 1e-3));
  // Twice as fast every 3 s, as long as it took to get there: the integral of 0.005 * 2^(t / 3).
  CHECK(gate.rate(at(22.05)) == about(high * std::exp(0.005 * 3 * 7 / std::log(2.0)), 1e-3));

  // The longer it lasts, the slower: after 10 s in 15 s.
  rate_gate later = gate;
  (void)accepted(later, 10.05, 20.05);
  const double peak = later.rate(at(20.05));
  later.throttled(at(20.05), at(20.05), 1s);
  const double low = later.rate(at(20.05));
  CHECK(low < peak);
  CHECK(later.rate(at(27.55)) == about((low + peak) / 2, 0.01));
  CHECK(later.rate(at(35.05)) == about(peak, 0.01));
  CHECK(gate.rate(at(100)) > 1000);
  CHECK(gate.rate(at(1e6)) <= 1e9);
}

TEST_CASE("gate: throttles of one overshoot lower the rate once") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  (void)accepted(gate, 1.05, 8.05);
  refuse_all(gate, 8.0, 8.05, 1s, 2);
  const double rate = gate.rate(at(9));
  refuse_all(gate, 8.04, 8.09, 1s, 100);
  CHECK(gate.rate(at(9)) == rate);
  CHECK(gate.closed_until() < at(8.05));
}

TEST_CASE("gate: two throttles at a rate that is granted have another cause, and the rate goes up") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  (void)accepted(gate, 1.05, 8.05);
  refuse_all(gate, 8.05, 8.05, 1s, 2);
  (void)accepted(gate, 8.05, 20.05);
  gate.throttled(at(20.05), at(20.05), 1s);  // 12 s of a granted rate before it rises to the same again
  const double rate = gate.rate(at(20.05));
  (void)accepted(gate, 20.05, 20.25);
  gate.throttled(at(20.25), at(20.25), 1s);
  CHECK(gate.rate(at(20.25)) < 1.05 * rate);
  CHECK(gate.rate(at(22.25)) < 1.5 * rate);
  (void)accepted(gate, 20.25, 20.35);
  gate.throttled(at(20.35), at(20.35), 1s);
  CHECK(gate.closed_until() < at(20.35));
  CHECK(gate.rate(at(22.35)) == about(2 * gate.rate(at(20.35)), 1e-3));
}

TEST_CASE("gate: when callers seldom wait, some throttles say little") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  // 20 requests a second for a minute, which is far below the rate by then.
  double now = 30;
  for (; now < 60; now += 0.05) {
    REQUIRE(gate.try_pass(at(now), false));
    gate.accepted(at(now), at(now));
  }
  const double before = gate.rate(at(now));
  // One in eight: what exceeds the two percent that are tolerated adds up to six.
  int throttles = 0;
  while (gate.rate(at(now)) >= before && throttles < 100) {
    ++throttles;
    gate.throttled(at(now), at(now), 1s);
    for (int i = 0; i < 7; ++i) gate.accepted(at(now), at(now));
  }
  CHECK(throttles == 7);
  CHECK(gate.closed_until() < at(now));
  CHECK(gate.rate(at(now)) == about(0.97 * 20, 0.03));
  CHECK(gate.rate(at(now + 4)) == about(2 * 20, 0.03));  // it is not known to be the limit
}

TEST_CASE("gate: an allowance that was cut is known by what was accepted last") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  (void)accepted(gate, 1.05, 8.05);
  refuse_all(gate, 8.05, 8.05, 1s, 2);
  (void)accepted(gate, 8.05, 30.05);
  for (double now = 30.05; now < 35.05; now += 0.2) gate.accepted(at(now), at(now));
  refuse_all(gate, 35.05, 35.05, 1s);
  CHECK(gate.closed_until() == at(36.05));
  CHECK(gate.rate(at(36.05)) == about(0.97 * 5, 0.2));
}

TEST_CASE("gate: what share were strays is tolerated from then on") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.05, 1s);
  (void)accepted(gate, 1.05, 8.05);
  refuse_all(gate, 8.05, 8.05, 1s, 2);
  (void)accepted(gate, 8.05, 20.05);
  gate.throttled(at(20.05), at(20.05), 1s);
  refuse_all(gate, 20.06, 20.06, 1s, 2);  // both: the rate is searched for, and a tenth may be strays
  for (int i = 1; i < 20; ++i) {
    const double now = 20.06 + i * 0.05;
    for (int k = 0; k < 5; ++k) gate.accepted(at(now), at(now));
    gate.throttled(at(now), at(now), 1s);
    CHECK(gate.rate(at(now + 0.05)) > gate.rate(at(now)));
  }
  double now = 21.5;
  const double before = gate.rate(at(now));
  int throttles = 0;
  for (; gate.rate(at(now)) >= before && throttles < 100; now += 0.01) {  // one in three
    for (int k = 0; k < 2; ++k) gate.accepted(at(now), at(now));
    gate.throttled(at(now), at(now), 1s);
    ++throttles;
  }
  CHECK(throttles >= 4);
  CHECK(throttles < 12);
}

TEST_CASE("gate: when callers seldom wait and all is refused, it starts from what was measured") {
  rate_gate gate{retry_mode::standard};
  for (double now = 30; now < 60; now += 0.05) {
    REQUIRE(gate.try_pass(at(now), false));
    gate.accepted(at(now), at(now));
  }
  refuse_all(gate, 60, 60.05, 1s);
  CHECK(gate.closed_until() == at(61.05));
  CHECK(gate.rate(at(61.05)) == about(0.7 * 20, 0.03));
  CHECK(gate.rate(at(63.05)) == about(2 * 0.7 * 20, 0.03));  // a neighbour's burst is soon forgotten
}

TEST_CASE("gate: throttles at random neither close it nor lower its rate") {
  // Every hundredth and every twentieth request of 100 a second, for ten minutes.
  for (const int every : {100, 20}) {
    CAPTURE(every);
    rate_gate gate{retry_mode::standard};
    int sent = 0;
    bool waiting = false;
    for (double now = 0; now < 600; now += 0.01) {
      waiting = !gate.try_pass(at(now), waiting);
      if (waiting) continue;
      if (++sent % every == 0)
        gate.throttled(at(now), at(now), 1s);
      else
        gate.accepted(at(now), at(now));
    }
    CHECK(sent > 58'000);
  }
}

TEST_CASE("gate: opens() is never too late, also while the rate rises") {
  rate_gate gate{retry_mode::standard};
  refuse_all(gate, 0, 0.1, 1s);  // half a request a second, twice as many each second
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
  refuse_all(gate, 0, 0.05, 1s);
  const time_point start = at(1.05);
  const double rate = gate.rate(start);
  int count = 0;
  for (time_point now = start; now < start + 200ms;) {
    while (count < 10'000 && gate.try_pass(now, true)) ++count;
    now += 20ms;  // a loop that is busy for 20 ms at a time
  }
  CHECK(count >= static_cast<int>(rate * 0.18));
}
