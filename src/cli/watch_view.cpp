#include "cli/watch_view.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "cli/display_width.hpp"
#include "cli/watch_words.hpp"
#include "strings/date_time.hpp"
#include "strings/printable.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

namespace {

// Ended runs that can still be shown; of older ones the totals are kept.
constexpr std::size_t most_ended = 500;
constexpr std::size_t most_failures = 100;

constexpr task_instance_status::values::value_type moving[] = {
    task_instance_status::running,           task_instance_status::queued,     task_instance_status::scheduled,
    task_instance_status::deferred,          task_instance_status::restarting, task_instance_status::up_for_retry,
    task_instance_status::up_for_reschedule, task_instance_status::none};
constexpr task_instance_status::values::value_type complete[] = {
    task_instance_status::success,         task_instance_status::failed,  task_instance_status::timeout,
    task_instance_status::upstream_failed, task_instance_status::removed, task_instance_status::cancelled};
constexpr task_instance_status::values::value_type failed_tasks[] = {
    task_instance_status::failed, task_instance_status::timeout, task_instance_status::upstream_failed};

std::size_t place_of(const task_instance_status& status) {
  return static_cast<std::size_t>(static_cast<task_instance_status::value_type>(status));
}

template <class Counts, class Kinds>
std::size_t sum(const Counts& counts, const Kinds& kinds) {
  std::size_t out = 0;
  for (const auto each : kinds) out += counts[each];
  return out;
}

// The beginning of a text that takes at most `width` columns. No dots that could be wider than they look: columns
// would not stand below each other.
std::string clipped(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  const std::string_view dots = width > 6 ? "..." : width > 2 ? "." : "";
  std::size_t end = 0;
  std::size_t used = dots.size();
  while (end < text.size()) {
    const std::size_t size =
        std::max<std::size_t>(strings::first_character(std::string_view{text}.substr(end)).size, 1);
    const std::size_t columns = display_width(std::string_view{text}.substr(end, size));
    if (used + columns > width) break;
    used += columns;
    end += size;
  }
  return text.substr(0, end).append(dots);
}

std::string left(std::string text, std::size_t width) {
  text = clipped(text, width);
  const std::size_t used = display_width(text);
  return text.append(width > used ? width - used : 0, ' ');
}

std::string right(std::string text, std::size_t width) {
  text = clipped(text, width);
  const std::size_t used = display_width(text);
  return std::string(width > used ? width - used : 0, ' ') + text;
}

view_line fitting(view_line line, std::size_t width) {
  std::size_t used = 0;
  for (auto each = line.begin(); each != line.end(); ++each) {
    const std::size_t columns = display_width(each->text);
    if (used + columns <= width) {
      used += columns;
      continue;
    }
    each->text = clipped(each->text, width - used);
    line.erase(each + 1, line.end());
    break;
  }
  while (!line.empty()) {
    std::string& last = line.back().text;
    last.erase(last.find_last_not_of(' ') + 1);
    if (!last.empty()) break;
    line.pop_back();
  }
  return line;
}

std::string time_of_day(watch_view::time_point when) {
  const std::string whole = strings::format_timestamp(when);
  return whole.size() > 19 ? whole.substr(11, 8) + 'Z' : whole;
}

std::string lower(std::string_view name) {
  std::string out{name};
  for (char& c : out) c = c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

tone tone_of(const workflow_run_status& status) {
  switch (status) {
    case workflow_run_status::success:
      return tone::good;
    case workflow_run_status::failed:
    case workflow_run_status::timeout:
    case workflow_run_status::stopped:
      return tone::bad;
    case workflow_run_status::running:
    case workflow_run_status::stopping:
      return tone::busy;
    default:
      return tone::plain;
  }
}

std::string shown(const workflow_run_status& status) {
  return status.present() ? strings::printable(std::string{status.name()}) : "?";
}

std::string rate(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f", value);
  return out.data();
}

void append(view_line& line, std::string text, tone meant = tone::plain) {
  line.push_back({std::move(text), meant});
}

// `12 running`, after a gap.
void append_count(view_line& line, std::size_t count, std::string_view what, tone meant) {
  if (count > 0) append(line, "   " + std::to_string(count) + ' ' + std::string{what}, meant);
}

std::string plural(std::size_t count, std::string_view what) {
  return std::to_string(count) + ' ' + std::string{what} + (count == 1 ? "" : "s");
}

}  // namespace

std::string plain_text(const view_line& line) {
  std::string out;
  for (const view_span& each : line) out += each.text;
  return out;
}

std::string colored_text(const view_line& line) {
  static constexpr std::string_view colors[] = {"", "\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[36m", "\x1b[31m"};
  std::string out;
  for (const view_span& each : line) {
    const std::string_view color = colors[static_cast<std::size_t>(each.meant)];
    out.append(color).append(each.text);
    if (!color.empty()) out += "\x1b[0m";
  }
  return out;
}

watch_view::row& watch_view::find(const run_key& run) {
  const auto [at, is_new] = runs_.try_emplace(name{run.workflow_arn, run.run_id});
  if (is_new) {
    at->second.order = ++seen_;
    ++workflows_[run.workflow_arn];
  }
  return at->second;
}

void watch_view::set_task(row& of, const std::string& id, const task_instance_status& status) {
  const auto [at, is_new] = of.tasks.try_emplace(id, status);
  if (!is_new) {
    --of.counts[place_of(at->second)];
    --tasks_[place_of(at->second)];
    at->second = status;
  }
  ++of.counts[place_of(status)];
  ++tasks_[place_of(status)];
}

void watch_view::fail(time_point when, std::string text) {
  ++failure_count_;
  failures_.push_back({when, std::move(text)});
  if (failures_.size() > most_failures) failures_.pop_front();
}

void watch_view::end(const name& of, row& run) {
  run.tasks.clear();
  if (run.over) return;
  run.over = true;
  ended_.push_back(of);
  if (ended_.size() <= most_ended) return;
  const auto oldest = runs_.find(ended_.front());
  ++forgotten_[shown(oldest->second.status)];
  runs_.erase(oldest);
  ended_.pop_front();
}

void watch_view::restore(const run_snapshot& known) {
  row& run = find(known.run);
  run.status = known.status;
  for (const task_snapshot& each : known.tasks) set_task(run, each.task_instance_id, each.status);
}

void watch_view::apply(const watch_event& event) {
  const name of{event.run.workflow_arn, event.run.run_id};
  switch (event.kind) {
    case watch_event_kind::bound_missed:
      missed_bound_ = event.bound;
      return;
    case watch_event_kind::workflow_error:
      fail(event.seen_at, (of.first.empty() ? "the workflows of the account"
                                            : strings::printable(std::string{workflow_name(of.first)})) +
                              ": " + (event.failure ? reason_of(*event.failure) : ""));
      return;
    default:
      break;
  }
  row& run = find(event.run);
  if (event.run_status.present()) run.status = event.run_status;
  if (event.run_started_at) run.started = event.run_started_at;
  if (event.run_ended_at) run.ended = event.run_ended_at;
  if (event.kind != watch_event_kind::run_error) run.failure.clear();
  switch (event.kind) {
    case watch_event_kind::run_finished:
      if (!run.ended) run.ended = event.seen_at;
      if (run.status != workflow_run_status::success)
        fail(event.seen_at, label(of) + " has ended in " + shown(run.status));
      end(of, run);
      break;
    case watch_event_kind::task_added:
    case watch_event_kind::task_changed:
      set_task(run, event.task_instance_id, event.task_status);
      // What others take down with them would fill the list.
      if (is_failure(event.task_status) && event.task_status != task_instance_status::upstream_failed)
        fail(event.seen_at, label(of) + " task " + strings::printable(event.task_instance_id) + ' ' +
                                strings::printable(std::string{event.task_status.name()}));
      break;
    case watch_event_kind::run_error:
      run.failure = event.failure ? reason_of(*event.failure) : "it cannot be looked at";
      fail(event.seen_at, label(of) + ": " + run.failure);
      if (event.failure && event.failure->code == errc::resource_not_found) end(of, run);
      break;
    default:
      break;
  }
}

std::string watch_view::label(const name& of) const {
  const std::string run = strings::printable(of.second);
  if (workflows_.size() < 2) return run;
  return strings::printable(std::string{workflow_name(of.first)}) + '/' + run;
}

view_line watch_view::run_counts() const {
  std::map<std::string, std::size_t> counts = forgotten_;
  std::size_t total = std::accumulate(forgotten_.begin(), forgotten_.end(), runs_.size(),
                                      [](std::size_t so_far, const auto& each) { return so_far + each.second; });
  for (const auto& [of, run] : runs_) ++counts[shown(run.status)];
  view_line out;
  append(out, plural(total, "run"), tone::strong);
  for (const std::string_view known : workflow_run_status::names().subspan(1)) {
    const auto found = counts.find(std::string{known});
    if (found == counts.end()) continue;
    append_count(out, found->second, lower(known), tone_of(workflow_run_status{text{known}}));
    counts.erase(found);
  }
  for (const auto& [status, count] : counts)
    append_count(out, count, status == "?" ? "not seen yet" : status, tone::faint);
  return out;
}

view_line watch_view::task_totals() const {
  view_line out;
  append(out, plural(std::accumulate(tasks_.begin(), tasks_.end(), std::size_t{0}), "task"), tone::strong);
  const auto names = task_instance_status::names();
  for (const auto each : moving)
    append_count(out, tasks_[each], lower(names[each]),
                 each == task_instance_status::running ? tone::busy : tone::plain);
  for (const auto each : complete)
    append_count(out, tasks_[each], lower(names[each]),
                 is_failure(each)                        ? tone::bad
                 : each == task_instance_status::success ? tone::good
                                                         : tone::plain);
  append_count(out, tasks_[0], "of another status", tone::faint);
  return out;
}

// How the columns of the runs share a line.
class watch_view::column_widths {
 public:
  column_widths(std::size_t width, std::size_t longest_label, std::size_t longest_count, bool with_failures) {
    count = longest_count;
    failures = with_failures ? 11 : 0;
    const std::size_t fixed = status + 1 + count + failures + time;
    std::size_t rest = width > fixed ? width - fixed : 0;
    if (rest < 8) {  // the name and how it stands
      time = failures = 0;
      rest = width > status + 1 + count ? width - status - 1 - count : 0;
    }
    const std::size_t wanted = std::min(longest_label, std::max<std::size_t>(rest * 11 / 20, 12)) + 1;
    label = std::min(rest, wanted);
    rest -= label;
    if (rest >= 8) {
      bar = std::min(rest - 1, std::max<std::size_t>(rest / 2, 40));
      rest -= bar + 1;
    }
    if (rest >= 24) tasks = rest;
  }

  std::size_t status = 9;
  std::size_t label = 0;
  std::size_t bar = 0;  // with its brackets
  std::size_t count = 0;
  std::size_t failures = 0;
  std::size_t time = 8;
  std::size_t tasks = 0;
};

view_line watch_view::run_line(const name& of, const row& run, const column_widths& columns, time_point now) const {
  const std::size_t total = std::accumulate(run.counts.begin(), run.counts.end(), std::size_t{0});
  const std::size_t done = sum(run.counts, complete);
  const tone meant = tone_of(run.status);
  view_line out;
  append(out, left(shown(run.status), columns.status - 1) + ' ', meant);
  if (columns.label > 0) append(out, left(label(of), columns.label - 1) + ' ');
  const bool is_over = run.status.is_terminal();
  if (columns.bar > 2) {
    const std::size_t inside = columns.bar - 2;
    const std::size_t bad = sum(run.counts, failed_tasks);
    // Full only when all is done; a failure is never too small to be seen.
    std::size_t filled = total == 0 ? (is_over ? inside : 0) : done * inside / total;
    std::size_t failed = total == 0 ? 0 : std::min(filled, (bad * inside + total - 1) / total);
    if (bad > 0 && filled == 0) filled = failed = 1;
    append(out, "[", tone::faint);
    append(out, std::string(filled - failed, '#'), is_over && meant == tone::bad ? tone::plain : tone::good);
    append(out, std::string(failed, 'x'), tone::bad);
    append(out, std::string(inside - filled, '.'), tone::faint);
    append(out, "] ", tone::faint);
  }
  append(out, right(total == 0 ? "" : std::to_string(done) + '/' + std::to_string(total), columns.count));
  if (columns.failures > 0) {
    const std::size_t bad = sum(run.counts, failed_tasks);
    append(out, right(bad == 0 ? "" : std::to_string(bad) + " failed", columns.failures), tone::bad);
  }
  if (columns.time > 0) {
    const time_point until = run.ended.value_or(now);
    append(out, right(run.started
                          ? short_duration(std::chrono::duration_cast<std::chrono::milliseconds>(until - *run.started))
                          : "",
                      columns.time));
  }
  if (columns.tasks > 2) {
    std::string busy;
    for (const auto& [id, status] : run.tasks)
      if (status == task_instance_status::running) busy.append(busy.empty() ? "" : ", ").append(strings::printable(id));
    if (!run.failure.empty())
      append(out, "  " + clipped(run.failure, columns.tasks - 2), tone::bad);
    else if (!busy.empty())
      append(out, "  " + clipped(busy, columns.tasks - 2), tone::faint);
  }
  return out;
}

std::vector<view_line> watch_view::lines(const watch_metrics& metrics, time_point now, std::size_t width,
                                         std::size_t height) const {
  std::vector<view_line> out;
  out.push_back(run_counts());
  out.push_back(task_totals());
  view_line state;
  append(state, "quota ", tone::strong);
  append(state, rate(metrics.requests_per_second) + "/s" + (metrics.quota_known ? "" : " (a guess)") + ", " +
                    std::to_string(metrics.looks) + " sent, " + std::to_string(metrics.throttled) + " throttled");
  append(state, "   age ", tone::strong);
  append(state, "up to " + short_duration(metrics.oldest));
  if (metrics.staleness_bound.count() > 0) append(state, " of " + short_duration(metrics.staleness_bound));
  if (missed_bound_) append(state, " (the quota keeps " + short_duration(*missed_bound_) + ")", tone::bad);
  if (metrics.failing_since) append(state, "   no look succeeds", tone::bad);
  append(state, "   " + time_of_day(now), tone::faint);
  out.push_back(std::move(state));

  // Failures take up to a fifth of the screen, the runs what is left; blank lines only where there is room.
  const bool spacious = height >= 14;
  const std::size_t failures =
      height < 8 ? 0 : std::min({failures_.size(), std::max<std::size_t>(height / 5, 2), std::size_t{12}});
  const std::size_t below = failures == 0 ? 0 : failures + 1 + (spacious ? 1 : 0);
  const std::size_t above = out.size() + (spacious ? 1 : 0);
  std::size_t room = height > above + below ? height - above - below : 0;

  struct place {
    int rank;
    const std::pair<const name, row>* run;
  };
  std::vector<place> order;
  order.reserve(runs_.size());
  const auto rank = [](const row& run) {
    const bool has_failures = !run.failure.empty() || sum(run.counts, failed_tasks) > 0;
    if (run.over) return run.status == workflow_run_status::success ? 8 : 5;
    switch (run.status) {
      case workflow_run_status::running:
        return has_failures ? 0 : 1;
      case workflow_run_status::stopping:
        return 2;
      case workflow_run_status::starting:
        return 3;
      case workflow_run_status::queued:
        return 6;
      default:
        return has_failures ? 0 : 4;
    }
  };
  for (const auto& each : runs_) order.push_back({rank(each.second), &each});
  std::ranges::sort(order, [](const place& a, const place& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.run->second.order < b.run->second.order;
  });
  const std::size_t total = std::accumulate(forgotten_.begin(), forgotten_.end(), order.size(),
                                            [](std::size_t n, const auto& each) { return n + each.second; });
  const bool cut = total > std::min(room, order.size());
  if (cut && room > 0 && room <= order.size()) --room;
  if (order.size() > room) order.resize(room);

  std::size_t longest_label = 0;
  std::size_t longest_count = 1;
  bool any_failed = false;
  for (const place& each : order) {
    const row& run = each.run->second;
    longest_label = std::max(longest_label, display_width(label(each.run->first)));
    const std::size_t tasks = std::accumulate(run.counts.begin(), run.counts.end(), std::size_t{0});
    longest_count = std::max(longest_count, 2 * std::to_string(tasks).size() + 1);
    any_failed = any_failed || sum(run.counts, failed_tasks) > 0;
  }
  const column_widths columns{width, longest_label, longest_count, any_failed};
  if (spacious) out.emplace_back();
  for (const place& each : order) out.push_back(run_line(each.run->first, each.run->second, columns, now));
  if (cut && height > above + below)
    out.push_back({{"\u2026 " + std::to_string(total - order.size()) + " more", tone::faint}});

  if (failures > 0) {
    if (spacious) out.emplace_back();
    out.push_back({{plural(failure_count_, "failure"), tone::bad}});
    for (std::size_t i = failures_.size() - failures; i < failures_.size(); ++i)
      out.push_back({{time_of_day(failures_[i].when) + "  ", tone::faint}, {failures_[i].text, tone::plain}});
  }
  if (out.size() > height) out.resize(height);
  for (view_line& each : out) each = fitting(std::move(each), width);
  return out;
}

}  // namespace mwaa_serverless::cli
