// Immutable text that shares one block of memory with the other text of its response.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define MWAA_SERVERLESS_HAS_SINGLE_THREADED 1
#endif

namespace mwaa_serverless {

class text;

namespace detail {

// A reference-counted run of bytes; the bytes follow this header in the same allocation.
struct MWAA_SERVERLESS_API text_block {
  std::atomic<std::uint32_t> references;
  std::uint32_t size;

  [[nodiscard]] const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

  // One reference, held by the caller. Throws std::length_error above 4 GiB, std::bad_alloc.
  [[nodiscard]] static text_block* create(std::size_t size);
  static void retain(text_block* block) noexcept {
    if (single_threaded()) {
      block->references.store(block->references.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      block->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  static void release(text_block* block) noexcept {
    if (single_threaded()) {
      const std::uint32_t left = block->references.load(std::memory_order_relaxed) - 1;
      block->references.store(left, std::memory_order_relaxed);
      if (left == 0) destroy(block);
    } else if (block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy(block);
    }
  }
  static void destroy(text_block* block) noexcept;
  // A part of `block`; takes one reference to it over from the caller.
  [[nodiscard]] static text part(text_block* block, std::uint32_t offset, std::uint32_t size) noexcept;

 private:
  // An item has six texts, and an atomic decrement costs about 5 ns. glibc says when a process has one thread only;
  // std::shared_ptr of libstdc++ makes the same use of it.
  static bool single_threaded() noexcept {
#ifdef MWAA_SERVERLESS_HAS_SINGLE_THREADED
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }
};

}  // namespace detail

/// Text of a response: immutable and 16 bytes.
///
/// All text of one response lies in one shared block in which repeats are stored once. A member that the service did
/// not send (or sent as null) is empty, and present() is false.
///
/// Lifetime: a copy is cheap and stays valid alone, however long its response has been gone; it then keeps the whole
/// block (at most the size of that response) alive. Use str() to keep a few bytes of a large page for long.
///
/// Threads: distinct objects may be used from any threads at once, also when they share a block.
class MWAA_SERVERLESS_API text {
 public:
  text() noexcept = default;
  /// Copies `value` into a block of its own.
  explicit text(std::string_view value);
  text(const text& other) noexcept : part_(other.part_) {
    if (part_.block != nullptr) detail::text_block::retain(part_.block);
  }
  text(text&& other) noexcept : part_(other.part_) {
    other.part_.block = nullptr;  // enough: without a block the size counts for nothing
  }
  text& operator=(text other) noexcept {
    swap(other);
    return *this;
  }
  ~text() {
    if (part_.block != nullptr) detail::text_block::release(part_.block);
  }

  void swap(text& other) noexcept { std::swap(part_, other.part_); }

  /// False for a member that the service did not send, and for a default-constructed or moved-from object.
  [[nodiscard]] bool present() const noexcept { return part_.block != nullptr; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return part_.block == nullptr ? 0 : part_.size; }
  [[nodiscard]] std::string_view view() const noexcept {
    return part_.block == nullptr ? std::string_view{}
                                  : std::string_view{part_.block->bytes() + part_.offset, part_.size};
  }
  operator std::string_view() const noexcept { return view(); }  // NOLINT: text is meant to be read as a view
  /// A separate copy, independent of the block.
  [[nodiscard]] std::string str() const { return std::string{view()}; }

  friend bool operator==(const text& a, const text& b) noexcept { return a.view() == b.view(); }
  friend bool operator==(const text& a, std::string_view b) noexcept { return a.view() == b; }
  friend bool operator==(const text& a, const std::string& b) noexcept { return a.view() == b; }
  friend bool operator==(const text& a, const char* b) noexcept { return a.view() == b; }
  friend std::strong_ordering operator<=>(const text& a, const text& b) noexcept { return a.view() <=> b.view(); }
  friend std::strong_ordering operator<=>(const text& a, std::string_view b) noexcept { return a.view() <=> b; }
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const text& value);

 private:
  friend struct detail::text_block;
  text(detail::text_block* adopted, std::uint32_t offset, std::uint32_t size) noexcept : part_{adopted, offset, size} {}

  // Trivial and of 16 bytes, so that a move is one load and one store.
  struct part {
    detail::text_block* block = nullptr;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  part part_;
};
static_assert(sizeof(text) <= 16);

inline text detail::text_block::part(text_block* block, std::uint32_t offset, std::uint32_t size) noexcept {
  return {block, offset, size};
}
static_assert(!std::is_aggregate_v<text>);

}  // namespace mwaa_serverless

template <>
struct std::hash<mwaa_serverless::text> {
  std::size_t operator()(const mwaa_serverless::text& value) const noexcept {
    return std::hash<std::string_view>{}(value.view());
  }
};
