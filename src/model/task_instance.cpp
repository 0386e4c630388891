#include <array>
#include <mwaa_serverless/model/task_instance.hpp>
#include <ostream>

namespace mwaa_serverless {

namespace {

// In the order of task_instance_status::value_type.
constexpr std::array<std::string_view, 15> status_names{"",
                                                        "QUEUED",
                                                        "FAILED",
                                                        "SCHEDULED",
                                                        "RUNNING",
                                                        "SUCCESS",
                                                        "UP_FOR_RESCHEDULE",
                                                        "UP_FOR_RETRY",
                                                        "UPSTREAM_FAILED",
                                                        "REMOVED",
                                                        "RESTARTING",
                                                        "DEFERRED",
                                                        "NONE",
                                                        "CANCELLED",
                                                        "TIMEOUT"};

}  // namespace

bool task_instance_status::parse(std::string_view name, task_instance_status& result) noexcept {
  for (std::size_t i = 1; i < status_names.size(); ++i) {
    if (status_names[i] == name) {
      result = task_instance_status{static_cast<value_type>(i)};
      return true;
    }
  }
  return false;
}

task_instance_status::task_instance_status(text name) {
  if (!parse(name, *this)) unknown_name_ = std::move(name);
}

std::string_view task_instance_status::name() const noexcept {
  return value_ == unknown ? unknown_name_.view() : status_names[value_];
}

bool task_instance_status::is_terminal() const noexcept {
  switch (value_) {
    case success:
    case failed:
    case upstream_failed:
    case removed:
    case cancelled:
    case timeout:
      return true;
    case unknown:
    case queued:
    case scheduled:
    case running:
    case up_for_reschedule:
    case up_for_retry:
    case restarting:
    case deferred:
    case none:
      return false;
  }
  return false;
}

std::ostream& operator<<(std::ostream& out, const task_instance_status& status) {
  return out << status.name();
}

task_instance::task_instance() = default;
list_task_instances_response::list_task_instances_response() = default;

}  // namespace mwaa_serverless
