// Dates of HTTP headers.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mwaa_serverless::protocol {

/// Reads the one form that senders may use (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`; nullopt for
/// anything else. In whole seconds: the nanoseconds of system_clock end in 2262, and "never" is sent as the year 9999.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept;

}  // namespace mwaa_serverless::protocol
