// How the library introduces itself.
#pragma once

#include <string>
#include <string_view>

namespace mwaa_serverless::protocol {

/// The value of `User-Agent`, in the form that AWS's SDKs share; `app_id` may be empty. Characters that a user agent
/// cannot have become `-`.
[[nodiscard]] std::string user_agent(std::string_view app_id);

}  // namespace mwaa_serverless::protocol
