// Whether two texts are the same, without a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mwaa_serverless::strings {

/// 16 bytes in one register.
using word_pair [[gnu::vector_size(16)]] = std::uint64_t;

[[nodiscard]] inline word_pair two_words(const char* from) noexcept {
  word_pair out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

/// `size` bytes of each, by loads of fixed size: for names and ids, of which a call of memcmp would be the greater
/// part.
[[nodiscard]] inline bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
  const auto differ = [a, b]<class Word>(Word x, std::size_t at) {
    Word y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    return static_cast<Word>(x ^ y);
  };
  constexpr std::uint64_t eight = 0;
  constexpr std::uint32_t four = 0;
  if (size > 1024) return std::memcmp(a, b, size) == 0;  // there it is the quicker one
  // Loads may overlap.
  if (size > 16) {
    word_pair differing = two_words(a + size - 16) ^ two_words(b + size - 16);
    std::size_t at = 0;
    for (; at + 32 < size; at += 32)
      differing |= (two_words(a + at) ^ two_words(b + at)) | (two_words(a + at + 16) ^ two_words(b + at + 16));
    if (at + 16 < size) differing |= two_words(a + at) ^ two_words(b + at);
    return (differing[0] | differing[1]) == 0;
  }
  if (size >= 8) return (differ(eight, 0) | differ(eight, size - 8)) == 0;
  if (size >= 4) return (differ(four, 0) | differ(four, size - 4)) == 0;
  for (std::size_t at = 0; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}

[[nodiscard]] inline bool same_bytes(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

}  // namespace mwaa_serverless::strings
