// Pages of ListTaskInstances, as the service answers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr std::size_t page_items = 100;

/// The body of page number `page`, of `items` task instances of one run: 33 KB of 100. An empty one is the last.
inline std::string task_page(std::uint64_t page = 1, std::size_t items = page_items) {
  if (items == 0) return R"({"TaskInstances":[]})";
  constexpr std::array<std::string_view, 4> statuses{"SUCCESS", "SUCCESS", "RUNNING", "QUEUED"};
  constexpr std::array<std::string_view, 3> operators{"GlueJobOperator", "S3KeySensor", "AthenaOperator"};
  std::string out = R"({"NextToken":"page-)" + std::to_string(page) + R"(","TaskInstances":[)";
  for (std::size_t i = 0; i < items; ++i) {
    if (i > 0) out += ',';
    out += R"({"WorkflowArn":"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",)"
           R"("WorkflowVersion":"3f2a9c1d5e7b48609a1b2c3d4e5f6071","RunId":"manual__2025-11-17T12:00:00.000000+00:00",)"
           R"("TaskInstanceId":"ti-7c0d4e1f8b2a4d57-load_table_)";
    out += std::to_string(1000 + i);
    out += R"(","Status":")";
    out += statuses[i % statuses.size()];
    out += R"(","DurationInSeconds":)";
    out += std::to_string(17 * i % 3600);
    out += R"(,"OperatorName":")";
    out += operators[i % operators.size()];
    out += "\"}";
  }
  return out + "]}";
}

}  // namespace bench
