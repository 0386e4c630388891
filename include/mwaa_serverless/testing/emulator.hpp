// The service, emulated: for tests in one process, with or without a network.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/testing/fault.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless::testing {

class emulator_state;

/// What an emulator has done with one request.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API request_record {
 public:
  request_record();

  clock::time_point time;            ///< When the request was complete, by the emulator's clock.
  clock::wall_time_point wall_time;  ///< The same moment of the calendar.
  std::string operation;             ///< Such as `ListTaskInstances`; empty when the request named none.
  std::string run_id;                ///< The request's `RunId` as it was sent, its first 255 bytes; empty for none.
  int status = 0;                    ///< HTTP status of the response, whether or not a fault let it arrive.
  std::string code;                  ///< The error's name; empty on success.
  std::string request_id;
  std::string attempt;     ///< The request's `amz-sdk-request` header, such as `attempt=2; max=3`.
  std::string invocation;  ///< The request's `amz-sdk-invocation-id` header.
  std::string fault;       ///< Name of the fault that was applied to it; empty for none.
};
static_assert(!std::is_aggregate_v<request_record>);

/// A quota of requests.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API request_quota {
 public:
  request_quota();
  /// `rate_value` requests a second, `burst_value` at once.
  explicit request_quota(double rate_value, double burst_value = 0);

  double rate = 0;   ///< 0: no limit.
  double burst = 0;  ///< 0: one second's worth, at least one.
};
static_assert(!std::is_aggregate_v<request_quota>);

/// In which order the service lists what it has. Its documentation does not say; a client must not rely on one.
enum class listing_order : std::uint8_t {
  oldest_first,  ///< In the order in which they were made; tasks in the order of their run.
  newest_first,  ///< The reverse.
  by_id,         ///< Workflows by ARN; versions, runs and tasks by their identifiers.
};

/// What happens to a run that is started when the quota of concurrent runs is used up.
enum class over_run_quota : std::uint8_t {
  refused,  ///< ServiceQuotaExceededException.
  queued,   ///< It stays `QUEUED` until another run is complete.
};

/// What an account may have: the published defaults of the service.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API resource_quotas {
 public:
  resource_quotas();

  std::size_t workflows = 100;
  std::size_t versions_per_workflow = 50;
  std::size_t concurrent_runs = 100;
  std::size_t concurrent_runs_per_workflow = 20;
  over_run_quota over_concurrent_runs = over_run_quota::refused;
};
static_assert(!std::is_aggregate_v<resource_quotas>);

/// Settings of an emulator.
///
/// Errors: the emulator's constructor throws exception(errc::invalid_configuration) for a member out of its range.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API emulator_options {
 public:
  emulator_options();

  std::string access_key_id = "AKIDEMULATOR";
  std::string secret_access_key = "emulator-secret-key";
  /// When not empty, requests must carry this session token.
  std::string session_token;
  /// When the session token expires; absent: never.
  std::optional<std::chrono::system_clock::time_point> session_token_expiration;
  std::string region = "us-east-1";
  std::string account = "123456789012";
  /// Decides everything random: the live run's course, page tokens, identifiers, request ids, random faults.
  std::uint64_t seed = 1;
  /// Requests a second that are served before ThrottlingException, and how many at once; 0 = no limit. `burst` 0 means
  /// one second's worth, at least one.
  double rate_limit = 0;
  double burst = 0;
  /// Quotas of single operations, by name (`ListTaskInstances`): a request needs room in its own and in the one above.
  std::map<std::string, request_quota, std::less<>> operation_rate_limits;
  /// Whether these throttles say when to come back (`RetryAfterSeconds`, which the service may leave out).
  bool retry_after = true;
  /// Added to every response.
  std::chrono::milliseconds latency{0};
  /// HTTP status of errors of signature and keys: 400 as AWS's JSON services answer, or 403 as others do.
  int signature_error_status = 400;
  /// Items a page when the request does not say, and the most it may ask for.
  int default_page_size = 20;
  int max_page_size = 100;
  listing_order order = listing_order::oldest_first;
  /// How long after its page a page token is valid; zero: without a limit.
  std::chrono::milliseconds page_token_life{0};
  /// How long after the first request that succeeded with it a client token is known; after that the request with it is
  /// a new one. Zero: without a limit. The service's documentation does not say; 8 hours is what several other services
  /// of AWS document.
  std::chrono::milliseconds client_token_life{std::chrono::hours{8}};
  resource_quotas quotas;
  /// How long a run is `STOPPING` before it is `STOPPED`.
  std::chrono::milliseconds stopping_time{3'000};
  /// How long a workflow, or a version, is `DELETING` before it is gone.
  std::chrono::milliseconds deletion_time{5'000};
  /// A scenario (docs/emulator.md) in place of the default one.
  std::string scenario_json;
  /// Null: the system's.
  std::shared_ptr<clock> time;
  /// The log keeps this number of the last requests.
  std::size_t log_capacity = 65'536;
  /// Called for every request, after it was answered and outside of all locks, from the thread that served it.
  std::function<void(const request_record&)> on_request;
};
static_assert(!std::is_aggregate_v<emulator_options>);

/// A change of the status of a run or of a task, `after` the start of the run.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API status_change {
 public:
  /// `status_value` as the service spells it, such as `UP_FOR_RETRY`; other text is sent as it is. More than a hundred
  /// years either way count as a hundred years.
  template <class Rep, class Period>
  status_change(std::chrono::duration<Rep, Period> after_value, std::string status_value)
      : after(detail::saturated(after_value)), status(std::move(status_value)) {}

  std::chrono::milliseconds after;
  std::string status;
};
static_assert(!std::is_aggregate_v<status_change>);

/// A task of an emulated run.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API emulated_task {
 public:
  /// A task that has `status` from the start of its run on.
  emulated_task(std::string id_value, std::string status);
  /// A task that moves. Before the first change its status is `NONE`. Changes are in order of time.
  emulated_task(std::string id_value, std::vector<status_change> timeline_value);

  std::string id;
  std::string operator_name = "PythonOperator";
  std::vector<status_change> timeline;
  /// `DurationInSeconds` once the task is complete; absent: the time from RUNNING to the end, none if it never ran.
  std::optional<std::chrono::seconds> duration;
  std::string error_message;                ///< Reported once the task has failed.
  std::map<std::string, std::string> xcom;  ///< Reported once the task is complete.
};
static_assert(!std::is_aggregate_v<emulated_task>);

/// The course of a run: its tasks and its status.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API emulated_run {
 public:
  /// Three tasks one after the other; the run is `RUNNING` after 5 seconds and `SUCCESS` after 30.
  static emulated_run typical();

  emulated_run();
  emulated_run(std::vector<emulated_task> tasks_value);            // NOLINT: tasks are a run
  emulated_run(std::initializer_list<emulated_task> tasks_value);  // NOLINT: the same

  std::vector<emulated_task> tasks;
  /// Changes of the run's status in order of time; it is `STARTING` before the first. Empty: the status follows the
  /// tasks. It is `QUEUED` with the first change of any of them, `RUNNING` when the first leaves `NONE`, `SCHEDULED`
  /// and `QUEUED`, and when the last has come to a terminal status `FAILED`, if one of them failed, or `SUCCESS`.
  /// Without tasks it is `SUCCESS` at once.
  std::vector<status_change> timeline;
  bool scheduled = false;     ///< `SCHEDULED` and not `ON_DEMAND`.
  std::string version;        ///< Of the workflow; empty: the latest.
  std::string error_message;  ///< Reported once the run has failed; empty: names a task that failed.
};
static_assert(!std::is_aggregate_v<emulated_run>);

/// A workflow of a test's own. What is absent leaves an existing workflow as it is.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API emulated_workflow {
 public:
  /// Throws nothing; the ARN is checked by emulator::set_workflow.
  explicit emulated_workflow(std::string arn_value);

  std::string arn;
  /// Its versions, oldest first, each 1 to 2048 characters; those that it has already are skipped. A new workflow has
  /// at least one.
  std::vector<std::string> versions;
  std::optional<std::string> description;
  std::optional<std::string> trigger_mode;
  std::optional<std::string> definition;  ///< `WorkflowDefinition`: the emulator reads no S3.
  /// `ScheduleConfiguration` of the latest version; an empty text takes it away. No run starts by it.
  std::optional<std::string> schedule;
  std::optional<std::map<std::string, std::string, std::less<>>> tags;
  /// The course of the runs that StartWorkflowRun starts from now on; emulated_run::typical() for a new workflow.
  std::optional<emulated_run> started_runs;
};
static_assert(!std::is_aggregate_v<emulated_workflow>);

/// An emulated Amazon MWAA Serverless: one account in one region, with workflows, runs and tasks.
///
/// It judges requests as the service does (signatures, input, page tokens, quotas) and is deterministic: the same seed,
/// requests and times give the same responses. Reach it through in_memory_transport() (no network, virtual
/// time) or through an emulator_server (loopback).
///
///     testing::emulator service{options};
///     config.network = service.in_memory_transport();
///     config.credentials = make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
///
/// Errors: see the members.
///
/// Lifetime: a cheap handle to shared state; copies are the same emulator, and to move one is to copy it.
///
/// Threads: all members may be called from any threads at once.
///
/// Source: the service's model; docs/emulator.md says what was measured and what is assumed.
class MWAA_SERVERLESS_API emulator {
 public:
  // Names in the default scenario (of the default account and region; see workflow_arn()).
  static constexpr const char* default_workflow_arn =
      "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";
  static constexpr const char* run_finished = "run-finished";  ///< 250 tasks, all 14 statuses among them.
  static constexpr const char* run_live = "run-live";      ///< 40 tasks that move for some minutes from the start on.
  static constexpr const char* run_failed = "run-failed";  ///< 12 tasks: a failure and what it took down.
  static constexpr const char* run_empty = "run-empty";

  explicit emulator(emulator_options options = {});
  // Without move operations: a handle that was moved from is the same emulator still.
  emulator(const emulator&) = default;
  emulator& operator=(const emulator&) = default;
  ~emulator() = default;

  /// ARN of the default scenario's workflow in this emulator's account and region.
  [[nodiscard]] std::string workflow_arn() const;
  /// Adds a workflow, or changes one that exists. Throws exception(errc::invalid_argument) for an ARN that the service
  /// would not take and for a course that add_run() would refuse.
  void set_workflow(const emulated_workflow& workflow);
  /// Adds a run that starts now, or replaces the one of that name; the workflow is added when it is new. Quotas do not
  /// stop it, but it counts among the concurrent runs. Throws exception(errc::invalid_argument) for an ARN or name that
  /// the service would not take, for a version that the workflow does not have, for two tasks of one id and for changes
  /// that are out of order.
  void add_run(std::string_view workflow_arn, std::string_view run_id, const emulated_run& run);
  /// Gives a run a status from now on, in place of the changes that were to come. Any text is reported as it is.
  /// `error_message` is reported when the status is a failure. Throws exception(errc::invalid_argument) when there is
  /// no such run.
  void set_run_status(std::string_view workflow_arn, std::string_view run_id, std::string_view status,
                      std::string_view error_message = {});
  /// The same for one task of a run, whose own status stays on its course.
  void set_task_status(std::string_view workflow_arn, std::string_view run_id, std::string_view task_instance_id,
                       std::string_view status, std::string_view error_message = {});
  /// Lets time pass for one run: it and its tasks are where they would be `by` later, as if it had started so much
  /// earlier. Negative times count as zero, and a run is never further on than a hundred years. Throws
  /// exception(errc::invalid_argument) when there is no such run.
  template <class Rep, class Period>
  void advance_run(std::string_view workflow_arn, std::string_view run_id, std::chrono::duration<Rep, Period> by) {
    advance(workflow_arn, run_id, detail::saturated(by));
  }
  /// Starts anew: the workflows and runs of the start, from now on, without faults, requests, or use of the quota. Only
  /// the page tokens of before stay valid.
  void reset();

  /// Strikes the following requests, in order, after the faults that are already queued.
  void script(fault next);
  void script(const std::vector<fault>& next);
  /// Faults queued, each counted as often as it will strike.
  [[nodiscard]] std::size_t scripted() const;
  /// Removes every fault that was not applied yet, and strike_randomly().
  void clear_faults();
  /// Strikes each request that no scripted fault strikes, with `probability` (0 to 1), by one of `choices`, which the
  /// seed chooses. 0 ends it.
  void strike_randomly(double probability, std::vector<fault> choices = transient_faults());

  /// The last emulator_options::log_capacity requests, oldest first.
  [[nodiscard]] std::vector<request_record> requests() const;
  /// Requests since the start.
  [[nodiscard]] std::uint64_t request_count() const;
  void clear_requests();

  /// The emulator without a network. Waits go through the emulator's clock, which must be the client's too
  /// (client_config::time, emulator_options::time): latency, delays and the deadline, at which
  /// a request ends in errc::attempt_timeout. Faults become what a real transport makes of them: errc::connection_lost
  /// for closed connections and missing bytes, errc::malformed_response for bytes that are not HTTP.
  /// Keeps the emulator alive. Each call makes a transport of its own.
  [[nodiscard]] std::shared_ptr<transport> in_memory_transport() const;

 private:
  friend class emulator_server;
  void advance(std::string_view workflow_arn, std::string_view run_id, std::chrono::milliseconds by);

  std::shared_ptr<emulator_state> state_;
};

}  // namespace mwaa_serverless::testing
