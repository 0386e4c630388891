// What help says of the operations and of their parameters.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace mwaa_serverless::cli {

using member_help = std::pair<std::string_view, std::string_view>;

class operation_help {
 public:
  std::string_view operation;
  std::string_view text;
  std::span<const member_help> members;  ///< Those that mean something of their own here.

  /// Empty when there is nothing to say.
  [[nodiscard]] std::string_view of(std::string_view member) const;
};

/// Of `ListTaskInstances`. An operation that nobody has written about yet says where to read.
[[nodiscard]] const operation_help& help_of(std::string_view operation);

}  // namespace mwaa_serverless::cli
