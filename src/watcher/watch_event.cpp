#include <array>
#include <mwaa_serverless/watch_event.hpp>
#include <ostream>

#include "strings/date_time.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless {

watch_event::watch_event() = default;

std::string_view to_string(watch_event_kind value) noexcept {
  constexpr std::array<std::string_view, 8> names{"run_added",    "run_changed", "run_finished",   "task_added",
                                                  "task_changed", "run_error",   "workflow_error", "bound_missed"};
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "unknown";
}

std::ostream& operator<<(std::ostream& out, const watch_event& value) {
  const auto name = [](std::string_view status) {
    return status.empty() ? std::string{"(none)"} : strings::printable(std::string{status});
  };
  out << strings::format_timestamp(value.seen_at) << ' ' << to_string(value.kind);
  if (!value.run.run_id.empty())
    out << ' ' << strings::printable(value.run.run_id);
  else if (!value.run.workflow_arn.empty())
    out << ' ' << strings::printable(value.run.workflow_arn);
  switch (value.kind) {
    case watch_event_kind::task_added:
    case watch_event_kind::task_changed:
      out << ' ' << strings::printable(value.task_instance_id) << ' ';
      if (value.kind == watch_event_kind::task_changed) out << name(value.previous_task_status.name()) << " -> ";
      out << name(value.task_status.name());
      break;
    case watch_event_kind::run_added:
    case watch_event_kind::run_changed:
    case watch_event_kind::run_finished:
      out << ' ';
      if (value.previous_run_status.present()) out << name(value.previous_run_status.name()) << " -> ";
      out << name(value.run_status.name());
      break;
    case watch_event_kind::run_error:
    case watch_event_kind::workflow_error:
      if (value.failure) out << ": " << value.failure->message;
      break;
    case watch_event_kind::bound_missed:
      if (value.bound) out << ": the quota can keep " << value.bound->count() << " ms";
      break;
  }
  return out;
}

}  // namespace mwaa_serverless
