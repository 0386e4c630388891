// Runs a program, without a shell, and keeps what it prints.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "process/spawn_process.hpp"

namespace mwaa_serverless::process {

/// Standard output may be this long. Keys are some hundred bytes.
inline constexpr std::size_t max_process_output = 65536;
/// This much is kept of the end of standard error; what came before it is dropped.
inline constexpr std::size_t max_process_errors = 2048;

/// What a program that has ended left behind.
class process_output {
 public:
  /// The process ended, but somebody else of this program had its status: SIGCHLD is ignored, or a handler waits for
  /// all children. What it printed is then the only thing to judge it by.
  static constexpr int unknown_status = -1;

  process_output() {}
  process_output(process_output&& other) noexcept;
  process_output& operator=(process_output&& other) noexcept;
  ~process_output();

  /// Standard output, byte for byte. It may hold a secret: its memory is overwritten on release.
  std::string out;
  std::string err;  ///< The last max_process_errors bytes of standard error.
  /// The exit status, 128 and the number of the signal that ended the process, or unknown_status.
  int status = unknown_status;
};
static_assert(!std::is_aggregate_v<process_output>);

/// How run_process() learns of the end.
enum class exit_notice : std::uint8_t {
  descriptor,  ///< From the kernel, by a pidfd; by polling where there is none (before Linux 5.3, some sandboxes).
  polling,     ///< By looking every 20 ms.
};

/// Starts the program `words[0]`, looked up in PATH, with the others as its arguments, and waits for its end. What its
/// status and its output are worth is for the caller to say.
///
/// The program gets the environment and the working folder of this process, `in` as its standard input, default
/// signal handling, and no other descriptor. It stays in this process's group, as under AWS's tools: a program that
/// asks for a code at the terminal may do so, and Ctrl-C there reaches it.
///
/// The result is there when the process has ended; something that it left running in the background, and that may
/// hold its output open, is neither waited for nor killed. In every other outcome the process is killed by its own id:
/// what it has started lives on until it writes, which nobody reads.
///
/// Errors, with operation_phase::credentials: errc::credentials_failed when the program cannot be started or prints too
/// much, errc::process_timeout at `deadline`, errc::invalid_configuration without words. Messages name the program and
/// none of its arguments. Cancelled through Asio: throws system_error(operation_aborted).
///
/// No thread, no signal handler, no global state. The process is always waited for, by its own id: normally until it
/// is gone; one that a SIGKILL does not end within a second (stuck in the kernel, or set-user-ID and not to be
/// signalled) is left to be a zombie until this process ends. While the coroutine lives that wait is asynchronous;
/// destroying it together with its io_context blocks for as long, typically some milliseconds. Starting blocks until
/// the program is loaded.
[[nodiscard]] boost::asio::awaitable<result<process_output>> run_process(std::vector<std::string> words,
                                                                         clock::time_point deadline,
                                                                         standard_input in = standard_input::none,
                                                                         exit_notice notice = exit_notice::descriptor);

}  // namespace mwaa_serverless::process
