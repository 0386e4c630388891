// Counts what operator new hands out, in programs that link counted.cpp.
#pragma once

#include <cstddef>

namespace test {

/// Bytes that this thread has allocated since the start, given back or not.
[[nodiscard]] std::size_t allocated_bytes() noexcept;
/// How many times it has.
[[nodiscard]] std::size_t allocations() noexcept;
/// From here on OpenSSL's malloc counts too. Before its first use only.
void count_openssl();

}  // namespace test
