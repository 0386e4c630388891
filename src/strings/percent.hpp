// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

/// Appends `text` percent-encoded but for the unreserved characters (section 2.3) and the character `kept`.
void append_percent_encoded(std::string& out, std::string_view text, char kept = '~');

/// For queries and forms. Grows nowhere, as it may be a secret.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// A percent sign without two digits behind it stands for itself.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace mwaa_serverless::strings
