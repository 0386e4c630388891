#include "testing/json_section.hpp"

#include <algorithm>
#include <boost/json/stream_parser.hpp>
#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <utility>

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

// Years: far enough for any run, and safe in nanoseconds.
constexpr double max_seconds = 1e9;

std::string text_of(json::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

void refuse_json(const std::string& path, const std::string& why) {
  throw exception(error{errc::invalid_configuration, (path.empty() ? "" : path + ": ") + why});
}

json::value parse_json(std::string_view text) {
  json::error_code failure;
  json::stream_parser parser;
  const std::size_t used = parser.write_some(text.data(), text.size(), failure);
  if (!failure && used < text.size()) {
    const auto rest = text.find_first_not_of(" \t\r\n", used);
    if (rest != std::string_view::npos)
      refuse_json("", "more text after the JSON value, at byte " + std::to_string(rest));
  }
  if (!failure && !parser.done()) parser.finish(failure);
  if (failure) refuse_json("", "not JSON, at byte " + std::to_string(used) + ": " + failure.message());
  return parser.release();
}

json_section::json_section(const json::value& value, std::string path, std::initializer_list<std::string_view> known)
    : object_(value.if_object()), path_(std::move(path)) {
  if (object_ == nullptr) refuse_json(path_, "must be an object");
  for (const auto& member : *object_) {
    const std::string name = text_of(member.key());
    if (std::find(known.begin(), known.end(), name) == known.end()) refuse_json(at(name), "is not a known member");
  }
}

std::string json_section::at(std::string_view member) const {
  return path_.empty() ? std::string{member} : path_ + "." + std::string{member};
}

std::string json_section::element(const char* member, std::size_t index) const {
  return at(member) + "[" + std::to_string(index) + "]";
}

bool json_section::contains(const char* member) const {
  return object_->contains(member);
}

std::string json_section::string(const char* member) const {
  const json::value* value = object_->if_contains(member);
  if (value == nullptr) refuse_json(at(member), "is missing");
  if (!value->is_string()) refuse_json(at(member), "must be a string");
  return text_of(value->get_string());
}

std::string json_section::string_or(const char* member, std::string_view otherwise) const {
  return object_->contains(member) ? string(member) : std::string{otherwise};
}

const json::array& json_section::array(const char* member) const {
  static const json::array none;
  const json::value* value = object_->if_contains(member);
  if (value == nullptr) return none;
  if (!value->is_array()) refuse_json(at(member), "must be an array");
  return value->get_array();
}

bool json_section::boolean(const char* member) const {
  const json::value* value = object_->if_contains(member);
  if (value == nullptr) return false;
  if (!value->is_bool()) refuse_json(at(member), "must be true or false");
  return value->get_bool();
}

std::vector<std::string> json_section::strings(const char* member) const {
  std::vector<std::string> out;
  for (const json::value& each : array(member)) {
    if (!each.is_string()) refuse_json(element(member, out.size()), "must be a string");
    out.push_back(text_of(each.get_string()));
  }
  return out;
}

std::map<std::string, std::string, std::less<>> json_section::texts(const char* member) const {
  std::map<std::string, std::string, std::less<>> out;
  const json::value* value = object_->if_contains(member);
  if (value == nullptr) return out;
  if (!value->is_object()) refuse_json(at(member), "must be an object");
  for (const auto& [key, each] : value->get_object()) {
    if (!each.is_string()) refuse_json(at(member) + "." + text_of(key), "must be a string");
    out.emplace(text_of(key), text_of(each.get_string()));
  }
  return out;
}

json_section json_section::section(const char* member, std::initializer_list<std::string_view> known) const {
  return {object_->at(member), at(member), known};
}

std::optional<double> json_section::number(const char* member, double high, std::string_view unit) const {
  const json::value* value = object_->if_contains(member);
  if (value == nullptr) return std::nullopt;
  const std::string of_unit = unit.empty() ? std::string{} : " of " + std::string{unit};
  if (!value->is_number()) refuse_json(at(member), "must be a number" + of_unit);
  const double number = value->to_number<double>();
  if (!(number >= 0 && number <= high))
    refuse_json(at(member), "must be from 0 to " + std::to_string(static_cast<std::int64_t>(high)) +
                                (unit.empty() ? std::string{} : " " + std::string{unit}));
  return number;
}

std::optional<double> json_section::seconds(const char* member) const {
  return number(member, max_seconds, "seconds");
}

}  // namespace mwaa_serverless::testing
