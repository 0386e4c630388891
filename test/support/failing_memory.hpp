// Memory that runs out when a test says so.
#pragma once

#include <cstddef>

namespace test {

/// While it lives, allocation number `which` (from 1) of this thread fails: operator new, what Asio takes from
/// aligned_alloc, and OpenSSL's and c-ares' memory. Other threads, such as a server's, go on. One at a time.
///
/// Link support/failing_memory.cpp, with -Wl,--wrap=aligned_alloc, and call install() before anything uses OpenSSL.
class failing_memory {
 public:
  static void install();

  explicit failing_memory(std::size_t which) noexcept;
  failing_memory(const failing_memory&) = delete;
  failing_memory& operator=(const failing_memory&) = delete;
  ~failing_memory();

  /// Allocations so far.
  [[nodiscard]] static std::size_t count() noexcept;
};

}  // namespace test
