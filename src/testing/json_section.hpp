// JSON that people write, read strictly: whatever is not as described is refused, and the place in the text is named.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::testing {

/// Throws exception(errc::invalid_configuration): "PATH: WHY", or WHY alone where there is no path.
[[noreturn]] void refuse_json(const std::string& path, const std::string& why);

/// `text` as one JSON value. Refuses what is none.
[[nodiscard]] boost::json::value parse_json(std::string_view text);

/// One JSON object and the way to it.
class json_section {
 public:
  /// Refuses what is no object, and members other than those that are `known`.
  json_section(const boost::json::value& value, std::string path, std::initializer_list<std::string_view> known);

  [[nodiscard]] std::string at(std::string_view member) const;
  [[nodiscard]] std::string element(const char* member, std::size_t index) const;
  [[nodiscard]] bool contains(const char* member) const;
  [[nodiscard]] std::string string(const char* member) const;
  [[nodiscard]] std::string string_or(const char* member, std::string_view otherwise) const;
  /// Empty when the member is absent.
  [[nodiscard]] const boost::json::array& array(const char* member) const;
  /// False when the member is absent.
  [[nodiscard]] bool boolean(const char* member) const;
  /// The strings of an array; empty when the member is absent.
  [[nodiscard]] std::vector<std::string> strings(const char* member) const;
  /// The strings of an object, by their names; empty when the member is absent.
  [[nodiscard]] std::map<std::string, std::string, std::less<>> texts(const char* member) const;
  /// An object; the member is there.
  [[nodiscard]] json_section section(const char* member, std::initializer_list<std::string_view> known) const;
  /// A number from 0 to `high`, of `unit`; nullopt when the member is absent.
  [[nodiscard]] std::optional<double> number(const char* member, double high, std::string_view unit) const;
  /// From 0 to a thousand million.
  [[nodiscard]] std::optional<double> seconds(const char* member) const;

 private:
  const boost::json::object* object_ = nullptr;
  std::string path_;
};

}  // namespace mwaa_serverless::testing
