#include "protocol/number_text.hpp"

#include <algorithm>
#include <limits>

#include "strings/ascii_case.hpp"

namespace mwaa_serverless::protocol {

namespace {

using strings::is_digit;

// Far beyond any number of 32 bits, and far from overflowing.
constexpr std::int64_t most = 1'000'000'000'000;

}  // namespace

number_text::number_text(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto mantissa = text.substr(0, text.find_first_of("eE"));

  std::int64_t exponent = 0;
  if (mantissa.size() < text.size()) {
    auto digits = text.substr(mantissa.size() + 1);
    const bool below = digits.starts_with('-');
    if (below || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) exponent = std::min(most, exponent * 10 + (c - '0'));
    if (below) exponent = -exponent;
  }

  // The value is `number` times ten to the power of `exponent`; zeros at the end wait in `zeros`.
  std::int64_t number = 0;
  std::int64_t zeros = 0;
  bool behind_point = false;
  for (const char c : mantissa) {
    if (c == '.') behind_point = true;
    if (!is_digit(c)) continue;
    if (behind_point) --exponent;
    if (c == '0') {
      ++zeros;
      continue;
    }
    for (; zeros > 0 && number != 0; --zeros) number = std::min(most, number * 10);
    zeros = 0;
    number = std::min(most, number * 10 + (c - '0'));
    if (number == most) --number;  // its last digit no longer counts, but it is not a zero
  }
  exponent += zeros;
  if (number == 0) return;
  if (exponent < 0) {
    what_ = kind::fraction;
    return;
  }
  for (; exponent > 0 && number < most; --exponent) number *= 10;
  if (negative) number = -number;
  if (number < std::numeric_limits<std::int32_t>::min() || number > std::numeric_limits<std::int32_t>::max()) {
    what_ = kind::out_of_range;
    return;
  }
  value_ = static_cast<std::int32_t>(number);
}

}  // namespace mwaa_serverless::protocol
