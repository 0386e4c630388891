// Case and kinds of the characters of ASCII, whatever the locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

[[nodiscard]] constexpr char lower_case(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return lower_case(c) >= 'a' && lower_case(c) <= 'z';
}
[[nodiscard]] constexpr bool is_control(char c) noexcept {
  return (c >= '\0' && c < ' ') || c == '\x7F';
}

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = lower_case(c);
  return out;
}

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower_case(x) == lower_case(y); });
}

}  // namespace mwaa_serverless::strings
