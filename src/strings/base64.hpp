// Base64 (RFC 4648, section 4) by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

[[nodiscard]] std::string to_base64(std::string_view bytes);

/// nullopt for what is not base64 with its padding, for none at all, and for a text of more than a million characters.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace mwaa_serverless::strings
