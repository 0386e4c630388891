// Another program, run to its end.
#pragma once

#include <openssl/crypto.h>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless::sources {

/// What a program left behind.
class process_output {
 public:
  process_output() = default;
  process_output(process_output&& other) noexcept : status(other.status) {
    out.swap(other.out);
    err.swap(other.err);
  }
  process_output& operator=(process_output&&) = delete;
  ~process_output() { OPENSSL_cleanse(out.data(), out.size()); }

  int status = 0;   ///< Its exit status, 128 and the signal's number after a signal; 0 when it could not be learnt.
  std::string out;  ///< Standard output; overwritten on release.
  std::string err;  ///< The end of its standard error.
};
static_assert(!std::is_aggregate_v<process_output>);

/// Limits of what is read.
inline constexpr std::size_t most_output = std::size_t{64} * 1024;
inline constexpr std::size_t kept_complaint = 2048;

/// Runs `words.front()`, found in PATH, with the rest as arguments; without a shell. It has this process's environment
/// and group (so that it may ask at the terminal, and Ctrl-C reaches it), standard input from /dev/null, signals as by
/// default, and no other descriptor. It is over when it has exited, also when a process that it started holds its
/// output open.
///
/// Errors: errc::credentials_failed when it cannot be started or prints more than most_output, errc::attempt_timeout
/// when it has not ended at `deadline`. Then, and when cancelled through Asio (system_error(operation_aborted)) or
/// destroyed, it is killed by its own pid and reaped. No thread and no signal handler: a program that takes all its
/// children's exits itself keeps that right, and the status is then taken for 0.
[[nodiscard]] boost::asio::awaitable<result<process_output>> run_process(
    std::vector<std::string> words, std::chrono::steady_clock::time_point deadline);

}  // namespace mwaa_serverless::sources
