// One run of a workflow and its tasks, which move with time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/timeline.hpp"

namespace mwaa_serverless::testing {

/// Throws exception(errc::invalid_argument).
[[noreturn]] void refuse_argument(std::string message);

/// Refuses a course that makes no sense: exception(errc::invalid_argument).
void check_course(const emulated_run& course);

/// What moments of the emulator's clock are in the calendar.
class calendar {
 public:
  calendar(clock::time_point start, clock::wall_time_point wall) : start_(start), wall_(wall) {}

  [[nodiscard]] clock::wall_time_point operator()(clock::time_point when) const {
    return wall_ + std::chrono::duration_cast<clock::wall_time_point::duration>(when - start_);
  }

 private:
  clock::time_point start_;
  clock::wall_time_point wall_;
};

/// Its tasks are in an order that never changes: pages stay whole while tasks move.
class run {
 public:
  class task {
   public:
    std::uint32_t sequence = 0;
    std::string id;
    task_instance at_first;
    timeline<task_instance_status> status;
    std::optional<std::chrono::seconds> duration;
    std::string error_message;
    std::map<text, text, std::less<>> xcom;

    [[nodiscard]] task_instance summary(clock::time_point now) const;
    [[nodiscard]] get_task_instance_response detail(clock::time_point now, const calendar& dates) const;
  };

  /// Its course begins with begin(); until then it waits.
  run(std::string_view workflow_arn, std::string_view version, std::string_view run_id, emulated_run course,
      clock::time_point created);

  void begin(clock::time_point at);
  /// `QUEUED`, without an end, until it begins.
  void queue();
  [[nodiscard]] bool waits() const noexcept { return waits_; }
  /// When it is complete, if nothing comes between; nullopt for never.
  [[nodiscard]] std::optional<clock::time_point> end() const { return status_.end(); }
  [[nodiscard]] clock::time_point created() const noexcept { return created_; }

  /// Lets `by` pass at once.
  void advance(std::chrono::milliseconds by);
  /// `STOPPING` now, `STOPPED` and its tasks cancelled after `stopping_time`; nothing for one that is complete.
  void stop(clock::time_point now, std::chrono::milliseconds stopping_time);
  void set_status(clock::time_point now, std::string_view status, std::string_view error_message);
  /// False when there is no such task.
  [[nodiscard]] bool set_task_status(clock::time_point now, std::string_view task_id, std::string_view status,
                                     std::string_view error_message);

  [[nodiscard]] workflow_run_status status(clock::time_point now) const;
  [[nodiscard]] workflow_run_summary summary(clock::time_point now, const calendar& dates) const;
  [[nodiscard]] workflow_run_detail detail(clock::time_point now, const calendar& dates) const;

  [[nodiscard]] const std::vector<task>& tasks() const noexcept { return tasks_; }
  [[nodiscard]] const task* find_task(std::string_view task_id) const;

  std::uint32_t sequence = 0;  ///< Grows from run to run of an account.
  std::string id;
  std::string version;
  json_text override_parameters;

 private:
  struct moments;
  [[nodiscard]] moments moments_at(clock::time_point now) const;

  text workflow_arn_;
  emulated_run course_;
  clock::time_point created_;
  std::chrono::nanoseconds skipped_{0};  ///< By advance().
  bool waits_ = true;
  timeline<workflow_run_status> status_;
  std::vector<task> tasks_;
};

}  // namespace mwaa_serverless::testing
