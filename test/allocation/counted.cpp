#include "allocation/counted.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t all = 0;

void* allocate(std::size_t size) {
  all += size;
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc{};
}

void* allocate(std::size_t size, std::align_val_t align) {
  all += size;
  const auto to = static_cast<std::size_t>(align);
  if (void* const memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

std::size_t test::allocated_bytes() noexcept {
  return all;
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
