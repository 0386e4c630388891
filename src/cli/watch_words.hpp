// How `watch` names what it shows.
#pragma once

#include <chrono>
#include <mwaa_serverless/watch_event.hpp>
#include <string>
#include <string_view>

namespace mwaa_serverless::cli {

/// `etl-nightly-Ab12Cd34Ef` of an ARN; the whole text when it is no ARN of a workflow.
[[nodiscard]] std::string_view workflow_name(std::string_view workflow_arn) noexcept;
/// `AccessDeniedException: the message`, on one line.
[[nodiscard]] std::string reason_of(const error& why);
/// `8s`, `2m05s`, `3h07m`, `2d04h`.
[[nodiscard]] std::string short_duration(std::chrono::milliseconds length);
/// Whether a task with this status has failed, or was never tried because another has.
[[nodiscard]] bool is_failure(const task_instance_status& status) noexcept;

}  // namespace mwaa_serverless::cli
