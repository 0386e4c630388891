#include "testing/input.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mwaa_serverless/error.hpp>
#include <utility>
#include <vector>

#include "strings/date_time.hpp"
#include "strings/utf8.hpp"
#include "testing/pattern.hpp"

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 32;
std::string_view view_of(json::string_view text) {
  return {text.data(), text.size()};
}

/// Reads a JSON value by the description of what it should be, and notes what breaks a rule.
class judge {
 public:
  explicit judge(int max_page_size) : max_page_size_(max_page_size) {}

  void structure(const protocol::structure_place& to, const json::object& given, const std::string& path) {
    std::size_t set = 0;
    for (const protocol::member_row& each : to.members.members) {
      const std::string place = path.empty() ? std::string{each.name} : path + '.' + std::string{each.name};
      const json::value* const found = given.if_contains(json::string_view{each.name.data(), each.name.size()});
      if (found == nullptr || found->is_null()) {
        if (each.check.required)
          note(place, "Value null at '" + place + "' failed to satisfy constraint: Member must not be null");
        continue;
      }
      ++set;
      protocol::rules check = each.check;
      if (each.name == "MaxResults") check.max = max_page_size_;
      value(*each.type, check, protocol::make(*each.type, each.at(to.object)), *found, place);
    }
    if (to.members.is_union && set != 1) broken_rule(path, "{}", "have exactly one member");
  }

  /// nullopt when nothing was noted.
  [[nodiscard]] std::optional<reply> verdict() const {
    if (problems_.empty()) return std::nullopt;
    std::string message =
        std::to_string(problems_.size()) + " validation error" + (problems_.size() == 1 ? "" : "s") + " detected: ";
    for (const field_error& each : problems_) {
      if (&each != problems_.data()) message += "; ";
      message += each.message;
    }
    error out{errc::validation, {}};
    out.message = std::move(message);  // as it is: JSON escapes what must be
    out.reason = wrong_types_ ? "cannotParse" : "fieldValidationFailed";
    out.field_list = problems_;
    return service_error("ValidationException", std::move(out));
  }

 private:
  using form = protocol::value_type::form;

  void value(const protocol::value_type& type, const protocol::rules& check, void* to, const json::value& given,
             const std::string& path) {
    switch (type.is) {
      case form::text:
        if (!given.is_string()) return wrong_type(path, "a string");
        text(type, check, view_of(given.get_string()), path);
        return protocol::assign(type, to, view_of(given.get_string()));
      case form::integer:
        return integer(type, check, to, given, path);
      case form::boolean:
        if (!given.is_bool()) return wrong_type(path, "true or false");
        return type.set_boolean(to, given.get_bool());
      case form::timestamp:
        return timestamp(type, to, given, path);
      case form::document:
        return protocol::assign(type, to, json::serialize(given));
      case form::structure:
        if (!given.is_object()) return wrong_type(path, "an object");
        return structure(protocol::structure_place{*type.members, to}, given.get_object(), path);
      case form::list:
        if (!given.is_array()) return wrong_type(path, "a list");
        return list(type, check, to, given.get_array(), path);
      case form::map:
        if (!given.is_object()) return wrong_type(path, "an object");
        return map(type, check, to, given.get_object(), path);
    }
  }

  void text(const protocol::value_type& type, const protocol::rules& check, std::string_view given,
            const std::string& path) {
    const std::string told = check.sensitive ? "***" : std::string{given};
    if (!length(check, strings::count_characters(given), told, path)) return;
    if (!check.pattern.empty() && !matches(check.pattern, given))
      return broken_rule(path, told, "satisfy regular expression pattern: " + std::string{check.pattern});
    if (type.values == nullptr) return;
    const auto known = type.values();
    if (std::find(known.begin() + 1, known.end(), given) != known.end()) return;
    std::string set;
    for (const std::string_view each : known.subspan(1)) set.append(set.empty() ? "" : ", ").append(each);
    broken_rule(path, told, "satisfy enum value set: [" + set + "]");
  }

  void integer(const protocol::value_type& type, const protocol::rules& check, void* to, const json::value& given,
               const std::string& path) {
    const std::int64_t* const number = given.if_int64();
    if (number == nullptr && !given.is_uint64()) return wrong_type(path, "an integer");
    // What only fits an unsigned number is over every limit.
    const std::int64_t high = check.max == protocol::rules::none ? std::numeric_limits<std::int32_t>::max() : check.max;
    const std::int64_t low = check.min == protocol::rules::none ? std::numeric_limits<std::int32_t>::min() : check.min;
    if (number == nullptr || *number > high)
      broken_rule(path, json::serialize(given), "have value less than or equal to " + std::to_string(high));
    else if (*number < low)
      broken_rule(path, json::serialize(given), "have value greater than or equal to " + std::to_string(low));
    else
      type.set_integer(to, static_cast<std::int32_t>(*number));
  }

  // ISO 8601, or a number of seconds since 1970.
  void timestamp(const protocol::value_type& type, void* to, const json::value& given, const std::string& path) {
    using fractional_seconds = std::chrono::duration<double>;
    constexpr double most = 9e9;  // within the nanoseconds of a clock
    std::optional<protocol::time_point> when;
    if (given.is_string())
      when = strings::parse_timestamp(view_of(given.get_string()));
    else if (given.is_number() && std::abs(given.to_number<double>()) < most)
      when = protocol::time_point{
          std::chrono::duration_cast<protocol::time_point::duration>(fractional_seconds{given.to_number<double>()})};
    if (!when) return wrong_type(path, "a timestamp");
    type.set_time(to, *when);
  }

  void list(const protocol::value_type& type, const protocol::rules& check, void* to, const json::array& given,
            const std::string& path) {
    if (!length(check, given.size(), "[]", path)) return;
    auto* place = static_cast<char*>(type.renew(to, given.size()));
    for (std::size_t i = 0; i < given.size(); ++i, place += type.entry_bytes)
      value(*type.element, element_rules(check), protocol::make(*type.element, place), given[i],
            path + '[' + std::to_string(i) + ']');
  }

  void map(const protocol::value_type& type, const protocol::rules& check, void* to, const json::object& given,
           const std::string& path) {
    if (!length(check, given.size(), "{}", path)) return;
    const protocol::value_type key_type;
    type.clear(to);
    for (const auto& entry : given) {
      const std::string_view key = view_of(entry.key());
      const std::string place = path + '.' + strings::beginning_of(key);
      if (check.key != nullptr) text(key_type, *check.key, key, place);
      value(*type.element, element_rules(check), protocol::make(*type.element, protocol::add(type, to, key)),
            entry.value(), place);
    }
  }

  static protocol::rules element_rules(const protocol::rules& of) {
    return of.element != nullptr ? *of.element : protocol::rules{};
  }

  bool length(const protocol::rules& check, std::size_t is, std::string_view given, const std::string& path) {
    const auto size = static_cast<std::int64_t>(is);
    const bool shorter = check.min != protocol::rules::none && size < check.min;
    const bool longer = check.max != protocol::rules::none && size > check.max;
    if (shorter) broken_rule(path, given, "have length greater than or equal to " + std::to_string(check.min));
    if (longer) broken_rule(path, given, "have length less than or equal to " + std::to_string(check.max));
    return !shorter && !longer;
  }

  void wrong_type(const std::string& path, std::string_view expected) {
    wrong_types_ = true;
    note(path, "Value at '" + path + "' must be " + std::string{expected});
  }
  void broken_rule(const std::string& path, std::string_view given, const std::string& rule) {
    note(path, "Value '" + strings::beginning_of(given) + "' at '" + path +
                   "' failed to satisfy constraint: Member must " + rule);
  }
  void note(const std::string& path, std::string message) {
    constexpr std::size_t most = 100;  // of which a person reads the first
    if (problems_.size() < most) problems_.emplace_back(path, std::move(message));
  }

  const int max_page_size_;
  std::vector<field_error> problems_;
  bool wrong_types_ = false;
};

}  // namespace

reply validation_error(std::string_view reason, std::string_view message, std::string_view about) {
  error out{errc::validation, {}};
  out.message = message;
  out.reason = reason;
  if (!about.empty()) out.field_list.emplace_back(std::string{about}, out.message);
  return service_error("ValidationException", std::move(out));
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

std::string input::text(std::string_view member, std::size_t max_length) const {
  const json::object* const object = root_.if_object();
  const json::value* const value = object == nullptr ? nullptr : object->if_contains({member.data(), member.size()});
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string{text->data(), std::min(text->size(), max_length)};
}

std::optional<reply> input::read(const protocol::structure_place& request, int max_page_size) const {
  if (unreadable_) return unreadable_;
  judge all{max_page_size};
  all.structure(request, root_.get_object(), {});
  return all.verdict();
}

}  // namespace mwaa_serverless::testing
