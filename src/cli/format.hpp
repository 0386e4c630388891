// A response as text, byte for byte as the AWS CLI v2 prints it. Members of objects are in the model's order.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace mwaa_serverless::cli {

/// Indented by four, non-ASCII text as it is, without a final newline.
[[nodiscard]] std::string format_json(const boost::json::value& document);

/// Tab-separated lines; scalars first, in the order of their names; lists under their name in upper case.
[[nodiscard]] std::string format_text(const boost::json::value& document);

/// How a table is drawn.
class table_style {
 public:
  table_style() {}

  bool color = false;
  int terminal_width = 80;  ///< A wider table turns sections of one row by a quarter.
};

/// Boxes of ASCII characters under `title`. Empty for an empty document.
[[nodiscard]] std::string format_table(std::string_view title, const boost::json::value& document,
                                       const table_style& style);

/// YAML with members in the order of their names; long text is folded.
[[nodiscard]] std::string format_yaml(const boost::json::value& document);

/// A number, boolean or text as the text and table formats show it (as Python prints it).
[[nodiscard]] std::string scalar_text(const boost::json::value& scalar);
[[nodiscard]] inline bool is_scalar(const boost::json::value& value) noexcept {
  return !value.is_structured();
}

}  // namespace mwaa_serverless::cli
