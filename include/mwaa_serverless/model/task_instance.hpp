// Task instances of a workflow run: the resource and the operation that lists it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// Where a task instance stands: one of the 14 values of the service's `TaskInstanceStatus`, or a value that this
/// version of the library does not know, whose text is kept and printed as it came.
///
/// Compares with and switches over its enumerators: `if (task.status == task_instance_status::running)`. Two unknown
/// values are equal when their texts are; all of them compare equal to `task_instance_status::unknown`. The order is
/// that of the enumerators and then of the texts, for sorting and as the key of a map.
class task_instance_status {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    queued,
    failed,
    scheduled,
    running,
    success,
    up_for_reschedule,
    up_for_retry,
    upstream_failed,
    removed,
    restarting,
    deferred,
    none,  ///< The service's value `NONE`: the scheduler has not looked at the task yet.
    cancelled,
    timeout,
  };

  task_instance_status() noexcept = default;
  task_instance_status(value_type value) noexcept : value_(value) {}  // NOLINT: an enumerator is a status
  /// The status that the service spells `name` (exact, upper case); other text is kept as an unknown value.
  explicit task_instance_status(text name);
  /// True, and `result` set, when `name` is one of the 14 values. Allocates nothing.
  static bool parse(std::string_view name, task_instance_status& result) noexcept;

  operator value_type() const noexcept { return value_; }  // NOLINT: for switch and ==
  /// The service's spelling (`UP_FOR_RETRY`); for an unknown value its text as sent, empty when nothing was sent.
  [[nodiscard]] std::string_view name() const noexcept;
  /// False when the response had no status at all.
  [[nodiscard]] bool present() const noexcept { return value_ != unknown || unknown_name_.present(); }
  /// True when the task will not run again by itself: success, failed, upstream_failed, removed, cancelled, timeout
  /// (Airflow's finished states and the service's two own). False for unknown values: keep watching.
  [[nodiscard]] bool is_terminal() const noexcept;

  friend bool operator==(const task_instance_status& a, const task_instance_status& b) noexcept {
    return a.value_ == b.value_ && a.unknown_name_ == b.unknown_name_;
  }
  friend bool operator==(const task_instance_status& a, value_type b) noexcept { return a.value_ == b; }
  friend std::strong_ordering operator<=>(const task_instance_status& a, const task_instance_status& b) noexcept {
    return a.value_ != b.value_ ? a.value_ <=> b.value_ : a.unknown_name_ <=> b.unknown_name_;
  }
  friend std::strong_ordering operator<=>(const task_instance_status& a, value_type b) noexcept {
    return a.value_ <=> b;
  }
  friend std::ostream& operator<<(std::ostream& out, const task_instance_status& status);

 private:
  text unknown_name_;
  value_type value_ = unknown;
};
static_assert(!std::is_aggregate_v<task_instance_status>);

/// One task of one workflow run (the service's `TaskInstanceSummary`).
///
/// The service requires none of these members of itself; text that it left out has present() == false.
class task_instance {
 public:
  task_instance();

  text workflow_arn;      ///< ARN of the workflow that the task belongs to.
  text workflow_version;  ///< Version of the workflow that the run uses.
  text run_id;            ///< The run that the task belongs to.
  text task_instance_id;  ///< Unique within its run.
  task_instance_status status;
  /// How long the task ran, in whole seconds; absent while it is not complete.
  std::optional<std::chrono::seconds> duration_in_seconds;
  text operator_name;  ///< Airflow operator, such as `S3KeySensor`.

  friend bool operator==(const task_instance&, const task_instance&) = default;
};
static_assert(!std::is_aggregate_v<task_instance>);

/// Input of client::list_task_instances. Checked before any I/O: `workflow_arn` and `run_id` at least one character,
/// `max_results` at least 1. Upper limits and patterns are the service's to judge.
class list_task_instances_request {
 public:
  list_task_instances_request(std::string workflow_arn_value, std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)), run_id(std::move(run_id_value)) {}

  std::string workflow_arn;  ///< ARN of the workflow; required.
  std::string run_id;        ///< Identifier of the run; required.
  /// Task instances a page, from 1; the service caps it at 100 and takes 20 when it is absent.
  std::optional<std::int32_t> max_results;
  /// `next_token` of the page before; absent for the first page.
  std::optional<std::string> next_token;

  list_task_instances_request with_max_results(std::int32_t value) && {
    max_results = value;
    return std::move(*this);
  }
  list_task_instances_request with_next_token(std::string value) && {
    next_token = std::move(value);
    return std::move(*this);
  }
};
static_assert(!std::is_aggregate_v<list_task_instances_request>);

/// One page of task instances.
class list_task_instances_response {
 public:
  list_task_instances_response();

  /// May be empty although more pages follow.
  std::vector<task_instance> task_instances;
  /// False when the response named no list at all, not even an empty one.
  bool task_instances_present = false;
  /// Passed to the next request; not present() (or empty) on the last page.
  text next_token;
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;
};
static_assert(!std::is_aggregate_v<list_task_instances_response>);

}  // namespace mwaa_serverless

template <>
struct std::hash<mwaa_serverless::task_instance_status> {
  std::size_t operator()(const mwaa_serverless::task_instance_status& value) const noexcept {
    return std::hash<std::string_view>{}(value.name());
  }
};
