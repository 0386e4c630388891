#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/run.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using mwaa_serverless::async_generator;
using mwaa_serverless::collect;
using mwaa_serverless::testing::virtual_clock;

namespace {

// Sets its flag when destroyed: shows that a body was cleaned up.
class flag_on_exit {
 public:
  explicit flag_on_exit(bool& flag) : flag_(&flag) {}
  flag_on_exit(const flag_on_exit&) = delete;
  flag_on_exit& operator=(const flag_on_exit&) = delete;
  ~flag_on_exit() { *flag_ = true; }

 private:
  bool* flag_;
};

async_generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}

async_generator<std::string> slow_words(virtual_clock& time, bool& gone, int words) {
  const flag_on_exit exit{gone};
  for (int i = 0; i < words; ++i) {
    co_await time.sleep_until(time.now() + 1s);
    co_yield "word " + std::to_string(i);
  }
}

asio::awaitable<int> length_after_a_second(virtual_clock& time, std::string word) {
  co_await time.sleep_until(time.now() + 1s);
  co_return static_cast<int>(word.size());
}

async_generator<int> lengths(virtual_clock& time, async_generator<std::string> words) {
  while (auto word = co_await words.next()) {
    const int length = co_await length_after_a_second(time, *word);
    co_yield length;
  }
}

async_generator<int> fails_after_two() {
  co_yield 1;
  co_yield 2;
  throw std::runtime_error("broken source");
}

async_generator<std::unique_ptr<int>> owners() {
  for (int i = 0; i < 3; ++i) co_yield std::make_unique<int>(i);
}

async_generator<std::string> keeps_what_it_yields(std::vector<std::string>& seen) {
  std::string line = "kept by the body";
  co_yield line;
  seen.push_back(line);
}

}  // namespace

TEST_CASE("async_generator: values in order, then a clean end, again and again") {
  asio::io_context io;
  virtual_clock time;
  auto work = []() -> asio::awaitable<void> {
    auto numbers = count_to(3);
    for (int expected = 1; expected <= 3; ++expected) {
      const auto value = co_await numbers.next();
      CHECK(value == expected);
    }
    const auto end = co_await numbers.next();
    CHECK_FALSE(end.has_value());
    const auto still_the_end = co_await numbers.next();
    CHECK_FALSE(still_the_end.has_value());
  };
  test::run(io, time, work());
}

TEST_CASE("async_generator: lazy, awaits in its body, composes") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  auto work = [&]() -> asio::awaitable<std::vector<int>> {
    auto stream = lengths(time, slow_words(time, gone, 3));
    co_await time.sleep_until(time.now() + 10s);
    CHECK_FALSE(gone);
    auto values = co_await collect(std::move(stream), 10);
    co_return values;
  };
  const auto values = test::run(io, time, work());
  CHECK(values == std::vector<int>{6, 6, 6});
  CHECK(gone);
  // 10 s before the first next(), then a second a word and a second a length.
  CHECK(time.elapsed() == 16s);
}

TEST_CASE("async_generator: an exception leaves through next(), every time") {
  asio::io_context io;
  virtual_clock time;
  auto work = []() -> asio::awaitable<void> {
    auto numbers = fails_after_two();
    (void)co_await numbers.next();
    (void)co_await numbers.next();
    for (int i = 0; i < 3; ++i) {
      std::string what;
      try {
        (void)co_await numbers.next();
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      CHECK(what == "broken source");
    }
  };
  test::run(io, time, work());
}

TEST_CASE("async_generator: move-only values are moved, an lvalue stays with the body") {
  asio::io_context io;
  virtual_clock time;
  std::vector<std::string> seen;
  auto work = [&]() -> asio::awaitable<void> {
    auto pointers = co_await collect(owners(), 3);
    CHECK(pointers.size() == 3);
    CHECK(*pointers[2] == 2);
    auto lines = keeps_what_it_yields(seen);
    const auto line = co_await lines.next();
    CHECK(line == "kept by the body");
    (void)co_await lines.next();
  };
  test::run(io, time, work());
  CHECK(seen == std::vector<std::string>{"kept by the body"});
}

TEST_CASE("collect: a stream longer than the limit is an error") {
  asio::io_context io;
  virtual_clock time;
  CHECK_THROWS_WITH_AS(test::run(io, time, collect(count_to(4), 3)),
                       "mwaa_serverless::collect: the stream has more than 3 values", std::length_error);
  CHECK(test::run(io, time, collect(count_to(3), 3)).size() == 3);
}

TEST_CASE("async_generator: cancelling next() reaches what the body awaits") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  asio::cancellation_signal signal;
  boost::system::error_code outcome;
  bool later_throws_too = false;
  auto work = [&]() -> asio::awaitable<void> {
    auto words = slow_words(time, gone, 3);
    (void)co_await words.next();
    try {
      (void)co_await words.next();
    } catch (const boost::system::system_error& e) {
      outcome = e.code();
    }
    co_await asio::this_coro::reset_cancellation_state();
    try {
      (void)co_await words.next();
    } catch (const boost::system::system_error& e) {
      later_throws_too = e.code() == asio::error::operation_aborted;
    }
  };
  bool ended = false;
  asio::co_spawn(io, work(), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                   CHECK_FALSE(e);
                   ended = true;
                 }));
  time.run_until(io, time.now() + 1500ms);
  CHECK_FALSE(ended);
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.poll();  // no time passes
  CHECK(ended);
  CHECK(gone);
  CHECK(outcome == asio::error::operation_aborted);
  CHECK(later_throws_too);
  CHECK(time.sleepers() == 0);
}

TEST_CASE("async_generator: next() of a coroutine that was cancelled before throws into the body") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  asio::cancellation_signal signal;
  std::exception_ptr failure;
  auto work = [&]() -> asio::awaitable<void> {
    auto words = slow_words(time, gone, 3);
    // A coroutine that is cancelled before it was ever suspended makes co_spawn of Boost 1.81 throw out of the loop.
    co_await time.sleep_until(time.now() + 1ms);
    co_await asio::this_coro::throw_if_cancelled(false);
    signal.emit(asio::cancellation_type::terminal);
    co_await asio::this_coro::throw_if_cancelled(true);
    (void)co_await words.next();
  };
  asio::co_spawn(io, work(), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { failure = e; }));
  time.run(io);
  REQUIRE(failure);
  CHECK_THROWS_AS(std::rethrow_exception(failure), boost::system::system_error);
}

TEST_CASE("async_generator: dropped before, between and within, it cleans up") {
  asio::io_context io;
  virtual_clock time;
  SUBCASE("before the first next(): the body never ran") {
    bool gone = false;
    {
      auto words = slow_words(time, gone, 3);
    }
    CHECK_FALSE(gone);
  }
  SUBCASE("between two values") {
    bool gone = false;
    auto work = [&]() -> asio::awaitable<void> {
      auto words = slow_words(time, gone, 3);
      (void)co_await words.next();
    };
    test::run(io, time, work());
    CHECK(gone);
  }
  SUBCASE("the io_context goes while next() waits") {
    bool gone = false;
    {
      asio::io_context brief;
      auto work = [](virtual_clock& clock, bool& flag) -> asio::awaitable<void> {
        auto words = slow_words(clock, flag, 3);
        (void)co_await words.next();
      };
      asio::co_spawn(brief, work(time, gone), [](std::exception_ptr) {});
      brief.poll();
      CHECK(time.sleepers() == 1);
      CHECK_FALSE(gone);
    }
    CHECK(gone);
    CHECK(time.sleepers() == 0);
  }
  SUBCASE("the other side of || wins") {
    bool gone = false;
    auto work = [&]() -> asio::awaitable<void> {
      using namespace asio::experimental::awaitable_operators;
      auto words = slow_words(time, gone, 3);
      const auto winner = co_await (words.next() || time.sleep_until(time.now() + 100ms));
      CHECK(winner.index() == 1);
    };
    test::run(io, time, work());
    CHECK(gone);
    CHECK(time.elapsed() == 100ms);
  }
}
