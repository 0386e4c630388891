// Operations for callers with any completion token.
#include <doctest/doctest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <cstddef>
#include <future>
#include <memory>
#include <mwaa_serverless/initiate.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using mwaa::initiate;
using mwaa::testing::virtual_clock;

namespace {

class client_fixture : public test::emulated_service {
 public:
  client_fixture() : client(io.get_executor(), test::config_for(*this)) {}

  [[nodiscard]] auto page_of(const char* run) const { return client.list_task_instances(test::request_for(run)); }

  mwaa::client client;
};

boost::system::error_code code_of(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

asio::awaitable<std::string> word() {
  co_return "word";
}

asio::awaitable<std::string> word_after_an_hour(virtual_clock& time) {
  co_await time.sleep_until(time.now() + 1h);
  co_return "word";
}

asio::awaitable<std::string> no_word() {
  throw std::runtime_error("no word");
  co_return "";
}

using io_executor = asio::io_context::executor_type;

asio::awaitable<bool, io_executor> runs_on(asio::io_context& io) {
  const io_executor executor = co_await asio::this_coro::executor;
  co_return executor == io.get_executor();
}

// Counts what is allocated and not given back.
template <class T>
class counting_allocator {
 public:
  using value_type = T;
  counting_allocator(int& allocated, int& kept) noexcept : allocated_(&allocated), kept_(&kept) {}
  template <class U>
  counting_allocator(const counting_allocator<U>& other) noexcept : allocated_(other.allocated_), kept_(other.kept_) {}

  T* allocate(std::size_t n) {
    ++*allocated_;
    ++*kept_;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* p, std::size_t n) {
    --*kept_;
    std::allocator<T>{}.deallocate(p, n);
  }
  friend bool operator==(const counting_allocator&, const counting_allocator&) = default;

  int* allocated_;
  int* kept_;
};

}  // namespace

TEST_CASE_FIXTURE(client_fixture, "client: get_executor is the executor that it was made with") {
  CHECK(client.get_executor() == asio::any_io_executor{io.get_executor()});
  const auto strand = asio::make_strand(io);
  const mwaa::client other{strand, test::config_for(*this)};
  CHECK(other.get_executor() == asio::any_io_executor{strand});
}

TEST_CASE("client: get_executor is empty after its context") {
  test::emulated_service service;
  for (const bool strand : {false, true}) {
    auto io = std::make_unique<asio::io_context>();
    const asio::any_io_executor of =
        strand ? asio::any_io_executor{asio::make_strand(*io)} : asio::any_io_executor{io->get_executor()};
    auto client = std::make_unique<mwaa::client>(of, test::config_for(service));
    // The last strand of the context, but for the client's.
    const_cast<asio::any_io_executor&>(of) = {};
    CHECK(client->get_executor());
    io.reset();
    CHECK_FALSE(client->get_executor());
  }
}

TEST_CASE_FIXTURE(client_fixture,
                  "initiate: an empty executor and an operation that was moved from are refused at once") {
  const auto ignore = [](const std::exception_ptr&, const auto&) { FAIL("called"); };
  const auto refuses = [](const auto& start, const char* why) {
    try {
      start();
      FAIL("started");
    } catch (const mwaa::exception& e) {
      CHECK(e.code() == mwaa::errc::invalid_argument);
      CHECK(std::string{e.what()}.find(why) != std::string::npos);
    }
  };
  const auto call = [&] { return client.list_task_instances({"arn", "run"}); };
  refuses([&] { mwaa::initiate(asio::any_io_executor{}, call(), ignore); }, "the executor is empty");
  refuses([&] { mwaa::initiate(call(), asio::bind_executor(asio::any_io_executor{}, ignore)); },
          "the executor is empty");
  auto used = call();
  auto taken = std::move(used);
  refuses([&] { mwaa::initiate(client.get_executor(), std::move(used), ignore); }, "was moved from");
  refuses([&] { (void)mwaa::initiate(client.get_executor(), std::move(used), asio::use_future); }, "was moved from");
}

TEST_CASE_FIXTURE(client_fixture, "as_result: an operation that was awaited before is an error") {
  std::optional<mwaa::errc> code;
  auto work = [&]() -> asio::awaitable<void> {
    auto once = client.list_task_instances({"arn", "run"});
    const auto first = co_await mwaa::as_result(std::move(once));
    const auto second = co_await mwaa::as_result(std::move(once));  // NOLINT: that is what is tried
    if (second.has_error() && second.error().code == mwaa::errc::invalid_argument) code = mwaa::errc::invalid_argument;
  };
  asio::co_spawn(io, work(), asio::detached);
  io.run();
  CHECK(code == mwaa::errc::invalid_argument);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: a callback gets the response, and the exception") {
  std::size_t items = 0;
  std::exception_ptr failure;
  initiate(client.get_executor(), page_of("run-finished"),
           [&](const std::exception_ptr& e, const mwaa::list_task_instances_response& page) {
             failure = e;
             items = page.task_instances.size();
           });
  CHECK(items == 0);
  time->run(io);
  CHECK_FALSE(failure);
  CHECK(items == 20);

  initiate(client.get_executor(), page_of("no-such-run"),
           [&](const std::exception_ptr& e, const mwaa::list_task_instances_response& page) {
             failure = e;
             items = page.task_instances.size();
           });
  time->run(io);
  CHECK(code_of(failure) == mwaa::condition::service);
  CHECK(items == 0);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: an operation without a value") {
  int closed = 0;
  initiate(client.get_executor(), client.close(), [&](const std::exception_ptr& e) { closed += e ? 0 : 1; });
  time->run(io);
  CHECK(closed == 1);
  CHECK(code_of([&] {
          std::exception_ptr failure;
          initiate(client.get_executor(), client.prewarm(), [&](const std::exception_ptr& e) { failure = e; });
          time->run(io);
          return failure;
        }()) == mwaa::errc::client_closed);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: a future has the response, or rethrows") {
  std::future<mwaa::list_task_instances_response> page =
      initiate(client.get_executor(), page_of("run-finished"), asio::use_future);
  std::future<mwaa::list_task_instances_response> none =
      initiate(client.get_executor(), page_of("no-such-run"), asio::use_future);
  std::future<void> closed = initiate(client.get_executor(), client.prewarm(), asio::use_future);
  time->run(io);
  CHECK(page.get().task_instances.size() == 20);
  CHECK_THROWS_AS(none.get(), mwaa::exception);
  closed.get();
}

TEST_CASE("initiate: a future of a thread pool is waited for by any thread") {
  asio::thread_pool pool{2};
  for (int i = 0; i < 100; ++i) CHECK(initiate(pool.get_executor(), word(), asio::use_future).get() == "word");
  std::future<std::string> none = initiate(pool.get_executor(), no_word(), asio::use_future);
  none.wait();
  pool.join();  // libstdc++ counts the owners of an exception where ThreadSanitizer does not look
  CHECK_THROWS_WITH(none.get(), "no word");
}

TEST_CASE("initiate: a future of a destroyed context is broken") {
  std::future<std::string> never;
  {
    asio::io_context io;
    never = initiate(io.get_executor(), word(), asio::use_future);
  }
  CHECK_THROWS_AS(never.get(), std::future_error);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: deferred begins when it is launched") {
  auto later = initiate(client.get_executor(), page_of("run-finished"), asio::deferred);
  time->run(io);
  CHECK(client.metrics().operations == 0);
  std::future<mwaa::list_task_instances_response> page = std::move(later)(asio::use_future);
  io.restart();
  time->run(io);
  CHECK(page.get().task_instances.size() == 20);

  // Without an executor of its own it takes that of whoever launches it.
  auto anywhere = initiate(word(), asio::deferred);
  std::string got;
  std::move(anywhere)(asio::bind_executor(io, [&](const std::exception_ptr&, std::string s) { got = std::move(s); }));
  io.restart();
  time->run(io);
  CHECK(got == "word");
}

TEST_CASE_FIXTURE(client_fixture, "initiate: detached") {
  initiate(client.get_executor(), page_of("run-finished"), asio::detached);
  initiate(client.get_executor(), page_of("no-such-run"), asio::detached);
  time->run(io);
  CHECK(client.metrics().operations == 2);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: adapters of tokens") {
  asio::co_spawn(
      io,
      [](client_fixture& f) -> asio::awaitable<void> {
        auto [failure, page] = co_await initiate(f.page_of("no-such-run"), asio::as_tuple(asio::use_awaitable));
        CHECK(code_of(failure) == mwaa::condition::service);
        CHECK(page.task_instances.empty());
      }(*this),
      asio::detached);
  time->run(io);
  CHECK(client.metrics().operations == 1);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: coroutines of another executor's type") {
  static const auto report = [](client_fixture& f) -> asio::awaitable<std::size_t, io_executor> {
    const auto page = co_await initiate(f.page_of("run-finished"), asio::use_awaitable_t<io_executor>{});
    co_return page.task_instances.size();
  };
  std::size_t items = 0;
  asio::co_spawn(io, report(*this), [&](const std::exception_ptr&, std::size_t n) { items = n; });
  time->run(io);
  CHECK(items == 20);

  using strand = asio::strand<io_executor>;
  static const auto on_strand = [](client_fixture& f) -> asio::awaitable<std::size_t, strand> {
    const auto page = co_await initiate(f.page_of("run-finished"), asio::use_awaitable_t<strand>{});
    const strand here = co_await asio::this_coro::executor;
    CHECK(here.running_in_this_thread());
    co_return page.task_instances.size();
  };
  items = 0;
  asio::co_spawn(asio::make_strand(io), on_strand(*this), [&](const std::exception_ptr&, std::size_t n) { items = n; });
  io.restart();
  time->run(io);
  CHECK(items == 20);

  bool there = false;
  initiate(io.get_executor(), runs_on(io), [&](const std::exception_ptr&, bool value) { there = value; });
  io.restart();
  time->run(io);
  CHECK(there);
}

TEST_CASE("initiate: runs and completes on the handler's executor, or the given one") {
  asio::io_context io;
  asio::io_context other;
  const auto strand = asio::make_strand(io);
  int called = 0;
  initiate(word(), asio::bind_executor(strand, [&](const std::exception_ptr&, const std::string&) {
             CHECK(strand.running_in_this_thread());
             ++called;
           }));
  io.run();
  CHECK(called == 1);

  // The work of the handler's executor is outstanding for as long as the operation runs elsewhere.
  virtual_clock time;
  initiate(io.get_executor(), word_after_an_hour(time),
           asio::bind_executor(other, [&](const std::exception_ptr&, const std::string&) { ++called; }));
  CHECK(other.poll() == 0);
  CHECK_FALSE(other.stopped());
  io.restart();
  time.run(io);
  CHECK(called == 1);
  other.run();
  CHECK(called == 2);
}

TEST_CASE("initiate: the handler's allocator is used, and gets everything back") {
  asio::io_context io;
  int allocated = 0;
  int kept = 0;
  initiate(io.get_executor(), word(),
           asio::bind_allocator(counting_allocator<void*>{allocated, kept},
                                [](const std::exception_ptr&, const std::string&) {}));
  CHECK(kept == 1);
  io.run();
  CHECK(allocated >= 1);
  CHECK(kept == 0);
}

TEST_CASE_FIXTURE(client_fixture, "initiate: cancelled by the token's slot") {
  for (const auto type :
       {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total}) {
    CAPTURE(static_cast<unsigned>(type));
    emulator.script(mwaa::testing::fault::delay(500ms));
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    initiate(client.get_executor(), page_of("run-finished"),
             asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& e, auto&&) { failure = e; }));
    const auto begin = time->now();
    io.restart();
    time->run_until(io, begin + 100ms);
    CHECK_FALSE(failure);
    signal.emit(type);
    time->run(io);
    CHECK(code_of(failure) == asio::error::operation_aborted);
    CHECK(time->now() == begin + 100ms);
    signal.emit(type);  // too late: nothing happens
  }
}

TEST_CASE_FIXTURE(client_fixture, "initiate: cancelled before it has begun") {
  asio::cancellation_signal signal;
  std::exception_ptr failure;
  initiate(client.get_executor(), page_of("run-finished"),
           asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& e, auto&&) { failure = e; }));
  signal.emit(asio::cancellation_type::total);
  time->run(io);
  CHECK(code_of(failure) == asio::error::operation_aborted);
  CHECK(client.metrics().attempts == 0);
}

TEST_CASE("initiate: cancelled on another thread than the operation's") {
  asio::thread_pool pool{3};
  const auto time = mwaa::make_system_clock();
  const auto long_sleep = [](std::shared_ptr<mwaa::clock> by) -> asio::awaitable<void> {
    co_await by->sleep_until(by->now() + 1h);
  };
  for (int i = 0; i < 200; ++i) {
    asio::cancellation_signal signal;
    std::promise<boost::system::error_code> ended;
    const auto strand = asio::make_strand(pool);
    asio::post(strand, [&] {
      initiate(pool.get_executor(), long_sleep(time),
               asio::bind_cancellation_slot(
                   signal.slot(),
                   asio::bind_executor(strand, [&](const std::exception_ptr& e) { ended.set_value(code_of(e)); })));
      asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
    });
    CHECK(ended.get_future().get() == asio::error::operation_aborted);
    std::promise<void> quiet;
    asio::post(strand, [&] { quiet.set_value(); });
    quiet.get_future().get();
  }
}

TEST_CASE("initiate: a slot may be told after the end of the context") {
  asio::cancellation_signal signal;
  bool called = false;
  {
    virtual_clock time;
    asio::io_context io;
    initiate(io.get_executor(), word_after_an_hour(time),
             asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr&, auto&&) { called = true; }));
    io.poll();
  }
  signal.emit(asio::cancellation_type::terminal);
  CHECK_FALSE(called);
}
