#include "support/failing_memory.hpp"

#include <ares.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace {

thread_local std::size_t failing = 0;  // 0: none
thread_local std::size_t counted = 0;

bool fails() noexcept {
  return failing != 0 && ++counted == failing;
}

void* take(std::size_t size) noexcept {
  return fails() ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* take_or_throw(std::size_t size) {
  void* const memory = take(size);
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}

}  // namespace

extern "C" {
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __real_aligned_alloc(alignment, size);
}
}

void* operator new(std::size_t size) {
  return take_or_throw(size);
}
void* operator new[](std::size_t size) {
  return take_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return take(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto boundary = static_cast<std::size_t>(alignment);
  void* const memory = fails() ? nullptr : __real_aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary);
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace test {

void failing_memory::install() {
  const auto openssl_take = [](std::size_t size, const char*, int) { return size == 0 ? nullptr : take(size); };
  const auto openssl_resize = [](void* memory, std::size_t size, const char*, int) -> void* {
    if (size != 0) return fails() ? nullptr : std::realloc(memory, size);
    std::free(memory);
    return nullptr;
  };
  const auto openssl_free = [](void* memory, const char*, int) { std::free(memory); };
  if (CRYPTO_set_mem_functions(openssl_take, openssl_resize, openssl_free) != 1)
    throw std::logic_error("OpenSSL has memory already");
  const auto resize = [](void* memory, std::size_t size) { return fails() ? nullptr : std::realloc(memory, size); };
  if (ares_library_init_mem(ARES_LIB_INIT_ALL, &take, &std::free, resize) != ARES_SUCCESS)
    throw std::logic_error("c-ares does not start");
}

failing_memory::failing_memory(std::size_t which) noexcept {
  counted = 0;
  failing = which;
}

failing_memory::~failing_memory() {
  failing = 0;
}

std::size_t failing_memory::count() noexcept {
  return counted;
}

}  // namespace test
