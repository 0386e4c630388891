#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/program.hpp"

namespace {

void write_all(int descriptor, std::string_view bytes, const char* what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), what);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Reads a line from the terminal without showing it. Empty without a terminal, and on Ctrl-C.
std::string ask_at_terminal(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return {};
  termios before{};
  const bool known = ::tcgetattr(terminal, &before) == 0;
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &silent);
  std::string answer;
  if (::write(terminal, prompt.data(), prompt.size()) >= 0) {
    char c = 0;
    while (::read(terminal, &c, 1) == 1 && c != '\n') answer += c;
  }
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &before);
  (void)!::write(terminal, "\n", 1);
  ::close(terminal);
  return answer;
}

}  // namespace

int main(int argc, char** argv) {
  // A closed standard output is then an error of write().
  std::signal(SIGPIPE, SIG_IGN);

  mwaa_serverless::cli::surroundings around;
  around.out = [](std::string_view bytes) { write_all(STDOUT_FILENO, bytes, "Could not write to standard output"); };
  around.err = [](std::string_view bytes) {
    try {
      write_all(STDERR_FILENO, bytes, "");
    } catch (const std::system_error&) {
      // Nobody is left to tell; the exit code still does.
    }
  };
  around.ask = ask_at_terminal;
  around.out_is_terminal = ::isatty(STDOUT_FILENO) != 0;
  if (winsize size{}; ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    around.terminal_width = size.ws_col;
  return static_cast<int>(mwaa_serverless::cli::run_program(std::vector<std::string>(argv + 1, argv + argc), around));
}
