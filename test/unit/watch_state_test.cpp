// What a watcher makes of what it sees, look by look.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "watcher/task_table.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa = mwaa_serverless;
using namespace mwaa_serverless::watcher;
using namespace std::chrono_literals;
using mwaa::watch_event_kind;

namespace {

const std::string arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/w-Ab12Cd34Ef";

/// A service of one's own, whose answers the test decides.
class script {
 public:
  explicit script(watch_rules rules = {}) : state(rules, now()) {}

  [[nodiscard]] moment now() const {
    return moment{time_point{} + 1000s + passed,
                  std::chrono::system_clock::time_point{} + 20'000 * 24h + passed + wall_jump};
  }
  /// The next look; time goes on until there is one. Kind `tasks` with an empty ARN: there is none within an hour.
  look next() {
    const auto limit = passed + 1h;
    for (;;) {
      if (auto found = state.next_look(now())) return *found;
      const time_point wakes = state.wakes_at();
      if (wakes == time_point::max() || now().steady > time_point{} + 1000s + limit) return look{};
      REQUIRE(wakes > now().steady);
      passed = wakes - time_point{} - 1000s;
    }
  }
  void take(const look& what) {
    const moment asked = now();
    passed += 50ms;
    switch (what.kind) {
      case look_kind::tasks:
        return state.saw(what, asked, now(), tasks[what.run_id]);
      case look_kind::run:
        return state.saw(what, asked, now(), run_of(what.run_id));
      case look_kind::runs:
        return state.saw(what, asked, now(), page_of(what));
      case look_kind::workflows:
        return state.saw(what, asked, now(), mwaa::list_workflows_response{});
    }
  }
  void answer(int looks) {
    for (int i = 0; i < looks; ++i) take(next());
  }
  std::vector<std::string> told() {
    std::vector<std::string> out;
    while (auto event = state.next_event()) {
      std::ostringstream text;
      text << *event;
      out.push_back(text.str().substr(text.str().find(' ') + 1));
      last.push_back(*std::move(event));
    }
    return out;
  }

  void task(const std::string& run, const std::string& id, mwaa::task_instance_status status) {
    auto& all = tasks[run].task_instances;
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.task_instance_id == id; });
    auto& one = known == all.end() ? all.emplace_back() : *known;
    one.task_instance_id = mwaa::text{id};
    one.status = status;
  }

  std::chrono::nanoseconds passed{0};
  std::chrono::nanoseconds wall_jump{0};
  std::map<std::string, mwaa::workflow_run_status> runs;
  std::map<std::string, mwaa::list_task_instances_response> tasks;
  std::vector<mwaa::watch_event> last;
  watch_state state;

 private:
  mwaa::get_workflow_run_response run_of(const std::string& id) {
    mwaa::get_workflow_run_response out;
    out.run_detail.emplace();
    out.run_detail->run_state = runs[id];
    return out;
  }
  mwaa::list_workflow_runs_response page_of(const look&) {
    mwaa::list_workflow_runs_response out;
    for (const auto& [id, status] : runs) {
      auto& one = out.workflow_runs.emplace_back();
      one.run_id = mwaa::text{id};
      one.run_detail_summary.emplace();
      one.run_detail_summary->status = status;
    }
    return out;
  }
};

mwaa::error failure(mwaa::errc code) {
  return mwaa::error(code, "no");
}

}  // namespace

TEST_CASE("watch state: the tasks are listed once more after the end, before it is told") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::success);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);  // its state, its tasks
  CHECK(service.told() == std::vector<std::string>{"run_added a RUNNING", "task_added a t SUCCESS"});
  // Somebody clears the task; then the run fails.
  service.task("a", "t", mwaa::task_instance_status::failed);
  service.runs["a"] = mwaa::workflow_run_status::failed;
  const look end = service.next();
  CHECK(end.kind == look_kind::run);  // all tasks were over
  service.take(end);
  CHECK(service.told().empty());
  const look tasks = service.next();
  CHECK(tasks.kind == look_kind::tasks);
  service.take(tasks);
  CHECK(service.told() ==
        std::vector<std::string>{"task_changed a t SUCCESS -> FAILED", "run_finished a RUNNING -> FAILED"});
  CHECK(service.state.over());
}

TEST_CASE("watch state: a final listing that fails for good does not hold the end back") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::stopped;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(1);
  const look tasks = service.next();
  REQUIRE(tasks.kind == look_kind::tasks);
  service.state.failed(tasks, service.now(), service.now(), failure(mwaa::errc::access_denied));
  CHECK(service.told() == std::vector<std::string>{"run_added a STOPPED", "run_error a: no", "run_finished a STOPPED"});
  CHECK(service.state.over());
}

TEST_CASE("watch state: what changes there and back again unread is no event") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::running);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  (void)service.told();
  service.task("a", "t", mwaa::task_instance_status::up_for_retry);
  service.answer(3);
  service.task("a", "t", mwaa::task_instance_status::running);
  service.answer(3);
  CHECK(service.told().empty());
  service.task("a", "t", mwaa::task_instance_status::failed);
  service.answer(3);
  CHECK(service.told() == std::vector<std::string>{"task_changed a t RUNNING -> FAILED"});
}

TEST_CASE("watch state: tasks that a listing lacks, or shows twice, are as they were") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  for (const char* id : {"one", "two", "three"}) service.task("a", id, mwaa::task_instance_status::running);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  (void)service.told();
  auto& page = service.tasks["a"].task_instances;
  const auto kept = page;
  page.erase(page.begin() + 1);
  page.push_back(page.front());
  service.answer(4);
  CHECK(service.told().empty());
  page = kept;
  std::reverse(page.begin(), page.end());
  service.answer(4);
  CHECK(service.told().empty());
}

TEST_CASE("watch state: tasks that are listed only once they are scheduled") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  std::vector<std::string> told;
  const auto go_on = [&](std::chrono::seconds by) {
    for (const auto end = service.passed + by; service.passed < end;) service.answer(1);
    for (auto& each : service.told()) told.push_back(std::move(each));
  };
  go_on(5s);  // none is listed yet
  for (const char* id : {"one", "two", "three"}) {
    service.task("a", id, mwaa::task_instance_status::running);
    go_on(60s);
    service.task("a", id, mwaa::task_instance_status::success);
    go_on(60s);  // all that are listed have ended, and the run has not
  }
  service.runs["a"] = mwaa::workflow_run_status::success;
  while (!service.state.over()) go_on(1s);
  CHECK(told == std::vector<std::string>{
                    "run_added a RUNNING", "task_added a one RUNNING", "task_changed a one RUNNING -> SUCCESS",
                    "task_added a two RUNNING", "task_changed a two RUNNING -> SUCCESS", "task_added a three RUNNING",
                    "task_changed a three RUNNING -> SUCCESS", "run_finished a RUNNING -> SUCCESS"});
}

TEST_CASE("watch state: a listing over pages, and a token that is refused") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::running);
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  for (int i = 0; i < 4; ++i) {
    const look second = service.next();
    REQUIRE(second.kind == look_kind::tasks);
    REQUIRE(second.next_token == "page-2");
    service.state.failed(second, service.now(), service.now(), failure(mwaa::errc::validation));
    const look again = service.next();  // from the start
    REQUIRE(again.kind == look_kind::tasks);
    CHECK_FALSE(again.next_token);
    service.take(again);
  }
  const look second = service.next();
  REQUIRE(second.next_token == "page-2");
  service.state.failed(second, service.now(), service.now(), failure(mwaa::errc::validation));
  const auto lines = service.told();  // a fifth time is an error of this run
  CHECK(lines.back() == "run_error a: no");
  CHECK(service.state.figures(service.now()).runs == 1);
}

TEST_CASE("watch state: a listing that ends early in an outage begins anew") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  for (int i = 0; i < 3; ++i) {
    const look second = service.next();
    CHECK(second.next_token == "page-2");
    service.state.failed(second, service.now(), service.now(), failure(mwaa::errc::connect_failed));
  }
  service.passed += 1min;
  const look again = service.next();
  CHECK(again.kind == look_kind::tasks);
  CHECK_FALSE(again.next_token);
}

TEST_CASE("watch state: a run that its workflow's listing lacks is asked for before it is lost") {
  script service;
  for (const char* id : {"a", "b", "c"}) service.runs[id] = mwaa::workflow_run_status::queued;
  for (const char* id : {"a", "b", "c"}) service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  const look all = service.next();
  REQUIRE(all.kind == look_kind::runs);
  service.take(all);
  (void)service.told();
  service.runs.erase("b");
  look asked;
  do {
    asked = service.next();
    if (asked.kind == look_kind::runs) service.take(asked);
  } while (asked.kind == look_kind::runs);
  REQUIRE(asked.kind == look_kind::run);
  CHECK(asked.run_id == "b");
  CHECK(service.told().empty());
  SUBCASE("it is there") {
    service.runs["b"] = mwaa::workflow_run_status::queued;
    service.take(asked);
    CHECK(service.told().empty());
    CHECK(service.state.figures(service.now()).runs == 3);
  }
  SUBCASE("it is not") {
    service.state.failed(asked, service.now(), service.now(), failure(mwaa::errc::resource_not_found));
    CHECK(service.told() == std::vector<std::string>{"run_error b: no"});
    CHECK(service.state.figures(service.now()).runs == 2);
  }
}

TEST_CASE("watch state: where a run may not be shown alone, a listing shows it") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::queued;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  const look alone = service.next();
  REQUIRE(alone.kind == look_kind::run);
  service.state.failed(alone, service.now(), service.now(), failure(mwaa::errc::access_denied));
  CHECK(service.told() == std::vector<std::string>{"run_error a: no"});
  const look listing = service.next();
  REQUIRE(listing.kind == look_kind::runs);
  service.take(listing);
  CHECK(service.told() == std::vector<std::string>{"run_added a QUEUED"});
}

TEST_CASE("watch state: an answer of an older question changes nothing") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::queued;
  service.runs["b"] = mwaa::workflow_run_status::queued;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.state.add(mwaa::run_key{arn, "b"}, 1, service.now());
  const look first = service.next();
  const moment long_ago = service.now();
  service.passed += 10s;
  service.take(first);
  (void)service.told();
  service.runs["a"] = mwaa::workflow_run_status::running;
  look second;
  do {
    second = service.next();
    if (second.kind != look_kind::runs) service.take(second);
  } while (second.kind != look_kind::runs);
  mwaa::list_workflow_runs_response stale;
  auto& one = stale.workflow_runs.emplace_back();
  one.run_id = mwaa::text{"a"};
  one.run_detail_summary.emplace();
  one.run_detail_summary->status = mwaa::workflow_run_status::failed;
  service.state.saw(second, long_ago, service.now(), stale);
  for (const auto& each : service.told()) CHECK(each.find("FAILED") == std::string::npos);
  CHECK(service.state.figures(service.now()).runs == 2);
}

TEST_CASE("watch state: a removed run's look under way tells nothing, nor does a look that is brought back twice") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  const look under_way = service.next();
  CHECK(service.state.remove(mwaa::run_key{arn, "a"}));
  CHECK_FALSE(service.state.remove(mwaa::run_key{arn, "a"}));
  service.take(under_way);
  CHECK(service.told().empty());
  CHECK(service.state.over());
  service.take(under_way);
  CHECK(service.told().empty());
  service.state.abandoned(under_way, service.now());
  CHECK(service.state.over());
}

TEST_CASE("watch state: a wall clock that jumps does not move the times between two looks") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::running);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  (void)service.told();
  service.wall_jump = 1h;
  service.task("a", "t", mwaa::task_instance_status::success);
  while (service.last.size() == 2) {
    service.answer(1);
    (void)service.told();
  }
  const auto& event = service.last.back();
  CHECK(event.kind == watch_event_kind::task_changed);
  REQUIRE(event.not_before);
  CHECK(event.seen_at - *event.not_before < 10s);
  CHECK(event.seen_at - *event.not_before > 0s);
}

TEST_CASE("watch state: statuses that this version does not know") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status{mwaa::text{"PONDERING"}};
  service.task("a", "t", mwaa::task_instance_status{mwaa::text{"DREAMING"}});
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(3);
  CHECK(service.told() == std::vector<std::string>{"run_added a PONDERING", "task_added a t DREAMING"});
  service.task("a", "t", mwaa::task_instance_status{mwaa::text{"WAKING"}});
  const std::string bytes = service.state.checkpoint();
  service.answer(3);
  CHECK(service.told() == std::vector<std::string>{"task_changed a t DREAMING -> WAKING"});
  std::string why;
  auto restored = watch_state::restore(bytes, {}, service.now(), why);
  REQUIRE(restored);
  service.state = *std::move(restored);
  service.answer(3);
  CHECK(service.told() == std::vector<std::string>{"task_changed a t DREAMING -> WAKING"});
}

TEST_CASE("watch state: quotas of two operations are two budgets, once their codes tell so") {
  script service;
  for (int i = 0; i < 30; ++i) {
    const std::string id = "run" + std::to_string(i);
    service.runs[id] = mwaa::workflow_run_status::running;
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  const auto throttle = [&](look_kind kind, const std::string& code) {
    for (;;) {
      const look what = service.next();
      REQUIRE_FALSE(what.workflow_arn.empty());
      if (what.kind != kind) {
        service.take(what);
        continue;
      }
      mwaa::error why{mwaa::errc::throttled, "slow down"};
      why.quota_code = code;
      service.state.failed(what, service.now(), service.now(), why);
      return;
    }
  };
  const double before = service.state.figures(service.now()).requests_per_second;
  throttle(look_kind::tasks, "L-TASKS");
  const double one = service.state.figures(service.now()).requests_per_second;
  CHECK(one <= before);
  throttle(look_kind::runs, "L-TASKS");
  CHECK(service.state.figures(service.now()).requests_per_second < one * 1.2);
  throttle(look_kind::runs, "L-RUNS");
  CHECK(service.state.figures(service.now()).requests_per_second > one * 1.5);
}

TEST_CASE("watch state: checkpoints of anything come back as they were") {
  std::mt19937_64 random{11};
  script service;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "run" + std::to_string(i);
    service.runs[id] = i % 3 == 0 ? mwaa::workflow_run_status::queued : mwaa::workflow_run_status::running;
    for (unsigned t = 0; t < random() % 60; ++t)
      service.task(id, "task" + std::to_string(random()),
                   mwaa::task_instance_status{static_cast<mwaa::task_instance_status::value_type>(1 + random() % 14)});
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  service.answer(120);
  (void)service.told();
  const std::string bytes = service.state.checkpoint();
  std::string why;
  auto restored = watch_state::restore(bytes, {}, service.now(), why);
  REQUIRE_MESSAGE(restored, why);
  CHECK(restored->checkpoint().size() == bytes.size());
  service.state = *std::move(restored);
  service.answer(200);
  CHECK(service.told().empty());  // nothing has changed
  const auto snapshot = service.state.snapshot();
  CHECK(snapshot.size() == 40);
  std::size_t tasks = 0;
  for (const auto& each : snapshot) tasks += each.tasks.size();
  std::size_t expected = 0;
  for (const auto& [id, each] : service.tasks)
    expected += service.runs[id] == mwaa::workflow_run_status::running ? each.task_instances.size() : 0;
  CHECK(tasks == expected);
  // Any byte that is another is noticed.
  for (std::size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 400) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    CHECK_FALSE(watch_state::restore(damaged, {}, service.now(), why));
    CHECK_FALSE(why.empty());
  }
}

TEST_CASE("watch state: a run whose looks always fail leaves the others theirs") {
  watch_rules rules;
  rules.requests_per_second = 10;
  script service{rules};
  bool listing = false;
  SUBCASE("its tasks") {}
  SUBCASE("the listing of another workflow") {
    listing = true;
  }
  const std::string other = arn + "-other";
  for (const char* id : {"a", "b", "c"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.task(id, "t", mwaa::task_instance_status::running);
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  if (listing) service.state.add_workflow(other, {}, service.now());
  int good = 0;
  int bad = 0;
  while (service.passed < 10min) {
    const look what = service.next();
    REQUIRE_FALSE(what.workflow_arn.empty());
    if (listing ? what.workflow_arn == other : what.kind == look_kind::tasks && what.run_id == "b") {
      ++bad;
      service.passed += 50ms;
      service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::internal_server));
    } else {
      ++good;
      service.take(what);
    }
  }
  CHECK(good > 300);
  CHECK(bad > 10);
  CHECK(bad < good / 2);
}

TEST_CASE("watch state: tasks that may not be listed are one error, however often the run itself is seen") {
  watch_rules rules;
  rules.requests_per_second = 10;
  script service{rules};
  mwaa::errc code = mwaa::errc::access_denied;
  std::size_t errors = 1;
  SUBCASE("access denied") {}
  SUBCASE("not found, and yet the run is there") {
    code = mwaa::errc::resource_not_found;
    errors = 0;
  }
  for (const char* id : {"a", "b", "c"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  std::size_t told = 0;
  int refused = 0;
  const auto go_on = [&](std::chrono::nanoseconds until) {
    while (service.passed < until) {
      const look what = service.next();
      REQUIRE_FALSE(what.workflow_arn.empty());
      if (what.kind == look_kind::tasks && what.run_id == "b") {
        ++refused;
        service.state.failed(what, service.now(), service.now(), failure(code));
      } else {
        service.take(what);
      }
      while (auto event = service.state.next_event()) {
        told += event->kind == watch_event_kind::run_error ? 1 : 0;
        if (event->run.run_id == "b" && event->kind == watch_event_kind::run_finished) return;
      }
    }
  };
  go_on(1h);
  CHECK(told == errors);
  CHECK(refused < 30);
  // Its end is seen all the same.
  service.runs["b"] = mwaa::workflow_run_status::stopped;
  go_on(2h);
  CHECK(service.passed < 1h + 10min);
}

TEST_CASE("watch state: rates, weights and bounds at the ends of their ranges") {
  watch_rules rules;
  const auto add = [](script& service, double weight) {
    for (const char* id : {"a", "b", "c"}) {
      service.runs[id] = mwaa::workflow_run_status::running;
      service.task(id, "t", mwaa::task_instance_status::running);
      service.state.add(mwaa::run_key{arn, id}, id[0] == 'a' ? weight : 1, service.now());
    }
  };
  SUBCASE("hardly a request") {
    for (const double rate : {5e-324, 1e-300, 1e-10, 1e-9}) {
      rules.requests_per_second = rate;
      rules.share = rate;
      rules.max_staleness = 1s;
      script service{rules};
      add(service, 1);
      service.take(service.next());
      CHECK_FALSE(service.state.next_look(service.now()));
      CHECK(service.state.wakes_at() > service.now().steady + 24h);
      CHECK(service.state.figures(service.now()).staleness_bound > 24h);
      while (auto event = service.state.next_event()) {
        if (event->kind == watch_event_kind::bound_missed) CHECK(*event->bound > 24h);
      }
    }
  }
  SUBCASE("more than anybody grants, by promise or to begin with") {
    rules.initial_requests_per_second = 1e308;
    SUBCASE("promised") {
      rules.requests_per_second = 1e308;
    }
    SUBCASE("learned") {}
    rules.max_staleness = std::chrono::nanoseconds{1};
    rules.min_interval = 0s;
    script service{rules};
    add(service, 1);
    for (int i = 0; i < 2000; ++i) service.take(service.next());
    CHECK(std::isfinite(service.state.figures(service.now()).requests_per_second));
    if (rules.requests_per_second) return;
    for (int i = 0; i < 3000; ++i) {
      const look what = service.next();
      const moment asked = service.now();
      service.passed += 10ms;
      service.state.failed(what, asked, service.now(), failure(mwaa::errc::throttled));
    }
    CHECK(service.state.figures(service.now()).requests_per_second < 1e6);
  }
  SUBCASE("weights") {
    rules.requests_per_second = 1;
    rules.share = 1;
    rules.max_staleness = 30s;
    double weight = 1e300;
    SUBCASE("of the run") {}
    SUBCASE("of its tasks") {
      rules.task_weight = 1e300;
    }
    SUBCASE("all") {
      rules.task_weight = rules.start_weight = rules.finish_weight = 1e308;
    }
    SUBCASE("of the run alone") {
      rules.task_weight = rules.start_weight = rules.finish_weight = 0;
    }
    SUBCASE("next to nothing") {
      weight = 5e-324;
    }
    script service{rules};
    add(service, weight);
    service.answer(8);
    while (service.passed < 10min) {
      service.answer(1);
      CHECK(service.state.figures(service.now()).oldest <= 31s);
    }
  }
}

TEST_CASE("watch state: a run that was removed and added again while a look was under way is told anew") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::running);
  const mwaa::run_key key{arn, "a"};
  service.state.add(key, 1, service.now());
  service.answer(2);
  CHECK(service.told().size() == 2);
  const look under_way = service.next();
  CHECK(service.state.remove(key));
  service.state.add(key, 1, service.now());
  service.take(under_way);
  CHECK(service.told() == std::vector<std::string>{"run_added a RUNNING", "task_added a t RUNNING"});
  // And one that was told to have ended, with a look still under way.
  look late = service.next();
  while (late.kind != look_kind::tasks) {
    service.take(late);
    late = service.next();
  }
  CHECK(service.state.remove(key));
  CHECK_FALSE(service.state.over());
  service.take(late);
  CHECK(service.state.over());
}

TEST_CASE("watch state: a workflow that was removed is not found again among all") {
  script service;
  mwaa::list_workflows_response all;
  for (const char* name : {"w1", "w2"}) all.workflows.emplace_back().workflow_arn = mwaa::text{name};
  service.state.add_all({}, service.now());
  const auto go_on = [&](std::chrono::nanoseconds passing) {
    std::set<std::string> listed;
    const auto until = service.passed + passing;
    while (service.passed < until) {
      const look what = service.next();
      const moment asked = service.now();
      service.passed += 50ms;
      if (what.kind == look_kind::workflows) {
        service.state.saw(what, asked, service.now(), all);
      } else {
        listed.insert(what.workflow_arn);
        service.state.saw(what, asked, service.now(), mwaa::list_workflow_runs_response{});
      }
    }
    return listed;
  };
  CHECK(go_on(10min) == std::set<std::string>{"w1", "w2"});
  CHECK(service.state.remove_workflow("w1"));
  CHECK(go_on(10min) == std::set<std::string>{"w2"});
  std::string why;
  auto restored = watch_state::restore(service.state.checkpoint(), {}, service.now(), why);
  REQUIRE_MESSAGE(restored, why);
  service.state = *std::move(restored);
  CHECK(go_on(10min) == std::set<std::string>{"w2"});
  SUBCASE("until it is added") {
    service.state.add_workflow("w1", {}, service.now());
  }
  SUBCASE("until all are") {
    service.state.add_all({}, service.now());
  }
  CHECK(go_on(10min) == std::set<std::string>{"w1", "w2"});
}

TEST_CASE("watch state: a checkpoint keeps a loss that was not told, and no workflow that nobody needs") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(1);
  (void)service.told();
  look what = service.next();
  while (what.kind != look_kind::run) {
    service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::resource_not_found));
    what = service.next();
  }
  service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::resource_not_found));
  std::string why;
  auto restored = watch_state::restore(service.state.checkpoint(), {}, service.now(), why);
  REQUIRE_MESSAGE(restored, why);
  service.state = *std::move(restored);
  for (int i = 0; i < 10 && !service.state.has_event(); ++i) {
    what = service.next();
    REQUIRE_FALSE(what.workflow_arn.empty());
    if (what.kind == look_kind::runs)
      service.state.saw(what, service.now(), service.now(), mwaa::list_workflow_runs_response{});
    else
      service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::resource_not_found));
  }
  CHECK(service.told() == std::vector<std::string>{"run_error a: no"});
  CHECK(service.state.over());

  const look all = [&] {
    service.state.add_workflow(arn, {}, service.now());
    return service.next();
  }();
  REQUIRE(all.kind == look_kind::runs);
  CHECK(service.state.remove_workflow(arn));  // the listing under way still needs its record
  auto again = watch_state::restore(service.state.checkpoint(), {}, service.now(), why);
  REQUIRE_MESSAGE(again, why);
  CHECK(again->checkpoint().find(arn) == std::string::npos);
}

TEST_CASE("watch state: what nobody reads does not pile up") {
  watch_rules rules;
  rules.requests_per_second = 5;
  rules.max_staleness = 2s;
  script service{rules};
  service.state.add_workflow(arn, {}, service.now());
  bool denied = false;
  while (service.passed < 24h) {
    const look what = service.next();
    REQUIRE(what.kind == look_kind::runs);
    // Refused, and allowed, in turn; and many runs to be seen, and none.
    denied = !denied;
    if (denied) {
      service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::access_denied));
      continue;
    }
    service.take(what);
  }
  CHECK(service.state.figures(service.now()).events_waiting == 1);
  CHECK(service.told().size() == 1);
}

TEST_CASE("watch state: the times of events hold for years") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::queued;
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  (void)service.told();
  for (int i = 0; i < 8; ++i) {
    service.passed += 150 * 24h;
    service.answer(2);
    service.runs["a"] = i % 2 == 0 ? mwaa::workflow_run_status::running : mwaa::workflow_run_status::queued;
    service.answer(3);
    REQUIRE(service.told().size() == 1);
    const auto& event = service.last.back();
    CHECK(service.now().wall - event.seen_at < 5min);
    CHECK(event.seen_at <= service.now().wall + 10ms);
    REQUIRE(event.not_before);
    CHECK(*event.not_before < event.seen_at);
    CHECK(event.seen_at - *event.not_before < 5min);
  }
}

TEST_CASE("watch state: a listing of workflows whose token is refused begins anew") {
  script service;
  service.state.add_all({}, service.now());
  mwaa::list_workflows_response page;
  page.next_token = mwaa::text{"page-2"};
  for (int i = 0; i < 4; ++i) {
    const look first = service.next();
    REQUIRE(first.kind == look_kind::workflows);
    REQUIRE_FALSE(first.next_token);
    service.state.saw(first, service.now(), service.now(), page);
    const look second = service.next();
    REQUIRE(second.next_token == "page-2");
    service.state.failed(second, service.now(), service.now(), failure(mwaa::errc::validation));
    CHECK_FALSE(service.state.has_event());
  }
  service.state.saw(service.next(), service.now(), service.now(), page);
  service.state.failed(service.next(), service.now(), service.now(), failure(mwaa::errc::validation));
  CHECK(service.told() == std::vector<std::string>{"workflow_error: no"});
}

TEST_CASE("watch state: a running run is seen to end where its workflow's runs may not be listed") {
  script service;
  for (const char* id : {"a", "b"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.task(id, "t", mwaa::task_instance_status::running);
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  bool ended = false;
  while (service.passed < 1h && !ended) {
    const look what = service.next();
    REQUIRE_FALSE(what.workflow_arn.empty());
    if (what.kind == look_kind::runs)
      service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::access_denied));
    else
      service.take(what);
    if (service.passed > 1min) service.runs["b"] = mwaa::workflow_run_status::stopped;  // its task goes on "running"
    for (const auto& line : service.told()) ended = ended || line == "run_finished b RUNNING -> STOPPED";
  }
  CHECK(ended);
  CHECK(service.passed < 12min);
}

TEST_CASE("watch state: a listing of tasks that was asked for before the end is not the last one") {
  script service;
  for (const char* id : {"a", "b", "c"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.task(id, "t", mwaa::task_instance_status::running);
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  service.answer(12);
  (void)service.told();
  look held = service.next();
  while (held.kind != look_kind::tasks || held.run_id != "a") {
    service.take(held);
    held = service.next();
  }
  const moment asked = service.now();
  const auto before = service.tasks["a"];
  service.passed += 1s;
  service.runs["a"] = mwaa::workflow_run_status::success;
  service.task("a", "t", mwaa::task_instance_status::success);
  look what;
  do {
    what = service.next();
    CHECK((what.kind != look_kind::tasks || what.run_id != "a"));
    service.take(what);
  } while (what.kind != look_kind::runs);
  CHECK(service.told().empty());
  service.state.saw(held, asked, service.now(), before);
  CHECK(service.told().empty());
  for (int i = 0; i < 20; ++i) {
    what = service.next();
    service.take(what);
    if (what.kind == look_kind::tasks && what.run_id == "a") break;
  }
  CHECK(service.told() ==
        std::vector<std::string>{"task_changed a t RUNNING -> SUCCESS", "run_finished a RUNNING -> SUCCESS"});
}

namespace {

/// Runs in pages of two, in the order in which they stand there.
class paged {
 public:
  struct entry {
    std::string id;
    int created;
    mwaa::workflow_run_status status;
  };

  [[nodiscard]] mwaa::list_workflow_runs_response page(const look& what) const {
    const std::size_t from = what.next_token ? std::stoul(*what.next_token) : 0;
    mwaa::list_workflow_runs_response out;
    for (std::size_t i = from; i < std::min(from + 2, entries.size()); ++i) {
      auto& one = out.workflow_runs.emplace_back();
      one.run_id = mwaa::text{entries[i].id};
      one.run_detail_summary.emplace();
      one.run_detail_summary->status = entries[i].status;
      one.run_detail_summary->created_on =
          std::chrono::system_clock::time_point{} + 20'000 * 24h + std::chrono::seconds{entries[i].created};
    }
    if (from + 2 < entries.size()) out.next_token = mwaa::text{std::to_string(from + 2)};
    return out;
  }
  /// Answers looks until `sweeps` more listings have begun; how many pages were read.
  std::size_t answer(script& service, int sweeps) const {
    std::size_t pages = 0;
    for (;;) {
      const look what = service.next();
      REQUIRE_FALSE(what.workflow_arn.empty());
      if (what.kind == look_kind::runs && !what.next_token && sweeps-- == 0) {
        service.state.abandoned(what, service.now());
        return pages;
      }
      if (what.kind != look_kind::runs) {
        service.take(what);
        continue;
      }
      ++pages;
      const moment asked = service.now();
      service.passed += 50ms;
      service.state.saw(what, asked, service.now(), page(what));
    }
  }

  std::vector<entry> entries;
};

}  // namespace

TEST_CASE("watch state: a listing goes on until all that are watched were shown, whoever looks for more") {
  script service;
  paged listing;
  const auto queued = mwaa::workflow_run_status{mwaa::workflow_run_status::queued};
  listing.entries = {{"x", 9, queued}, {"a", 8, queued}, {"y", 7, queued}, {"b", 6, queued},
                     {"z", 5, queued}, {"w", 4, queued}, {"v", 3, queued}};
  for (const char* id : {"a", "b"}) {
    service.runs[id] = mwaa::workflow_run_status::queued;
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  CHECK(listing.answer(service, 1) == 2);  // not all four
  CHECK(service.told() == std::vector<std::string>{"run_added a QUEUED", "run_added b QUEUED"});
}

TEST_CASE("watch state: a listing that is read in part is read to its end now and then") {
  script service;
  paged listing;
  const auto ended = mwaa::workflow_run_status{mwaa::workflow_run_status::success};
  const auto running = mwaa::workflow_run_status{mwaa::workflow_run_status::running};
  for (int i = 0; i < 8; ++i) listing.entries.push_back({"old" + std::to_string(i), -10 * i - 10, ended});
  service.state.add_workflow(arn, {}, service.now());
  CHECK(listing.answer(service, 1) == 4);  // nothing is known of the order
  CHECK(listing.answer(service, 5) == 5);  // newest first
  SUBCASE("a new run comes at the end") {
    service.runs["new"] = mwaa::workflow_run_status::running;
    listing.entries.push_back({"new", 100, running});
    (void)listing.answer(service, 10);
    CHECK(service.told() == std::vector<std::string>{"run_added new RUNNING"});
  }
  SUBCASE("the order changes") {
    std::swap(listing.entries[0], listing.entries[1]);
    service.runs["new"] = mwaa::workflow_run_status::running;
    listing.entries.push_back({"new", 100, running});
    (void)listing.answer(service, 1);
    CHECK(service.told() == std::vector<std::string>{"run_added new RUNNING"});
    CHECK(service.last.back().not_before);  // it was not there before
  }
  SUBCASE("a run that was removed stays so, and one that was told to have ended") {
    service.runs["new"] = mwaa::workflow_run_status::running;
    listing.entries.insert(listing.entries.begin(), {"new", 100, running});
    (void)listing.answer(service, 2);
    CHECK(service.told().size() == 1);
    SUBCASE("removed") {
      CHECK(service.state.remove(mwaa::run_key{arn, "new"}));
    }
    SUBCASE("ended") {
      service.runs["new"] = mwaa::workflow_run_status::success;
      listing.entries.front().status = ended;
      (void)listing.answer(service, 2);
      CHECK(service.told().size() == 1);
    }
    (void)listing.answer(service, 3);
    CHECK(service.told().empty());
  }
}

TEST_CASE("watch state: a run whose tasks all seem to be over is looked at again when it does not end") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.task("a", "t", mwaa::task_instance_status::success);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  (void)service.told();
  service.task("a", "late", mwaa::task_instance_status::running);
  const auto since = service.passed;
  std::vector<std::string> lines;
  while (lines.empty() && service.passed < since + 2min) {
    service.answer(1);
    lines = service.told();
  }
  CHECK(lines == std::vector<std::string>{"task_added a late RUNNING"});
}

TEST_CASE("watch state: between the pages of a listing of tasks there is no other look at them") {
  script service;
  for (const char* id : {"a", "b"}) service.runs[id] = mwaa::workflow_run_status::running;
  for (const char* id : {"a", "b"}) service.task(id, "t", mwaa::task_instance_status::running);
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  for (const char* id : {"a", "b"}) service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  look what = service.next();
  while (what.kind != look_kind::tasks || what.run_id != "a") {
    service.take(what);
    what = service.next();
  }
  service.take(what);
  const look second = service.next();
  CHECK(second.next_token == "page-2");
  for (int i = 0; i < 10; ++i) {
    what = service.next();
    CHECK(what.run_id != "a");
    service.take(what);
  }
  // Removed between two pages, it leaves with the next.
  CHECK(service.state.remove(mwaa::run_key{arn, "a"}));
  CHECK(service.state.remove(mwaa::run_key{arn, "b"}));
  service.take(second);
  CHECK(service.state.over());
}

TEST_CASE("watch state: a run that is removed between two pages is gone at once") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(2);
  CHECK(service.state.remove(mwaa::run_key{arn, "a"}));
  CHECK(service.next().workflow_arn.empty());
  CHECK(service.state.over());
}

TEST_CASE("watch state: while the service is down, many runs are no more looks than one") {
  script service;
  for (int i = 0; i < 20; ++i) {
    const std::string id = "run" + std::to_string(i);
    service.runs[id] = mwaa::workflow_run_status::running;
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  service.answer(40);
  const auto until = service.passed + 10min;
  int looks = 0;
  for (; service.passed < until; ++looks) {
    const look what = service.next();
    service.passed += 1ms;
    service.state.failed(what, service.now(), service.now(), failure(mwaa::errc::connect_failed));
  }
  CHECK(looks > 55);
  CHECK(looks < 90);
  CHECK(service.state.figures(service.now()).failing_since);
}

TEST_CASE("watch state: what was seen and not told happened after what was told was seen last") {
  script service;
  for (const char* id : {"a", "b"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.task(id, "t", mwaa::task_instance_status::queued);
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  service.answer(20);
  (void)service.told();
  const auto unchanged = service.now().wall;
  service.passed += 1s;
  service.task("a", "t", mwaa::task_instance_status::running);
  service.answer(40);
  const bool by_checkpoint = [] {
    bool out = false;
    SUBCASE("by the same watch") {}
    SUBCASE("by another one") {
      out = true;
    }
    return out;
  }();
  const auto went_on = service.now().wall;
  service.runs["a"] = mwaa::workflow_run_status::stopping;
  while (service.state.snapshot()[0].status != mwaa::workflow_run_status::stopping) service.answer(1);
  service.answer(20);
  if (by_checkpoint) {
    std::string why;
    auto restored = watch_state::restore(service.state.checkpoint(), {}, service.now(), why);
    REQUIRE_MESSAGE(restored, why);
    service.state = *std::move(restored);
  }
  service.passed += 10s;
  service.runs["a"] = mwaa::workflow_run_status{mwaa::text{"PONDERING"}};
  service.task("a", "t", mwaa::task_instance_status::failed);
  while (service.state.snapshot()[0].status != mwaa::workflow_run_status{mwaa::text{"PONDERING"}}) service.answer(1);
  service.answer(60);
  const auto lines = service.told();
  CHECK(lines == std::vector<std::string>{"run_changed a RUNNING -> PONDERING", "task_changed a t QUEUED -> FAILED"});
  REQUIRE(service.last.back().not_before);
  CHECK(*service.last.back().not_before <= unchanged);
  CHECK(service.last.back().seen_at > unchanged + 10s);
  const auto& run = service.last[service.last.size() - 2];
  REQUIRE(run.not_before);
  CHECK(*run.not_before <= went_on);
}

TEST_CASE("watch state: a listing under way of a workflow that was removed concerns no other") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::running;
  service.state.add_workflow("first", {}, service.now());
  const look under_way = service.next();
  REQUIRE(under_way.workflow_arn == "first");
  CHECK(service.state.remove_workflow("first"));
  service.state.add_workflow("second", {}, service.now());
  const look other = service.next();
  CHECK(other.workflow_arn == "second");
  service.take(under_way);
  CHECK(service.told().empty());
  CHECK(service.state.figures(service.now()).runs == 0);
  service.take(other);
  REQUIRE(service.told().size() == 1);
  CHECK(service.last.back().run.workflow_arn == "second");
}

TEST_CASE("watch state: the last listing of tasks is repeated until it succeeds") {
  script service;
  service.runs["a"] = mwaa::workflow_run_status::success;
  service.task("a", "t", mwaa::task_instance_status::success);
  service.state.add(mwaa::run_key{arn, "a"}, 1, service.now());
  service.answer(1);
  for (const auto code : {mwaa::errc::throttled, mwaa::errc::connect_failed, mwaa::errc::internal_server}) {
    const look last = service.next();
    REQUIRE(last.kind == look_kind::tasks);
    service.state.failed(last, service.now(), service.now(), failure(code));
  }
  const look given_up = service.next();
  REQUIRE(given_up.kind == look_kind::tasks);
  service.state.abandoned(given_up, service.now());
  service.answer(1);
  CHECK(service.told() ==
        std::vector<std::string>{"run_added a SUCCESS", "task_added a t SUCCESS", "run_finished a SUCCESS"});
}

TEST_CASE("watch state: a listing of tasks that the end interrupts is not mixed with the last one") {
  script service;
  for (const char* id : {"a", "b", "c"}) {
    service.runs[id] = mwaa::workflow_run_status::running;
    service.task(id, "t", mwaa::task_instance_status::running);
    service.state.add(mwaa::run_key{arn, id}, 1, service.now());
  }
  service.answer(12);
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  // A listing of the runs and one of the tasks are under way at once.
  look runs = service.next();
  while (runs.kind != look_kind::runs) {
    service.tasks["a"].next_token = mwaa::text{};
    service.take(runs);
    runs = service.next();
  }
  const moment asked = service.now();
  service.tasks["a"].next_token = mwaa::text{"page-2"};
  look what = service.next();
  while (what.kind != look_kind::tasks || what.run_id != "a") {
    service.take(what);
    what = service.next();
  }
  service.take(what);
  mwaa::list_workflow_runs_response ended;
  auto& one = ended.workflow_runs.emplace_back();
  one.run_id = mwaa::text{"a"};
  one.run_detail_summary.emplace().status = mwaa::workflow_run_status::success;
  service.state.saw(runs, asked, service.now(), ended);
  std::vector<look> of_a;
  for (int i = 0; i < 6; ++i) {
    what = service.next();
    if (what.run_id == "a")
      of_a.push_back(what);
    else
      service.take(what);
  }
  REQUIRE(of_a.size() == 1);  // the second page is still under way
  CHECK(of_a[0].next_token == "page-2");
}

TEST_CASE("task table: rows by identifier, in whatever order they come") {
  task_table table;
  std::mt19937_64 random{2};
  std::map<std::string, int> truth;
  for (int round = 0; round < 30; ++round) {
    table.expect_from(0);
    for (int i = 0; i < 50; ++i) {
      const std::string id = "task-" + std::to_string(random() % 80);
      const int status = 1 + static_cast<int>(random() % 10);
      const auto known = truth.find(id);
      const auto change = table.set(id, static_cast<std::uint8_t>(status), -1, 1, 2);
      CHECK(change.added == (known == truth.end()));
      CHECK(change.changed == (known != truth.end() && known->second != status));
      truth[id] = status;
    }
    if (round % 3 != 0) continue;
    std::set<std::string> told;
    while (table.has_untold()) {
      const auto row = table.tell();
      CHECK(told.insert(std::string{table.id(row)}).second);
      CHECK(row.seen_status == truth.at(std::string{table.id(row)}));
      CHECK(row.told != row.seen_status);
    }
  }
  CHECK(table.size() == truth.size());
}
