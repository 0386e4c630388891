// Watching many runs under one quota.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/watch_event.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// How a run_watcher spends its requests.
///
/// Errors: run_watcher's constructor throws exception(errc::invalid_argument) naming a member that is out of its range.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API watch_options {
 public:
  watch_options();

  /// Requests a second that the account grants to its users together; more than a million count as that. Absent:
  /// learned from throttles, from initial_requests_per_second on. Positive.
  std::optional<double> requests_per_second;
  /// Where learning begins; it doubles until the service throttles. Positive.
  double initial_requests_per_second = 10;
  /// What the watcher takes of that, from above 0 to 1; the rest is left to the account's other users.
  double share = 0.9;
  /// Looks under way at once. From 1.
  int max_looks_in_flight = 16;
  /// No run's state or tasks are to be older. Absent: what the quota allows, at least a minute. When the quota cannot
  /// keep it, a watch_event_kind::bound_missed says which bound it can keep. Positive.
  std::optional<std::chrono::milliseconds> max_staleness;
  /// Between two looks at the same thing, at least. Not negative.
  std::chrono::milliseconds min_interval{1'000};
  /// What a second of not knowing costs: of a finish, of a start, of a change of a task. Not negative.
  double finish_weight = 10;
  double start_weight = 1;
  double task_weight = 1;
  /// next() waits for what is added later when nothing is left to watch, and does not end.
  bool keep_open = false;
  /// Of each look; max_attempts counts as 1, since a look that failed is followed by another.
  call_options look;
};
static_assert(!std::is_aggregate_v<watch_options>);

/// What a watcher does, and what it costs.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API watch_metrics {
 public:
  watch_metrics();

  std::size_t runs = 0;         ///< Watched, and not finished.
  std::size_t workflows = 0;    ///< Whose runs are listed to find new ones.
  std::uint64_t looks = 0;      ///< Requests sent.
  std::uint64_t throttled = 0;  ///< Of these.
  std::uint64_t failed = 0;     ///< Of these, for another reason.
  std::size_t looks_in_flight = 0;
  double requests_per_second = 0;                ///< What the watcher allows itself now, all budgets together.
  bool quota_known = false;                      ///< Given, or learned from throttles.
  double price = 0;                              ///< Of a look: the weighted seconds of not knowing that it must save.
  std::chrono::milliseconds oldest{0};           ///< Age of the oldest state that is shown.
  std::chrono::milliseconds staleness_bound{0};  ///< Which the watcher keeps to as long as looks succeed.
  std::optional<clock::time_point> failing_since;  ///< No look has succeeded since; absent while looks succeed.
  std::size_t events_waiting = 0;                  ///< Runs with something to tell.
};
static_assert(!std::is_aggregate_v<watch_metrics>);

class watcher_core;

/// Keeps an eye on any number of runs, and gives what changes, as fresh as the account's quota allows.
///
///     run_watcher watcher{client};
///     watcher.add({workflow_arn, run_id});
///     while (auto event = co_await watcher.next()) std::cout << *event << '\n';
///
/// Each request goes to what most likely has changed and matters most: a listing that shows the state of a hundred
/// runs, the tasks of one run, or one run alone. Rates of change are learned, and so is the quota. The client's own
/// calls take precedence over the watcher's looks.
///
/// Looks go on while nobody awaits next(), and what is told then is the difference to what was told before: memory is
/// bounded by what is watched, and the final state is never lost.
///
/// Errors: add() and add_workflow() throw exception(errc::invalid_argument) for an empty name. A look that fails is
/// followed by another; what no other look can mend is a run_error or workflow_error. While the service is unreachable,
/// looks become fewer, and watch_metrics::failing_since says since when. Credentials that are missing or refused, and a
/// closed client, end the watch, and so does a lack of memory in a look: next() throws their exception.
///
/// Cancellation: of next(), throws system_error(asio::error::operation_aborted), and loses nothing; but Asio's
/// `next() || other` throws an event away that comes in the same moment as `other`. The watcher is stopped by stop()
/// and by its destructor, which cancel the looks under way.
///
/// Lifetime: it may be destroyed while somebody awaits next(), which then ends. Its looks run on the client's executor,
/// which is to outlive the watcher; pending work exists from the first add to the end of all that is watched.
///
/// Threads: all members may be called from any threads at once; one coroutine at a time awaits next().
///
/// Source: the schedule follows Tripathi and Modiano's index of ages (2019), with beliefs on rates of change.
class MWAA_SERVERLESS_API run_watcher {
 public:
  explicit run_watcher(client api, watch_options options = {});
  /// Goes on from a checkpoint() of another watcher, which tells what has changed since, once. Throws
  /// exception(errc::invalid_argument) for bytes that are no checkpoint, are cut short, or have a newer form.
  run_watcher(client api, std::string_view checkpoint, watch_options options = {});
  run_watcher(run_watcher&&) noexcept;
  run_watcher& operator=(run_watcher&&) noexcept;
  ~run_watcher();

  /// Watches a run. Added twice it is watched, and looked at, once, until it is removed as often. `weight` multiplies
  /// its claim to looks; positive.
  void add(run_key run, double weight = 1);
  /// Watches the runs of a workflow, those that start later too. Replaces the filter of one that was added before.
  void add_workflow(std::string workflow_arn, run_filter filter = {});
  /// Watches the runs of all workflows of the account, those that are made later too, and those that were removed.
  /// Replaces the filter of an earlier add_all() for workflows that were not added by themselves.
  void add_all(run_filter filter = {});
  /// Ends the watch of a run: no event of it follows. False when it was not watched.
  bool remove(const run_key& run);
  /// Finds no more runs of a workflow, after add_all() either; those found stay watched. False when it was not watched.
  bool remove_workflow(std::string_view workflow_arn);

  /// The next event; nullopt after stop(), and when everything that was added has ended and been told (see
  /// watch_options::keep_open).
  [[nodiscard]] boost::asio::awaitable<std::optional<watch_event>> next();
  /// An event that is there already; nullopt otherwise.
  [[nodiscard]] std::optional<watch_event> try_next();

  /// What is known now, of all runs that have not been finished and told, in no order.
  [[nodiscard]] std::vector<run_snapshot> snapshot() const;
  /// The watch as bytes, for another process to go on: what was told, not what was only seen.
  [[nodiscard]] std::string checkpoint() const;
  [[nodiscard]] watch_metrics metrics() const;

  /// Sends no more looks and ends next(). Final.
  void stop() noexcept;

 private:
  std::shared_ptr<watcher_core> core_;
};
static_assert(!std::is_aggregate_v<run_watcher>);

/// Waits until every run has ended; their statuses in the order of `runs`. A run that does not exist throws
/// exception(errc::resource_not_found).
[[nodiscard]] MWAA_SERVERLESS_API boost::asio::awaitable<std::vector<workflow_run_status>> wait_all(
    client api, std::vector<run_key> runs, watch_options options = {});
/// Waits until one of the runs has ended; its place in `runs`, which must not be empty. A run that does not exist
/// throws exception(errc::resource_not_found).
[[nodiscard]] MWAA_SERVERLESS_API boost::asio::awaitable<std::size_t> wait_any(client api, std::vector<run_key> runs,
                                                                               watch_options options = {});

}  // namespace mwaa_serverless
