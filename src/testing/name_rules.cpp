#include "testing/name_rules.hpp"

#include <algorithm>
#include <array>
#include <mwaa_serverless/model/task_instance.hpp>

// By hand and not by std::regex, which recurses once a character and would let a long name exhaust the stack.
namespace mwaa_serverless::testing {

namespace {

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) noexcept {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}
bool is_name_character(char c) noexcept {
  return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

template <class Predicate>
bool all_of(std::string_view text, Predicate predicate) noexcept {
  return std::all_of(text.begin(), text.end(), predicate);
}

/// The text before the first `separator`, which goes too; false when there is none.
bool cut(std::string_view& rest, char separator, std::string_view& part) noexcept {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return false;
  part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

bool is_partition(std::string_view text) noexcept {
  if (!text.starts_with("aws")) return false;
  text.remove_prefix(3);
  while (!text.empty()) {
    if (text[0] != '-') return false;
    text.remove_prefix(1);
    const auto part = text.substr(0, text.find('-'));
    if (part.empty() || !all_of(part, [](char c) { return is_lower(c) || is_digit(c); })) return false;
    text.remove_prefix(part.size());
  }
  return true;
}

// Words in lower case and a number at the end: us-east-1, us-gov-west-1, eusc-de-east-1.
bool is_region(std::string_view text) noexcept {
  std::size_t words = 0;
  std::string_view part;
  while (cut(text, '-', part)) {
    if (part.empty() || !all_of(part, is_lower)) return false;
    ++words;
  }
  return words >= 2 && !text.empty() && all_of(text, is_digit);
}

bool is_workflow_name(std::string_view text) noexcept {
  constexpr std::size_t suffix = 10;
  if (text.size() < suffix + 2 || text.size() > 255 + 1 + suffix) return false;
  const auto name = text.substr(0, text.size() - suffix - 1);
  return text[name.size()] == '-' && all_of(text.substr(name.size() + 1), is_alphanumeric) &&
         is_alphanumeric(name[0]) && all_of(name, is_name_character);
}

}  // namespace

bool is_workflow_arn(std::string_view text) noexcept {
  std::array<std::string_view, 5> part;  // arn, partition, service, region, account
  for (auto& each : part) {
    if (!cut(text, ':', each)) return false;
  }
  std::string_view type;
  return part[0] == "arn" && is_partition(part[1]) && part[2] == "airflow-serverless" && is_region(part[3]) &&
         part[4].size() == 12 && all_of(part[4], is_digit) && cut(text, '/', type) && type == "workflow" &&
         is_workflow_name(text);
}

bool is_id(std::string_view text) noexcept {
  return !text.empty() && is_alphanumeric(text[0]) && all_of(text, is_name_character);
}

bool is_task_status(std::string_view text) noexcept {
  task_instance_status ignored;
  return task_instance_status::parse(text, ignored);
}

}  // namespace mwaa_serverless::testing
