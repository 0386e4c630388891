#include "cli/output_format.hpp"

#include <string>

namespace mwaa_serverless::cli {

std::optional<output_format> parse_output_format(std::string_view name) noexcept {
  if (name == "json") return output_format::json;
  if (name == "text") return output_format::text;
  if (name == "table") return output_format::table;
  return std::nullopt;
}

std::optional<error_format> parse_error_format(std::string_view name) noexcept {
  const auto is = [name](std::string_view choice) {
    if (name.size() != choice.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char c = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
      if (c != choice[i]) return false;
    }
    return true;
  };
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
