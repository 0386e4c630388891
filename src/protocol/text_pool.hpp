// The characters of all strings of one JSON text, repeats once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "strings/same_bytes.hpp"

namespace mwaa_serverless::protocol {

/// Strings one after the other in one run of characters. A string that a small cache remembers is not stored again: on
/// a page of task instances nearly all ARNs, versions and run ids are repeats.
class text_pool {
 public:
  struct part {
    std::uint32_t offset;
    std::uint32_t size;
  };

  /// `longest`: of a JSON text of that size, whose strings together are no longer, and mostly a quarter of it.
  explicit text_pool(std::size_t longest) : longest_(longest) { reserve(longest / 4 + 64); }

  /// More of a value that comes in parts.
  void add_part(std::string_view more) {
    append(more);
    open_ += more.size();
  }
  /// The value whose last part is `last`, whole, until the next call of any of these.
  [[nodiscard]] std::string_view whole(std::string_view last) {
    if (open_ == 0) return last;
    add_part(last);
    return characters().substr(size_ - open_);
  }
  /// Keeps a value that whole() has given; where it lies now. All values together must stay under 4 GiB.
  part keep(std::string_view value) {
    part& known = cache_[slot_of(value)];
    if (known.size == value.size() && strings::same_bytes(characters_.get() + known.offset, value.data(), known.size)) {
      drop();
      return known;
    }
    if (open_ == 0) append(value);
    known = {static_cast<std::uint32_t>(size_ - value.size()), static_cast<std::uint32_t>(value.size())};
    open_ = 0;
    return known;
  }
  /// Forgets the parts of a value that is not kept.
  void drop() noexcept {
    size_ -= open_;
    open_ = 0;
  }
  [[nodiscard]] std::string_view characters() const noexcept { return {characters_.get(), size_}; }
  /// A value has begun whose last part has not come.
  [[nodiscard]] bool open() const noexcept { return open_ > 0; }
  /// What must be reserved before `more` characters come; 0: nothing.
  [[nodiscard]] std::size_t growth_for(std::size_t more) const noexcept {
    const std::size_t wanted = size_ + more;
    return wanted > capacity_ ? std::max(wanted, longest_) : 0;
  }
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), characters_.get(), size_);
    characters_ = std::move(larger);
    capacity_ = capacity;
  }
  /// Its memory stays.
  void clear() noexcept {
    size_ = 0;
    open_ = 0;
    cache_.fill({});
  }
  /// Bytes that it has reserved.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr int slot_bits = 7;

  void append(std::string_view more) {
    if (const std::size_t larger = growth_for(more.size()); larger > 0) reserve(larger);
    if (!more.empty()) std::memcpy(characters_.get() + size_, more.data(), more.size());
    size_ += more.size();
  }

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

  std::size_t longest_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::unique_ptr<char[]> characters_;
  std::size_t open_ = 0;  // bytes at the end that belong to a value that is not whole yet
  std::array<part, std::size_t{1} << slot_bits> cache_{};
};

}  // namespace mwaa_serverless::protocol
