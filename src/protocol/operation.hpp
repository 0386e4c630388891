// The service's operations, as the protocol sees them.
#pragma once

#include <string_view>

namespace mwaa_serverless::protocol {

struct operation {
  std::string_view name;    ///< Such as `ListTaskInstances`.
  std::string_view target;  ///< Value of `X-Amz-Target`.
  // The traits `readonly` and `idempotent` of the service's model.
  bool read_only;
  bool idempotent;

  /// May be sent again although the service may have acted on it before.
  [[nodiscard]] constexpr bool repeatable() const noexcept { return read_only || idempotent; }
};

inline constexpr operation list_task_instances{
    .name = "ListTaskInstances",
    .target = "AmazonMWAAServerless.ListTaskInstances",
    .read_only = true,
    .idempotent = false,
};

}  // namespace mwaa_serverless::protocol
