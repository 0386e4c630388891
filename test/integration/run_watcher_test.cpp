// A watcher of runs over sockets, on several threads, begun and ended with work under way.
#include <mwaa_serverless/run_watcher.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/open_descriptors.hpp"
#include "testing/local_service.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;

namespace {

constexpr int watched = 12;

void add_runs(testing::local_service& service) {
  const std::string arn = service.emulator.workflow_arn();
  for (int i = 0; i < watched; ++i) {
    const testing::emulated_run run{testing::emulated_task{"only", "RUNNING"}};
    service.emulator.add_run(arn, "run" + std::to_string(i), run);
  }
}

mwaa::watch_options many_looks() {
  mwaa::watch_options options;
  options.requests_per_second = 5'000;
  options.min_interval = 0ms;
  options.share = 1;
  return options;
}

asio::awaitable<int> count_events(mwaa::run_watcher& watcher) {
  int events = 0;
  while (auto event = co_await watcher.next()) ++events;
  co_return events;
}

}  // namespace

TEST_CASE("run_watcher: begun and ended 1,000 times with looks under way, on four threads") {
  testing::local_service service{testing::emulator_options{}};
  add_runs(service);
  const std::string arn = service.emulator.workflow_arn();
  const std::size_t before = test::open_descriptors();
  {
    asio::thread_pool threads{4};
    const mwaa::client client{threads.get_executor(), service.config()};
    std::mt19937 random{7};
    int events = 0;
    std::uint64_t looks = 0;
    for (int round = 0; round < 1'000; ++round) {
      mwaa::run_watcher watcher{client, many_looks()};
      auto counted = asio::co_spawn(threads, count_events(watcher), asio::use_future);
      for (int i = 0; i < watched; ++i) watcher.add(mwaa::run_key{arn, "run" + std::to_string(i)});
      if (round % 3 == 0) watcher.add_workflow(arn);
      std::this_thread::sleep_for(std::chrono::microseconds{random() % 6'000});
      if (round % 2 == 0) (void)watcher.checkpoint();
      if (round % 5 == 0) (void)watcher.remove(mwaa::run_key{arn, "run3"});
      looks += watcher.metrics().looks;
      watcher.stop();
      events += counted.get();
      watcher.stop();
    }
    CHECK(events > 100);
    CHECK(looks > 100);
    threads.join();
    CHECK(client.metrics().transport.in_use == 0);
  }
  // The emulator closes its ends when it notices.
  for (int i = 0; i < 500 && test::open_descriptors() != before; ++i) std::this_thread::sleep_for(10ms);
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("run_watcher: four threads use one watcher at once") {
  testing::local_service service{testing::emulator_options{}};
  add_runs(service);
  const std::string arn = service.emulator.workflow_arn();
  asio::thread_pool threads{4};
  const mwaa::client client{threads.get_executor(), service.config()};
  std::optional<mwaa::run_watcher> watcher{std::in_place, client, many_looks()};
  watcher->add(mwaa::run_key{arn, "run0"});
  auto counted = asio::co_spawn(threads, count_events(*watcher), asio::use_future);
  std::vector<std::thread> users;
  std::atomic<int> shown{0};
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&, user] {
      std::mt19937 random{static_cast<unsigned>(user)};
      for (int i = 0; i < 300; ++i) {
        const mwaa::run_key run{arn, "run" + std::to_string(random() % watched)};
        switch (random() % 5) {
          case 0:
            watcher->add(run);
            break;
          case 1:
            (void)watcher->remove(run);
            break;
          case 2:
            shown += static_cast<int>(watcher->snapshot().size());
            break;
          case 3:
            (void)watcher->metrics();
            break;
          default:
            (void)watcher->checkpoint();
            break;
        }
      }
    });
  }
  for (auto& each : users) each.join();
  CHECK(shown > 0);
  watcher->add(mwaa::run_key{arn, "run1"});
  service.emulator.set_run_status(arn, "run1", "SUCCESS");
  watcher->stop();
  (void)counted.get();
  watcher.reset();
  threads.join();
}

TEST_CASE("run_watcher: outlived by nothing when its context goes first") {
  testing::local_service service{testing::emulator_options{}};
  add_runs(service);
  std::optional<mwaa::run_watcher> watcher;
  {
    asio::io_context io{1};
    const mwaa::client client{io.get_executor(), service.config()};
    watcher.emplace(client, many_looks());
    watcher->add(mwaa::run_key{service.emulator.workflow_arn(), "run0"});
    io.run_for(20ms);
    CHECK(watcher->metrics().looks > 0);
  }
  CHECK(watcher->snapshot().size() == 1);
  watcher->add(mwaa::run_key{service.emulator.workflow_arn(), "run1"});  // told by next(), as a closed client
  asio::io_context other{1};
  auto ended = asio::co_spawn(other, count_events(*watcher), asio::use_future);
  other.run();
  try {
    (void)ended.get();
    FAIL_CHECK("next() did not tell that the client's context is gone");
  } catch (const mwaa::exception& closed) {
    CHECK(closed.code() == mwaa::errc::client_closed);
  }
}
