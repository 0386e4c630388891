// What a watch_state keeps of runs and workflows. Times are seconds since the start of the watch.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/watch_event.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "watcher/change_model.hpp"
#include "watcher/task_table.hpp"

namespace mwaa_serverless::watcher {

using slot = std::uint32_t;  // of a run or a workflow
inline constexpr double never = -std::numeric_limits<double>::infinity();
inline constexpr double forever = std::numeric_limits<double>::infinity();

/// In run_record::told: it was told that the run is there, and that it had ended is not told yet.
inline constexpr std::uint8_t told_without_status = 254;

enum class phase : std::uint8_t {
  free,     ///< Nobody's: the record may be used for another run.
  unseen,   ///< No look has shown it yet.
  waiting,  ///< It has not begun: its tasks do not change.
  running,
  ended,  ///< Until that has been told.
  lost,   ///< It does not exist; until that has been told.
};

/// What has gone wrong with one kind of look at one thing since such a look last succeeded.
class setbacks {
 public:
  double resume_at = never;  ///< No such look before.
  float refused_for = 0;     ///< Seconds, when the last was refused for good.
  std::uint8_t failures = 0;
  bool told = false;
};

class run_record {
 public:
  std::string id;
  slot workflow = 0;
  std::uint32_t added = 0;  ///< By the user, how often; 0 of one that was found in a listing.
  float weight = 1;
  phase stage = phase::free;
  std::uint8_t status = 0;                 ///< As last seen, see status_codes.
  std::uint8_t told = task_table::untold;  ///< As last told.
  task_table::ticks not_before = 0;        ///< Of what was not told, if anything was told before.
  task_table::ticks seen = 0;
  bool dirty = false;        ///< In the queue of those with something to tell.
  bool in_flight = false;    ///< A look at its tasks, or at its state, is under way.
  bool removed = false;      ///< By the user, while a look was under way.
  bool tasks_over = false;   ///< All tasks had ended at the last look: the run's end is due.
  bool tasks_final = false;  ///< Its tasks were listed after its end.
  bool in_due = false;
  std::uint8_t restarts = 0;  ///< Of the listing under way, after a token that was refused.
  std::uint16_t pages = 1;    ///< Of its listing of tasks.
  std::uint16_t steps_left = 0xffff;
  std::uint32_t sweep = 0;  ///< Number of the last listing of its workflow that showed it.
  float reach = 1;          ///< Age at which it was last expected to reach the price.
  double state_asked = never;
  double run_asked = never;    ///< When it alone was last looked at.
  double tasks_asked = never;  ///< Or when its tasks began to move, before the first look.
  double tasks_known = never;  ///< When its table was last known to be complete.
  double over_since = never;   ///< When its tasks were first seen to be over.
  double due_from = never;     ///< When they most likely were.
  setbacks state_setbacks;     ///< Of looks at it alone.
  setbacks tasks_setbacks;
  // Of the look at its tasks under way.
  double listing_asked = 0;
  std::uint32_t listing_changes = 0;
  std::uint32_t listing_pages = 0;
  rate_belief belief;
  task_table tasks;
  std::optional<std::chrono::system_clock::time_point> created;
  std::optional<std::chrono::system_clock::time_point> started_at;
  std::optional<std::chrono::system_clock::time_point> ended_at;
  std::unique_ptr<error> failure;  ///< To be told.
  bool failure_of_tasks = false;
  double failed_at = 0;
};

/// A listing of a workflow's runs, under way.
class sweep_record {
 public:
  double asked = 0;
  std::uint32_t pages = 0;
  std::size_t shown = 0;  ///< Unfinished runs of ours.
  bool whole = false;     ///< It is to be read to its end, whatever the order.
  std::uint8_t restarts = 0;
  bool newest_first = true;  ///< So far.
  bool oldest_first = true;
  bool known_run = false;  ///< It has shown a run that is no news.
  std::optional<std::chrono::system_clock::time_point> last_created;
};

class workflow_record {
 public:
  std::string arn;
  bool used = false;                 ///< False: the record may be used for another workflow.
  bool by_all = false;               ///< Watched because all are.
  std::optional<run_filter> filter;  ///< Absent: no runs are looked for.
  std::map<std::string, slot, std::less<>> runs;
  std::size_t unfinished = 0;
  std::size_t waiting = 0;  ///< Of these, not begun or not seen.
  double swept = never;     ///< When the last listing was asked for.
  std::uint32_t pages = 1;  ///< Of the last listing.
  std::uint32_t sweeps = 0;
  std::uint32_t ordered = 0;  ///< Listings in a row that came newest first, and told something of the order.
  std::optional<sweep_record> sweep;
  setbacks trouble;
  double found = 0;         ///< Runs that listings brought, lately.
  std::uint32_t tasks = 0;  ///< Of the run that ended last.
  double end_delay = 2;     ///< From the end of the last task to that of the run.
  /// Runs that have ended and been told, which listings go on to show: by a hash of their identifiers.
  std::unordered_map<std::uint64_t, std::chrono::system_clock::time_point> told;
};

}  // namespace mwaa_serverless::watcher
