// Hexadecimal digits. Written in lower case, as hashes and escapes have them. (OpenSSL writes capitals, and Boost's
// algorithm knows bytes only.)
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace mwaa_serverless::strings {

inline constexpr char hex_digits[] = "0123456789abcdef";  // no pointer: GCC 12 would read it anew for each digit

/// The last `digits` digits of `value`.
constexpr void append_hex(std::string& out, std::size_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex_digits[(value >> shift) & 0xf];
}

inline void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  for (const unsigned char byte : bytes) append_hex(out, byte, 2);
}

template <std::size_t Size>
[[nodiscard]] constexpr std::array<char, 2 * Size> hex_characters(
    const std::array<unsigned char, Size>& bytes) noexcept {
  std::array<char, 2 * Size> out;
  // Not by a table of digits, which takes a load for each.
  const auto digit = [](unsigned value) { return static_cast<char>(value + (value < 10 ? '0' : 'a' - 10)); };
  for (std::size_t i = 0; i < Size; ++i) {
    out[2 * i] = digit(bytes[i] >> 4U);
    out[2 * i + 1] = digit(bytes[i] & 0xfU);
  }
  return out;
}

template <std::size_t Size>
[[nodiscard]] std::string to_hex(const std::array<unsigned char, Size>& bytes) {
  const auto characters = hex_characters(bytes);
  return {characters.data(), characters.size()};
}

/// Of a digit in either case; -1 for what is none.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace mwaa_serverless::strings
