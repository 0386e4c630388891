#include "async/process_mark.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace mwaa_serverless::async {

namespace {

using number = std::atomic<std::uint64_t>;

// Memory that is zero again in a child. Null where the kernel has no such thing (before Linux 4.14).
number* wiped_by_fork() noexcept {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, size, MADV_WIPEONFORK) == 0) return ::new (page) number{0};
  ::munmap(page, size);
  return nullptr;
}

}  // namespace

// Not getpid() alone: it is a system call (600 ns under a system call filter), and init of a new PID namespace has the
// number 1, as the one that it was forked from may have.
std::uint64_t process_mark::current() noexcept {
  static number* const mine = wiped_by_fork();
  static number last{0};  // a child goes on counting from its parent's
  if (mine == nullptr) return static_cast<std::uint64_t>(::getpid());
  std::uint64_t known = mine->load(std::memory_order_acquire);
  if (known != 0) return known;
  const std::uint64_t fresh = ++last;
  return mine->compare_exchange_strong(known, fresh) ? fresh : known;
}

}  // namespace mwaa_serverless::async
