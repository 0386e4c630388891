#include "cli/command.hpp"

#include "cli/failure.hpp"
#include "cli/list_task_instances.hpp"
#include "cli/whole_number.hpp"

namespace mwaa_serverless::cli {

const std::string& arguments::required(std::string_view flag) const {
  return values_.find(flag)->second;
}

std::optional<std::string> arguments::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int32_t> arguments::integer(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  return parse_whole_number<std::int32_t>(flag, found->second);
}

std::span<const command> commands() noexcept {
  static constexpr command all[] = {
      list_task_instances,
  };
  return all;
}

}  // namespace mwaa_serverless::cli
