// Which address is tried when.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "net/dial_state.hpp"

using namespace mwaa_serverless::net;
using namespace std::chrono_literals;
using enum dial_state::family;

namespace {

using action = dial_state::action;
constexpr dial_state::time_point start{1h};

/// All addresses in the order in which they are tried, each after the failure of the one before.
std::string order(const std::vector<dial_state::family>& addresses) {
  dial_state dial{addresses};
  std::string out;
  for (;;) {
    const auto step = dial.next(start);
    if (step.what == action::exhausted) return out;
    REQUIRE(step.what == action::start);
    out += std::to_string(step.index);
    dial.failed();
  }
}

}  // namespace

TEST_CASE("dial_state: the families by turns, each in the order given") {
  CHECK(order({}).empty());
  CHECK(order({v4}) == "0");
  CHECK(order({v6, v6, v4, v4}) == "0213");
  CHECK(order({v4, v4, v4, v6}) == "0312");
  CHECK(order({v6, v4, v6, v4}) == "0123");
  CHECK(order({v6, v6, v6}) == "012");
}

TEST_CASE("dial_state: the second begins 250 ms after the first, beside it") {
  dial_state dial{{v6, v4, v6}};
  CHECK(dial.next(start).what == action::start);
  auto step = dial.next(start);
  CHECK(step.what == action::wait);
  CHECK(step.until == start + 250ms);
  CHECK(dial.next(start + 249ms).what == action::wait);
  step = dial.next(start + 250ms);
  CHECK(step.what == action::start);
  CHECK(step.index == 1);
  step = dial.next(start + 250ms);
  CHECK(step.what == action::wait);
  CHECK(step.until == start + 500ms);
  CHECK(dial.next(start + 500ms).index == 2);
  step = dial.next(start + 500ms);
  CHECK(step.what == action::wait);
  CHECK(step.until == dial_state::time_point::max());  // nothing more to begin
}

TEST_CASE("dial_state: a failure begins the next at once, also while others are under way") {
  dial_state dial{{v4, v4, v4}};
  (void)dial.next(start);
  dial.failed();
  CHECK(dial.next(start + 1ms).index == 1);
  CHECK(dial.next(start + 2ms).what == action::wait);
  CHECK(dial.next(start + 251ms).index == 2);
  dial.failed();
  CHECK(dial.next(start + 252ms).what == action::wait);
  dial.failed();
  CHECK(dial.next(start + 253ms).what == action::exhausted);
}

TEST_CASE("dial_state: a failure of one of two under way begins the next at once") {
  dial_state dial{{v4, v4, v4}};
  (void)dial.next(start);
  CHECK(dial.next(start + 250ms).index == 1);
  CHECK(dial.next(start + 251ms).what == action::wait);
  dial.failed();
  const auto next = dial.next(start + 252ms);
  CHECK(next.what == action::start);
  CHECK(next.index == 2);
}
