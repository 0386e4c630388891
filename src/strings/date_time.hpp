// Dates and times as the service, HTTP and signatures write them. Whatever the locale.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

/// Reads ISO 8601 as the service writes it (RFC 3339): `2025-11-17T12:00:00Z`, with or without a fraction of a second,
/// with `Z` or an offset such as `+01:00`. nullopt for anything else and for dates that do not exist.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) noexcept;

enum class utc_sign : std::uint8_t {
  z,       ///< `Z`, as the service writes it.
  offset,  ///< `+00:00`, as the AWS CLI prints it.
};
/// Writes ISO 8601 in UTC: `2025-11-17T12:00:00Z`, with six digits of a second when it is not whole.
[[nodiscard]] std::string format_shortest_timestamp(std::chrono::system_clock::time_point when,
                                                    utc_sign zone = utc_sign::z);
/// `2026-01-01T00:00:00.000Z`; for years from 0 to 9999, as the other two forms.
[[nodiscard]] std::string format_timestamp(std::chrono::system_clock::time_point when);

/// Reads the end of credentials as the programs and services that print one write it: like parse_timestamp(), and with
/// a small `t` or a blank for the `T`, `z`, `UTC`, `GMT`, `+0000` or `+00` for the `Z` (Go: `+0000 UTC`), a blank
/// before it, a comma for the point, no seconds, no dashes and colons. Times before 1970 and from 2262 become these
/// limits: they have passed, or will not. Without a zone it is nullopt, as nobody knows when it is.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_expiration(std::string_view text) noexcept;
/// A time since 1970 within these limits; `fraction` is less than a second.
[[nodiscard]] std::chrono::system_clock::time_point clamped_expiration(std::chrono::seconds since_1970,
                                                                       std::chrono::nanoseconds fraction = {}) noexcept;

/// Reads the one form that senders of HTTP may use (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`; nullopt
/// for anything else. In whole seconds: the nanoseconds of system_clock end in 2262, and "never" is sent as the year
/// 9999.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept;
[[nodiscard]] std::string format_http_date(std::chrono::system_clock::time_point when);

/// Reads the form of Signature Version 4, `20260131T235959Z`; nullopt for anything else and for dates that do not
/// exist.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_signing_time(std::string_view text) noexcept;
[[nodiscard]] std::array<char, 16> signing_time_characters(std::chrono::system_clock::time_point when) noexcept;
[[nodiscard]] std::string format_signing_time(std::chrono::system_clock::time_point when);

}  // namespace mwaa_serverless::strings
