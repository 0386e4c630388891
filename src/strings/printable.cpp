#include "strings/printable.hpp"

#include <cstddef>
#include <cstdint>

#include "strings/hex.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::strings {

namespace {

bool is_harmless(std::uint32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
  // LINE and PARAGRAPH SEPARATOR; the marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX
  // #9).
  return c != 0x61c && c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& out, const utf8_character& c) {
  if (c.size == 0) {
    append_hex(out += "\\x", c.value, 2);
  } else if (c.value == '\n' || c.value == '\r' || c.value == '\t') {
    out += c.value == '\n' ? "\\n" : c.value == '\r' ? "\\r" : "\\t";
  } else {
    append_hex(out += "\\u", c.value, 4);
  }
}

}  // namespace

std::string printable(std::string text, std::string_view kept) {
  std::string out;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size();) {
    const utf8_character c = first_character(std::string_view{text}.substr(i));
    const bool stays = c.size != 0 && (is_harmless(c.value) || (c.value < 0x80 && kept.find(text[i]) != kept.npos));
    if (!stays) {
      out.append(text, written, i - written);
      append_escaped(out, c);
      written = i + (c.size == 0 ? 1 : c.size);
    }
    i += c.size == 0 ? 1 : c.size;
  }
  if (written == 0) return text;
  return out.append(text, written);
}

}  // namespace mwaa_serverless::strings
