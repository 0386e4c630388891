// Whether text follows the constraints of the service's model.
#pragma once

#include <string_view>

#include "protocol/describe.hpp"

namespace mwaa_serverless::testing {

/// Whether the whole text matches a regular expression of the model. From any threads.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);
/// Whether text has the length and the form that `check` asks for.
[[nodiscard]] bool follows(const protocol::rules& check, std::string_view text);

}  // namespace mwaa_serverless::testing
