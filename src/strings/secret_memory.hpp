// Containers that do not leave secrets behind.
#pragma once

#include <openssl/crypto.h>
#include <string.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mwaa_serverless::strings {

/// Overwrites a string, also what lies behind a shortened text. By the C library, which does so 16 bytes or more at a
/// time: OPENSSL_cleanse, 8 at a time, is a tenth of what a signature costs.
inline void cleanse(std::string& text) noexcept {
  ::explicit_bzero(text.data(), text.capacity());
}

/// Overwrites a string at the end of a scope.
class cleanse_at_end {
 public:
  explicit cleanse_at_end(std::string& text) noexcept : text_(text) {}
  cleanse_at_end(const cleanse_at_end&) = delete;
  cleanse_at_end& operator=(const cleanse_at_end&) = delete;
  ~cleanse_at_end() { cleanse(text_); }

 private:
  std::string& text_;
};

/// Makes room for `more` characters behind `text`, and overwrites the memory that it leaves.
inline void grow_cleansing(std::string& text, std::size_t more) {
  if (more <= text.capacity() - text.size()) return;
  std::string larger;
  larger.reserve(std::max(2 * text.capacity(), text.size() + more));
  larger = text;
  text.swap(larger);
  cleanse(larger);
}

/// Overwrites memory when it is given back, also that of a text which has grown. `Upstream` is where it comes from
/// (tests look at what comes back there).
template <class T, template <class> class Upstream = std::allocator>
class cleansing_allocator {
 public:
  using value_type = T;
  template <class U>
  struct rebind {
    using other = cleansing_allocator<U, Upstream>;
  };

  cleansing_allocator() noexcept = default;
  template <class U>
  cleansing_allocator(const cleansing_allocator<U, Upstream>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) { return Upstream<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    OPENSSL_cleanse(static_cast<void*>(memory), count * sizeof(T));
    Upstream<T>{}.deallocate(memory, count);
  }

  friend bool operator==(const cleansing_allocator&, const cleansing_allocator&) noexcept { return true; }
};

/// Text whose bytes are all in memory that is overwritten: a std::string would keep a short text inside itself, where
/// it outlives a move and stays behind on the stack.
template <template <class> class Upstream>
class basic_secret_string {
 public:
  basic_secret_string() noexcept = default;
  template <std::convertible_to<std::string_view> Text>
  basic_secret_string(const Text& text) {
    *this += text;
  }
  basic_secret_string(const basic_secret_string&) = default;
  basic_secret_string(basic_secret_string&&) noexcept = default;
  basic_secret_string& operator=(const basic_secret_string& other) {
    return *this = basic_secret_string{other};  // not over the old text, which may be longer
  }
  basic_secret_string& operator=(basic_secret_string&&) noexcept = default;
  ~basic_secret_string() = default;

  basic_secret_string& operator+=(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  basic_secret_string& operator+=(char c) {
    bytes_.push_back(c);
    return *this;
  }

  [[nodiscard]] const char* data() const noexcept { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  operator std::string_view() const noexcept { return {data(), size()}; }

  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const basic_secret_string& text, const Text& other) {
    return std::string_view{text} == std::string_view{other};
  }

 private:
  std::vector<char, cleansing_allocator<char, Upstream>> bytes_;
};

using secret_string = basic_secret_string<std::allocator>;

/// By name.
template <class T>
using secret_map = std::map<std::string, T, std::less<>, cleansing_allocator<std::pair<const std::string, T>>>;

[[nodiscard]] inline std::string_view view(const secret_string& text) noexcept {
  return text;
}

}  // namespace mwaa_serverless::strings
