// A new process: its start, and the descriptors to watch it by.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mwaa_serverless::process {

/// Owns a file descriptor, or none.
class descriptor {
 public:
  descriptor() {}
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

/// Opens a pipe whose reading end does not block. False: see errno.
[[nodiscard]] bool open_pipe(descriptor& to_read, descriptor& to_write);

/// Readable when the process has ended. None where the kernel (before Linux 5.3) or a sandbox has no such thing.
[[nodiscard]] descriptor open_exit_descriptor(pid_t pid);

/// What a process reads.
enum class standard_input : std::uint8_t {
  none,    ///< /dev/null
  shared,  ///< That of this process, /dev/null when it has none.
};

/// Starts the program `words[0]`, looked up in PATH, in the process group of this process, with `in`, `out` and `err`
/// as its standard streams, default signal handling, and no other descriptor. `words` is not empty. 0 or an error
/// number.
[[nodiscard]] int spawn_process(pid_t& pid, std::vector<std::string>& words, standard_input in, const descriptor& out,
                                const descriptor& err);

}  // namespace mwaa_serverless::process
