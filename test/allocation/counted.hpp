// Counts what operator new hands out, in programs that link counted.cpp.
#pragma once

#include <cstddef>

namespace test {

/// Bytes that this thread has allocated since the start, given back or not.
[[nodiscard]] std::size_t allocated_bytes() noexcept;

}  // namespace test
