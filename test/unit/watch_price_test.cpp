// What a look is worth, how often a run changes, and what a quota allows: the pure parts of the watcher.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "watcher/change_model.hpp"
#include "watcher/look_budget.hpp"
#include "watcher/look_price.hpp"
#include "watcher/look_queue.hpp"

using namespace mwaa_serverless::watcher;

namespace {

// The integral of u h(u) from 0 to `age`, by the trapezoid rule.
template <class Density>
double weighted(Density density, double age) {
  constexpr int steps = 20'000;
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double a = age * i / steps;
    const double b = age * (i + 1) / steps;
    sum += (a * density(a) + b * density(b)) / 2 * (b - a);
  }
  return sum;
}

auto about(double value) {
  return doctest::Approx(value).epsilon(1e-3);
}

}  // namespace

TEST_CASE("look price: changes whose rate goes from one value to another") {
  for (const double switching : {1.0 / 2400, 1.0 / 120, 1.0 / 15}) {
    for (const double age : {0.01, 3.0, 40.0, 300.0}) {
      CAPTURE(switching);
      CAPTURE(age);
      expected_rate rate;
      rate.now = 0.1;
      rate.average = 0.02;
      rate.switching = switching;
      const auto density = [&](double u) { return 0.02 + 0.08 * std::exp(-switching * u); };
      CHECK(price_of_changes(rate, age) == about(weighted(density, age)));
    }
  }
  CHECK(price_of_changes(expected_rate{}, 0) == 0);
}

TEST_CASE("look price: an end after some more steps") {
  for (const unsigned steps : {1U, 2U, 8U}) {
    for (const double age : {5.0, 20.0, 60.0}) {
      CAPTURE(steps);
      CAPTURE(age);
      const double rate = 0.1;
      const auto density = [&](double u) {
        return u <= 0 && steps > 1
                   ? 0
                   : rate * std::exp((steps - 1) * std::log(std::max(rate * u, 1e-12)) - rate * u) / std::tgamma(steps);
      };
      const auto ended = [&](double a) {
        double sum = 0;
        for (int i = 0; i < 2000; ++i) sum += density(a * (i + 0.5) / 2000) * a / 2000;
        return sum;
      };
      double summed = 0;
      for (int i = 0; i < 500; ++i) summed += ended(age * (i + 0.5) / 500) * age / 500;
      const double expected = ended(age) * ended(age) / density(age) - summed;
      CHECK(price_of_end(steps, rate, age) == doctest::Approx(std::max(expected, 0.0)).epsilon(0.01));
    }
  }
  CHECK(price_of_end(0, 0.1, 10) == 0);
  CHECK(price_of_end(most_steps_to_end + 1, 0.1, 10) == 0);
  CHECK(price_of_end(1, 0, 1e9) <= 1e5);  // never more than a bound that passed
}

TEST_CASE("look price: grows with age, and is finite") {
  double before = -1;
  for (double age = 0; age < 1e5; age = age * 1.3 + 0.01) {
    const double price = price_of_due_end(2, age);
    CHECK(price >= before);
    CHECK(std::isfinite(price));
    before = price;
  }
  CHECK(price_of_states(0.1, 1, 0.1, 0, 10, 10) == about(0.1 * (50 + 0.1 * 1000 / 3)));
  CHECK(price_of_states(0, 1, 0.1, 0.01, 10, 10) == about(0.01 * 10 * 50));
}

TEST_CASE("change model: learns each run's rate, and how fast rates switch") {
  change_model model;
  std::mt19937_64 random{7};
  std::vector<rate_belief> beliefs(30, model.newborn());
  for (auto& each : beliefs) model.joined(each);
  std::poisson_distribution<unsigned> busy{0.1 * 10};
  for (int round = 0; round < 60; ++round) {
    for (std::size_t i = 0; i < beliefs.size(); ++i) {
      model.left(beliefs[i]);
      model.note(beliefs[i], 10, i < 10 ? busy(random) : 0);
      model.joined(beliefs[i]);
    }
    model.settle();
  }
  for (std::size_t i = 0; i < beliefs.size(); ++i) {
    CAPTURE(i);
    const expected_rate rate = model.expect(beliefs[i]);
    if (i < 10) {
      CHECK(rate.now > 0.06);
      CHECK(rate.now < 0.2);
    } else {
      CHECK(rate.now < 0.002);
    }
    CHECK(rate.average > 0.015);
    CHECK(rate.average < 0.06);
    CHECK(rate.switching <= 1.0 / 600);  // nobody switches
  }
  // Everything that is impossible by the filter's own measure leaves it in order.
  model.note(beliefs[0], 1e-9, 4'000'000);
  model.note(beliefs[0], 1e9, 0);
  CHECK(std::isfinite(model.expect(beliefs[0]).now));
}

TEST_CASE("look budget: given, it is kept to; others' requests count") {
  look_budget budget{5.0, 10, 0.8, 0};
  CHECK(budget.known());
  CHECK(budget.rate() == about(4));
  int taken = 0;
  for (double now = 0; now < 100; now += 0.01) taken += budget.take(now) ? 1 : 0;
  CHECK(taken >= 400);
  CHECK(taken <= 402);
  budget.others_sent(10, 100);
  CHECK_FALSE(budget.open(101.9));
  CHECK(budget.open(102.3));
  REQUIRE(budget.take(103));
  budget.give_back(103);
  CHECK(budget.take(103));
}

TEST_CASE("look budget: learns what a token bucket grants") {
  for (const double quota : {2.0, 10.0, 75.0}) {
    for (const double share : {1.0, 0.8}) {
      CAPTURE(quota);
      CAPTURE(share);
      look_budget budget{std::nullopt, 10, share, 0};
      double tokens = quota;
      double filled = 0;
      int accepted = 0;
      int throttled = 0;
      int settled = 0;
      int settled_throttled = 0;
      for (double now = 0; now < 600; now += 0.002) {
        if (!budget.take(now)) continue;
        tokens = std::min(quota, tokens + (now - filled) * quota);
        filled = now;
        const bool granted = tokens >= 1;
        if (granted) {
          tokens -= 1;
          budget.accepted(now);
        } else {
          budget.throttled(now, now);
        }
        ++(granted ? accepted : throttled);
        if (now > 120) ++(granted ? settled : settled_throttled);
      }
      CHECK(budget.known());
      CHECK(settled / (480 * quota * share) > 0.9);
      CHECK(settled / (480 * quota * share) < 1.01);
      CHECK(settled_throttled < (quota > 5 ? 0.01 : 0.02) * settled + 2);
      CHECK(throttled < 0.02 * accepted + 12);
    }
  }
}

TEST_CASE("look budget: throttles at random do not talk it down") {
  look_budget budget{std::nullopt, 10, 1, 0};
  std::mt19937_64 random{3};
  std::bernoulli_distribution stray{0.01};
  double tokens = 10;
  double filled = 0;
  int late = 0;
  for (double now = 0; now < 900; now += 0.002) {
    if (!budget.take(now)) continue;
    tokens = std::min(10.0, tokens + (now - filled) * 10);
    filled = now;
    const bool granted = tokens >= 1 && !stray(random);
    if (tokens >= 1) tokens -= 1;
    if (granted) {
      budget.accepted(now);
      late += now > 600 ? 1 : 0;
    } else {
      budget.throttled(now, now);
    }
  }
  CHECK(late > 0.85 * 3000);
}

TEST_CASE("look budget: others who use more than the quota do not hold looks back for long after") {
  look_budget budget{10, 10, 1, 0};
  double now = 0;
  for (; now < 3600; now += 0.1) budget.others_sent(10, now);
  CHECK_FALSE(budget.open(now));
  CHECK(budget.open(now + 15));
}

TEST_CASE("look queue: the earliest is in front, whatever changes") {
  look_queue queue;
  std::mt19937_64 random{5};
  std::vector<double> when(200, -1);
  for (int i = 0; i < 20'000; ++i) {
    const auto which = static_cast<look_queue::member>(random() % when.size());
    if (random() % 3 == 0) {
      queue.drop(which);
      when[which] = -1;
    } else {
      when[which] = static_cast<double>(random() % 1000);
      queue.put(which, when[which]);
    }
    double earliest = 1e9;
    std::size_t members = 0;
    for (const double each : when) {
      if (each < 0) continue;
      ++members;
      earliest = std::min(earliest, each);
    }
    REQUIRE(queue.size() == members);
    REQUIRE(queue.has(which) == (when[which] >= 0));
    if (members == 0) continue;
    REQUIRE(queue.when(0) == earliest);
    REQUIRE(when[queue.at(0)] == earliest);
  }
}
