// What can be chosen about output.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mwaa_serverless::cli {

/// `--output`.
enum class output_format : std::uint8_t { json, text, table, yaml };
/// `--cli-error-format`.
enum class error_format : std::uint8_t { enhanced, legacy, json, yaml, text, table };
/// `--color`.
enum class color_choice : std::uint8_t { on, off, automatic };

/// The choice spelled `name`; nullopt when there is none. Error formats in any case, as the AWS CLI takes them.
[[nodiscard]] std::optional<output_format> parse_output_format(std::string_view name) noexcept;
[[nodiscard]] std::optional<error_format> parse_error_format(std::string_view name) noexcept;
[[nodiscard]] std::optional<color_choice> parse_color_choice(std::string_view name) noexcept;

inline constexpr std::string_view output_format_names = "json, text, table, yaml";
inline constexpr std::string_view error_format_names = "enhanced, legacy, json, yaml, text, table";
inline constexpr std::string_view color_choice_names = "on, off, auto";

}  // namespace mwaa_serverless::cli
