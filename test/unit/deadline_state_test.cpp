#include <doctest/doctest.h>

#include "net/deadline_state.hpp"

namespace {

using mwaa_serverless::net::deadline_state;
using mwaa_serverless::net::slot_id;
using namespace std::chrono_literals;

constexpr deadline_state::time_point start{100s};

std::vector<slot_id> fired(deadline_state& deadlines, deadline_state::time_point now) {
  std::vector<slot_id> due;
  deadlines.fired(now, [&](slot_id slot) { due.push_back(slot); });
  return due;
}

}  // namespace

TEST_CASE("deadlines: the timer is set for the earliest only") {
  deadline_state deadlines;
  deadlines.make_room(8);
  CHECK(deadlines.armed() == deadline_state::never);
  CHECK(deadlines.set(0, start + 30s));
  CHECK_FALSE(deadlines.set(1, start + 31s));
  CHECK(deadlines.set(2, start + 3s));
  CHECK(deadlines.armed() == start + 3s);
}

TEST_CASE("deadlines: a later deadline in the place of the earliest costs no timer") {
  deadline_state deadlines;
  deadlines.make_room(8);
  (void)deadlines.set(0, start + 1s);
  CHECK_FALSE(deadlines.set(0, start + 5s));
  CHECK(deadlines.armed() == start + 1s);
  CHECK(fired(deadlines, start + 1s).empty());
  CHECK(deadlines.armed() == start + 5s);
  CHECK(fired(deadlines, start + 5s) == std::vector<slot_id>{0});
  CHECK(deadlines.armed() == deadline_state::never);
}

TEST_CASE("deadlines: all whose time is up, once") {
  deadline_state deadlines;
  deadlines.make_room(8);
  (void)deadlines.set(0, start + 1s);
  (void)deadlines.set(1, start + 2s);
  (void)deadlines.set(2, start + 3s);
  CHECK(fired(deadlines, start + 2s) == std::vector<slot_id>{0, 1});
  CHECK(deadlines.armed() == start + 3s);
  CHECK(fired(deadlines, start + 2s).empty());
}

TEST_CASE("deadlines: a cleared one does not come due") {
  deadline_state deadlines;
  deadlines.make_room(8);
  (void)deadlines.set(0, start + 1s);
  deadlines.clear(0);
  deadlines.clear(7);
  deadlines.clear(8);
  CHECK(fired(deadlines, start + 1s).empty());
  CHECK(deadlines.armed() == deadline_state::never);
}

TEST_CASE("deadlines: after the timer was cancelled the next deadline sets it again") {
  deadline_state deadlines;
  deadlines.make_room(8);
  (void)deadlines.set(0, start + 1s);
  deadlines.clear(0);
  deadlines.disarm();
  CHECK(deadlines.set(0, start + 9s));
}

TEST_CASE("deadlines: one that comes due and is set again counts for the timer") {
  deadline_state deadlines;
  deadlines.make_room(2);
  (void)deadlines.set(0, start + 1s);
  (void)deadlines.set(1, start + 9s);
  deadlines.fired(start + 1s, [&](slot_id slot) { (void)deadlines.set(slot, start + 4s); });
  CHECK(deadlines.armed() == start + 4s);
}
