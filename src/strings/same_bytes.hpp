// Whether two texts are the same, without a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mwaa_serverless::strings {

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
  // From the end, where ids differ; loads may overlap.
  if (size > 16) {
    if ((differ(eight, size - 16) | differ(eight, size - 8)) != 0) return false;
    std::size_t at = 0;
    for (; at + 48 < size; at += 32)
      if ((differ(eight, at) | differ(eight, at + 8) | differ(eight, at + 16) | differ(eight, at + 24)) != 0)
        return false;
    for (; at + 16 < size; at += 16)
      if ((differ(eight, at) | differ(eight, at + 8)) != 0) return false;
    return true;
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
