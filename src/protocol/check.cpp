#include "protocol/check.hpp"

#include <string>
#include <string_view>

#include "strings/utf8.hpp"

namespace mwaa_serverless::protocol {

namespace {

// The first of what is wrong; empty when nothing is.
class checker {
 public:
  std::string structure_of(const structure& members, const void* object, const std::string& path) {
    std::size_t set = 0;
    for (const member_row& each : members.members) {
      const void* const value = find(each, object);
      if (value == nullptr) continue;
      ++set;
      std::string wrong = value_of(*each.type, value, each.check,
                                   path.empty() ? std::string{each.name} : path + '.' + std::string{each.name});
      if (!wrong.empty()) return wrong;
    }
    if (!members.is_union || set == 1) return {};
    return "Invalid number of parameters set for tagged union structure " + path + ": " + std::to_string(set) +
           ", must be exactly 1";
  }

 private:
  std::string value_of(const value_type& type, const void* value, const rules& check, const std::string& path) {
    switch (type.is) {
      case value_type::form::text: {
        const std::string_view text = type.text(value);
        // A character has at most four bytes: mostly there is nothing to count.
        if (static_cast<std::int64_t>(text.size() / 4) >= check.min) return {};
        return length(path, check.sensitive ? "***" : strings::beginning_of(text), characters(text), check.min);
      }
      case value_type::form::integer:
        if (check.min == rules::none || type.integer(value) >= check.min) return {};
        return "Invalid value for parameter " + path + ", value: " + std::to_string(type.integer(value)) +
               ", valid min value: " + std::to_string(check.min);
      case value_type::form::structure:
        return structure_of(*type.members, value, path);
      case value_type::form::list:
      case value_type::form::map:
        return entries_of(type, value, check, path);
      case value_type::form::boolean:
      case value_type::form::timestamp:
      case value_type::form::document:
        break;
    }
    return {};
  }

  std::string entries_of(const value_type& type, const void* entries, const rules& check, const std::string& path) {
    const bool list = type.is == value_type::form::list;
    std::string wrong = length(path, list ? "[]" : "{}", static_cast<std::int64_t>(type.size(entries)), check.min);
    std::size_t index = 0;
    for_each(type, entries, [&](std::string_view key, const void* value) {
      if (!wrong.empty()) return;
      const std::string place =
          path + (list ? '[' + std::to_string(index++) + ']' : "['" + strings::beginning_of(key) + "']");
      if (check.key != nullptr) wrong = length(place, strings::beginning_of(key), characters(key), check.key->min);
      if (wrong.empty())
        wrong = value_of(*type.element, value, check.element != nullptr ? *check.element : rules{}, place);
    });
    return wrong;
  }

  // As AWS's tools count.
  static std::int64_t characters(std::string_view text) {
    return static_cast<std::int64_t>(strings::count_characters(text));
  }
  static std::string length(const std::string& path, const std::string& shown, std::int64_t is, std::int64_t least) {
    if (least == rules::none || is >= least) return {};
    return "Invalid length for parameter " + path + ", value '" + shown + "': length " + std::to_string(is) +
           ", valid min length: " + std::to_string(least);
  }
};

}  // namespace

std::optional<error> check(const structure_view& request) {
  std::string wrong = checker{}.structure_of(request.members, request.object, {});
  if (wrong.empty()) return std::nullopt;
  return error(errc::invalid_argument, std::move(wrong));
}

}  // namespace mwaa_serverless::protocol
