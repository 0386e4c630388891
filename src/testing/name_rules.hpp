// The model's patterns, widened to every partition and region.
#pragma once

#include <cstddef>
#include <string_view>

namespace mwaa_serverless::testing {

/// `arn:aws…:airflow-serverless:region:account:workflow/name-suffix`. The model's own pattern lacks partitions and
/// would refuse region names such as us-gov-west-1.
[[nodiscard]] bool is_workflow_arn(std::string_view text) noexcept;
/// `[a-zA-Z0-9]+[a-zA-Z0-9\.\-_]*`
[[nodiscard]] bool is_id(std::string_view text) noexcept;
/// True for the 14 values of TaskInstanceStatus.
[[nodiscard]] bool is_task_status(std::string_view text) noexcept;

inline constexpr std::string_view workflow_arn_pattern =
    R"(arn:aws(-[a-z0-9]+)*:airflow-serverless:[a-z]+(-[a-z]+)+-[0-9]+:[0-9]{12}:)"
    R"(workflow/[a-zA-Z0-9][a-zA-Z0-9\.\-_]{0,254}-[a-zA-Z0-9]{10})";
inline constexpr std::string_view id_pattern = R"([a-zA-Z0-9]+[a-zA-Z0-9\.\-_]*)";
inline constexpr std::size_t max_arn_length = 2048;
inline constexpr std::size_t max_id_length = 255;

}  // namespace mwaa_serverless::testing
