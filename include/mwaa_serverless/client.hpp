// The client of Amazon MWAA Serverless.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/paginator.hpp>
#include <mwaa_serverless/retry.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

class client_access;

// Of the resources that a file works with it includes the header itself, so that nobody compiles all of them.
class create_airflow_ui_url_request;
class create_airflow_ui_url_response;
class create_workflow_request;
class create_workflow_response;
class delete_workflow_request;
class delete_workflow_response;
class get_workflow_request;
class get_workflow_response;
class list_tags_for_resource_request;
class list_tags_for_resource_response;
class list_workflow_versions_request;
class list_workflow_versions_response;
class list_workflows_request;
class list_workflows_response;
class tag_resource_request;
class tag_resource_response;
class untag_resource_request;
class untag_resource_response;
class update_workflow_request;
class update_workflow_response;

/// The throttle gate of one operation, see retry_options.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API gate_metrics {
 public:
  gate_metrics();

  std::string operation;                   ///< Such as `ListTaskInstances`.
  retry_mode mode = retry_mode::standard;  ///< Calls of either mode have a gate of their own.
  double rate = 0;                         ///< Attempts a second that it lets pass; 0 without a limit.
  std::size_t waiting = 0;                 ///< Callers in the queue.
  std::chrono::nanoseconds closed_for{0};  ///< Until the next may go; zero when it is open.
};
static_assert(!std::is_aggregate_v<gate_metrics>);

/// Counters of a client since it was made.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API client_metrics {
 public:
  client_metrics();

  /// Calls that began: of an open client, with valid input and options. However they ended, in a queue or cancelled
  /// too; those that were refused are not counted. prewarm() and close() are no operations.
  std::uint64_t operations = 0;
  std::uint64_t attempts = 0;             ///< Requests sent, retries included.
  std::uint64_t retries = 0;              ///< Attempts beyond the first of their call.
  std::uint64_t throttled = 0;            ///< Attempts that the service throttled.
  int retry_quota = 0;                    ///< Tokens left, see retry_options::quota.
  std::uint64_t quota_refusals = 0;       ///< Retries that the quota refused.
  std::uint64_t observer_exceptions = 0;  ///< Thrown by client_config::attempt_observer, and dropped.
  std::vector<gate_metrics> gates;        ///< Of the operations called so far.
  transport_metrics transport;
};
static_assert(!std::is_aggregate_v<client_metrics>);

/// Calls Amazon MWAA Serverless (API version 2024-07-26).
///
/// A cheap handle to shared state. An operation runs on the awaiting coroutine's executor. The client starts no thread,
/// and has no pending work while no operation is running.
///
/// Errors: every operation throws exception. When memory runs out it throws std::bad_alloc or exception, and the client
/// can be used on.
///
/// Cancellation: an operation that is cancelled through Asio (total, partial and terminal alike) throws
/// boost::system::system_error with asio::error::operation_aborted, after which the service may have received the
/// request.
///
/// Lifetime: copy it freely (a move is a copy: a handle that was moved from goes on working), and destroy it while
/// operations are outstanding: they keep the state alive. Its connections belong to the context of its executor, and
/// are closed with that at the latest. The client and all that it made (paginators, generators) may be destroyed later.
/// What is asked of them by coroutines of another context then, or is under way there, fails with
/// exception(errc::client_closed); coroutines of the context itself go with it, uncompleted. After fork(), with the
/// io_context told (notify_fork), parent and child may both go on with their copies: connections and TLS sessions stay
/// the parent's, the child opens its own, and what was under way is sent again in the child only where a retry would
/// be.
///
/// Threads: coroutines on any number of threads may use it at once. While a context is destroyed, and while the process
/// forks, no other thread may be in the client.
///
/// Source: the service's API of 2024-07-26, in its model.
class MWAA_SERVERLESS_API client {
 public:
  /// `executor`, which must not be empty, opens connections and timers; coroutines of its context use the client.
  /// Throws exception(errc::invalid_configuration, errc::no_region) naming the setting. No I/O.
  client(boost::asio::any_io_executor executor, client_config config);
  client(const client&) noexcept = default;
  client& operator=(const client&) noexcept = default;

  /// The executor that the client was made with; empty once its context has been destroyed.
  [[nodiscard]] boost::asio::any_io_executor get_executor() const noexcept;

  // The service's operations. Each retries as configured, and throws exception(errc::invalid_argument) before any I/O
  // for input that AWS's own tools refuse. A listing also has a paginator, which fetches page by page as the loop asks
  // for more; no I/O until the first next(). Requests and responses other than those of runs and task instances need
  // the header of their resource, such as <mwaa_serverless/model/workflow.hpp>.

  /// A workflow, or one version of it, in full.
  [[nodiscard]] boost::asio::awaitable<get_workflow_response> get_workflow(get_workflow_request request,
                                                                           call_options options = {}) const;

  /// One page of the workflows of the account.
  [[nodiscard]] boost::asio::awaitable<list_workflows_response> list_workflows(list_workflows_request request,
                                                                               call_options options = {}) const;
  /// All workflows of the account, fetched page by page as the loop asks for more.
  [[nodiscard]] paginator<list_workflows_request> paginate_list_workflows(list_workflows_request request,
                                                                          call_options options = {}) const;

  /// One page of the versions of a workflow.
  [[nodiscard]] boost::asio::awaitable<list_workflow_versions_response> list_workflow_versions(
      list_workflow_versions_request request, call_options options = {}) const;
  /// All versions of a workflow.
  [[nodiscard]] paginator<list_workflow_versions_request> paginate_list_workflow_versions(
      list_workflow_versions_request request, call_options options = {}) const;

  /// Makes a workflow. Sent again only with the same client_token.
  [[nodiscard]] boost::asio::awaitable<create_workflow_response> create_workflow(create_workflow_request request,
                                                                                 call_options options = {}) const;

  /// Makes a new version of a workflow. Not sent again when the service may have acted on it.
  [[nodiscard]] boost::asio::awaitable<update_workflow_response> update_workflow(update_workflow_request request,
                                                                                 call_options options = {}) const;

  /// Deletes a workflow with its runs, or one version of it.
  [[nodiscard]] boost::asio::awaitable<delete_workflow_response> delete_workflow(delete_workflow_request request,
                                                                                 call_options options = {}) const;

  /// One page of the runs of a workflow.
  [[nodiscard]] boost::asio::awaitable<list_workflow_runs_response> list_workflow_runs(
      list_workflow_runs_request request, call_options options = {}) const;
  /// All runs of a workflow.
  [[nodiscard]] paginator<list_workflow_runs_request> paginate_list_workflow_runs(list_workflow_runs_request request,
                                                                                  call_options options = {}) const;

  /// One run, in full.
  [[nodiscard]] boost::asio::awaitable<get_workflow_run_response> get_workflow_run(get_workflow_run_request request,
                                                                                   call_options options = {}) const;

  /// Starts a run. Sent again only with the same client_token.
  [[nodiscard]] boost::asio::awaitable<start_workflow_run_response> start_workflow_run(
      start_workflow_run_request request, call_options options = {}) const;

  /// Stops a run: the service ends its tasks, and then the run.
  [[nodiscard]] boost::asio::awaitable<stop_workflow_run_response> stop_workflow_run(stop_workflow_run_request request,
                                                                                     call_options options = {}) const;

  /// One page of the task instances of a run.
  [[nodiscard]] boost::asio::awaitable<list_task_instances_response> list_task_instances(
      list_task_instances_request request, call_options options = {}) const;
  /// All task instances of a run.
  [[nodiscard]] paginator<list_task_instances_request> paginate_list_task_instances(list_task_instances_request request,
                                                                                    call_options options = {}) const;

  /// One task instance, in full.
  [[nodiscard]] boost::asio::awaitable<get_task_instance_response> get_task_instance(get_task_instance_request request,
                                                                                     call_options options = {}) const;

  /// The tags of a workflow.
  [[nodiscard]] boost::asio::awaitable<list_tags_for_resource_response> list_tags_for_resource(
      list_tags_for_resource_request request, call_options options = {}) const;

  /// Sets tags of a workflow. Not sent again when the service may have acted on it.
  [[nodiscard]] boost::asio::awaitable<tag_resource_response> tag_resource(tag_resource_request request,
                                                                           call_options options = {}) const;

  /// Removes tags of a workflow.
  [[nodiscard]] boost::asio::awaitable<untag_resource_response> untag_resource(untag_resource_request request,
                                                                               call_options options = {}) const;

  /// A URL that opens Airflow's web interface. Not sent again when the service may have acted on it.
  [[nodiscard]] boost::asio::awaitable<create_airflow_ui_url_response> create_airflow_ui_url(
      create_airflow_ui_url_request request, call_options options = {}) const;

  /// The operation that `request` is for, whichever it is: for code that is written for several.
  template <class Request>
  [[nodiscard]] boost::asio::awaitable<typename Request::response_type> perform(Request request,
                                                                                call_options options = {}) const;
  /// The listing that `request` is for.
  template <class Request>
  [[nodiscard]] paginator<Request> paginate(Request request, call_options options = {}) const;

  /// Opens connections ahead of the first call, so that it need not wait for name lookup, TCP and TLS: all at once,
  /// until `connections` are open, idle or in use. From 1 to client_config::max_connections. Throws exception as a call
  /// does when one could not be opened, without retries; the others stay open.
  [[nodiscard]] boost::asio::awaitable<void> prewarm(std::size_t connections = 1) const;

  /// Refuses new operations (errc::client_closed), waits for those under way and closes all connections. For every
  /// copy of the handle. Needed only to drain in order: destroying the last handle and operation closes them too.
  [[nodiscard]] boost::asio::awaitable<void> close() const;

  [[nodiscard]] client_metrics metrics() const;

  /// Forgets what throttles have taught: the throttle gates of all operations are open and without a limit, as in a
  /// new client, and the callers in their queues go at once, in order. For every copy of the handle. For when the cause
  /// is known to be over: a quota was raised, an incident has ended, a hint was absurd. A call that was itself told
  /// when to come back still waits that long, and the retry quota stays as it is. Does not throw; from any thread.
  void reset_throttling() const;

 private:
  friend class client_access;
  std::shared_ptr<client_state> state_;
};
static_assert(!std::is_aggregate_v<client>);

}  // namespace mwaa_serverless
