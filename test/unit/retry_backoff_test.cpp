// The wait before a retry, against the published constants.
#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <mwaa_serverless/retry.hpp>

#include "retry/backoff.hpp"

using mwaa_serverless::retry_options;
using mwaa_serverless::retry::backoff;
using mwaa_serverless::retry::retry_hints;
using mwaa_serverless::retry::wait_before_retry;
using kind = mwaa_serverless::retry::verdict::kind;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

// The largest double below 1: the end of [0, 1).
constexpr double almost_one = 1.0 - std::numeric_limits<double>::epsilon() / 2;

retry_hints with_body(std::chrono::milliseconds value) {
  retry_hints hints;
  hints.body = value;
  return hints;
}
retry_hints with_header(std::chrono::milliseconds value) {
  retry_hints hints;
  hints.header = value;
  return hints;
}
retry_hints with_amz(std::chrono::milliseconds value) {
  retry_hints hints;
  hints.amz = value;
  return hints;
}

}  // namespace

TEST_CASE("backoff: doubles from 50 ms, and from 1 s after throttling, up to 20 s") {
  // AWS's SDK reference, "Retry behavior": t_i = rand * min(base * 2^i, 20 s); base 50 ms, for throttling 1000 ms.
  const retry_options standard;
  const nanoseconds transient[] = {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 20s, 20s};
  const nanoseconds throttling[] = {1s, 2s, 4s, 8s, 16s, 20s, 20s};
  int attempt = 0;
  for (const nanoseconds expected : transient) {
    CAPTURE(attempt);
    CHECK(backoff(standard, kind::transient, ++attempt, 1.0) == expected);
  }
  attempt = 0;
  for (const nanoseconds expected : throttling) {
    CAPTURE(attempt);
    CHECK(backoff(standard, kind::throttling, ++attempt, 1.0) == expected);
  }
}

TEST_CASE("backoff: jitter is the whole of it, and the limit comes before the jitter") {
  const retry_options standard;
  CHECK(backoff(standard, kind::transient, 1, 0.0) == 0ns);
  CHECK(backoff(standard, kind::transient, 1, 0.5) == 25ms);
  CHECK(backoff(standard, kind::throttling, 2, 0.25) == 500ms);
  CHECK(backoff(standard, kind::throttling, 9, 0.5) == 10s);  // not min(256 s * 0.5, 20 s)
  CHECK(backoff(standard, kind::throttling, 9, almost_one) < 20s);
  CHECK(backoff(standard, kind::throttling, 9, almost_one) > 19'999ms);
}

TEST_CASE("backoff: no number of attempts overflows") {
  retry_options wide;
  wide.max_backoff = 24h;
  CHECK(backoff(wide, kind::throttling, std::numeric_limits<int>::max(), 1.0) == 24h);
  CHECK(backoff(wide, kind::transient, 64, 1.0) == 24h);
}

TEST_CASE("backoff: a share that is no number in [0, 1) makes no wait that is out of range") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double share : {-1.0, -infinity, std::numeric_limits<double>::lowest(), 1.0, 1e300, infinity,
                             std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(share);
    const nanoseconds wait = backoff({}, kind::transient, 1, share);
    CHECK(wait >= 0ns);
    CHECK(wait <= 50ms);
    const nanoseconds hinted = wait_before_retry({}, kind::throttling, 1, share, with_body(2s));
    CHECK(hinted >= 2s);
    CHECK(hinted <= 3s);
  }
}

TEST_CASE("backoff: the options count") {
  retry_options options;
  options.base_delay = 10ms;
  options.throttling_base_delay = 300ms;
  options.max_backoff = 500ms;
  CHECK(backoff(options, kind::transient, 3, 1.0) == 40ms);
  CHECK(backoff(options, kind::throttling, 1, 1.0) == 300ms);
  CHECK(backoff(options, kind::throttling, 2, 1.0) == 500ms);
}

TEST_CASE("wait: without a hint it is the backoff") {
  const retry_options standard;
  CHECK(wait_before_retry(standard, kind::throttling, 2, 0.5, retry_hints{}) == 1s);
  CHECK(wait_before_retry(standard, kind::transient, 2, 0.5, retry_hints{}) == 50ms);
}

TEST_CASE("wait: x-amz-retry-after is clamped to [t, t + 5 s]") {
  // botocore's _get_retry_after_delay; attempt 1 after throttling with random 0.5: t = 500 ms.
  const retry_options standard;
  const auto wait = [&](std::chrono::milliseconds hint) {
    return wait_before_retry(standard, kind::throttling, 1, 0.5, with_amz(hint));
  };
  CHECK(wait(0ms) == 500ms);
  CHECK(wait(499ms) == 500ms);
  CHECK(wait(500ms) == 500ms);
  CHECK(wait(501ms) == 501ms);
  CHECK(wait(3s) == 3s);
  CHECK(wait(5500ms) == 5500ms);
  CHECK(wait(5501ms) == 5500ms);
  CHECK(wait(1h) == 5500ms);
}

TEST_CASE("wait: the other hints are the earliest time, and the jitter comes on top") {
  const retry_options standard;
  for (const auto& hinted : {with_body, with_header}) {
    CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, hinted(3s)) == 3s);
    CHECK(wait_before_retry(standard, kind::throttling, 1, 0.5, hinted(3s)) == 3500ms);
    CHECK(wait_before_retry(standard, kind::transient, 1, 0.5, hinted(3s)) == 3025ms);
    // A hint below the backoff does not shorten it.
    CHECK(wait_before_retry(standard, kind::throttling, 3, 0.5, hinted(1s)) == 2500ms);
    // A hint of zero is one, too: the service wants everybody back, but not all at once.
    CHECK(wait_before_retry(standard, kind::throttling, 1, 0.5, hinted(0ms)) == 1s);
  }
}

TEST_CASE("wait: never before the hint, whatever the jitter") {
  const retry_options standard;
  for (const double random : {0.0, 0.1, 0.5, 0.9, almost_one}) {
    CAPTURE(random);
    CHECK(wait_before_retry(standard, kind::throttling, 2, random, with_body(4s)) >= 4s);
    CHECK(wait_before_retry(standard, kind::throttling, 2, random, with_body(4s)) < 5s);
  }
}

TEST_CASE("wait: the longest of several hints counts") {
  const retry_options standard;
  retry_hints hints;
  hints.body = 2s;
  hints.header = 7s;
  hints.amz = 3s;
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, hints) == 7s);
  hints.body = 9s;
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, hints) == 9s);
  hints.body = hints.header = 1s;
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, hints) == 3s);
  hints.amz = 1h;  // counts as t + 5 s
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, hints) == 5s);
}

TEST_CASE("wait: no hint counts for more than max_hint") {
  const retry_options standard;
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, with_body(60s)) == 60s);
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.0, with_body(61s)) == 60s);
  CHECK(wait_before_retry(standard, kind::throttling, 1, 0.5, with_header(24h)) == 60'500ms);

  retry_options strict;
  strict.max_hint = 2s;
  CHECK(wait_before_retry(strict, kind::throttling, 1, 0.5, with_amz(4s)) == 2s);
  strict.max_hint = 0s;  // hints are ignored, the backoff stays
  CHECK(wait_before_retry(strict, kind::throttling, 1, 0.5, with_body(4s)) == 500ms);
  CHECK(wait_before_retry(strict, kind::throttling, 1, 0.5, with_header(4s)) == 500ms);
  CHECK(wait_before_retry(strict, kind::throttling, 1, 0.5, with_amz(4s)) == 500ms);
}
