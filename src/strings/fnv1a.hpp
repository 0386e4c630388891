// A hash that is the same on every machine.
#pragma once

#include <cstdint>
#include <string_view>

namespace mwaa_serverless::strings {

/// FNV-1a, of 64 bits. `salt` gives another hash of the same text.
[[nodiscard]] inline std::uint64_t fnv1a(std::string_view text, std::uint64_t salt = 0) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U ^ salt;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace mwaa_serverless::strings
