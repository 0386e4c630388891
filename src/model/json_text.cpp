#include <boost/json/basic_parser_impl.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/json_text.hpp>
#include <ostream>

#include "model/ignored_json.hpp"
#include "strings/trim.hpp"

namespace mwaa_serverless {

namespace json = boost::json;

json_text::json_text(std::string_view json) : text_(strings::trimmed(json, " \t\r\n")) {
  json::parse_options bounds;
  bounds.max_depth = 32;
  json::basic_parser<ignored_json> parser{bounds};
  boost::system::error_code code;
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
