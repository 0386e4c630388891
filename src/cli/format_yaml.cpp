#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "cli/format.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

// Text that means itself without quotes in every version of YAML: words that begin with a letter, without the marks
// that end a scalar.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return strings::is_letter(c) || static_cast<unsigned char>(c) >= 0x80; };
  if (text.empty() || !letter(text.front()) || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (std::ranges::any_of(text, strings::is_control)) return false;
  constexpr std::string_view reserved[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  return std::ranges::find(reserved, strings::lower_case(text)) == std::end(reserved);
}

std::string scalar(const json::value& value) {
  if (!value.is_string()) {
    if (const bool* flag = value.if_bool()) return *flag ? "true" : "false";
    return value.is_null() ? "null" : scalar_text(value);
  }
  const std::string_view text = value.get_string();
  if (is_plain(text)) return std::string{text};
  if (std::ranges::any_of(text, strings::is_control))
    return format_json(value);  // a JSON string is a double-quoted scalar of YAML
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + '\'';
}

void append(std::string& out, const json::value& value, std::size_t indent);

void append_object(std::string& out, const json::object& object, std::size_t indent, bool first_line_indented) {
  std::set<std::string_view> names;
  for (const auto& member : object) names.insert(member.key());
  for (const std::string_view name : names) {
    if (!first_line_indented) out.append(indent, ' ');
    first_line_indented = false;
    out += scalar(json::value(name));
    out += ':';
    append(out, object.at(name), indent);
  }
}

// What follows `name:`.
void append(std::string& out, const json::value& value, std::size_t indent) {
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '\n';
    append_object(out, *object, indent + 2, false);
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '\n';
    for (const json::value& element : *array) {
      out.append(indent, ' ');
      out += '-';
      if (const json::object* entry = element.if_object(); entry != nullptr && !entry->empty()) {
        out += ' ';
        append_object(out, *entry, indent + 2, true);
      } else {
        append(out, element, indent + 2);
      }
    }
  } else {
    out += ' ';
    out += value.is_object() ? "{}" : value.is_array() ? "[]" : scalar(value);
    out += '\n';
  }
}

}  // namespace

std::string format_yaml(const json::value& document) {
  std::string out;
  if (const json::object* object = document.if_object(); object != nullptr && !object->empty()) {
    append_object(out, *object, 0, false);
  } else {
    append(out, document, 0);
    out.erase(0, 1);
  }
  return out;
}

}  // namespace mwaa_serverless::cli
