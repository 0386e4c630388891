#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/notifier.hpp"
#include "support/run.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using mwaa_serverless::async_generator;
using mwaa_serverless::clock;
using mwaa_serverless::collect;
using mwaa_serverless::errc;
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

asio::awaitable<std::optional<std::string>> first_word_of_a_local_stream(virtual_clock& time, bool& gone) {
  auto words = slow_words(time, gone, 3);
  return words.next();
}

asio::awaitable<void> keep_next(async_generator<std::string>& words, std::optional<std::string>& word) {
  word = co_await words.next();
}

// The code of what `operation` throws; clear when it throws nothing.
template <class T>
asio::awaitable<boost::system::error_code> code_of(asio::awaitable<T> operation) {
  try {
    (void)co_await std::move(operation);
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return boost::system::error_code{};
}

asio::awaitable<void> ready_at_once() {
  co_return;
}

// A clock whose sleep ends when its notifier is rung.
class rung_clock final : public clock {
 public:
  explicit rung_clock(asio::io_context& io) : sleep(io) {}
  time_point now() const noexcept override { return time_point{}; }
  wall_time_point wall_now() const noexcept override { return wall_time_point{}; }
  asio::awaitable<void> sleep_until(time_point) override { return sleep.wait(); }

  test::notifier sleep;
};

// Whose first copy fails.
class costly {
 public:
  costly(int value_, int& copies) : value(value_), copies_(&copies) {}
  costly(costly&&) noexcept = default;
  costly& operator=(costly&&) noexcept = default;
  costly(const costly& other) : value(other.value), copies_(other.copies_) {
    if (++*copies_ == 1) throw std::bad_alloc();
  }
  costly& operator=(const costly&) = delete;
  ~costly() = default;

  int value;

 private:
  int* copies_;
};

async_generator<costly> costly_values(int& copies) {
  for (int i = 1; i <= 2; ++i) {
    const costly value{i, copies};
    co_yield value;
  }
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

TEST_CASE("collect: takes nothing that it does not return") {
  asio::io_context io;
  virtual_clock time;
  auto work = [&]() -> asio::awaitable<void> {
    auto numbers = count_to(6);
    (void)co_await numbers.next();
    for (const std::size_t max : {3U, 0U, 4U}) {
      std::string what;
      try {
        (void)co_await collect(numbers, max);
      } catch (const std::length_error& e) {
        what = e.what();
      }
      CHECK(what == "mwaa_serverless::collect: the stream has more than " + std::to_string(max) + " values");
    }
    const auto second = co_await numbers.next();
    CHECK(second == 2);
    const auto rest = co_await collect(numbers, 4);
    CHECK(rest == std::vector<int>{3, 4, 5, 6});
    const auto none = co_await collect(numbers, 4);
    CHECK(none.empty());

    auto broken = fails_after_two();
    for (int i = 0; i < 2; ++i) {
      std::string what;
      try {
        (void)co_await collect(broken, 10);
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      CHECK(what == "broken source");
    }
    const auto one = co_await broken.next();
    const auto two = co_await broken.next();
    CHECK(one == 1);
    CHECK(two == 2);
    std::string what;
    try {
      (void)co_await broken.next();
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    CHECK(what == "broken source");
  };
  test::run(io, time, work());

  // Move-only values, and a collect() that is destroyed on its way.
  bool gone = false;
  auto words = slow_words(time, gone, 3);
  {
    asio::io_context brief;
    asio::co_spawn(brief, collect(words, 10), asio::detached);
    time.run_until(brief, time.now() + 2500ms);
  }
  const auto first = test::run(io, time, words.next());
  CHECK(first == "word 0");
  auto pointers = owners();
  CHECK_THROWS_AS(test::run(io, time, collect(pointers, 2)), std::length_error);
  CHECK(test::run(io, time, collect(pointers, 3)).size() == 3);
}

TEST_CASE("async_generator: its body asks for the executor that it runs on") {
  asio::io_context io;
  virtual_clock time;
  const asio::any_io_executor strand = asio::make_strand(io);
  static const auto body = []() -> async_generator<asio::any_io_executor> {
    for (;;) {
      const asio::any_io_executor here = co_await asio::this_coro::executor;
      co_yield here;
    }
  };
  auto executors = body();
  const auto first = test::run(io, time, executors.next());
  CHECK(first == asio::any_io_executor{io.get_executor()});
  std::optional<asio::any_io_executor> second;
  asio::co_spawn(strand, executors.next(),
                 [&](const std::exception_ptr&, std::optional<asio::any_io_executor> e) { second = std::move(e); });
  time.run(io);
  CHECK(second == strand);
}

TEST_CASE("async_generator: its body sees whether next() is cancelled") {
  asio::io_context io;
  virtual_clock time;
  // Yields what it sees, after a sleep that it does not let be cancelled.
  static const auto body = [](virtual_clock& by) -> async_generator<asio::cancellation_type> {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    for (;;) {
      try {
        co_await by.sleep_until(by.now() + 1s);
      } catch (const boost::system::system_error&) {
      }
      const asio::cancellation_state again = co_await asio::this_coro::cancellation_state;
      CHECK(state.cancelled() == again.cancelled());
      co_yield state.cancelled();
    }
  };
  auto seen = body(time);
  CHECK(test::run(io, time, seen.next()) == asio::cancellation_type::none);
  {
    asio::cancellation_signal stop;
    std::exception_ptr failure;
    auto next = asio::bind_cancellation_slot(
        stop.slot(), [&](const std::exception_ptr& e, const std::optional<asio::cancellation_type>&) { failure = e; });
    asio::co_spawn(io, seen.next(), std::move(next));
    time.run_until(io, time.now() + 500ms);
    stop.emit(asio::cancellation_type::terminal);
    time.run(io);
    CHECK(failure != nullptr);
  }
  // The value of the cancelled next(), and then those of other coroutines: the first of them is gone.
  CHECK(test::run(io, time, seen.next()) == asio::cancellation_type::terminal);
  CHECK(test::run(io, time, seen.next()) == asio::cancellation_type::none);
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

TEST_CASE("async_generator: next() of one that was moved from is an error, not a crash") {
  asio::io_context io;
  virtual_clock time;
  auto work = []() -> asio::awaitable<void> {
    auto numbers = count_to(3);
    auto taken = std::move(numbers);
    CHECK(co_await code_of(numbers.next()) == errc::invalid_argument);
    CHECK(co_await code_of(collect(std::move(numbers), 5)) == errc::invalid_argument);
    CHECK(co_await taken.next() == 1);
    numbers = std::move(taken);
    CHECK(co_await numbers.next() == 2);
    CHECK(co_await code_of(taken.next()) == errc::invalid_argument);
  };
  test::run(io, time, work());
}

TEST_CASE("async_generator: next() keeps the body of a temporary, a local or a moved generator") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  auto work = [&]() -> asio::awaitable<void> {
    SUBCASE("of a temporary, awaited later") {
      auto first = slow_words(time, gone, 3).next();
      CHECK_FALSE(gone);
      CHECK(co_await std::move(first) == "word 0");
    }
    SUBCASE("never awaited") {
      auto first = slow_words(time, gone, 3).next();
      gone = true;  // the body never ran
    }
    SUBCASE("returned from a function") {
      CHECK(co_await first_word_of_a_local_stream(time, gone) == "word 0");
    }
    SUBCASE("the generator was moved and assigned before it is awaited") {
      auto words = slow_words(time, gone, 3);
      auto first = words.next();
      auto taken = std::move(words);
      CHECK(co_await std::move(first) == "word 0");
      words = std::move(taken);
      CHECK(co_await words.next() == "word 1");
    }
  };
  test::run(io, time, work());
  CHECK(gone);
}

TEST_CASE("async_generator: a second next() while one runs is refused, and the first goes on") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  auto words = slow_words(time, gone, 3);
  std::optional<std::string> word;
  asio::co_spawn(io, keep_next(words, word), asio::detached);
  io.poll();
  CHECK(test::run(io, time, code_of(words.next())) == errc::invalid_argument);
  io.restart();
  time.run(io);
  CHECK(word == "word 0");
  io.restart();
  CHECK(test::run(io, time, words.next()) == "word 1");
}

TEST_CASE("async_generator: destroyed or moved while its next() runs, which goes on to its end") {
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  bool second_gone = false;
  std::optional<async_generator<std::string>> words{slow_words(time, gone, 3)};
  std::optional<std::string> word;
  asio::co_spawn(io, keep_next(*words, word), asio::detached);
  io.poll();
  SUBCASE("destroyed") {
    words.reset();
    CHECK_FALSE(gone);
    io.restart();
    time.run(io);
    CHECK(word == "word 0");
    CHECK(gone);
  }
  SUBCASE("moved") {
    auto taken = *std::move(words);
    words.reset();
    io.restart();
    time.run(io);
    CHECK(word == "word 0");
    io.restart();
    CHECK(test::run(io, time, taken.next()) == "word 1");
  }
  SUBCASE("replaced") {
    *words = slow_words(time, second_gone, 1);
    io.restart();
    time.run(io);
    CHECK(word == "word 0");
    CHECK(gone);
    io.restart();
    CHECK(test::run(io, time, words->next()) == "word 0");
  }
}

TEST_CASE("async_generator: outlives the io_context in which its next() waited") {
  virtual_clock time;
  bool gone = false;
  auto words = slow_words(time, gone, 3);
  std::optional<std::string> word;
  {
    asio::io_context brief;
    asio::co_spawn(brief, keep_next(words, word), asio::detached);
    brief.poll();
    CHECK(time.sleepers() == 1);
  }
  CHECK(time.sleepers() == 0);
  CHECK_FALSE(word);
  asio::io_context io;
  CHECK(test::run(io, time, code_of(words.next())) == asio::error::operation_aborted);
  CHECK(gone);
}

TEST_CASE("async_generator: what could not be copied is not lost") {
  asio::io_context io;
  virtual_clock time;
  int copies = 0;
  auto work = [&]() -> asio::awaitable<void> {
    auto values = costly_values(copies);
    bool refused = false;
    try {
      (void)co_await values.next();
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    CHECK(refused);
    for (int expected = 1; expected <= 2; ++expected) {
      const auto value = co_await values.next();
      REQUIRE(value);
      CHECK(value->value == expected);
    }
  };
  test::run(io, time, work());
}

TEST_CASE("async_generator: || loses no value, whichever side is first") {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io;
  virtual_clock time;
  bool gone = false;
  std::vector<std::string> words;
  int other_was_first = 0;
  const auto note = [&](std::optional<std::string> word) {
    REQUIRE(word);
    words.push_back(*word);
  };
  test::notifier source_notifier{io};
  test::notifier other_notifier{io};
  const auto rung_words = [](test::notifier& each, bool& flag, int count) -> async_generator<std::string> {
    const flag_on_exit exit{flag};
    for (int i = 0; i < count; ++i) {
      co_await each.wait();
      co_yield "word " + std::to_string(i);
    }
  };
  SUBCASE("both end in one turn of the loop") {
    bool other_first = false;
    SUBCASE("the word first") {}
    SUBCASE("the other side first") {
      other_first = true;
    }
    auto work = [&]() -> asio::awaitable<void> {
      auto stream = rung_words(source_notifier, gone, 4);
      while (words.size() < 4) {
        auto first = co_await (stream.next() || other_notifier.wait());
        if (first.index() == 0) note(std::get<0>(std::move(first)));
        if (first.index() == 1) ++other_was_first;
      }
    };
    asio::co_spawn(io, work(), [](std::exception_ptr e) { CHECK_FALSE(e); });
    test::ring_together(io, other_first ? other_notifier : source_notifier,
                        other_first ? source_notifier : other_notifier);
    CHECK(other_was_first == (other_first ? 4 : 0));
  }
  SUBCASE("the other side is ready at once, and so is the word") {
    auto work = [&]() -> asio::awaitable<void> {
      gone = true;
      auto source = [](int count) -> async_generator<std::string> {
        for (int i = 0; i < count; ++i) co_yield "word " + std::to_string(i);
      };
      auto stream = source(4);
      for (int i = 0; i < 3; ++i) {
        auto first = co_await (ready_at_once() || stream.next());
        if (first.index() == 1) note(std::get<1>(std::move(first)));
        if (first.index() == 0) ++other_was_first;
        auto second = co_await (stream.next() || ready_at_once());
        if (second.index() == 0) note(std::get<0>(std::move(second)));
      }
      while (auto word = co_await stream.next()) note(std::move(word));
    };
    test::run(io, time, work());
    CHECK(other_was_first == 3);
  }
  CHECK(words == std::vector<std::string>{"word 0", "word 1", "word 2", "word 3"});
  CHECK(gone);
}

TEST_CASE("next_until: in time, too late, at the same time, and failing") {
  asio::io_context io;
  const auto time = std::make_shared<virtual_clock>();
  bool gone = false;
  auto work = [&]() -> asio::awaitable<void> {
    auto words = slow_words(*time, gone, 5);
    SUBCASE("in time, and the timer is gone") {
      CHECK(co_await words.next_until(time->now() + 1500ms, time) == "word 0");
      CHECK(time->elapsed() == 1s);
      CHECK(time->sleepers() == 0);
    }
    SUBCASE("too late: the body is cancelled") {
      CHECK(co_await code_of(words.next_until(time->now() + 500ms, time)) == errc::operation_timeout);
      CHECK(time->elapsed() == 500ms);
      CHECK(gone);
      CHECK(co_await code_of(words.next_until(time->now() + 5s, time)) == asio::error::operation_aborted);
    }
    SUBCASE("what is there already is returned although the deadline is past; the end is no error") {
      auto numbers = count_to(2);
      CHECK(co_await numbers.next_until(time->now() - 1s, time) == 1);
      CHECK(co_await numbers.next_until(time->now() - 1s) == 2);  // by the machine's clock
      CHECK_FALSE((co_await numbers.next_until(time->now() - 1s, time)).has_value());
    }
    SUBCASE("of a temporary, awaited later") {
      auto first = slow_words(*time, gone, 1).next_until(time->now() + 5s, time);
      CHECK(co_await std::move(first) == "word 0");
    }
    SUBCASE("the body's own exception") {
      auto numbers = fails_after_two();
      (void)co_await numbers.next();
      (void)co_await numbers.next();
      std::string what;
      try {
        (void)co_await numbers.next_until(time->now() + 1s, time);
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      CHECK(what == "broken source");
    }
    SUBCASE("of one that was moved from") {
      auto taken = std::move(words);
      CHECK(co_await code_of(words.next_until(time->now() + 1s, time)) == errc::invalid_argument);
    }
  };
  test::run(io, *time, work());
}

TEST_CASE("next_until: no word is lost when it comes together with the deadline") {
  asio::io_context io;
  const auto time = std::make_shared<rung_clock>(io);
  test::notifier source_notifier{io};
  bool deadline_first = false;
  SUBCASE("the word first") {}
  SUBCASE("the deadline first") {
    deadline_first = true;
  }
  std::vector<std::string> words;
  int late = 0;
  const auto rung_words = [](test::notifier& each, int count) -> async_generator<std::string> {
    for (int i = 0; i < count; ++i) {
      co_await each.wait();
      co_yield "word " + std::to_string(i);
    }
  };
  auto work = [&]() -> asio::awaitable<void> {
    auto stream = rung_words(source_notifier, 4);
    while (words.size() < 4) {
      auto word = co_await mwaa_serverless::as_result(stream.next_until(clock::time_point::max(), time));
      if (word) {
        words.push_back(**word);
      } else {
        CHECK(word.error().code == errc::operation_timeout);
        ++late;
      }
    }
  };
  asio::co_spawn(io, work(), [](std::exception_ptr e) { CHECK_FALSE(e); });
  test::ring_together(io, deadline_first ? time->sleep : source_notifier,
                      deadline_first ? source_notifier : time->sleep);
  CHECK(words == std::vector<std::string>{"word 0", "word 1", "word 2", "word 3"});
  CHECK(late == (deadline_first ? 4 : 0));
}

TEST_CASE("next_until: the caller cancels") {
  asio::io_context io;
  const auto time = std::make_shared<virtual_clock>();
  bool gone = false;
  auto words = slow_words(*time, gone, 3);
  asio::cancellation_signal signal;
  boost::system::error_code outcome;
  auto work = [&]() -> asio::awaitable<void> { outcome = co_await code_of(words.next_until(time->now() + 5s, time)); };
  asio::co_spawn(io, work(), asio::bind_cancellation_slot(signal.slot(), asio::detached));
  io.poll();
  CHECK(time->sleepers() == 2);
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.poll();
  CHECK(outcome == asio::error::operation_aborted);
  CHECK(time->sleepers() == 0);
  CHECK(gone);
}
