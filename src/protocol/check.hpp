// What AWS's own tools refuse before they send anything.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <optional>

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

/// Lengths and numbers under the model's minimum, and unions without exactly one member, as errc::invalid_argument that
/// names the member (`Code.S3Location.Bucket`), its value (cut, unless it is sensitive) and the rule; nullopt when
/// there is nothing. Upper limits and patterns are the service's to judge.
[[nodiscard]] std::optional<error> check(const structure_view& request);

}  // namespace mwaa_serverless::protocol
