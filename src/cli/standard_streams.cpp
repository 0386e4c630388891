#include "cli/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>

#include "cli/failure.hpp"

namespace mwaa_serverless::cli {

namespace {

void leave(int) {
  ::_exit(static_cast<int>(exit_code::interrupted));
}

/// While it lives, SIGINT ends the program at once: the loop that would notice it does not run.
class interruptible {
 public:
  interruptible() noexcept {
    if (is_ignored(SIGINT)) return;
    struct sigaction action{};
    action.sa_handler = &leave;
    changed_ = ::sigaction(SIGINT, &action, &before_) == 0;
  }
  interruptible(const interruptible&) = delete;
  interruptible& operator=(const interruptible&) = delete;
  ~interruptible() {
    if (changed_) ::sigaction(SIGINT, &before_, nullptr);
  }

 private:
  struct sigaction before_{};
  bool changed_ = false;
};

void wait_until_writable(int descriptor) noexcept {
  pollfd wanted{descriptor, POLLOUT, 0};
  if (::poll(&wanted, 1, 0) != 0) return;
  const interruptible guard;
  ::poll(&wanted, 1, -1);
}

}  // namespace

void open_missing_descriptors() noexcept {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free, so this one.
    (void)!::open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY);
  }
}

void write_all(int descriptor, std::string_view bytes, const char* what) {
  while (!bytes.empty()) {
    wait_until_writable(descriptor);
    // As much as a pipe that is writable takes without blocking.
    const ssize_t written = ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) continue;
      throw std::system_error(errno, std::generic_category(), what);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool is_ignored(int signal) noexcept {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace mwaa_serverless::cli
