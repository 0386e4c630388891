#include "allocation/counted.hpp"

#include <openssl/crypto.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

namespace {

thread_local std::size_t all = 0;
thread_local std::size_t times = 0;

void* allocate(std::size_t size) {
  all += size;
  ++times;
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}

void* allocate(std::size_t size, std::align_val_t align) {
  all += size;
  ++times;
  const auto to = static_cast<std::size_t>(align);
  if (void* const memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

std::size_t test::allocated_bytes() noexcept {
  return all;
}
std::size_t test::allocations() noexcept {
  return times;
}
void test::count_openssl() {
  const auto take = [](std::size_t size, const char*, int) -> void* {
    all += size;
    ++times;
    return std::malloc(size);
  };
  if (CRYPTO_set_mem_functions(take, nullptr, nullptr) != 1) throw std::logic_error("OpenSSL has memory already");
}

// The other forms call these.
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t align) {
  return allocate(size, align);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
