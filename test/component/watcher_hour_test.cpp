// An hour of a watcher's life, in virtual time: faults, throttles, restarts and a consumer that sleeps. Nothing is
// lost, nothing is told twice, and every change lies within the time that its event tells.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <map>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/run_watcher.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using mwaa::watch_event_kind;
using test::emulated_service;
using wall = std::chrono::system_clock::time_point;

namespace {

constexpr int workflows = 4;
constexpr int runs = 40;
constexpr auto hour = 3600s;

std::string arn_of(int workflow) {
  return "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/flow-Ab12Cd34E" + std::to_string(workflow);
}

/// What a task or a run was, and from when on.
using history = std::vector<std::pair<wall, std::string>>;

class truth {
 public:
  std::map<std::string, history> tasks;  // by run and task
  std::map<std::string, history> runs;
};

/// What was told of one thing.
class told_of {
 public:
  std::string status;
  int events = 0;
  bool ended = false;
};

class hour_of_watching {
 public:
  hour_of_watching(mwaa::testing::emulator_options options, std::uint64_t seed)
      : service_(std::move(options)), random_(seed), client_(service_.io.get_executor(), test::config_for(service_)) {}

  void run() {
    service_.emulator.strike_randomly(0.05);
    watcher_.emplace(client_);
    // Older runs, of which the listing takes two pages.
    for (int i = 0; i < 130; ++i) {
      const mwaa::testing::emulated_run old{mwaa::testing::emulated_task{"only", "SUCCESS"}};
      service_.emulator.add_run(arn_of(0), "old-" + std::to_string(i), old);
    }
    service_.pass(1s);
    for (int w = 0; w < workflows; w += 2) {
      const std::string arn = arn_of(w);
      mwaa::testing::emulated_workflow workflow{arn};
      service_.emulator.set_workflow(workflow);
      watcher_->add_workflow(arn);
    }
    asio::co_spawn(service_.io, start_runs(), asio::detached);
    asio::co_spawn(service_.io, consume(), asio::detached);
    const auto start = service_.time->now();
    for (int restart = 1; restart <= 6; ++restart) {
      service_.time->run_until(service_.io, start + restart * hour / 6);
      restart_watcher();
    }
    service_.emulator.strike_randomly(0);
    service_.time->run_until(service_.io, start + hour + 20min);
    over_ = true;
    watcher_->stop();
    service_.time->run(service_.io);
    check_all();
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }

  asio::awaitable<void> start_runs() {
    for (int i = 0; i < runs; ++i) {
      co_await service_.time->sleep_until(service_.time->now() + std::chrono::seconds{20 + below(80)});
      const std::string arn = arn_of(i % workflows);
      const std::string id = "run-" + std::to_string(i);
      const wall now = service_.time->wall_now();
      mwaa::testing::emulated_run run;
      std::chrono::seconds end{0};
      for (int t = 0; t < (i % 8 == 3 ? 120 : 12); ++t) {  // some listings take two pages
        const std::string task = "task-" + std::to_string(t);
        std::chrono::seconds at{1 + below(300)};
        history& all = truth_.tasks[id + "/" + task];
        all.emplace_back(now, "NONE");
        std::vector<mwaa::testing::status_change> changes;
        for (const char* status : {"QUEUED", "RUNNING", t == 7 ? "FAILED" : "SUCCESS"}) {
          changes.emplace_back(at, status);
          all.emplace_back(now + at, status);
          at += std::chrono::seconds{1 + below(120)};
        }
        end = std::max(end, at);
        run.tasks.emplace_back(task, changes);
      }
      const std::chrono::seconds begins{below(30)};
      const std::string last = i % 5 == 0 ? "FAILED" : "SUCCESS";
      run.timeline.emplace_back(0s, "QUEUED");
      run.timeline.emplace_back(begins, "RUNNING");
      run.timeline.emplace_back(end, last);
      truth_.runs[id] = history{{now, "QUEUED"}, {now + begins, "RUNNING"}, {now + end, last}};
      service_.emulator.add_run(arn, id, run);
      if (i % workflows % 2 == 0) continue;
      while (restarting_) co_await service_.time->sleep_until(service_.time->now() + 1s);
      watcher_->add(mwaa::run_key{arn, id});
    }
  }

  asio::awaitable<void> consume() {
    while (!over_) {
      mwaa::run_watcher* const current = &*watcher_;
      auto event = co_await mwaa::as_result(current->next());
      if (!event) FAIL(event.error().message);
      if (!*event) {  // between two watchers
        co_await service_.time->sleep_until(service_.time->now() + 1s);
        continue;
      }
      note(**event);
      if (below(200) == 0) co_await service_.time->sleep_until(service_.time->now() + std::chrono::seconds{below(120)});
    }
  }

  void restart_watcher() {
    restarting_ = true;
    const std::string kept = watcher_->checkpoint();
    watcher_->stop();
    service_.time->run_until(service_.io, service_.time->now() + std::chrono::seconds{2 + below(100)});
    watcher_.emplace(client_, std::string_view{kept});
    restarting_ = false;
  }

  void note(const mwaa::watch_event& event) {
    std::ostringstream text;
    text << event;
    CAPTURE(text.str());
    ++events_;
    const std::string& run = event.run.run_id;
    CHECK_FALSE(told_[run].ended);
    switch (event.kind) {
      case watch_event_kind::task_added:
      case watch_event_kind::task_changed:
        check(told_[run + "/" + event.task_instance_id], truth_.tasks.at(run + "/" + event.task_instance_id), event,
              event.kind == watch_event_kind::task_added, event.previous_task_status.name(), event.task_status.name());
        break;
      case watch_event_kind::run_added:
        check(told_[run], truth_.runs.at(run), event, true, {}, event.run_status.name());
        if (event.run_status.is_terminal()) told_[run].status.clear();  // told again as its end
        break;
      case watch_event_kind::run_changed:
      case watch_event_kind::run_finished:
        check(told_[run], truth_.runs.at(run), event, false, event.previous_run_status.name(), event.run_status.name());
        told_[run].ended = event.kind == watch_event_kind::run_finished;
        break;
      default:
        FAIL_CHECK("no such event is due");
    }
  }

  static void check(told_of& told, const history& was, const mwaa::watch_event& event, bool added,
                    std::string_view before, std::string_view status) {
    CHECK((told.events == 0) == added);
    ++told.events;
    CHECK(told.status == before);
    const auto place = [&](std::string_view name) {
      return std::find_if(was.begin(), was.end(), [&](const auto& each) { return each.second == name; });
    };
    const auto now = place(status);
    REQUIRE(now != was.end());
    CHECK(now->first <= event.seen_at);
    if (!told.status.empty()) {
      const auto then = place(told.status);
      CHECK(then < now);  // never back, never the same again
      REQUIRE(event.not_before);
      // It had been in the state before until the next one.
      CHECK((then + 1)->first > *event.not_before);
    }
    told.status = status;
  }

  void check_all() {
    CHECK(truth_.runs.size() == runs);
    for (const auto& [id, was] : truth_.runs) {
      CAPTURE(id);
      CHECK(told_[id].ended);
      CHECK(told_[id].status == was.back().second);
    }
    for (const auto& [id, was] : truth_.tasks) {
      CAPTURE(id);
      CHECK(told_[id].status == was.back().second);
    }
    CHECK(events_ > runs * 14);
  }

  emulated_service service_;
  std::mt19937_64 random_;
  mwaa::client client_;
  std::optional<mwaa::run_watcher> watcher_;
  bool over_ = false;
  bool restarting_ = false;
  truth truth_;
  std::map<std::string, told_of> told_;
  int events_ = 0;
};

}  // namespace

TEST_CASE("run_watcher: an hour with faults, throttles, restarts and a slow consumer loses nothing") {
  using mwaa::testing::listing_order;
  // An instrumented program takes its time: it has one order and a lower rate.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const double rate = 1;
  const std::vector<listing_order> orders{listing_order::by_id};
#else
  const double rate = 10;
  const std::vector<listing_order> orders{listing_order::newest_first, listing_order::oldest_first,
                                          listing_order::by_id};
#endif
  for (const listing_order order : orders) {
    CAPTURE(static_cast<int>(order));
    mwaa::testing::emulator_options options;
    options.seed = 17 + static_cast<std::uint64_t>(order);
    options.rate_limit = rate;
    options.latency = 50ms;
    options.order = order;
    options.page_token_life = order == listing_order::by_id ? 2s : 0ms;
    options.quotas.concurrent_runs_per_workflow = 100;
    hour_of_watching all{options, 23 + static_cast<std::uint64_t>(order)};
    all.run();
  }
}
