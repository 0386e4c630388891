#include <doctest/doctest.h>

#include <chrono>

#include "net/pool_state.hpp"

namespace {

using mwaa_serverless::origin;
using mwaa_serverless::net::pool_state;
using mwaa_serverless::net::slot_id;
using answer = pool_state::answer;
using namespace std::chrono_literals;

const origin here{true, "here.example", 443};
const origin there{true, "there.example", 443};
constexpr pool_state::time_point start{100s};

}  // namespace

TEST_CASE("pool: the connection used last is reused first, so that the others grow old") {
  pool_state pool{3, 50s};
  const auto a = pool.acquire(here);
  const auto b = pool.acquire(here);
  CHECK(a.what == answer::open);
  CHECK(b.what == answer::open);
  CHECK(a.slot != b.slot);
  CHECK(pool.release(a.slot, true, start).keep);
  CHECK(pool.release(b.slot, true, start + 1s).keep);
  const auto again = pool.acquire(here);
  CHECK(again.what == answer::reuse);
  CHECK(again.slot == b.slot);
  CHECK(pool.acquire(here).slot == a.slot);
}

TEST_CASE("pool: a connection that cannot be reused leaves an unused slot") {
  pool_state pool{1, 50s};
  const auto a = pool.acquire(here);
  CHECK_FALSE(pool.release(a.slot, false, start).keep);
  const auto b = pool.acquire(here);
  CHECK(b.what == answer::open);
  CHECK(b.slot == a.slot);
}

TEST_CASE("pool: idle connections expire when their time is reached, the oldest first") {
  pool_state pool{3, 50s};
  const slot_id a = pool.acquire(here).slot;
  const slot_id b = pool.acquire(here).slot;
  const slot_id c = pool.acquire(here).slot;
  (void)pool.release(b, true, start);
  (void)pool.release(a, true, start + 1s);
  (void)pool.release(c, true, start + 2s);
  CHECK(pool.expire_idle(start + 50s - 1ns).empty());
  CHECK(pool.expire_idle(start + 51s) == std::vector<slot_id>{b, a});
  CHECK(pool.metrics().open == 1);
  CHECK(pool.acquire(here).slot == c);
  CHECK(pool.acquire(here).what == answer::open);
}

TEST_CASE("pool: connections belong to their origin; an idle one elsewhere makes room when the pool is full") {
  pool_state pool{2, 50s};
  const slot_id a = pool.acquire(here).slot;
  const slot_id b = pool.acquire(here).slot;
  (void)pool.release(a, true, start);
  (void)pool.release(b, true, start + 1s);
  const auto other = pool.acquire(there);
  CHECK(other.what == answer::open);
  CHECK(other.slot == a);
  CHECK(pool.acquire(here).slot == b);
  (void)pool.release(other.slot, true, start + 2s);
  CHECK(pool.acquire(there).what == answer::reuse);
}

TEST_CASE("pool: beyond the limit, first come first served") {
  pool_state pool{1, 50s};
  const slot_id slot = pool.acquire(here).slot;
  const auto first = pool.acquire(here);
  const auto second = pool.acquire(here);
  REQUIRE(first.what == answer::wait);
  REQUIRE(second.what == answer::wait);
  CHECK(pool.metrics().waiting == 2);
  CHECK_FALSE(pool.claim(first.place));

  const auto freed = pool.release(slot, true, start);
  CHECK(freed.keep);
  REQUIRE(freed.wake == first.place);
  // A newcomer does not overtake, although nobody has claimed the slot yet.
  const auto third = pool.acquire(here);
  CHECK(third.what == answer::wait);
  CHECK_FALSE(pool.claim(second.place));
  const auto given = pool.claim(first.place);
  REQUIRE(given);
  CHECK(given->what == answer::reuse);
  CHECK(given->slot == slot);
  CHECK_FALSE(pool.claim(first.place));

  // A connection that cannot be reused still passes its slot on.
  const auto broken = pool.release(slot, false, start);
  CHECK_FALSE(broken.keep);
  REQUIRE(broken.wake == second.place);
  CHECK(pool.claim(second.place)->what == answer::open);
}

TEST_CASE("pool: a waiter for another origin gets the slot, not the connection") {
  pool_state pool{1, 50s};
  const slot_id slot = pool.acquire(here).slot;
  const auto waiter = pool.acquire(there);
  const auto freed = pool.release(slot, true, start);
  CHECK_FALSE(freed.keep);
  REQUIRE(freed.wake == waiter.place);
  CHECK(pool.claim(waiter.place)->what == answer::open);
  (void)pool.release(slot, true, start);
  CHECK(pool.acquire(there).what == answer::reuse);
}

TEST_CASE("pool: who leaves the line is passed over") {
  pool_state pool{1, 50s};
  const slot_id slot = pool.acquire(here).slot;
  const auto first = pool.acquire(here);
  const auto second = pool.acquire(here);
  const auto third = pool.acquire(here);
  CHECK_FALSE(pool.leave(second.place, start));
  CHECK_FALSE(pool.leave(second.place, start));
  CHECK(pool.release(slot, true, start).wake == first.place);
  (void)pool.claim(first.place);
  CHECK(pool.release(slot, true, start).wake == third.place);
}

TEST_CASE("pool: a slot given to one who leaves passes to the next, connection and all") {
  pool_state pool{1, 50s};
  const slot_id slot = pool.acquire(here).slot;
  const auto first = pool.acquire(here);
  const auto second = pool.acquire(here);
  (void)pool.release(slot, true, start);
  const auto left = pool.leave(first.place, start);
  REQUIRE(left);
  CHECK(left->slot == slot);
  CHECK(left->result.keep);
  REQUIRE(left->result.wake == second.place);
  CHECK(pool.claim(second.place)->what == answer::reuse);
  CHECK(pool.metrics().connections_reused == 1);

  // With nobody behind, it becomes idle.
  const auto last = pool.acquire(here);
  (void)pool.release(slot, true, start);
  REQUIRE(pool.leave(last.place, start)->result.keep);
  CHECK(pool.metrics().in_use == 0);
  CHECK(pool.acquire(here).what == answer::reuse);
}

TEST_CASE("pool: a slot without a connection, given to one who leaves, stays without") {
  pool_state pool{1, 50s};
  const slot_id slot = pool.acquire(here).slot;
  const auto first = pool.acquire(here);
  (void)pool.release(slot, false, start);
  CHECK_FALSE(pool.leave(first.place, start)->result.keep);
  CHECK(pool.acquire(here).what == answer::open);
}

TEST_CASE("pool: closing refuses newcomers, lets those in line go on and keeps nothing") {
  pool_state pool{2, 50s};
  const slot_id busy = pool.acquire(here).slot;
  const slot_id idle = pool.acquire(here).slot;
  const auto waiter = pool.acquire(here);
  REQUIRE(waiter.what == answer::wait);
  (void)pool.release(idle, true, start);
  REQUIRE(pool.claim(waiter.place));
  (void)pool.release(idle, true, start);

  CHECK(pool.close() == std::vector<slot_id>{idle});
  CHECK(pool.acquire(here).what == answer::closed);
  CHECK_FALSE(pool.quiet());
  CHECK_FALSE(pool.release(busy, true, start).keep);
  CHECK(pool.quiet());
  CHECK(pool.metrics().open == 0);
}

TEST_CASE("pool: a line that is as long as it may be") {
  pool_state pool{1, 50s, 2};
  const slot_id slot = pool.acquire(here).slot;
  const auto first = pool.acquire(here);
  CHECK(pool.acquire(here).what == answer::wait);
  CHECK(pool.acquire(here).what == answer::queue_full);
  CHECK(pool.metrics().waiting == 2);
  CHECK(pool.metrics().refused == 1);
  (void)pool.leave(first.place, start);
  CHECK(pool.acquire(here).what == answer::wait);
  (void)pool.release(slot, true, start);
  CHECK(pool.acquire(here).what == answer::wait);
  pool_state none{1, 50s, 0};
  (void)none.acquire(here);
  CHECK(none.acquire(here).what == answer::queue_full);
}

TEST_CASE("pool: a connection is not kept beyond its age, nor passed on") {
  pool_state pool{1, 50s, pool_state::no_limit, 100s};
  const slot_id slot = pool.acquire(here).slot;
  pool.opened(slot, start, 0.5);  // 95 s
  CHECK(pool.release(slot, true, start + 95s - 1ns).keep);
  CHECK(pool.acquire(here).what == answer::reuse);
  const auto waiter = pool.acquire(here);
  const auto old = pool.release(slot, true, start + 95s);
  CHECK_FALSE(old.keep);
  CHECK(pool.claim(waiter.place)->what == answer::open);
  pool.opened(slot, start + 95s, 0);  // 100 s
  CHECK(pool.release(slot, true, start + 195s - 1ns).keep);
  CHECK(pool.acquire(here).what == answer::reuse);
  CHECK_FALSE(pool.release(slot, true, start + 195s).keep);
}

TEST_CASE("pool: metrics") {
  pool_state pool{2, 50s};
  const slot_id a = pool.acquire(here).slot;
  pool.opened(a, start, 0);
  (void)pool.release(a, true, start);
  (void)pool.acquire(here);
  (void)pool.acquire(there);
  (void)pool.acquire(there);
  auto now = pool.metrics();
  CHECK(now.connections_opened == 1);
  CHECK(now.connections_reused == 1);
  CHECK(now.open == 2);
  CHECK(now.in_use == 2);
  CHECK(now.idle == 0);
  CHECK(now.waiting == 1);
  pool.waited(2s);
  pool.waited(3s);
  CHECK(pool.metrics().waited == 2);
  CHECK(pool.metrics().wait_time == 5s);
  pool.replaced();
  now = pool.metrics();
  CHECK(now.connections_reused == 0);
  CHECK(now.connections_replaced == 1);
}

TEST_CASE("pool: idle connections expire a little apart") {
  pool_state pool{3, 50s};
  std::vector<slot_id> slots;
  for (const double unit : {0.0, 0.5, 0.9}) {  // 50 s, 47.5 s, 45.5 s
    slots.push_back(pool.acquire(here).slot);
    pool.opened(slots.back(), start, unit);
  }
  for (const slot_id each : slots) (void)pool.release(each, true, start);
  CHECK(pool.expire_idle(start + 45499ms).empty());
  CHECK(pool.expire_idle(start + 45500ms) == std::vector{slots[2]});
  CHECK(pool.expire_idle(start + 47499ms).empty());
  CHECK(pool.expire_idle(start + 47500ms) == std::vector{slots[1]});
  CHECK(pool.expire_idle(start + 49999ms).empty());
  CHECK(pool.expire_idle(start + 50s) == std::vector{slots[0]});
  CHECK(pool.metrics().idle == 0);
}

TEST_CASE("pool: connections opened ahead, as many as are missing and have room") {
  pool_state pool{3, 50s};
  const slot_id used = pool.acquire(here).slot;
  const auto ahead = pool.reserve(here, 2);
  REQUIRE(ahead);
  CHECK(*ahead != used);
  CHECK(pool.in_use() == 2);
  CHECK_FALSE(pool.reserve(here, 2));  // there are two
  CHECK(pool.release(*ahead, true, start).keep);
  CHECK_FALSE(pool.reserve(here, 2));  // an idle one counts
  const auto elsewhere = pool.reserve(there, 2);
  REQUIRE(elsewhere);
  CHECK_FALSE(pool.reserve(there, 2));  // no room, though one to `here` is idle
  (void)pool.release(*elsewhere, false, start);
  CHECK(pool.reserve(there, 1) == elsewhere);  // one that has gone does not count
  CHECK(pool.acquire(here).what == answer::reuse);
  (void)pool.close();
  CHECK_FALSE(pool.reserve(here, 3));
}
