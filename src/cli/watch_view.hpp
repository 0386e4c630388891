// The live view of `watch`: what events and metrics become on a screen of a given size. Without I/O.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mwaa_serverless/run_watcher.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mwaa_serverless::cli {

/// How a part of a line is meant, for its colour.
enum class tone : std::uint8_t { plain, faint, strong, good, busy, bad };

struct view_span {
  std::string text;  ///< Holds no control character.
  tone meant = tone::plain;
};
using view_line = std::vector<view_span>;

/// Without colours.
[[nodiscard]] std::string plain_text(const view_line& line);
/// With the colours of ANSI terminals (ECMA-48, SGR).
[[nodiscard]] std::string colored_text(const view_line& line);

/// All that is shown of the runs that are watched.
class watch_view {
 public:
  using time_point = std::chrono::system_clock::time_point;

  watch_view() = default;

  /// What a checkpoint knew before the first event.
  void restore(const run_snapshot& known);
  void apply(const watch_event& event);

  /// At most `height` lines, each at most `width` columns wide: totals, quota and age; the runs, those first that are
  /// worth a look, and how many more there are; the latest failures.
  [[nodiscard]] std::vector<view_line> lines(const watch_metrics& metrics, time_point now, std::size_t width,
                                             std::size_t height) const;

 private:
  using name = std::pair<std::string, std::string>;  // the workflow's and the run's
  static constexpr std::size_t task_kinds = 15;
  using task_counts = std::array<std::size_t, task_kinds>;

  class row {
   public:
    workflow_run_status status;
    std::optional<time_point> started;
    std::optional<time_point> ended;
    std::uint64_t order = 0;  // in which runs were seen
    task_counts counts{};
    std::map<std::string, task_instance_status, std::less<>> tasks;  // empty once the run has ended
    bool over = false;                                               // nothing more comes
    std::string failure;                                             // why looks at it fail
  };
  struct note {
    time_point when;
    std::string text;
  };
  class column_widths;

  row& find(const run_key& run);
  void set_task(row& of, const std::string& id, const task_instance_status& status);
  void end(const name& of, row& run);
  void fail(time_point when, std::string text);
  [[nodiscard]] view_line run_counts() const;
  [[nodiscard]] view_line task_totals() const;
  [[nodiscard]] view_line run_line(const name& of, const row& run, const column_widths& columns, time_point now) const;
  [[nodiscard]] std::string label(const name& of) const;

  std::map<name, row> runs_;
  std::deque<name> ended_;                                     // those in runs_, first ended first
  std::map<std::string, std::size_t> forgotten_;               // ended runs that are no longer in runs_, by status
  std::map<std::string, std::size_t, std::less<>> workflows_;  // runs that were seen of each
  task_counts tasks_{};                                        // of all runs
  std::deque<note> failures_;                                  // the latest
  std::size_t failure_count_ = 0;
  std::optional<std::chrono::milliseconds> missed_bound_;
  std::uint64_t seen_ = 0;
};

}  // namespace mwaa_serverless::cli
