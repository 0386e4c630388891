#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/program.hpp"
#include "cli/standard_streams.hpp"

namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int) {
  interrupted = 1;
}

/// While it lives, a SIGINT is held back, except while wait_for_input() waits; afterwards it does what it did before.
class postponed_interrupt {
 public:
  postponed_interrupt() noexcept {
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    ::sigprocmask(SIG_BLOCK, &interrupt, &mask_);
    ::sigaction(SIGINT, nullptr, &before_);
    if (before_.sa_handler != SIG_DFL) return;
    struct sigaction action{};
    action.sa_handler = &note_interrupt;
    ::sigaction(SIGINT, &action, nullptr);
  }
  postponed_interrupt(const postponed_interrupt&) = delete;
  postponed_interrupt& operator=(const postponed_interrupt&) = delete;
  ~postponed_interrupt() {
    ::sigaction(SIGINT, &before_, nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    if (interrupted != 0) std::raise(SIGINT);
  }

  // False when a signal came.
  [[nodiscard]] bool wait_for_input(int descriptor) const noexcept {
    pollfd wanted{descriptor, POLLIN, 0};
    return ::ppoll(&wanted, 1, nullptr, &mask_) > 0;
  }

 private:
  sigset_t mask_{};
  struct sigaction before_{};
};

// Reads a line from the terminal without showing it. Empty without a terminal, and on Ctrl-C.
std::string ask_at_terminal(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return {};
  const postponed_interrupt guard;  // the terminal must not stay silent
  termios before{};
  const bool known = ::tcgetattr(terminal, &before) == 0;
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &silent);
  std::string answer;
  if (::write(terminal, prompt.data(), prompt.size()) >= 0) {
    char c = 0;
    while (guard.wait_for_input(terminal)) {
      if (::read(terminal, &c, 1) != 1 || c == '\n') break;
      answer += c;
    }
    if (c != '\n') answer.clear();
  }
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &before);
  (void)!::write(terminal, "\n", 1);
  ::close(terminal);
  return answer;
}

/// Standard output, when it is a terminal.
class terminal_of_output final : public mwaa_serverless::cli::live_terminal {
 public:
  /// False for one that takes no control sequences, and in its background, where somebody else's screen is.
  [[nodiscard]] static bool is_there() noexcept {
    const char* const kind = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) != 0 && kind != nullptr && *kind != '\0' && std::string_view{kind} != "dumb" &&
           ::tcgetpgrp(STDOUT_FILENO) == ::getpgrp();
  }

  [[nodiscard]] mwaa_serverless::cli::window_size size() const override {
    mwaa_serverless::cli::window_size out;
    winsize now{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0) return out;
    if (now.ws_col > 0) out.columns = now.ws_col;
    if (now.ws_row > 0) out.rows = now.ws_row;
    return out;
  }
  void write(std::string_view bytes) override {
    mwaa_serverless::cli::write_all(STDOUT_FILENO, bytes, "Could not write to standard output");
  }
  void echo(bool on) noexcept override {
    if (!on) known_ = ::tcgetattr(STDOUT_FILENO, &before_) == 0;
    if (!known_) return;
    termios wanted = before_;
    if (!on) wanted.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    ::tcsetattr(STDOUT_FILENO, on ? TCSAFLUSH : TCSADRAIN, &wanted);  // what was typed blindly is for nobody
  }

 private:
  termios before_{};
  bool known_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  namespace cli = mwaa_serverless::cli;
  cli::open_missing_descriptors();
  // A closed standard output is then an error of write().
  std::signal(SIGPIPE, SIG_IGN);

  cli::process_environment around;
  around.out = [](std::string_view bytes) {
    cli::write_all(STDOUT_FILENO, bytes, "Could not write to standard output");
  };
  around.err = [](std::string_view bytes) {
    try {
      cli::write_all(STDERR_FILENO, bytes, "");
    } catch (const std::system_error&) {
      // Nobody is left to tell; the exit code still does.
    }
  };
  around.ask = ask_at_terminal;
  around.out_is_terminal = ::isatty(STDOUT_FILENO) != 0;
  around.err_is_terminal = ::isatty(STDERR_FILENO) != 0;
  terminal_of_output terminal;
  if (terminal_of_output::is_there()) around.terminal = &terminal;
  if (winsize size{}; ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    around.terminal_width = size.ws_col;
  return static_cast<int>(cli::run_program(std::vector<std::string>(argv + 1, argv + argc), around));
}
