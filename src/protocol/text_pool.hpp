// The characters of all strings of one JSON text, repeats once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mwaa_serverless::protocol {

/// Strings one after the other in one run of characters. A string that a small cache remembers is not stored again: on
/// a page of task instances nearly all ARNs, versions and run ids are repeats.
class text_pool {
 public:
  struct part {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };

  explicit text_pool(std::size_t expected) { characters_.reserve(expected); }

  /// Where `value` lies now. All values together must stay under 4 GiB.
  part add(std::string_view value) {
    part& known = cache_[slot_of(value)];
    if (known.size == value.size() && std::memcmp(characters_.data() + known.offset, value.data(), known.size) == 0)
      return known;
    known = {static_cast<std::uint32_t>(characters_.size()), static_cast<std::uint32_t>(value.size())};
    characters_.append(value);
    return known;
  }
  [[nodiscard]] std::string_view characters() const noexcept { return characters_; }

 private:
  static constexpr int slot_bits = 7;

  // Size and up to eight characters of either end: what differs between ids, names and ARNs.
  static std::size_t slot_of(std::string_view value) noexcept {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    // Loads of fixed size: a copy of variable size would be a call, and a stall when it is read back.
    if (value.size() >= 8) {
      first = load<std::uint64_t>(value.data());
      last = load<std::uint64_t>(value.data() + value.size() - 8);
    } else if (value.size() >= 4) {
      first = load<std::uint32_t>(value.data());
      last = load<std::uint32_t>(value.data() + value.size() - 4);
    } else if (!value.empty()) {
      first = static_cast<unsigned char>(value.front());
      last = static_cast<unsigned char>(value.back());
    }
    const std::uint64_t mixed = (first ^ (last * 0x9e3779b97f4a7c15U) ^ value.size()) * 0xff51afd7ed558ccdU;
    return static_cast<std::size_t>(mixed >> (64 - slot_bits));
  }
  template <class T>
  static T load(const char* from) noexcept {
    T out;
    std::memcpy(&out, from, sizeof out);
    return out;
  }

  std::string characters_;
  std::array<part, std::size_t{1} << slot_bits> cache_{};
};

}  // namespace mwaa_serverless::protocol
