#include "cli/parameter_value.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "cli/failure.hpp"
#include "cli/parameter_check.hpp"
#include "cli/parameter_file.hpp"
#include "cli/shorthand.hpp"
#include "cli/whole_number.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using form = protocol::value_type::form;

failure refused(std::string_view flag, const std::string& why) {
  return failure::parameter("Error parsing parameter '" + std::string{flag} + "': " + why);
}

json::value read_json(const parameter& of, const std::string& text) {
  boost::system::error_code wrong;
  json::value out = json::parse(text, wrong);
  if (!wrong) return out;
  throw refused(of.flag, "Invalid JSON: " + wrong.message() + "\nJSON received: " + (of.sensitive ? "***" : text));
}

// A text that says when as a number is one for the service's JSON too.
json::value read_time(const std::string& text) {
  const std::string_view digits = stripped(text);
  double seconds = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (code == std::errc{} && end == digits.data() + digits.size() && std::isfinite(seconds))
    return json::value(seconds);
  return json::value(text);
}

// The AWS CLI's words, which end in the whole input.
std::string without_input(std::string message) {
  constexpr std::string_view mark = " for input:\n";
  const std::size_t found = message.find(mark);
  return found == std::string::npos ? message : message.substr(0, found + mark.size()) + "***";
}

json::value read_shorthand(const parameter& of, const std::string& text, const protocol::value_type& type) {
  try {
    json::value out = parse_shorthand(text);
    fit_shorthand(out, type);
    return out;
  } catch (const shorthand_error& problem) {
    throw refused(of.flag, of.sensitive ? without_input(problem.what()) : problem.what());
  } catch (const parameter_file_error& problem) {
    throw refused(of.flag, problem.what());
  }
}

json::value read_word(const parameter& of, const std::string& text, const protocol::value_type& type) {
  if (!strings::is_utf8(text)) throw refused(of.flag, "the value is not valid UTF-8");
  switch (type.is) {
    case form::text:
      return json::value(text);
    case form::timestamp:
      return read_time(text);
    case form::integer:
      return parse_whole_number<std::int32_t>(of.flag, text);
    case form::boolean:
      return json::value(text == "true");
    case form::document:
    case form::structure:
    case form::map:
    case form::list:
      break;
  }
  const std::string_view content = stripped(text);
  if (content.starts_with(type.is == form::list ? '[' : '{')) return read_json(of, text);
  if (type.is == form::document || content.starts_with('[') || content.starts_with('{') || type.is == form::list)
    throw refused(of.flag, "Invalid JSON:\n" + (of.sensitive ? "***" : text));
  return read_shorthand(of, text, type);
}

json::value read_list(const parameter& of, std::vector<std::string> words) {
  if (words.size() == 1) {
    const bool is_file = words.front().starts_with("file://") || words.front().starts_with("fileb://");
    std::string text = value_or_file_of(of.flag, std::move(words.front()), false);
    // The AWS CLI takes the characters of another file for the elements.
    if (is_file || stripped(text).starts_with('[')) return read_word(of, text, *of.type);
    words.front() = std::move(text);
  }
  json::array out;
  for (const std::string& word : words) out.push_back(read_word(of, word, *of.type->element));
  return out;
}

}  // namespace

json::value read_parameter(const parameter& of, std::vector<std::string> words) {
  if (of.is(form::list)) return read_list(of, std::move(words));
  if (of.is(form::boolean)) return json::value(words.back() == "true");
  return read_word(of, value_or_file_of(of.flag, std::move(words.back()), of.is(form::integer)), *of.type);
}

json::object read_input_json(const std::string& given) {
  std::string text;
  try {
    text = value_or_file(given, true);
  } catch (const parameter_file_error& problem) {
    throw failure{exit_code::failure, problem.what()};
  }
  boost::system::error_code wrong;
  json::value out = json::parse(text, wrong);
  if (wrong) throw refused("cli-input-json", "Invalid JSON received.");
  if (!out.is_object())
    throw refused("--cli-input-json",
                  "Invalid type: expecting map, received <class '" + std::string{python_type(out)} + "'>");
  return std::move(out.get_object());
}

}  // namespace mwaa_serverless::cli
