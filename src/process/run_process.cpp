#include "process/run_process.hpp"

#include <openssl/crypto.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "async/start_operation.hpp"

namespace mwaa_serverless::process {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

process_output::process_output(process_output&& other) noexcept {
  *this = std::move(other);
}

process_output& process_output::operator=(process_output&& other) noexcept {
  // By swapping: a moved-from short string would keep its bytes in place.
  out.swap(other.out);
  err.swap(other.err);
  std::swap(status, other.status);
  return *this;
}

process_output::~process_output() {
  out.resize(out.capacity());  // what is beyond a shortened text too
  OPENSSL_cleanse(out.data(), out.size());
}

namespace {

constexpr auto polling_interval = 20ms;
// How long a killed process has to go.
constexpr auto grace = 1s;

enum class progress : std::uint8_t { going_on, ended, too_much_output, time_is_up };

// A process and all that there is to watch of it. One epoll descriptor stands for its pipes, its end and the time: so
// the coroutine has a single thing to wait for, and needs no strand. Whatever woke it, it looks at everything.
class child_process {
 public:
  explicit child_process(const asio::any_io_executor& io) : events_(io) {}
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (reaped_) return;
    kill();
    while (!gone() && steady_clock::now() < deadline_) std::this_thread::sleep_for(1ms);
  }

  // 0 or an error number.
  [[nodiscard]] int start(std::vector<std::string>& words, clock::time_point deadline, standard_input in,
                          exit_notice notice) {
    deadline_ = deadline;
    descriptor out;
    descriptor err;
    if (!open_pipe(out_, out) || !open_pipe(err_, err)) return errno;
    descriptor events{::epoll_create1(EPOLL_CLOEXEC)};
    if (!events) return errno;
    boost::system::error_code code;
    events_.assign(events.get(), code);
    if (code) return code.value();
    events.release();
    timer_ = descriptor{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer_ || !watch(out_) || !watch(err_) || !watch(timer_)) return errno;
    output_.out.resize(max_process_output + 1);  // once and for all: growing would leave copies of a secret behind
    output_.err.reserve(max_process_errors + chunk_size);
    if (const int failure = spawn_process(pid_, words, in, out, err)) return failure;
    reaped_ = false;
    if (notice == exit_notice::descriptor) exit_ = open_exit_descriptor(pid_);
    if (exit_ && !watch(exit_)) exit_ = descriptor{};
    set_timer();
    return 0;
  }

  // Readable when there is something to look at.
  [[nodiscard]] asio::posix::stream_descriptor& events() noexcept { return events_; }

  [[nodiscard]] progress advance() {
    const bool over = ended();  // looked at first: then all that the process itself wrote is in the pipes by now
    if (!read_output()) return progress::too_much_output;
    read_errors();
    if (over) return progress::ended;
    if (steady_clock::now() >= deadline_) return progress::time_is_up;
    set_timer();
    return progress::going_on;
  }

  // After progress::ended.
  [[nodiscard]] process_output take() {
    reap();
    output_.out.resize(read_);
    output_.status = status_;
    return std::move(output_);
  }

  // Kills it and from then on watches for the end alone, for as long as grace lasts.
  void kill() noexcept {
    if (killed_) return;
    killed_ = true;
    stop_watching(out_);
    stop_watching(err_);
    deadline_ = steady_clock::now();
    ended();
    // Not reaped yet, so the number is still its own.
    if (!reaped_ && ::kill(pid_, SIGKILL) == 0) deadline_ += grace;
    set_timer();
  }

  [[nodiscard]] bool grace_is_over() noexcept {
    set_timer();
    return steady_clock::now() >= deadline_;
  }

  // Whether the process has ended and is waited for.
  [[nodiscard]] bool gone() noexcept {
    if (!ended()) return false;
    reap();
    return true;
  }

 private:
  static constexpr std::size_t chunk_size = 4096;

  bool watch(const descriptor& what) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    return ::epoll_ctl(events_.native_handle(), EPOLL_CTL_ADD, what.get(), &event) == 0;
  }

  void stop_watching(descriptor& what) noexcept {
    if (!what) return;
    // Closing alone would not do while a copy lives on for a moment in a process that this program starts elsewhere.
    ::epoll_ctl(events_.native_handle(), EPOLL_CTL_DEL, what.get(), nullptr);
    const descriptor closing = std::move(what);
  }

  // At the deadline, or at the next look at a process whose end is not told of.
  void set_timer() const noexcept {
    const auto now = steady_clock::now();
    std::chrono::nanoseconds wait = std::max(deadline_, now + 1ns) - now;  // zero would stop the timer
    if (!exit_) wait = std::min<std::chrono::nanoseconds>(wait, killed_ ? 1ms : polling_interval);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (wait - seconds).count();
    ::timerfd_settime(timer_.get(), 0, &when, nullptr);
  }

  // Looks without reaping: until then the process id is its own.
  bool ended() noexcept {
    if (reaped_ || ended_) return true;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      reaped_ = true;  // ECHILD: by somebody else
    } else if (info.si_pid != 0) {
      ended_ = true;
      status_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    }
    return reaped_ || ended_;
  }

  // After ended().
  void reap() noexcept {
    if (!std::exchange(reaped_, true)) ::waitpid(pid_, nullptr, WNOHANG);
  }

  // What is there now. False when it is too much.
  bool read_output() noexcept {
    while (out_) {
      const ssize_t size = ::read(out_.get(), output_.out.data() + read_, output_.out.size() - read_);
      if (size > 0) {
        read_ += static_cast<std::size_t>(size);
        if (read_ > max_process_output) return false;
      } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        stop_watching(out_);
      } else if (errno == EAGAIN) {
        break;
      }
    }
    return true;
  }

  // As much as a pipe holds and no more: the loop has other work, and what is written without end must not keep us.
  void read_errors() {
    std::array<char, chunk_size> chunk;
    for (int i = 0; i < 16 && err_; ++i) {
      const ssize_t size = ::read(err_.get(), chunk.data(), chunk.size());
      if (size > 0) {
        std::string& kept = output_.err;
        kept.append(chunk.data(), static_cast<std::size_t>(size));
        if (kept.size() > max_process_errors) kept.erase(0, kept.size() - max_process_errors);
      } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        stop_watching(err_);
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

  clock::time_point deadline_;
  pid_t pid_ = 0;
  bool ended_ = false;
  bool reaped_ = true;  // nothing to wait for
  bool killed_ = false;
  int status_ = process_output::unknown_status;
  descriptor out_;
  descriptor err_;
  descriptor exit_;
  descriptor timer_;
  asio::posix::stream_descriptor events_;
  std::size_t read_ = 0;  // of output_.out
  process_output output_;
};

error failed(errc value, std::string message) {
  error out{value, std::move(message)};
  out.phase = operation_phase::credentials;
  return out;
}

// What messages call the program. Who thinks of a shell writes `KEY=secret program`: then the first word holds a value.
std::string name_of(const std::string& word) {
  const auto sign = word.find('=');
  return sign == std::string::npos ? word : word.substr(0, sign + 1) + "...";
}

error cannot_run(const std::string& program, int code) {
  return failed(errc::credentials_failed, "cannot run " + program + ": " + std::generic_category().message(code));
}

error too_late(const std::string& program, steady_clock::duration limit, bool gone) {
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.1f s", std::chrono::duration<double>(limit).count());
  return failed(errc::process_timeout, program + " did not end within " + seconds.data() +
                                           (gone ? " and was killed" : " and could not be killed"));
}

}  // namespace

asio::awaitable<result<process_output>> run_process(std::vector<std::string> words, clock::time_point deadline,
                                                    standard_input in, exit_notice notice) {
  if (words.empty()) co_return failed(errc::invalid_configuration, "the command is empty");
  const auto executor = co_await asio::this_coro::executor;
  const std::string program = name_of(words.front());
  const auto begin = steady_clock::now();
  if (deadline <= begin) co_return failed(errc::process_timeout, "no time was left to run " + program);

  child_process process{executor};
  if (const int code = process.start(words, deadline, in, notice)) co_return cannot_run(program, code);
  const auto wait = [&process](auto handler) {
    process.events().async_wait(asio::posix::stream_descriptor::wait_read, std::move(handler));
  };
  auto state = progress::going_on;
  boost::system::error_code code;
  while (!code && state == progress::going_on) {
    const std::tuple<boost::system::error_code> waited = co_await async::start_operation(wait);
    code = std::get<0>(waited);
    async::throw_if_no_memory(code);
    if (!code) state = process.advance();
  }
  if (state == progress::ended) co_return process.take();

  process.kill();
  // A cancellation that brought us here must not end the wait for the killed process. Another one does, and leaves the
  // rest of it to the destructor.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  boost::system::error_code stop;
  while (!stop && !process.gone() && !process.grace_is_over()) {
    const std::tuple<boost::system::error_code> waited = co_await async::start_operation(wait);
    stop = std::get<0>(waited);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (code) throw boost::system::system_error(code, "run_process");
  if (state == progress::time_is_up) co_return too_late(program, deadline - begin, process.gone());
  co_return failed(errc::credentials_failed,
                   program + " printed more than " + std::to_string(max_process_output) + " bytes");
}

}  // namespace mwaa_serverless::process
