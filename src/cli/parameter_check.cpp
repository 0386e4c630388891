#include "cli/parameter_check.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <utility>

#include "cli/format.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using form = protocol::value_type::form;
using protocol::rules;

std::int64_t characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

void append_quoted(std::string& out, std::string_view text) {
  const bool apostrophe = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char mark = apostrophe ? '"' : '\'';
  out += mark;
  for (const char c : text) {
    if (c == '\\' || c == mark) out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else
      out += c;
  }
  out += mark;
}

// As Python's repr() shows it.
void append_repr(std::string& out, const json::value& value) {
  if (const json::object* const object = value.if_object()) {
    out += '{';
    for (bool first = true; const auto& entry : *object) {
      if (!std::exchange(first, false)) out += ", ";
      append_quoted(out, entry.key());
      out += ": ";
      append_repr(out, entry.value());
    }
    out += '}';
  } else if (const json::array* const array = value.if_array()) {
    out += '[';
    for (bool first = true; const json::value& each : *array) {
      if (!std::exchange(first, false)) out += ", ";
      append_repr(out, each);
    }
    out += ']';
  } else if (value.is_string()) {
    append_quoted(out, value.get_string());
  } else {
    out += scalar_text(value);
  }
}

std::string shown(const json::value& value) {
  if (value.is_string()) return std::string{value.get_string()};
  std::string out;
  append_repr(out, value);
  return out;
}

std::string_view wanted_type(form is) {
  switch (is) {
    case form::text:
      return "<class 'str'>";
    case form::integer:
      return "<class 'int'>";
    case form::boolean:
      return "<class 'bool'>";
    case form::timestamp:
      return "<class 'datetime.datetime'>, timestamp-string";
    case form::list:
      return "<class 'list'>, <class 'tuple'>";
    case form::document:
    case form::structure:
    case form::map:
      return "<class 'dict'>";
  }
  return {};
}

bool has_type(form is, const json::value& value) {
  switch (is) {
    case form::text:
      return value.is_string();
    case form::integer:  // in Python a bool is an int too
      return value.is_int64() || value.is_uint64() || value.is_bool();
    case form::boolean:
      return value.is_bool();
    case form::timestamp:
      return value.is_string() || value.is_number();
    case form::list:
      return value.is_array();
    case form::document:
    case form::structure:
    case form::map:
      return value.is_object();
  }
  return false;
}

class checker {
 public:
  void structure_of(const json::object& given, const protocol::structure& members, const std::string& path) {
    if (members.is_union && given.empty())
      add("Must set one of the following keys for tagged unionstructure " + name(path) + ": " + names(members) + '.');
    if (members.is_union && given.size() > 1)
      add("Invalid number of parameters set for tagged union structure " + name(path) +
          ". Can only set one of the following keys: " + names(members) + '.');
    for (const protocol::member_row& each : members.members)
      if (each.check.required && !given.contains(each.name))
        add("Missing required parameter in " + name(path) + ": \"" + std::string{each.name} + '"');
    const auto row_of = [&](std::string_view key) {
      return std::ranges::find(members.members, key, &protocol::member_row::name);
    };
    for (const auto& entry : given)
      if (row_of(entry.key()) == members.members.end())
        add("Unknown parameter in " + name(path) + ": \"" + std::string{entry.key()} +
            "\", must be one of: " + names(members));
    for (const auto& entry : given)
      if (const auto row = row_of(entry.key()); row != members.members.end())
        value_of(entry.value(), *row->type, row->check, path + '.' + std::string{row->name});
  }

  std::string take() { return std::move(lines_); }

 private:
  void value_of(const json::value& value, const protocol::value_type& type, const rules& check,
                const std::string& path) {
    if (!has_type(type.is, value)) {
      const std::string_view is = python_type(value);
      return add("Invalid type for parameter " + name(path) +
                 ", value: " + (holds_secrets(type, check) ? "***" : shown(value)) + ", type: <class '" +
                 std::string{is} + "'>, valid types: " + std::string{wanted_type(type.is)});
    }
    switch (type.is) {
      case form::text:
        return length(characters(value.get_string()), check, path);
      case form::integer:
        return number(value, check, path);
      case form::structure:
        return structure_of(value.get_object(), *type.members, path);
      case form::list:
        length(static_cast<std::int64_t>(value.get_array().size()), check, path);
        for (std::size_t i = 0; i < value.get_array().size(); ++i)
          value_of(value.get_array()[i], *type.element, rules_of(check.element), path + '[' + std::to_string(i) + ']');
        return;
      case form::map:
        for (const auto& entry : value.get_object()) {
          const std::string key{entry.key()};
          if (check.key != nullptr) length(characters(key), *check.key, path + " (key: " + key + ')');
          value_of(entry.value(), *type.element, rules_of(check.element), path + '.' + key);
        }
        return;
      case form::boolean:
      case form::timestamp:
      case form::document:
        return;
    }
  }

  void number(const json::value& value, const rules& check, const std::string& path) {
    if (check.min == rules::none || value.is_uint64()) return;
    const std::int64_t is = value.is_bool() ? value.get_bool() : value.get_int64();
    if (is < check.min)
      add("Invalid value for parameter " + name(path) + ", value: " + scalar_text(value) +
          ", valid min value: " + std::to_string(check.min));
  }

  void length(std::int64_t is, const rules& check, const std::string& path) {
    if (check.min == rules::none || is >= check.min) return;
    add("Invalid length for parameter " + name(path) + ", value: " + std::to_string(is) +
        ", valid min length: " + std::to_string(check.min));
  }

  static rules rules_of(const rules* some) { return some == nullptr ? rules{} : *some; }

  static std::string name(const std::string& path) { return path.empty() ? "input" : path.substr(1); }

  static std::string names(const protocol::structure& members) {
    std::string out;
    for (const protocol::member_row& each : members.members) out.append(out.empty() ? "" : ", ").append(each.name);
    return out;
  }

  void add(const std::string& line) { lines_.append(lines_.empty() ? "" : "\n").append(line); }

  std::string lines_;
};

}  // namespace

std::string check_parameters(const json::object& given, const protocol::structure& members) {
  checker looking;
  looking.structure_of(given, members, {});
  return looking.take();
}

bool holds_secrets(const protocol::value_type& type, const rules& check) noexcept {
  if (check.sensitive || (check.key != nullptr && check.key->sensitive)) return true;
  if (type.element != nullptr) return holds_secrets(*type.element, check.element == nullptr ? rules{} : *check.element);
  return type.members != nullptr && std::ranges::any_of(type.members->members, [](const protocol::member_row& each) {
           return holds_secrets(*each.type, each.check);
         });
}

std::string_view python_type(const json::value& value) noexcept {
  switch (value.kind()) {
    case json::kind::null:
      return "NoneType";
    case json::kind::bool_:
      return "bool";
    case json::kind::int64:
    case json::kind::uint64:
      return "int";
    case json::kind::double_:
      return "float";
    case json::kind::string:
      return "str";
    case json::kind::array:
      return "list";
    case json::kind::object:
      return "dict";
  }
  return {};
}

}  // namespace mwaa_serverless::cli
