#include <boost/json/basic_parser_impl.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/json_text.hpp>
#include <ostream>

#include "strings/trim.hpp"

namespace mwaa_serverless {

namespace {

namespace json = boost::json;
using boost::system::error_code;

/// Looks at a text, and keeps nothing.
class nothing {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_key(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double, json::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

json_text::json_text(std::string_view json) : text_(strings::trimmed(json, " \t\r\n")) {
  json::parse_options bounds;
  bounds.max_depth = 32;
  json::basic_parser<nothing> parser{bounds};
  error_code code;
  const std::size_t read = parser.write_some(false, text_.data(), text_.size(), code);
  if (!code && read < text_.size()) code = make_error_code(json::error::extra_data);
  if (!code) return;
  throw exception(
      error(errc::invalid_argument, "not a JSON value: " + code.message() + " (at byte " + std::to_string(read) + ")"));
}

json_text json_text::trusted(std::string_view json) {
  json_text out;
  out.text_ = json;
  return out;
}

std::ostream& operator<<(std::ostream& out, const json_text& value) {
  return out << value.view();
}

}  // namespace mwaa_serverless
