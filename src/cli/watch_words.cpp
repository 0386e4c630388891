#include "cli/watch_words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "strings/printable.hpp"

namespace mwaa_serverless::cli {

std::string_view workflow_name(std::string_view workflow_arn) noexcept {
  constexpr std::string_view mark = ":workflow/";
  const std::size_t found = workflow_arn.find(mark);
  return found == std::string_view::npos ? workflow_arn : workflow_arn.substr(found + mark.size());
}

std::string reason_of(const error& why) {
  std::string out = why.aws_code.empty() ? why.code.message() : why.aws_code;
  if (!why.message.empty()) out.append(": ").append(why.message);
  return strings::printable(std::move(out));
}

std::string short_duration(std::chrono::milliseconds length) {
  const auto seconds = std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(length).count(), 0);
  const auto two = [](std::int64_t large, char unit, std::int64_t small, char smaller) {
    std::array<char, 48> out{};
    std::snprintf(out.data(), out.size(), "%lld%c%02lld%c", static_cast<long long>(large), unit,
                  static_cast<long long>(small), smaller);
    return std::string{out.data()};
  };
  if (seconds < 60) return std::to_string(seconds) + 's';
  if (seconds < 3'600) return two(seconds / 60, 'm', seconds % 60, 's');
  if (seconds < 86'400) return two(seconds / 3'600, 'h', seconds / 60 % 60, 'm');
  return two(seconds / 86'400, 'd', seconds / 3'600 % 24, 'h');
}

bool is_failure(const task_instance_status& status) noexcept {
  return status == task_instance_status::failed || status == task_instance_status::timeout ||
         status == task_instance_status::upstream_failed;
}

}  // namespace mwaa_serverless::cli
