// Which of a host's addresses is tried when.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mwaa_serverless::net {

/// Happy Eyeballs, version 2 (RFC 8305): addresses in the resolver's order, but the families by turns (section 4); the
/// next is tried when the last one has failed, or after a delay beside it (section 5).
class dial_state {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// RFC 8305, section 8: Connection Attempt Delay.
  static constexpr std::chrono::milliseconds attempt_delay{250};

  enum class family : std::uint8_t { v4, v6 };

  /// The families of the addresses, best first.
  explicit dial_state(const std::vector<family>& addresses);

  enum class action : std::uint8_t {
    start,      ///< Try the address `index`.
    wait,       ///< For one under way to end, until `until` at the latest (time_point::max(): for as long as it takes).
    exhausted,  ///< All have failed.
  };
  class step {
   public:
    step(action what_value, std::size_t index_value, time_point until_value)
        : what(what_value), index(index_value), until(until_value) {}

    action what;
    std::size_t index;
    time_point until;
  };
  [[nodiscard]] step next(time_point now);
  /// One that was started has failed.
  void failed() noexcept;

 private:
  std::vector<std::size_t> order_;
  std::size_t started_ = 0;
  std::size_t under_way_ = 0;
  time_point next_start_{};
};

}  // namespace mwaa_serverless::net
