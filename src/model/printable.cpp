#include "model/printable.hpp"

#include <cstddef>
#include <cstdint>

namespace mwaa_serverless {

namespace {

struct character {
  std::uint32_t value;
  std::size_t size;  // 0: no UTF-8 begins here
};

// Of a text that is not empty. The shortest form only, no surrogates, nothing above U+10FFFF (RFC 3629).
character first_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size) return {lead, 0};
  std::uint32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {lead, 0};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  const bool too_long = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (too_long || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {lead, 0};
  return {value, size};
}

bool is_harmless(std::uint32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
  // LINE and PARAGRAPH SEPARATOR; the marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX
  // #9).
  return c != 0x61c && c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& out, const character& c) {
  constexpr char digits[] = "0123456789abcdef";
  if (c.size == 0) {
    out += "\\x";
  } else if (c.value == '\n' || c.value == '\r' || c.value == '\t') {
    out += c.value == '\n' ? "\\n" : c.value == '\r' ? "\\r" : "\\t";
    return;
  } else {
    out += "\\u";
    out += digits[c.value >> 12 & 0xf];
    out += digits[c.value >> 8 & 0xf];
  }
  out += digits[c.value >> 4 & 0xf];
  out += digits[c.value & 0xf];
}

}  // namespace

std::string printable(std::string text, std::string_view kept) {
  std::string out;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size();) {
    const character c = first_of(std::string_view{text}.substr(i));
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

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const character c = first_of(text);
    if (c.size == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

}  // namespace mwaa_serverless
