// What a service does while a thousand runs are watched, whatever the watcher does: seeded, in virtual time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "benchmarks.hpp"
#include "watcher/watch_state.hpp"

namespace bench {

inline constexpr double never = std::numeric_limits<double>::infinity();

/// Random numbers that are the same with every standard library.
class chance {
 public:
  explicit chance(std::uint64_t seed) : generator_(seed) {}
  /// From 0, below 1.
  double unit() { return static_cast<double>(generator_() >> 11) * 0x1.0p-53; }
  double exponential(double mean);
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(unit() * static_cast<double>(limit)); }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 generator_;
};

/// The mixes of issue 14.
///
/// a: 100 runs change a task every 10 s on average, the others are queued and take a place as one finishes.
/// b: all run: a tenth as in a, the others silent or one change in 10 minutes; 5 a minute swap roles.
/// c: all are silent, but for 12 changes within 6 s once in 20 minutes a run.
/// d: 100 runs as in a, the user starts another as one finishes.
/// e: b with runs that finish; another one is started in the place of each.
enum class watch_mix : char { a = 'A', b = 'B', c = 'C', d = 'D', e = 'E' };

/// A run of the trace. Times are in seconds since the start.
class traced_run {
 public:
  std::vector<double> changes;                   ///< Of its tasks, ascending.
  std::vector<std::pair<double, double>> rates;  ///< Changes a second, from a time on.
  double added = 0;                              ///< When it is made.
  double started = never;                        ///< Before the start of the trace: slightly negative.
  double ended = never;
  double order = 0;  ///< By creation.
  int workflow = 0;
  int base = 0;  ///< Changes that it had made before the trace begins.
  int page = 0;  ///< Of the five of a listing in no order.

  [[nodiscard]] std::size_t changes_until(double time) const;
  [[nodiscard]] double rate_at(double time) const;
};

class watch_trace {
 public:
  static constexpr int tasks = 40;            ///< A run.
  static constexpr int steps = 3;             ///< Status changes of a task from its first status to its last.
  static constexpr int life = tasks * steps;  ///< Changes that a run makes in its life.
  static constexpr int workflows = 10;
  static constexpr int parallel = 8;  ///< Tasks of a run that are under way at once.

  /// `size`: runs at first, 1,000 in the mixes of the issue (in `d` a tenth).
  watch_trace(watch_mix kind, std::uint64_t seed, double length, std::size_t size = 1'000);

  watch_mix mix;
  double seconds;
  std::vector<traced_run> runs;

  /// Whether its runs end with their changes.
  [[nodiscard]] bool finite() const { return mix != watch_mix::b && mix != watch_mix::c; }

  // The nth change of a run, from 0, counted from its making, moves one task by one status.
  [[nodiscard]] static int task_of(int change);
  /// Steps that a task has made after `changes` of its run.
  [[nodiscard]] static int steps_of(int task, int changes);
  /// The change that is the task's nth step, from 1.
  [[nodiscard]] static int change_of(int task, int step);
  /// The status of a task after so many steps. In mix b runs go on forever, as tasks that are tried again and again.
  [[nodiscard]] mwaa_serverless::task_instance_status status_after(int step) const;

 private:
  std::size_t add_run(double added, int workflow, double order, int base);
  void begin(std::size_t run, double time, int base, chance& random);
  void make_queued(chance& random, std::size_t size, bool replaced);
  void make_unequal(chance& random, std::size_t size);
  void make_bursts(chance& random, std::size_t size);
};

/// How the service of a simulation treats requests.
class watch_service_options {
 public:
  double rate_limit = 10;      ///< Requests a second.
  double burst = 10;           ///< And how many at once.
  bool per_operation = false;  ///< A budget for each operation; otherwise they share one.
  listing_order order = listing_order::random;
  double round_trip = 0.05;  ///< Seconds. A request takes effect in the middle of it.
};

/// A bucket of requests that fills with time.
class request_bucket {
 public:
  request_bucket(double rate, double size) : rate_(rate), size_(size), filled_(size) {}
  bool take(double now);

 private:
  double rate_;
  double size_;
  double filled_;
  double at_ = 0;
};

using watch_answer =
    std::variant<mwaa_serverless::error, mwaa_serverless::list_task_instances_response,
                 mwaa_serverless::get_workflow_run_response, mwaa_serverless::list_workflow_runs_response,
                 mwaa_serverless::list_workflows_response>;

/// Answers the looks of a watcher from a trace.
class watch_service {
 public:
  static constexpr int older_runs = 400;  ///< Of each workflow, that had ended before.
  static constexpr int page_size = 100;

  watch_service(const watch_trace& trace, watch_service_options options, std::uint64_t seed,
                std::chrono::system_clock::time_point start);

  /// What the service answers to a request that reaches it then.
  [[nodiscard]] watch_answer answer(const mwaa_serverless::watcher::look& what, double time);

  [[nodiscard]] mwaa_serverless::run_key key(std::size_t run) const;
  [[nodiscard]] const std::string& workflow_arn(int workflow) const {
    return arns_[static_cast<std::size_t>(workflow)];
  }
  /// The run of that name in the trace; nullopt for an older one.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view run_id) const;
  /// The task of that name.
  [[nodiscard]] int find_task(std::string_view task_instance_id) const;

 private:
  [[nodiscard]] mwaa_serverless::watcher::look_kind bucket_of(mwaa_serverless::watcher::look_kind kind) const;
  [[nodiscard]] mwaa_serverless::list_task_instances_response tasks_of(std::size_t run, double time) const;
  [[nodiscard]] mwaa_serverless::get_workflow_run_response run_of(std::size_t run, double time) const;
  [[nodiscard]] mwaa_serverless::list_workflow_runs_response runs_of(std::size_t workflow, std::size_t position,
                                                                     double time) const;
  [[nodiscard]] mwaa_serverless::list_workflows_response all_workflows() const;
  [[nodiscard]] mwaa_serverless::workflow_run_status status_of(std::size_t run, double time) const;
  [[nodiscard]] std::chrono::system_clock::time_point calendar(double time) const;
  [[nodiscard]] std::chrono::system_clock::time_point created_at(std::size_t run) const;

  const watch_trace& trace_;
  watch_service_options options_;
  std::chrono::system_clock::time_point start_;
  std::vector<request_bucket> buckets_;  // by kind of look; shared: the first alone
  std::vector<std::string> arns_;
  std::unordered_map<std::string_view, std::size_t> workflow_by_arn_;
  std::unordered_map<std::string_view, int> task_by_id_;
  // Texts are made once: a response only counts its references.
  std::vector<mwaa_serverless::text> arn_texts_;
  std::vector<mwaa_serverless::text> run_ids_;    // of the trace
  std::vector<mwaa_serverless::text> older_ids_;  // by workflow
  std::vector<mwaa_serverless::text> task_ids_;
  mwaa_serverless::text version_;
  mwaa_serverless::text operator_name_;
  std::vector<std::vector<std::size_t>> listings_;  // by workflow: the trace's runs, then older ones from runs.size()
};

}  // namespace bench
