// A JSON value as text.
#pragma once

#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless {

/// Any JSON value, as the JSON text that means it: a member of the service that has no fixed shape. Empty when the
/// member is absent. Two of them are equal when their texts are.
///
/// Errors: see the constructor.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: RFC 8259.
class MWAA_SERVERLESS_API json_text {
 public:
  json_text() noexcept = default;
  /// Throws exception(errc::invalid_argument), which names the byte, unless `json` is one JSON value at most 32 levels
  /// deep, such as `{"day": "2026-11-30"}`; blanks around it go.
  explicit json_text(std::string_view json);
  /// For text that is known to be JSON: nothing is checked.
  [[nodiscard]] static json_text trusted(std::string_view json);

  [[nodiscard]] std::string_view view() const noexcept { return text_; }

  friend bool operator==(const json_text&, const json_text&) = default;
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const json_text& value);

 private:
  std::string text_;
};
static_assert(!std::is_aggregate_v<json_text>);

}  // namespace mwaa_serverless
