#include "credentials/run_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <optional>
#include <system_error>

#include "transport/first_of.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using descriptor = asio::posix::stream_descriptor;

namespace {

std::string reason(int code) {
  return std::generic_category().message(code);
}

/// Both ends of a pipe; what was not taken is closed.
class pipe_ends {
 public:
  pipe_ends() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    for (const int each : ends_)
      if (each >= 0) ::close(each);
  }
  [[nodiscard]] bool open() const noexcept { return ends_[0] >= 0; }
  [[nodiscard]] int write_end() const noexcept { return ends_[1]; }
  int take_read_end() noexcept { return std::exchange(ends_[0], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// The settings of posix_spawn.
class spawn_settings {
 public:
  spawn_settings(int out, int err) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int each : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2})
      sigaddset(&usual, each);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  int spawn(pid_t& pid, std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (std::string& each : words) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    return ::posix_spawnp(&pid, arguments.front(), &files_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

/// The program while it runs. Killed and reaped when it goes before its end.
class child {
 public:
  child(asio::any_io_executor executor, pid_t pid, int out, int err)
      : executor_(std::move(executor)), pid_(pid), out_(executor_, out), err_(executor_, err) {
    out_.non_blocking(true);
    err_.non_blocking(true);
#ifdef SYS_pidfd_open
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (handle >= 0) exit_.emplace(executor_, handle);
#endif
    got_.out.reserve(most_output + 1);  // a string that grows leaves its old memory behind
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (reaped()) return;
    ::kill(pid_, SIGKILL);
    // It is gone in less than that, unless it hangs in the kernel: then its entry stays until this process ends.
    for (int i = 0; i < 100 && !reaped(); ++i) {
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }

  /// Reads standard output to its end or beyond the limit.
  asio::awaitable<void> read_output() {
    for (;;) {
      boost::system::error_code ended;
      co_await out_.async_wait(descriptor::wait_read, asio::redirect_error(asio::use_awaitable, ended));
      if (ended) throw boost::system::system_error(ended);
      if (take_output() == pipe_state::ended || printed_too_much()) co_return;
    }
  }
  /// Reads standard error until cancelled.
  asio::awaitable<void> read_complaints() {
    for (;;) {
      boost::system::error_code ended;
      co_await err_.async_wait(descriptor::wait_read, asio::redirect_error(asio::use_awaitable, ended));
      if (ended) throw boost::system::system_error(ended);
      if (take_complaints() != pipe_state::ended) continue;
      asio::steady_timer never{executor_, asio::steady_timer::time_point::max()};
      co_await never.async_wait(asio::use_awaitable);
    }
  }
  asio::awaitable<void> wait_for_exit() {
    while (!reaped()) {
      boost::system::error_code ended;
      if (exit_) {
        co_await exit_->async_wait(descriptor::wait_read, asio::redirect_error(asio::use_awaitable, ended));
      } else {
        asio::steady_timer pause{executor_, 20ms};
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ended));
      }
      if (ended) throw boost::system::system_error(ended);
    }
  }

  /// What is there without waiting.
  void drain() {
    while (take_output() == pipe_state::more && !printed_too_much()) {
    }
    while (take_complaints() == pipe_state::more) {
    }
  }
  [[nodiscard]] bool printed_too_much() const noexcept { return got_.out.size() > most_output; }
  [[nodiscard]] process_output take() { return std::move(got_); }

 private:
  enum class pipe_state : std::uint8_t { more, empty, ended };

  using piece = std::array<char, 4096>;

  static pipe_state read_piece(descriptor& from, piece& into, std::size_t& size) {
    const ssize_t got = ::read(from.native_handle(), into.data(), into.size());
    size = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (got > 0) return pipe_state::more;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? pipe_state::empty : pipe_state::ended;
  }
  pipe_state take_output() {
    piece bytes;
    std::size_t size = 0;
    const pipe_state state = read_piece(out_, bytes, size);
    got_.out.append(bytes.data(), std::min(size, most_output + 1 - got_.out.size()));
    OPENSSL_cleanse(bytes.data(), size);
    return state;
  }
  pipe_state take_complaints() {
    piece bytes;
    std::size_t size = 0;
    const pipe_state state = read_piece(err_, bytes, size);
    got_.err.append(bytes.data(), size);
    if (got_.err.size() > kept_complaint) got_.err.erase(0, got_.err.size() - kept_complaint);
    return state;
  }

  bool reaped() {
    if (gone_) return true;
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    gone_ = true;
    if (got == pid_) got_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  const asio::any_io_executor executor_;
  const pid_t pid_;
  descriptor out_;
  descriptor err_;
  std::optional<descriptor> exit_;  // of the process itself; none on an old kernel
  process_output got_;
  bool gone_ = false;
};

error unstartable(const std::string& program, int code) {
  return {errc::credentials_failed, program + " cannot be started: " + reason(code)};
}

}  // namespace

asio::awaitable<result<process_output>> run_process(std::vector<std::string> words,
                                                    std::chrono::steady_clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string program = words.front();
  std::optional<child> running;
  {
    pipe_ends out;
    pipe_ends err;
    if (!out.open() || !err.open()) co_return unstartable(program, errno);
    pid_t pid = 0;
    const int code = spawn_settings{out.write_end(), err.write_end()}.spawn(pid, words);
    if (code != 0) co_return unstartable(program, code);
    running.emplace(executor, pid, out.take_read_end(), err.take_read_end());
  }
  const auto started = std::chrono::steady_clock::now();
  asio::steady_timer limit{executor, deadline};
  enum : std::size_t { exited, too_late, complaints_ended, output_ended };
  std::size_t first = co_await net::first_of(running->wait_for_exit(), limit.async_wait(asio::use_awaitable),
                                             running->read_complaints(), running->read_output());
  if (first == output_ended && !running->printed_too_much()) {
    first = co_await net::first_of(running->wait_for_exit(), limit.async_wait(asio::use_awaitable),
                                   running->read_complaints());
  }
  if (first == exited) running->drain();
  if (running->printed_too_much()) {
    co_return error{errc::credentials_failed,
                    program + " printed more than " + std::to_string(most_output) + " bytes and was killed"};
  }
  if (first != exited) {
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started);
    co_return error{errc::attempt_timeout,
                    program + " did not end within " + std::to_string(took.count()) + " s and was killed"};
  }
  co_return running->take();
}

}  // namespace mwaa_serverless::sources
