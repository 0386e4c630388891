// Events of a watch that are asked for while memory has run out.
#include <doctest/doctest.h>

#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "support/failing_memory.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa = mwaa_serverless;
using namespace mwaa_serverless::watcher;
using namespace std::chrono_literals;

TEST_CASE("out of memory: an event that could not be told is told later") {
  const moment now{time_point{} + 1000s, std::chrono::system_clock::time_point{} + 20'000 * 24h};
  const std::string id = "a_run_whose_name_needs_memory_of_its_own";
  const std::string task = "a_task_whose_name_needs_memory_of_its_own";
  watch_state state{{}, now};
  state.add(mwaa::run_key{"a_workflow_whose_name_needs_memory_of_its_own", id}, 1, now);
  const auto first = state.next_look(now);
  REQUIRE(first);
  REQUIRE(first->kind == look_kind::run);
  mwaa::get_workflow_run_response ended;
  ended.run_detail.emplace().run_state = mwaa::workflow_run_status::success;
  state.saw(*first, now, now, ended);
  const moment later{now.steady + 1s, now.wall + 1s};
  const auto second = state.next_look(later);
  REQUIRE(second);
  REQUIRE(second->kind == look_kind::tasks);
  mwaa::list_task_instances_response tasks;
  auto& one = tasks.task_instances.emplace_back();
  one.task_instance_id = mwaa::text{task};
  one.status = mwaa::task_instance_status::success;
  state.saw(*second, later, later, tasks);

  std::vector<mwaa::watch_event_kind> told;
  int failures = 0;
  for (std::size_t which = 1; told.size() < 3; ++which) {
    std::optional<mwaa::watch_event> event;
    try {
      const test::failing_memory failing{which};
      event = state.next_event();
    } catch (const std::bad_alloc&) {
      ++failures;
      continue;
    }
    REQUIRE(event);
    CHECK(event->run.run_id == id);
    if (event->kind == mwaa::watch_event_kind::task_added) CHECK(event->task_instance_id == task);
    told.push_back(event->kind);
    which = 0;
  }
  using kind = mwaa::watch_event_kind;
  CHECK(told == std::vector<kind>{kind::run_added, kind::task_added, kind::run_finished});
  CHECK(failures >= 7);
  CHECK(state.over());
}
