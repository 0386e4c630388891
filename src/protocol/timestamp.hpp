// Dates and times of JSON bodies.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mwaa_serverless::protocol {

/// Reads ISO 8601 as the service writes it (RFC 3339): `2025-11-17T12:00:00Z`, with or without a fraction of a second,
/// with `Z` or an offset such as `+01:00`. nullopt for anything else and for dates that do not exist.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) noexcept;

}  // namespace mwaa_serverless::protocol
