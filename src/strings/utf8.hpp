// The characters of UTF-8 text (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

struct utf8_character {
  std::uint32_t value;  ///< The first byte where no UTF-8 begins.
  std::size_t size;     ///< In bytes; 0: no UTF-8 begins here.
};

/// Of a text that is not empty. The shortest form only, no surrogates, nothing above U+10FFFF.
[[nodiscard]] utf8_character first_character(std::string_view text) noexcept;

/// Where `text` ceases to be UTF-8; its size when it never does.
[[nodiscard]] std::size_t first_not_utf8(std::string_view text) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  return first_not_utf8(text) == text.size();
}

/// How many characters UTF-8 text has.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

/// A value as messages show it: its beginning and `...` when it is longer than 60 bytes. No character is cut.
[[nodiscard]] std::string beginning_of(std::string_view text);

}  // namespace mwaa_serverless::strings
