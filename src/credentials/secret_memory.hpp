// Containers that do not leave secrets behind.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mwaa_serverless {

/// Overwrites memory when it is given back: also a string's that has grown, and the node of a map with a short string
/// inside. `Upstream` is where it comes from (tests look at what comes back there).
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

using secret_string = std::basic_string<char, std::char_traits<char>, cleansing_allocator<char>>;

/// By name.
template <class T>
using secret_map = std::map<std::string, T, std::less<>, cleansing_allocator<std::pair<const std::string, T>>>;

[[nodiscard]] inline std::string_view view(const secret_string& text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace mwaa_serverless
