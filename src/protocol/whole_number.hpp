// Whole numbers of a parsed JSON document.
#pragma once

#include <boost/json/value.hpp>
#include <cmath>
#include <cstdint>
#include <optional>

namespace mwaa_serverless::protocol {

/// `value` as a whole number, also when it is written with a fraction of zeros or an exponent (`12.0`, `1.2e1`).
/// Doubles count up to 2^53, from where on not every whole number is one; Boost.JSON's NaN for `0e2147483647` does not.
[[nodiscard]] inline std::optional<std::int64_t> whole_number(const boost::json::value& value) {
  if (value.is_int64()) return value.get_int64();
  constexpr double most = 9007199254740992.0;
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (!(number >= -most && number <= most) || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace mwaa_serverless::protocol
