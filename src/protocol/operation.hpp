// The service's operations, as the protocol sees them.
#pragma once

#include <string_view>

namespace mwaa_serverless::protocol {

struct operation {
  std::string_view name;    ///< Such as `ListTaskInstances`.
  std::string_view target;  ///< Value of `X-Amz-Target`.
  /// May be repeated although the service may have acted on it: it only reads, or its effect is the same.
  bool repeatable;
};

inline constexpr operation list_task_instances{"ListTaskInstances", "AmazonMWAAServerless.ListTaskInstances", true};

}  // namespace mwaa_serverless::protocol
