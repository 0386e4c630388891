// Whole numbers in the forms that JSON has for them.
#pragma once

#include <cstdint>
#include <string_view>

namespace mwaa_serverless::protocol {

class number_text {
 public:
  enum class kind : std::uint8_t { whole, fraction, out_of_range };

  /// Reads a JSON number exactly: `12`, `12.0`, `1.2e1` and `120E-1` are the whole number 12, `12.5` has a fraction.
  /// Boost.JSON's own value is a double that is not exact, and NaN for `0e2147483647`.
  explicit number_text(std::string_view text) noexcept;

  [[nodiscard]] kind what() const noexcept { return what_; }
  /// Of a whole number of 32 bits.
  [[nodiscard]] std::int32_t value() const noexcept { return value_; }

 private:
  kind what_ = kind::whole;
  std::int32_t value_ = 0;
};

}  // namespace mwaa_serverless::protocol
