#include "strings/utf8.hpp"

#include <algorithm>

namespace mwaa_serverless::strings {

utf8_character first_character(std::string_view text) noexcept {
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

std::size_t first_not_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = first_character(text.substr(at)).size;
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::size_t count_characters(std::string_view text) noexcept {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::string beginning_of(std::string_view text) {
  constexpr std::size_t shown = 60;
  if (text.size() <= shown) return std::string{text};
  std::size_t end = shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string{text.substr(0, end)} + "...";
}

}  // namespace mwaa_serverless::strings
