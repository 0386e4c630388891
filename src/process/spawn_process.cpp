#include "process/spawn_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>

namespace mwaa_serverless::process {

namespace {

// What the child does between its birth and the program: descriptors.
class file_actions {
 public:
  file_actions() : failure_(::posix_spawn_file_actions_init(&actions_)) {}
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;
  ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  int set(standard_input in, int out, int err) {
    const auto then = [this](int code) { failure_ = failure_ != 0 ? failure_ : code; };
    const bool shared = in == standard_input::shared && ::fcntl(STDIN_FILENO, F_GETFD) == 0;
    if (!shared) then(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    then(::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO));
    then(::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO));
#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 34)
    // Ours are all close-on-exec; those of the rest of this program may not be.
    then(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
#endif
#endif
    return failure_;
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
  int failure_;
};

// Signals of the child.
class spawn_attributes {
 public:
  spawn_attributes() : failure_(::posix_spawnattr_init(&attributes_)) {}
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;
  ~spawn_attributes() { ::posix_spawnattr_destroy(&attributes_); }

  int set() {
    const auto then = [this](int code) { failure_ = failure_ != 0 ? failure_ : code; };
    sigset_t signals;
    ::sigemptyset(&signals);
    then(::posix_spawnattr_setsigmask(&attributes_, &signals));
    ::sigfillset(&signals);
    ::sigdelset(&signals, SIGKILL);
    ::sigdelset(&signals, SIGSTOP);
    // What whoever started this process ignores (`nohup`, a shell's `&`), its children ignore too.
    for (const int each : {SIGHUP, SIGINT, SIGQUIT}) ::sigdelset(&signals, each);
    then(::posix_spawnattr_setsigdefault(&attributes_, &signals));
    then(::posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)));
    return failure_;
  }
  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
  int failure_;
};

}  // namespace

bool open_pipe(descriptor& to_read, descriptor& to_write) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  to_read = descriptor{ends[0]};
  to_write = descriptor{ends[1]};
  if (to_write.get() <= STDERR_FILENO) {
    // This process has closed a standard stream. The child would overwrite the end while it puts its own in place.
    descriptor above{::fcntl(to_write.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!above) return false;
    to_write = std::move(above);
  }
  return ::fcntl(to_read.get(), F_SETFL, O_NONBLOCK) == 0;
}

descriptor open_exit_descriptor([[maybe_unused]] pid_t pid) {
#ifdef SYS_pidfd_open
  return descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};  // close-on-exec by itself
#else
  return {};
#endif
}

int spawn_process(pid_t& pid, std::vector<std::string>& words, standard_input in, const descriptor& out,
                  const descriptor& err) {
  file_actions actions;
  if (const int code = actions.set(in, out.get(), err.get())) return code;
  spawn_attributes attributes;
  if (const int code = attributes.set()) return code;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return ::posix_spawnp(&pid, arguments[0], actions.get(), attributes.get(), arguments.data(), environ);
}

}  // namespace mwaa_serverless::process
