#include "cli/output_format.hpp"

#include "strings/ascii_case.hpp"

namespace mwaa_serverless::cli {

std::optional<output_format> parse_output_format(std::string_view name) noexcept {
  if (name == "json") return output_format::json;
  if (name == "text") return output_format::text;
  if (name == "table") return output_format::table;
  if (name == "yaml") return output_format::yaml;
  return std::nullopt;
}

std::optional<error_format> parse_error_format(std::string_view name) noexcept {
  const auto is = [name](std::string_view choice) { return strings::equal_ignoring_case(name, choice); };
  if (is("enhanced")) return error_format::enhanced;
  if (is("legacy")) return error_format::legacy;
  if (is("json")) return error_format::json;
  if (is("yaml")) return error_format::yaml;
  if (is("text")) return error_format::text;
  if (is("table")) return error_format::table;
  return std::nullopt;
}

std::optional<color_choice> parse_color_choice(std::string_view name) noexcept {
  if (name == "on") return color_choice::on;
  if (name == "off") return color_choice::off;
  if (name == "auto") return color_choice::automatic;
  return std::nullopt;
}

}  // namespace mwaa_serverless::cli
