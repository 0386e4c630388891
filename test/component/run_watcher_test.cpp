// A watcher of runs beside the emulated service, in virtual time.
#include <mwaa_serverless/run_watcher.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using mwaa::watch_event_kind;
using mwaa::testing::emulated_run;
using mwaa::testing::emulated_task;
using mwaa::testing::emulator;
using mwaa::testing::fault;
using test::emulated_service;

namespace {

const std::string arn = emulator::default_workflow_arn;
using changes = std::vector<mwaa::testing::status_change>;

emulated_run three_tasks() {
  return emulated_run{emulated_task{"extract", changes{{0s, "QUEUED"}, {5s, "RUNNING"}, {60s, "SUCCESS"}}},
                      emulated_task{"transform", changes{{60s, "QUEUED"}, {66s, "RUNNING"}, {120s, "SUCCESS"}}},
                      emulated_task{"load", changes{{120s, "QUEUED"}, {125s, "RUNNING"}, {200s, "SUCCESS"}}}};
}

std::string line(const mwaa::watch_event& event) {
  std::ostringstream out;
  out << event;
  return out.str().substr(out.str().find(' ') + 1);
}

asio::awaitable<std::vector<mwaa::watch_event>> all_events(mwaa::run_watcher& watcher) {
  std::vector<mwaa::watch_event> out;
  while (auto event = co_await watcher.next()) out.push_back(*std::move(event));
  co_return out;
}

class watched_service : public emulated_service {
 public:
  using emulated_service::emulated_service;

  [[nodiscard]] mwaa::client make_client() { return mwaa::client{io.get_executor(), test::config_for(*this)}; }
  std::vector<mwaa::watch_event> events(mwaa::run_watcher& watcher) {
    return test::run(io, *time, all_events(watcher));
  }
  std::vector<std::string> lines(mwaa::run_watcher& watcher) {
    std::vector<std::string> out;
    for (const auto& event : events(watcher)) out.push_back(line(event));
    return out;
  }
  /// Lets time pass without anybody in next().
  std::vector<std::string> lines_after(mwaa::run_watcher& watcher, mwaa::clock::time_point::duration by) {
    pass(by);
    std::vector<std::string> out;
    while (auto event = watcher.try_next()) out.push_back(line(*event));
    return out;
  }
  [[nodiscard]] std::size_t requests_of(const std::string& operation) const {
    const auto all = emulator.requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& each) { return each.operation == operation; }));
  }
};

mwaa::errc refusal(const std::function<void()>& what, const std::string& part) {
  try {
    what();
  } catch (const mwaa::exception& thrown) {
    CHECK_MESSAGE(thrown.details().message.find(part) != std::string::npos, thrown.details().message);
    return static_cast<mwaa::errc>(thrown.code().value());
  }
  return mwaa::errc{};
}

}  // namespace

TEST_CASE("run_watcher: a run from its first sight to its end") {
  watched_service service;
  const auto start = service.time->wall_now();
  service.emulator.add_run(arn, "daily", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "daily"});
  const auto events = service.events(watcher);
  std::vector<std::string> lines;
  for (const auto& event : events) lines.push_back(line(event));
  CHECK(lines == std::vector<std::string>{
                     "run_added daily QUEUED", "run_changed daily QUEUED -> RUNNING",
                     "task_added daily extract RUNNING", "task_added daily transform NONE",
                     "task_added daily load NONE", "task_changed daily extract RUNNING -> SUCCESS",
                     "task_changed daily transform NONE -> QUEUED", "task_changed daily transform QUEUED -> RUNNING",
                     "task_changed daily transform RUNNING -> SUCCESS", "task_changed daily load NONE -> QUEUED",
                     "task_changed daily load QUEUED -> RUNNING", "task_changed daily load RUNNING -> SUCCESS",
                     "run_finished daily RUNNING -> SUCCESS"});
  // One run under a quota of ten a second: everything is seen within seconds, and no look is repeated sooner than that.
  for (const auto& event : events) {
    if (event.kind == watch_event_kind::task_added || event.kind == watch_event_kind::run_added) continue;
    REQUIRE(event.not_before);
    CHECK(*event.not_before < event.seen_at);
    // That it was running was last seen when it began; its tasks told the rest.
    if (event.kind != watch_event_kind::run_finished) CHECK(event.seen_at - *event.not_before < 3s);
  }
  CHECK_FALSE(events.front().not_before);
  CHECK(events.back().seen_at - start >= 200s);
  CHECK(events.back().seen_at - start < 203s);
  CHECK(service.emulator.request_count() < 450);
  CHECK(watcher.metrics().runs == 0);
  CHECK(service.time->sleepers() == 0);
}

TEST_CASE("run_watcher: options and arguments that cannot be") {
  watched_service service;
  const mwaa::client client = service.make_client();
  const auto with = [&](auto change, const std::string& name) {
    mwaa::watch_options options;
    change(options);
    CHECK(refusal([&] { mwaa::run_watcher{client, options}; }, "watch_options::" + name) ==
          mwaa::errc::invalid_argument);
  };
  with([](auto& o) { o.requests_per_second = 0; }, "requests_per_second must be positive");
  with([](auto& o) { o.requests_per_second = std::numeric_limits<double>::quiet_NaN(); }, "requests_per_second");
  with([](auto& o) { o.initial_requests_per_second = -1; }, "initial_requests_per_second");
  with([](auto& o) { o.share = 0; }, "share");
  with([](auto& o) { o.share = 1.5; }, "share must be at most 1");
  with([](auto& o) { o.max_looks_in_flight = 0; }, "max_looks_in_flight");
  with([](auto& o) { o.max_staleness = 0ms; }, "max_staleness");
  with([](auto& o) { o.min_interval = -1ms; }, "min_interval");
  with([](auto& o) { o.finish_weight = -1; }, "finish_weight");
  mwaa::watch_options bad_look;
  bad_look.look.attempt_timeout = 0ms;
  CHECK(refusal([&] { mwaa::run_watcher{client, bad_look}; }, "attempt_timeout") == mwaa::errc::invalid_argument);
  mwaa::run_watcher watcher{client};
  CHECK(refusal([&] { watcher.add(mwaa::run_key{"", "run"}); }, "workflow_arn") == mwaa::errc::invalid_argument);
  CHECK(refusal([&] { watcher.add(mwaa::run_key{arn, ""}); }, "run_id") == mwaa::errc::invalid_argument);
  CHECK(refusal([&] { watcher.add(mwaa::run_key{arn, "run"}, 0); }, "weight") == mwaa::errc::invalid_argument);
  CHECK(refusal([&] { watcher.add_workflow(""); }, "workflow_arn") == mwaa::errc::invalid_argument);
  mwaa::run_watcher other = std::move(watcher);
  CHECK(refusal([&] { watcher.add(mwaa::run_key{arn, "run"}); }, "moved from") == mwaa::errc::invalid_argument);
  CHECK(other.metrics().runs == 0);
  CHECK(service.lines(other).empty());  // nothing is watched: next() ends at once
  CHECK(service.emulator.request_count() == 0);
}

TEST_CASE("run_watcher: a run that does not exist, beside one that does") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "no-such-run"});
  watcher.add(mwaa::run_key{arn, "daily"});
  const auto events = service.events(watcher);
  const auto wrong =
      std::find_if(events.begin(), events.end(), [](const auto& e) { return e.kind == watch_event_kind::run_error; });
  REQUIRE(wrong != events.end());
  CHECK(wrong->run.run_id == "no-such-run");
  REQUIRE(wrong->failure);
  CHECK(wrong->failure->code == mwaa::errc::resource_not_found);
  CHECK(wrong->seen_at < events.front().seen_at + 5s);
  CHECK(line(events.back()) == "run_finished daily RUNNING -> SUCCESS");
  CHECK(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.run.run_id == "no-such-run"; }) == 1);
}

TEST_CASE("run_watcher: a run that was added twice is looked at once, and removed twice") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  service.emulator.add_run(arn, "other", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "daily"});
  watcher.add(mwaa::run_key{arn, "daily"});
  watcher.add(mwaa::run_key{arn, "other"});
  CHECK_FALSE(watcher.remove(mwaa::run_key{arn, "unknown"}));
  CHECK_FALSE(watcher.remove(mwaa::run_key{"arn:of:nobody", "daily"}));
  auto lines = service.lines_after(watcher, 30s);
  CHECK(std::count(lines.begin(), lines.end(), "run_added daily RUNNING") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "task_added daily load NONE") == 1);
  CHECK(watcher.remove(mwaa::run_key{arn, "daily"}));
  CHECK(watcher.metrics().runs == 2);
  CHECK(watcher.remove(mwaa::run_key{arn, "daily"}));
  CHECK(watcher.metrics().runs == 1);
  CHECK_FALSE(watcher.remove(mwaa::run_key{arn, "daily"}));
  lines = service.lines(watcher);
  CHECK(std::none_of(lines.begin(), lines.end(), [](const auto& each) { return each.find("daily") != each.npos; }));
  CHECK(lines.back() == "run_finished other RUNNING -> SUCCESS");
}

TEST_CASE("run_watcher: a workflow's runs are found, those that come and go between two looks too") {
  watched_service service;
  service.emulator.add_run(arn, "old", emulated_run{emulated_task{"only", "SUCCESS"}});
  service.pass(1h);
  mwaa::watch_options options;
  options.requests_per_second = 0.2;  // so that a look is five seconds from the next
  options.share = 1;
  mwaa::run_watcher watcher{service.make_client(), options};
  watcher.add_workflow(arn);
  auto lines = service.lines_after(watcher, 60s);
  CHECK(std::none_of(lines.begin(), lines.end(), [](const auto& each) { return each.find(" old ") != each.npos; }));
  service.emulator.add_run(arn, "short", emulated_run{emulated_task{"only", changes{{0s, "RUNNING"}, {1s, "FAILED"}}}});
  service.pass(2s);
  service.emulator.add_run(arn, "long", three_tasks());
  lines = service.lines_after(watcher, 10min);
  CHECK(std::count(lines.begin(), lines.end(), "run_added short FAILED") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "task_added short only FAILED") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "run_finished short FAILED") == 1);
  CHECK(std::count_if(lines.begin(), lines.end(),
                      [](const auto& each) { return each.starts_with("run_finished long"); }) == 1);
  lines = service.lines_after(watcher, 1h);  // nothing is told again
  CHECK(lines.empty());
  CHECK(watcher.metrics().workflows == 1);
  CHECK(watcher.remove_workflow(arn));
  CHECK_FALSE(watcher.remove_workflow(arn));
  CHECK(service.lines(watcher).empty());
}

TEST_CASE("run_watcher: all workflows of the account, those made later too") {
  watched_service service;
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add_all();
  auto lines = service.lines_after(watcher, 10s);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& e) { return e.starts_with("run_added run-live"); }) ==
        1);
  const std::string later = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/later-Ab12Cd34Ef";
  service.emulator.add_run(later, "daily", three_tasks());
  lines = service.lines_after(watcher, 20min);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& e) { return e.starts_with("run_added daily"); }) == 1);
  CHECK(std::count(lines.begin(), lines.end(), "run_finished daily RUNNING -> SUCCESS") +
            std::count(lines.begin(), lines.end(), "run_finished daily SUCCESS") ==
        1);
  watcher.stop();
  CHECK(service.lines(watcher).empty());
}

TEST_CASE("run_watcher: access denied on one workflow concerns that workflow") {
  watched_service service;
  const std::string secret = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/secret-Ab12Cd34Ef";
  service.emulator.add_run(secret, "hidden", three_tasks());
  service.emulator.add_run(arn, "daily", three_tasks());
  bool denied = true;
  mwaa::client_config config = test::config_for(service);
  class denying final : public mwaa::transport {
   public:
    denying(std::shared_ptr<mwaa::transport> inner, const bool& denied) : inner_(std::move(inner)), denied_(denied) {}
    asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                            mwaa::clock::time_point deadline) override {
      if (denied_ && request.bytes().find("secret-Ab12") != std::string::npos) {
        mwaa::http_response no;
        no.status = 400;
        no.fields = "x-amzn-requestid: r\r\n";
        no.body = R"({"__type":"AccessDeniedException","Message":"not yours"})";
        co_return no;
      }
      co_return co_await inner_->send(request, deadline);
    }
    asio::awaitable<void> close() override { co_return; }
    mwaa::transport_metrics metrics() const override { return {}; }

   private:
    std::shared_ptr<mwaa::transport> inner_;
    const bool& denied_;
  };
  config.network = std::make_shared<denying>(service.network, denied);
  mwaa::run_watcher watcher{mwaa::client{service.io.get_executor(), config}};
  watcher.add(mwaa::run_key{secret, "hidden"});
  watcher.add(mwaa::run_key{arn, "daily"});
  auto lines = service.lines_after(watcher, 8min);
  CHECK(std::count(lines.begin(), lines.end(), "run_error hidden: not yours") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "run_finished daily SUCCESS") == 1);
  denied = false;  // somebody has set the policy right
  lines = service.lines(watcher);
  CHECK(lines.front() == "run_added hidden SUCCESS");
  CHECK(lines.back() == "run_finished hidden SUCCESS");
}

TEST_CASE("run_watcher: a bound that the quota cannot keep is told, with one that it can") {
  watched_service service;
  for (int i = 0; i < 20; ++i) service.emulator.add_run(arn, "run" + std::to_string(i), three_tasks());
  mwaa::watch_options options;
  options.requests_per_second = 1;
  options.share = 1;
  options.max_staleness = 5s;
  mwaa::run_watcher watcher{service.make_client(), options};
  for (int i = 0; i < 20; ++i) watcher.add(mwaa::run_key{arn, "run" + std::to_string(i)});
  service.pass(60s);
  std::optional<mwaa::watch_event> told;
  while (auto event = watcher.try_next()) {
    if (event->kind != watch_event_kind::bound_missed) continue;
    CHECK_FALSE(told);  // once
    told = std::move(event);
  }
  REQUIRE(told);
  REQUIRE(told->bound);
  CHECK(*told->bound >= 20s);
  CHECK(*told->bound < 40s);
  CHECK(watcher.metrics().staleness_bound >= 20s);
  CHECK(watcher.metrics().oldest <= watcher.metrics().staleness_bound);
}

TEST_CASE("run_watcher: a consumer that stops reading for an hour gets the difference, and every final state") {
  watched_service service;
  for (int i = 0; i < 5; ++i) service.emulator.add_run(arn, "run" + std::to_string(i), three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  for (int i = 0; i < 5; ++i) watcher.add(mwaa::run_key{arn, "run" + std::to_string(i)});
  service.pass(1h);
  CHECK(service.time->sleepers() == 0);  // nothing is left to look at
  const auto lines = service.lines(watcher);
  CHECK(lines.size() == 5 * (1 + 3 + 1));
  for (int i = 0; i < 5; ++i) {
    const std::string run = "run" + std::to_string(i);
    CHECK(std::count(lines.begin(), lines.end(), "run_finished " + run + " SUCCESS") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "task_added " + run + " load SUCCESS") == 1);
  }
}

TEST_CASE("run_watcher: a service that is down for ten minutes") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "daily"});
  (void)service.lines_after(watcher, 10s);
  service.emulator.strike_randomly(1, {fault::close_before_headers()});
  const auto before = service.emulator.request_count();
  const auto lines_down = service.lines_after(watcher, 10min);
  CHECK(lines_down.empty());
  CHECK(service.emulator.request_count() - before < 90);
  REQUIRE(watcher.metrics().failing_since);
  CHECK(service.time->now() - *watcher.metrics().failing_since > 595s);
  service.emulator.strike_randomly(0);
  const auto lines = service.lines_after(watcher, 25s);
  CHECK(lines.back() == "run_finished daily RUNNING -> SUCCESS");
  CHECK(std::count(lines.begin(), lines.end(), "task_changed daily load NONE -> SUCCESS") == 1);
  CHECK_FALSE(watcher.metrics().failing_since);
}

TEST_CASE("run_watcher: a checkpoint goes on without noise, and refuses what it is not") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  service.emulator.add_run(arn, "late", emulated_run{emulated_task{"only", changes{{0s, "RUNNING"}, {1h, "SUCCESS"}}}});
  std::string kept;
  {
    mwaa::run_watcher watcher{service.make_client()};
    watcher.add(mwaa::run_key{arn, "daily"});
    watcher.add(mwaa::run_key{arn, "late"});
    (void)service.lines_after(watcher, 70s);
    service.pass(10s);  // seen, and not told
    kept = watcher.checkpoint();
  }
  CHECK(service.lines_after(*std::make_unique<mwaa::run_watcher>(service.make_client()), 30s).empty());
  mwaa::run_watcher watcher{service.make_client(), std::string_view{kept}};
  const auto snapshot = watcher.snapshot();
  CHECK(snapshot.size() == 2);
  const auto lines = service.lines_after(watcher, 10min);
  CHECK(lines == std::vector<std::string>{"task_changed daily transform RUNNING -> SUCCESS",
                                          "task_changed daily load NONE -> SUCCESS",
                                          "run_finished daily RUNNING -> SUCCESS"});
  for (std::size_t size = 0; size < kept.size(); ++size) {
    CHECK(refusal([&] { mwaa::run_watcher{service.make_client(), std::string_view{kept}.substr(0, size)}; },
                  "checkpoint") == mwaa::errc::invalid_argument);
  }
  std::string newer = kept;
  newer[4] = 2;
  CHECK(refusal([&] { mwaa::run_watcher{service.make_client(), std::string_view{newer}}; }, "form 2") ==
        mwaa::errc::invalid_argument);
}

TEST_CASE("run_watcher: wait_all and wait_any") {
  watched_service service;
  service.emulator.add_run(arn, "slow", three_tasks());
  service.emulator.add_run(arn, "fast", emulated_run{emulated_task{"only", changes{{0s, "RUNNING"}, {9s, "FAILED"}}}});
  const mwaa::client client = service.make_client();
  const std::vector<mwaa::run_key> runs{mwaa::run_key{arn, "slow"}, mwaa::run_key{arn, "fast"}};
  CHECK(test::run(service.io, *service.time, mwaa::wait_any(client, runs)) == 1);
  const auto states = test::run(service.io, *service.time, mwaa::wait_all(client, runs));
  REQUIRE(states.size() == 2);
  CHECK(states[0] == mwaa::workflow_run_status::success);
  CHECK(states[1] == mwaa::workflow_run_status::failed);
  const std::vector<mwaa::run_key> none{mwaa::run_key{arn, "slow"}, mwaa::run_key{arn, "nowhere"}};
  CHECK_THROWS_AS((void)test::run(service.io, *service.time, mwaa::wait_all(client, none)), mwaa::exception);
  CHECK(test::run(service.io, *service.time, mwaa::wait_all(client, std::vector<mwaa::run_key>{})).empty());
}

TEST_CASE("run_watcher: stopped, destroyed and cancelled while somebody waits") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  std::optional<mwaa::run_watcher> watcher{std::in_place, service.make_client()};
  watcher->add(mwaa::run_key{arn, "daily"});
  bool ended = false;
  asio::co_spawn(
      service.io,
      [](mwaa::run_watcher& watched, bool& done) -> asio::awaitable<void> {
        while (auto event = co_await watched.next()) {
        }
        done = true;
      }(*watcher, ended),
      asio::detached);
  service.pass(20s);
  CHECK_FALSE(ended);
  // A second next() at once is a mistake, told to who made it.
  bool refused = false;
  asio::co_spawn(
      service.io,
      [](mwaa::run_watcher& watched, bool& told) -> asio::awaitable<void> {
        try {
          (void)co_await watched.next();
        } catch (const mwaa::exception& wrong) {
          told = wrong.details().message.find("running already") != std::string::npos;
        }
      }(*watcher, refused),
      asio::detached);
  service.pass(1ms);
  CHECK(refused);
  watcher.reset();
  service.time->run(service.io);
  CHECK(ended);
  CHECK(service.time->sleepers() == 0);
}

TEST_CASE("run_watcher: a peer that is silent costs the look, and nothing else") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  service.emulator.add_run(arn, "other", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "daily"});
  watcher.add(mwaa::run_key{arn, "other"});
  (void)service.lines_after(watcher, 10s);
  service.emulator.script(fault::never_answer());
  const auto lines = service.lines(watcher);
  CHECK(watcher.metrics().failed == 1);
  CHECK(service.emulator.scripted() == 0);
  for (const char* run : {"daily", "other"})
    CHECK(std::count(lines.begin(), lines.end(), std::string{"run_finished "} + run + " RUNNING -> SUCCESS") == 1);
}

TEST_CASE("run_watcher: next() that is cancelled loses nothing") {
  watched_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  mwaa::run_watcher watcher{service.make_client()};
  watcher.add(mwaa::run_key{arn, "daily"});
  const auto before = service.lines_after(watcher, 30s);
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  asio::co_spawn(service.io, watcher.next(),
                 asio::bind_cancellation_slot(
                     stop.slot(), [&](const std::exception_ptr& e, const std::optional<mwaa::watch_event>& event) {
                       thrown = e;
                       CHECK_FALSE(event);
                     }));
  service.pass(1s);
  CHECK_FALSE(thrown);
  stop.emit(asio::cancellation_type::terminal);
  service.pass(1ms);
  REQUIRE(thrown);
  CHECK_THROWS_AS(std::rethrow_exception(thrown), boost::system::system_error);
  const auto after = service.lines(watcher);
  CHECK(before.size() == 4);  // the run and its tasks
  CHECK(after.front() == "task_changed daily extract RUNNING -> SUCCESS");
  CHECK(after.back() == "run_finished daily RUNNING -> SUCCESS");
}

TEST_CASE("run_watcher: the client's own calls go first") {
  mwaa::testing::emulator_options options;
  options.rate_limit = 10;
  watched_service service{options};
  for (int i = 0; i < 50; ++i)
    service.emulator.add_run(arn, "run" + std::to_string(i),
                             emulated_run{emulated_task{"only", changes{{0s, "RUNNING"}, {1h, "SUCCESS"}}}});
  const mwaa::client client = service.make_client();
  mwaa::watch_options watch;
  watch.requests_per_second = 10;
  watch.share = 1;
  mwaa::run_watcher watcher{client, watch};
  for (int i = 0; i < 50; ++i) watcher.add(mwaa::run_key{arn, "run" + std::to_string(i)});
  service.pass(30s);
  // Five calls a second of the client's own: the watcher takes what is left.
  std::chrono::nanoseconds longest{0};
  std::size_t calls = 0;
  const auto user = [&]() -> asio::awaitable<void> {
    for (; calls < 300; ++calls) {
      const auto begun = service.time->now();
      (void)co_await client.get_workflow_run(mwaa::get_workflow_run_request{arn, "run1"});
      longest = std::max<std::chrono::nanoseconds>(longest, service.time->now() - begun);
      co_await service.time->sleep_until(begun + 200ms);
    }
  };
  asio::co_spawn(service.io, user(), asio::detached);
  const auto looks = watcher.metrics().looks;
  service.pass(60s);
  CHECK(calls == 300);
  CHECK(longest < 1500ms);
  const auto sent = watcher.metrics().looks - looks;
  CHECK(sent > 250);
  CHECK(sent < 340);
}
