#include "testing/input.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t shown_characters = 64;

std::string shown(std::string_view value) {
  if (value.size() <= shown_characters) return std::string{value};
  return std::string{value.substr(0, shown_characters)} + "...";
}

std::string field(std::string_view name, std::string_view message) {
  return R"({"Name":)" + quoted(name) + R"(,"Message":)" + quoted(message) + "}";
}

reply validation(std::string_view reason, std::string_view message, const std::string& field_list) {
  std::string members = R"(,"Reason":)" + quoted(reason);
  if (!field_list.empty()) members += R"(,"FieldList":[)" + field_list + "]";
  return service_error(400, "ValidationException", message, members);
}

}  // namespace

reply validation_error(std::string_view reason, std::string_view message, std::string_view about) {
  return validation(reason, message, about.empty() ? std::string{} : field(about, message));
}

input::input(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) body = "{}";
  json::parse_options bounds;
  bounds.max_depth = max_depth;
  json::error_code failure;
  root_ = json::parse({body.data(), body.size()}, failure, {}, bounds);
  if (failure)
    unreadable_ = validation_error("cannotParse", "The request body is not valid JSON: " + failure.message());
  else if (!root_.is_object())
    unreadable_ = validation_error("cannotParse", "The request body must be a JSON object");
}

const json::value* input::find(std::string_view member) const {
  const json::object* object = root_.if_object();
  const json::value* value = object == nullptr ? nullptr : object->if_contains({member.data(), member.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string input::text(std::string_view member, std::size_t max_length) const {
  const json::value* value = find(member);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string{text->data(), std::min(text->size(), max_length)};
}

void input::wrong_type(std::string_view member, std::string_view expected) {
  wrong_types_ = true;
  problems_.push_back({std::string{member}, "Value at '" + std::string{member} + "' must be " + std::string{expected}});
}

void input::broken_rule(std::string_view member, std::string_view value, const std::string& rule) {
  problems_.push_back({std::string{member}, "Value '" + shown(value) + "' at '" + std::string{member} +
                                                "' failed to satisfy constraint: Member must " + rule});
}

std::string input::required_string(std::string_view member, std::size_t max_length,
                                   bool (*matches)(std::string_view) noexcept, std::string_view pattern) {
  const json::value* value = find(member);
  if (value == nullptr) {
    problems_.push_back({std::string{member}, "Value null at '" + std::string{member} +
                                                  "' failed to satisfy constraint: Member must not be null"});
    return {};
  }
  const json::string* text = value->if_string();
  if (text == nullptr) {
    wrong_type(member, "a string");
    return {};
  }
  std::string out{text->data(), text->size()};
  if (out.empty())
    broken_rule(member, out, "have length greater than or equal to 1");
  else if (out.size() > max_length)
    broken_rule(member, out, "have length less than or equal to " + std::to_string(max_length));
  else if (!matches(out))
    broken_rule(member, out, "satisfy regular expression pattern: " + std::string{pattern});
  return out;
}

std::optional<std::string> input::optional_string(std::string_view member) {
  const json::value* value = find(member);
  if (value == nullptr) return std::nullopt;
  const json::string* text = value->if_string();
  if (text == nullptr) {
    wrong_type(member, "a string");
    return std::nullopt;
  }
  return std::string{text->data(), text->size()};
}

std::optional<std::int64_t> input::optional_integer(std::string_view member, std::int64_t low, std::int64_t high) {
  const json::value* value = find(member);
  if (value == nullptr) return std::nullopt;
  const std::int64_t* number = value->if_int64();
  if (number == nullptr && !value->is_uint64()) {
    wrong_type(member, "an integer");
    return std::nullopt;
  }
  // What only fits an unsigned number is over every limit.
  if (number == nullptr || *number > high)
    broken_rule(member, json::serialize(*value), "have value less than or equal to " + std::to_string(high));
  else if (*number < low)
    broken_rule(member, json::serialize(*value), "have value greater than or equal to " + std::to_string(low));
  else
    return *number;
  return std::nullopt;
}

std::optional<reply> input::refusal() const {
  if (unreadable_) return unreadable_;
  if (problems_.empty()) return std::nullopt;
  std::string message =
      std::to_string(problems_.size()) + " validation error" + (problems_.size() == 1 ? "" : "s") + " detected: ";
  std::string fields;
  for (const problem& each : problems_) {
    if (!fields.empty()) {
      message += "; ";
      fields += ',';
    }
    message += each.message;
    fields += field(each.member, each.message);
  }
  return validation(wrong_types_ ? "cannotParse" : "fieldValidationFailed", message, fields);
}

}  // namespace mwaa_serverless::testing
