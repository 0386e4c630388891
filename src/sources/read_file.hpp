// Reads files that may be anything: small ones, pipes that nobody writes to, devices without end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <mwaa_serverless/clock.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "process/spawn_process.hpp"
#include "strings/secret_memory.hpp"

namespace mwaa_serverless::sources {

/// What a file holds, or why it cannot be said. The text is overwritten on release, and moves without a copy.
class file_text {
 public:
  file_text() {}

  [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), bytes.size()}; }

  std::vector<char, strings::cleansing_allocator<char>> bytes;
  std::string failure;   ///< `cannot read PATH: reason`; empty when it was read.
  bool missing = false;  ///< There is no such file.
  bool too_large = false;
  bool once = false;  ///< A pipe or a device: reading it again would give something else.
};
static_assert(!std::is_aggregate_v<file_text>);

/// Reads a file in steps that do not block, but for the disk under a regular file. A pipe or a device is opened once.
class file_reading {
 public:
  /// More than `limit` bytes are a failure.
  file_reading(std::string path, std::size_t limit);

  /// Reads what is there, of a pipe or a device a MiB at most. True at the end: take() then has the result.
  [[nodiscard]] bool advance();
  /// The last advance() read a whole MiB, and there may be more at once.
  [[nodiscard]] bool flows() const noexcept { return flows_; }
  /// Readable when there is more to read.
  [[nodiscard]] const process::descriptor& source() const noexcept { return file_; }
  /// Ends it for this reason.
  void fail(const std::string& reason);
  [[nodiscard]] file_text take();

 private:
  std::string path_;
  std::size_t limit_;
  process::descriptor file_;
  std::size_t size_ = 0;
  bool ended_ = false;
  bool flows_ = false;
  file_text result_;
};

/// How long a pipe or a device has to deliver each MiB of its text.
inline constexpr std::chrono::seconds file_time_limit{5};

/// Blocks the thread, for `time_limit` a MiB at most.
[[nodiscard]] file_text read_file(std::string path, std::size_t limit, std::chrono::milliseconds time_limit);

/// Waits on the coroutine's executor, for file_time_limit a MiB and until `deadline` of `time` at most.
/// Cancelled through Asio: throws system_error(operation_aborted).
[[nodiscard]] boost::asio::awaitable<file_text> async_read_file(std::string path, std::size_t limit, clock& time,
                                                                clock::time_point deadline);

}  // namespace mwaa_serverless::sources
