// How many columns text takes on a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace mwaa_serverless::cli {

/// Two columns for each wide, fullwidth or ambiguous character (Unicode 14, UAX #11) and one for any other, as the AWS
/// CLI counts. `text` is UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

}  // namespace mwaa_serverless::cli
