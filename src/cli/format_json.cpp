#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cstdint>
#include <utility>

#include "cli/format.hpp"
#include "protocol/json_writer.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

void append(std::string& out, const json::value& value, std::size_t depth) {
  const auto new_line = [&out](std::size_t level) {
    out += '\n';
    out.append(level * 4, ' ');
  };
  if (const json::array* array = value.if_array()) {
    if (array->empty()) {
      out += "[]";
      return;
    }
    out += '[';
    for (bool first = true; const json::value& element : *array) {
      if (!std::exchange(first, false)) out += ',';
      new_line(depth + 1);
      append(out, element, depth + 1);
    }
    new_line(depth);
    out += ']';
  } else if (const json::object* object = value.if_object()) {
    if (object->empty()) {
      out += "{}";
      return;
    }
    out += '{';
    for (bool first = true; const json::key_value_pair& member : *object) {
      if (!std::exchange(first, false)) out += ',';
      new_line(depth + 1);
      protocol::append_json_string(out, member.key());
      out += ": ";
      append(out, member.value(), depth + 1);
    }
    new_line(depth);
    out += '}';
  } else if (const json::string* text = value.if_string()) {
    protocol::append_json_string(out, *text);
  } else if (value.is_null()) {
    out += "null";
  } else if (const bool* flag = value.if_bool()) {
    out += *flag ? "true" : "false";
  } else {
    out += scalar_text(value);
  }
}

}  // namespace

std::string format_json(const json::value& document) {
  std::string out;
  append(out, document, 0);
  return out;
}

std::string scalar_text(const json::value& scalar) {
  if (const json::string* text = scalar.if_string()) return std::string{*text};
  if (const std::int64_t* number = scalar.if_int64()) return std::to_string(*number);
  if (const std::uint64_t* number = scalar.if_uint64()) return std::to_string(*number);
  if (const bool* flag = scalar.if_bool()) return *flag ? "True" : "False";
  if (const double* number = scalar.if_double()) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    std::string out{digits.data(), end};
    if (out.find_first_of(".en") == std::string::npos) out += ".0";
    return out;
  }
  return "None";
}

}  // namespace mwaa_serverless::cli
