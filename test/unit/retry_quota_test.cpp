#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "retry/retry_quota.hpp"

using mwaa_serverless::retry::retry_quota;

TEST_CASE("quota: takes what is there, and nothing when it is too little") {
  retry_quota quota{20};
  CHECK(quota.available() == 20);
  CHECK(quota.try_take(14));
  CHECK(quota.available() == 6);
  CHECK_FALSE(quota.try_take(14));
  CHECK(quota.available() == 6);  // a refusal costs nothing
  CHECK(quota.try_take(5));
  CHECK(quota.try_take(1));
  CHECK(quota.available() == 0);
  CHECK_FALSE(quota.try_take(1));
  CHECK(quota.available() == 0);
}

TEST_CASE("quota: never over its capacity") {
  retry_quota quota{20};
  quota.give_back(1);
  CHECK(quota.available() == 20);
  REQUIRE(quota.try_take(5));
  quota.give_back(14);
  CHECK(quota.available() == 20);
  REQUIRE(quota.try_take(20));
  quota.give_back(std::numeric_limits<int>::max());
  CHECK(quota.available() == 20);
}

TEST_CASE("quota: 500 tokens are 100 retries after throttling, or 35 after anything else") {
  retry_quota throttled{500};
  int granted = 0;
  while (throttled.try_take(5)) ++granted;
  CHECK(granted == 100);
  CHECK(throttled.available() == 0);

  retry_quota transient{500};
  granted = 0;
  while (transient.try_take(14)) ++granted;
  CHECK(granted == 35);
  CHECK(transient.available() == 10);
}

TEST_CASE("quota: a quota of zero grants nothing") {
  retry_quota none{0};
  CHECK_FALSE(none.try_take(5));
  none.give_back(1);
  CHECK(none.available() == 0);
}

TEST_CASE("quota: threads share it without losing or inventing a token") {
  retry_quota quota{500};
  std::atomic<int> taken{0};
  std::atomic<bool> within{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        if (quota.try_take(14)) taken += 14;
        const int left = quota.available();
        if (left < 0 || left > 500) within = false;
        if (taken.load() > 0 && round % 3 == 0) {
          // Gives back only what somebody took, so that the capacity swallows none of it.
          int mine = taken.load();
          while (mine >= 14 && !taken.compare_exchange_weak(mine, mine - 14)) {
          }
          if (mine >= 14) quota.give_back(14);
        }
      }
    });
  }
  for (auto& each : threads) each.join();
  CHECK(within);
  CHECK(quota.available() + taken == 500);
}
