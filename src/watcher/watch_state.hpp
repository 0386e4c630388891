// What a run_watcher knows, decides and tells: without I/O, clock or lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/watch_event.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "watcher/change_model.hpp"
#include "watcher/look.hpp"
#include "watcher/look_budget.hpp"
#include "watcher/look_queue.hpp"
#include "watcher/status_codes.hpp"
#include "watcher/watch_records.hpp"

namespace mwaa_serverless::watcher {

/// Schedules the looks of a watcher and finds what changed.
///
/// The owner asks for looks, sends them in the order in which it got them, and brings every one back by saw() or
/// failed(), exactly once.
class watch_state {
 public:
  /// `now` is the start of time for what is learned.
  watch_state(watch_rules rules, moment now);

  void add(run_key run, double weight, moment now);
  void add_workflow(std::string workflow_arn, run_filter filter, moment now);
  void add_all(run_filter filter, moment now);
  bool remove(const run_key& run);
  bool remove_workflow(std::string_view workflow_arn);

  /// The request that is worth most now; nullopt: none before wakes_at(), unless something is added or brought back.
  [[nodiscard]] std::optional<look> next_look(moment now);
  [[nodiscard]] time_point wakes_at() const noexcept;
  /// Others have used the quota for `requests` of them.
  void others_sent(std::size_t requests, moment now);

  // What a look brought. `asked`: when its request was sent; the answer may show any moment since.
  void saw(const look& what, moment asked, moment now, const list_task_instances_response& page);
  void saw(const look& what, moment asked, moment now, const get_workflow_run_response& run);
  void saw(const look& what, moment asked, moment now, const list_workflow_runs_response& page);
  void saw(const look& what, moment asked, moment now, const list_workflows_response& page);
  void failed(const look& what, moment asked, moment now, const error& why);
  /// It was not sent, or cancelled: as if it had not been asked for.
  void abandoned(const look& what, moment now);

  /// What is to be told next.
  [[nodiscard]] std::optional<watch_event> next_event();
  [[nodiscard]] bool has_event() const noexcept { return !news_.empty() || !dirty_.empty(); }
  /// Everything that was added has ended and been told.
  [[nodiscard]] bool over() const noexcept;

  [[nodiscard]] std::vector<run_snapshot> snapshot() const;
  [[nodiscard]] watch_figures figures(moment now) const;

  [[nodiscard]] std::string checkpoint() const;
  /// nullopt, with `why`, for bytes that are no checkpoint of a known form.
  [[nodiscard]] static std::optional<watch_state> restore(std::string_view bytes, watch_rules rules, moment now,
                                                          std::string& why);

 private:
  // A look that comes before all that has a price.
  struct urgent_look {
    look_kind kind;
    slot subject;  // a workflow for `runs`, else a run
    std::optional<std::string> next_token;
    double from = never;  // not before
  };
  // A look under way.
  struct pending_look {
    look_kind kind;
    slot subject;
    std::size_t budget;
    bool first_page;
  };
  struct choice {
    double price = -1;
    look_kind kind = look_kind::tasks;
    slot subject = 0;
  };
  using wall = std::chrono::system_clock::time_point;

  // Times.
  [[nodiscard]] time_point point(double seconds) const noexcept;
  [[nodiscard]] double seconds_at(moment when) const noexcept;
  [[nodiscard]] double at(moment now);  // and keeps the difference of the clocks
  [[nodiscard]] static task_table::ticks floor_ticks(double seconds) noexcept;
  [[nodiscard]] static task_table::ticks ceil_ticks(double seconds) noexcept;
  [[nodiscard]] double seconds_at(task_table::ticks value) const noexcept;
  [[nodiscard]] wall wall_of(double seconds) const noexcept;

  // Records.
  void add_workflow(std::string workflow_arn, run_filter filter, bool by_all, moment now);
  [[nodiscard]] slot workflow_of(std::string_view arn);
  [[nodiscard]] slot new_run(std::string id, slot workflow);
  void forget(slot run);
  void release_workflow(slot workflow);
  [[nodiscard]] static bool unfinished(const run_record& run) noexcept {
    return run.stage == phase::unseen || run.stage == phase::waiting || run.stage == phase::running;
  }
  [[nodiscard]] static bool waiting(const run_record& run) noexcept {
    return run.stage == phase::unseen || run.stage == phase::waiting;
  }
  void set_stage(slot run, phase stage);

  /// Of a checkpoint.
  [[nodiscard]] bool take(std::string_view bytes, moment now, std::string& why);

  // What was seen.
  struct run_sight {
    workflow_run_status status;
    std::optional<wall> created;
    std::optional<wall> started;
    std::optional<wall> ended;
  };
  void apply(slot run, const run_sight& sight, double asked, double now);
  void begin(slot run, double moved_since);
  void end(slot run, double now);
  /// Of a checkpoint.
  void restored(slot run, double now);
  void lost(slot run, const error& why, double now);
  void refused(slot run, bool of_tasks, const error& why, double now);
  /// Once until a look succeeds again.
  void post_workflow_error(const std::string& arn, setbacks& of, const error& why, double now);
  void succeeded(slot run, bool of_tasks);
  [[nodiscard]] setbacks& setbacks_of(const pending_look& pending);
  void mark(slot run);
  void sweep_ended(slot workflow, bool whole);
  [[nodiscard]] bool may_stop(const workflow_record& workflow) const;
  void tasks_complete(slot run);
  void tasks_due(slot run, bool due);
  [[nodiscard]] unsigned steps_left(const run_record& run) const;
  void sweep_failed(slot workflow, double now);
  [[nodiscard]] bool wanted(const workflow_record& workflow, const workflow_run_summary& run,
                            const run_sight& sight) const;
  [[nodiscard]] std::optional<pending_look> take_pending(const look& what);
  /// The same of one that the service has answered.
  [[nodiscard]] std::optional<pending_look> answered(const look& what, moment now);
  void put_back(const pending_look& pending, const look& what, double from = never);

  // Events.
  void post(watch_event event);
  void describe(const run_record& run, watch_event& event) const;

  // The schedule.
  void tick(double now);
  void set_bound(double now);
  [[nodiscard]] look_budget& budget(look_kind kind) noexcept {
    return budgets_[budget_of_[static_cast<std::size_t>(kind)]];
  }
  [[nodiscard]] double tasks_price(const run_record& run, double now) const;
  [[nodiscard]] double due_price(const run_record& run, double now) const;
  [[nodiscard]] double sweep_price(const workflow_record& workflow, double now) const;
  [[nodiscard]] double all_price(double now) const;
  [[nodiscard]] choice best(double now);
  void consider(choice candidate, choice& best, double now);
  [[nodiscard]] double eligible(const run_record& run) const;
  void expect(slot run);  // when it will reach the price
  void refresh();
  [[nodiscard]] std::optional<look> urgent(double now);
  [[nodiscard]] std::optional<look> start(const choice& chosen, double now);
  [[nodiscard]] look send(look_kind kind, slot subject, std::optional<std::string> token, bool first_page);
  void learn_quota(look_kind kind, const std::string& code);

  watch_rules rules_;
  time_point origin_;
  double last_ = 0;                          // the last moment
  std::chrono::nanoseconds wall_offset_{0};  // wall clock less monotonic clock, at the last moment

  std::deque<run_record> runs_;
  std::vector<slot> free_runs_;
  std::size_t watched_runs_ = 0;  // not free
  std::size_t unfinished_ = 0;
  std::size_t all_waiting_ = 0;
  std::vector<workflow_record> workflows_;
  std::map<std::string, slot, std::less<>> workflow_slots_;
  std::size_t watched_workflows_ = 0;
  status_codes<workflow_run_status> run_codes_;
  status_codes<task_instance_status> task_codes_;

  // All workflows of the account.
  std::optional<run_filter> all_filter_;
  double all_asked_ = never;
  std::uint32_t all_pages_ = 1;
  setbacks all_trouble_;
  std::uint8_t all_restarts_ = 0;
  bool all_in_flight_ = false;
  std::set<std::string, std::less<>> left_out_;  // of all, since they were removed

  // To be told.
  std::deque<watch_event> news_;
  std::deque<slot> dirty_;

  // The schedule.
  change_model model_;
  std::deque<look_budget> budgets_;
  std::vector<std::string> quota_codes_;  // of budgets_
  std::array<std::size_t, look_kinds> budget_of_{};
  std::array<std::string, look_kinds> code_of_;
  look_queue queue_;                         // running runs, by when their tasks reach the price
  std::vector<slot> due_;                    // runs whose tasks are over
  std::set<std::pair<wall, slot>> waiting_;  // runs that were made and have not begun, by age
  std::deque<urgent_look> urgent_;
  std::unordered_map<std::uint64_t, pending_look> pending_;
  std::uint64_t next_number_ = 1;
  std::deque<double> room_;  // ends of runs that leave room for one that waits
  double room_hits_ = 1;     // the oldest that waits had begun
  double room_misses_ = 1;
  double starts_ = 1;  // lately
  double starts_time_ = 60;
  double price_ = 1;
  double bound_ = 60;
  double bound_told_ = 0;
  double next_tick_ = 0;
  double wakes_at_ = forever;
  slot refreshed_ = 0;

  // The service as a whole.
  unsigned failures_ = 0;  // in a row
  double failing_since_ = never;
  double outage_until_ = never;
  std::uint64_t looks_ = 0;
  std::uint64_t throttled_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace mwaa_serverless::watcher
