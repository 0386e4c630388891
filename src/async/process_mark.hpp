// Whether something was made by this process, or came with fork().
#pragma once

#include <cstdint>

namespace mwaa_serverless::async {

/// Remembers the process that made it. Any thread; a look costs a load.
class process_mark {
 public:
  process_mark() noexcept : process_(current()) {}
  /// This process is a child, or a child's child, of the one that made it.
  [[nodiscard]] bool inherited() const noexcept { return process_ != current(); }

 private:
  // A number that no process has in common with those that it was forked from.
  static std::uint64_t current() noexcept;

  std::uint64_t process_;
};

}  // namespace mwaa_serverless::async
