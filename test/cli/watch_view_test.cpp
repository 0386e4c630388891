// The live view of `watch`: events and metrics in, lines out.
#include "cli/watch_view.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "cli/display_width.hpp"
#include "cli/live_screen.hpp"
#include "doctest/doctest.h"

namespace cli = mwaa_serverless::cli;
namespace mwaa = mwaa_serverless;
using mwaa::task_instance_status;
using mwaa::watch_event;
using mwaa::watch_event_kind;
using mwaa::workflow_run_status;
using namespace std::chrono_literals;

namespace {

const std::string etl = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";
const cli::watch_view::time_point start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 12h};

watch_event run_event(watch_event_kind kind, const std::string& id, workflow_run_status status,
                      const std::string& workflow = etl) {
  watch_event out;
  out.kind = kind;
  out.run = {workflow, id};
  out.seen_at = start;
  out.run_status = std::move(status);
  if (out.run_status != workflow_run_status::queued) out.run_started_at = start - 65s;
  if (kind == watch_event_kind::run_finished) out.run_ended_at = start;
  return out;
}

watch_event task_event(const std::string& run, const std::string& task, task_instance_status status) {
  watch_event out = run_event(watch_event_kind::task_changed, run, workflow_run_status::running);
  out.task_instance_id = task;
  out.task_status = std::move(status);
  return out;
}

mwaa::watch_metrics some_metrics() {
  mwaa::watch_metrics out;
  out.requests_per_second = 9;
  out.quota_known = true;
  out.looks = 120;
  out.throttled = 3;
  out.oldest = 4s;
  out.staleness_bound = 60s;
  return out;
}

std::vector<std::string> texts(const cli::watch_view& view, std::size_t width, std::size_t height,
                               const mwaa::watch_metrics& metrics = some_metrics()) {
  std::vector<std::string> out;
  for (const cli::view_line& each : view.lines(metrics, start, width, height)) out.push_back(cli::plain_text(each));
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& each : lines) out += each + '\n';
  return out;
}

bool has(const std::vector<std::string>& lines, std::string_view part) {
  return std::ranges::any_of(lines, [&](const std::string& each) { return each.find(part) != std::string::npos; });
}

std::size_t line_of(const std::vector<std::string>& lines, std::string_view part) {
  return static_cast<std::size_t>(
      std::ranges::find_if(lines, [&](const std::string& each) { return each.find(part) != std::string::npos; }) -
      lines.begin());
}

// 300 runs: 5 failed, 40 running of which the last has a failed task, 155 queued, 100 success.
cli::watch_view many_runs() {
  cli::watch_view view;
  for (int i = 0; i < 300; ++i) {
    const std::string id = "run-" + std::to_string(1000 + i);
    if (i < 100 || i >= 295) {
      view.apply(run_event(watch_event_kind::run_finished, id,
                           i < 100 ? workflow_run_status::success : workflow_run_status::failed));
    } else if (i < 255) {
      view.apply(run_event(watch_event_kind::run_added, id, workflow_run_status::queued));
    } else {
      view.apply(run_event(watch_event_kind::run_changed, id, workflow_run_status::running));
      view.apply(task_event(id, "extract", task_instance_status::success));
      view.apply(task_event(id, "load", i == 294 ? task_instance_status::failed : task_instance_status::running));
    }
  }
  return view;
}

}  // namespace

TEST_CASE("watch view: three runs at 80 columns") {
  cli::watch_view view;
  view.apply(run_event(watch_event_kind::run_added, "run-a", workflow_run_status::queued));
  view.apply(run_event(watch_event_kind::run_changed, "run-b", workflow_run_status::running));
  for (int i = 0; i < 10; ++i)
    view.apply(task_event("run-b", "t" + std::to_string(i),
                          i < 4 ? task_instance_status::success : task_instance_status::queued));
  view.apply(task_event("run-b", "t4", task_instance_status::running));
  view.apply(run_event(watch_event_kind::run_added, "run-c", workflow_run_status::running));
  view.apply(task_event("run-c", "extract", task_instance_status::failed));
  view.apply(run_event(watch_event_kind::run_finished, "run-c", workflow_run_status::failed));
  CHECK(joined(texts(view, 80, 24)) ==
        "3 runs   1 queued   1 running   1 failed\n"
        "11 tasks   1 running   5 queued   4 success   1 failed\n"
        "quota 9.0/s, 120 sent, 3 throttled   age up to 4s of 1m00s   12:00:00Z\n"
        "\n"
        "RUNNING  run-b [##############.......................]  4/10              1m05s\n"
        "FAILED   run-c [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]   1/1   1 failed   1m05s\n"
        "QUEUED   run-a [.....................................]\n"
        "\n"
        "2 failures\n"
        "12:00:00Z  run-c task extract FAILED\n"
        "12:00:00Z  run-c has ended in FAILED\n");
}

TEST_CASE("watch view: no line is wider and no view higher than the screen") {
  cli::watch_view view = many_runs();
  view.apply(run_event(watch_event_kind::run_added, std::string(300, 'x'), workflow_run_status::running));
  view.apply(run_event(watch_event_kind::run_added, "\u6771\u4eac\u90fd\u6771\u4eac\u90fd\u6771\u4eac\u90fd",
                       workflow_run_status::running));
  view.apply(run_event(watch_event_kind::run_added, "other", workflow_run_status::starting, etl + "2"));
  for (std::size_t width = 0; width <= 220; width += 4) {
    for (const std::size_t height : {0U, 1U, 2U, 3U, 4U, 5U, 8U, 13U, 14U, 24U, 50U, 400U}) {
      const auto lines = texts(view, width, height);
      CHECK(lines.size() <= height);
      for (const std::string& each : lines) CHECK(cli::display_width(each) <= width);
    }
  }
}

TEST_CASE("watch view: of 300 runs those that are worth a look come first") {
  const cli::watch_view view = many_runs();
  for (const std::size_t width : {80U, 200U}) {
    const auto lines = texts(view, width, 24);
    CHECK(lines.size() == 24);
    CHECK(lines[0] == "300 runs   155 queued   40 running   100 success   5 failed");
    CHECK(lines[1] == "80 tasks   39 running   40 success   1 failed");
    // A run with a failure before the other running ones.
    CHECK(line_of(lines, "RUNNING  run-1294") == 4);
    CHECK(line_of(lines, "RUNNING  run-1255") == 5);
    CHECK_FALSE(has(lines, "QUEUED "));
    CHECK(has(lines, "\u2026 287 more"));
    CHECK(has(lines, "6 failures"));
    CHECK(lines.back().find("run-1299 has ended in FAILED") != std::string::npos);
  }
  // What runs is named where there is room.
  CHECK(has(texts(view, 200, 24), "1m05s  load"));
  CHECK_FALSE(has(texts(view, 80, 24), "1m05s  load"));
  // All of them on a screen that is high enough.
  const auto lines = texts(view, 80, 400);
  CHECK_FALSE(has(lines, "more"));
  CHECK(line_of(lines, "RUNNING  run-1256") < line_of(lines, "FAILED   run-1295"));
  CHECK(line_of(lines, "FAILED   run-1295") < line_of(lines, "QUEUED   run-1100"));
  CHECK(line_of(lines, "QUEUED   run-1100") < line_of(lines, "SUCCESS  run-1000"));
}

TEST_CASE("watch view: a task's status is counted once, whatever it was") {
  cli::watch_view view;
  view.apply(task_event("r", "t", task_instance_status::queued));
  view.apply(task_event("r", "t", task_instance_status::running));
  view.apply(task_event("r", "t", task_instance_status::running));
  view.apply(task_event("r", "t", task_instance_status{mwaa::text{"NEW_ONE"}}));
  CHECK(texts(view, 80, 24)[1] == "1 task   1 of another status");
  view.apply(task_event("r", "t", task_instance_status::success));
  CHECK(texts(view, 80, 24)[1] == "1 task   1 success");
}

TEST_CASE("watch view: what a checkpoint knew counts") {
  mwaa::run_snapshot known;
  known.run = {etl, "r"};
  known.status = workflow_run_status::running;
  for (const char* id : {"a", "b"}) {
    mwaa::task_snapshot task;
    task.task_instance_id = id;
    task.status = task_instance_status::running;
    known.tasks.push_back(task);
  }
  cli::watch_view view;
  view.restore(known);
  view.apply(task_event("r", "a", task_instance_status::success));
  const auto lines = texts(view, 80, 24);
  CHECK(lines[1] == "2 tasks   1 running   1 success");
  CHECK(has(lines, "1/2"));
}

TEST_CASE("watch view: text of the service steers no terminal") {
  cli::watch_view view;
  watch_event event = task_event("run\x1b[2J\n", "task\u202e\x9b", task_instance_status{mwaa::text{"ODD\x07"}});
  event.run_status = workflow_run_status{mwaa::text{"STRANGE\x1b"}};
  view.apply(event);
  event.kind = watch_event_kind::run_error;
  event.failure = mwaa::error{mwaa::errc::access_denied, "no"};
  event.failure->aws_code = "Bad\x1b[31m";
  view.apply(event);
  event.kind = watch_event_kind::workflow_error;
  event.run.workflow_arn = "arn:workflow/\x1b]0;x\x07";
  view.apply(event);
  const std::string shown = joined(texts(view, 200, 24));
  CHECK(shown.find_first_of("\x1b\x07\x9b") == std::string::npos);
  CHECK(shown.find("\u202e") == std::string::npos);
  CHECK(shown.find("run\\u001b[2J\\n") != std::string::npos);
}

TEST_CASE("watch view: errors of runs, missed bounds and a service that is down are told") {
  cli::watch_view view;
  watch_event event = run_event(watch_event_kind::run_added, "r", {});
  view.apply(event);
  CHECK(has(texts(view, 80, 24), "1 not seen yet"));
  event.kind = watch_event_kind::run_error;
  event.failure = mwaa::error{mwaa::errc::access_denied, "not yours"};
  event.failure->aws_code = "AccessDeniedException";
  view.apply(event);
  CHECK(has(texts(view, 80, 24), "12:00:00Z  r: AccessDeniedException: not yours"));
  watch_event missed;
  missed.kind = watch_event_kind::bound_missed;
  missed.bound = 90s;
  view.apply(missed);
  mwaa::watch_metrics metrics = some_metrics();
  metrics.failing_since = mwaa::clock::time_point{};
  metrics.quota_known = false;
  const auto lines = texts(view, 200, 24, metrics);
  CHECK(lines[2] ==
        "quota 9.0/s (a guess), 120 sent, 3 throttled   age up to 4s of 1m00s (the quota keeps 1m30s)   no look "
        "succeeds   "
        "12:00:00Z");
}

TEST_CASE("watch view: runs that have ended long ago are counted and no longer kept") {
  cli::watch_view view;
  for (int i = 0; i < 2'000; ++i)
    view.apply(run_event(watch_event_kind::run_finished, "run-" + std::to_string(i), workflow_run_status::success));
  const auto lines = texts(view, 80, 10'000);
  CHECK(lines[0] == "2000 runs   2000 success");
  CHECK(has(lines, "\u2026 1500 more"));
  CHECK(lines.size() < 520);
}

TEST_CASE("watch view: colours end where they begin") {
  const cli::view_line line{{"FAILED", cli::tone::bad}, {" run", cli::tone::plain}};
  CHECK(cli::colored_text(line) == "\x1b[31mFAILED\x1b[0m run");
  CHECK(cli::plain_text(line) == "FAILED run");
}

namespace {

class recorded_terminal final : public cli::live_terminal {
 public:
  cli::window_size size() const override { return {}; }
  void write(std::string_view bytes) override { written += bytes; }
  void echo(bool on) noexcept override { echoes = on; }

  std::string written;
  bool echoes = true;
};

}  // namespace

TEST_CASE("live screen: the terminal is what it was, also when nobody says so") {
  recorded_terminal terminal;
  {
    cli::live_screen screen{terminal, false};
    screen.draw({{{"too early", cli::tone::plain}}});
    CHECK(terminal.written.empty());
    screen.enter();
    screen.enter();
    CHECK_FALSE(terminal.echoes);
    CHECK(terminal.written == "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J");
    terminal.written.clear();
    screen.draw({{{"a", cli::tone::bad}}, {}});
    CHECK(terminal.written == "\x1b[Ha\x1b[K\r\n\x1b[K\x1b[J");
    terminal.written.clear();
  }
  CHECK(terminal.echoes);
  CHECK(terminal.written == "\x1b[?7h\x1b[?25h\x1b[?1049l");
}
