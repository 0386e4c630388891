// The parts of JSON in the form that nearly every response has: strings without escapes, whole numbers without
// exponents.
//
// Each function is given a text from where a part should begin, and says where it ends; null when this does not begin
// there in a plain form. What does instead is for another reader to say.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "strings/same_bytes.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::protocol::plain_json {

[[gnu::noinline]] inline const char* skip_all_blanks(const char* at) noexcept {
  while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') ++at;
  return at;
}
/// Where something other than a blank comes. Something does.
[[nodiscard]] inline const char* skip_blanks(const char* at) noexcept {
  return static_cast<unsigned char>(*at) > ' ' ? at : skip_all_blanks(at);  // mostly there are none
}

[[nodiscard]] inline const char* skip(std::string_view word, const char* at, const char* end) noexcept {
  const bool here =
      static_cast<std::size_t>(end - at) >= word.size() && strings::same_bytes(at, word.data(), word.size());
  return here ? at + word.size() : nullptr;
}

/// Behind an opening quote: whether the string is `expected`, which is plain itself.
[[nodiscard]] inline bool is_string(std::string_view expected, const char* at, const char* end) noexcept {
  return static_cast<std::size_t>(end - at) > expected.size() && at[expected.size()] == '"' &&
         strings::same_bytes(at, expected.data(), expected.size());
}

/// At the closing quote of a name: where its value begins.
[[nodiscard]] inline const char* behind_name(const char* at, const char* end) noexcept {
  if (end - at > 2 && at[1] == ':' && static_cast<unsigned char>(at[2]) > ' ') return at + 2;  // as nearly all is
  at = skip_blanks(at + 1);
  return *at == ':' ? skip_blanks(at + 1) : nullptr;
}

/// Where the first character is that is a quote, a backslash, a control character or not ASCII; `end` when there is
/// none.
[[nodiscard]] inline const char* end_of_ascii(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(' ');
  for (; end - at >= 16; at += 16) {
    const __m128i word = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Less than a blank as signed characters are those that are not ASCII too.
    const __m128i stops = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(word, quote), _mm_cmpeq_epi8(word, backslash)),
                                       _mm_cmplt_epi8(word, blank));
    if (const int mask = _mm_movemask_epi8(stops); mask != 0) return at + std::countr_zero(static_cast<unsigned>(mask));
  }
#endif
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  // The high bit of each byte that is 0. Of those above the lowest such byte it may be wrong.
  const auto zeros = [](std::uint64_t word) { return (word - ones) & ~word; };
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t stops =
        (zeros(word ^ (ones * '"')) | zeros(word ^ (ones * '\\')) | ((word - ones * ' ') & ~word) | word) & highs;
    if (stops == 0) continue;
    if constexpr (std::endian::native == std::endian::little) return at + std::countr_zero(stops) / 8;
    break;
  }
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < ' ' || c >= 0x80) break;
  }
  return at;
}

/// Behind an opening quote: the closing one of a string in UTF-8 without escapes.
[[nodiscard]] inline const char* closing_quote(const char* at, const char* end) noexcept {
  for (;;) {
    at = end_of_ascii(at, end);
    if (at == end) return nullptr;
    if (*at == '"') return at;
    if (static_cast<unsigned char>(*at) < 0x80) return nullptr;  // an escape, a control character
    const std::size_t size = strings::first_character({at, static_cast<std::size_t>(end - at)}).size;
    if (size == 0) return nullptr;
    at += size;
  }
}

/// A whole number of up to nine digits.
[[nodiscard]] inline const char* integer(const char* at, const char* end, std::int32_t& value) noexcept {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const begin = at;
  value = 0;
  for (; at != end && *at >= '0' && *at <= '9'; ++at) {
    if (at - begin == 9) return nullptr;
    value = 10 * value + (*at - '0');
  }
  if (at == begin || (*begin == '0' && at - begin > 1)) return nullptr;
  if (at != end && (*at == '.' || *at == 'e' || *at == 'E')) return nullptr;
  if (negative) value = -value;
  return at;
}

}  // namespace mwaa_serverless::protocol::plain_json
