// When credentials are fetched, who waits for it, and what is used when it fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>

namespace mwaa_serverless::sources {

/// The rules that AWS's SDKs share since 2026. What is left of the credentials' time decides: much of it, and they are
/// used; less than the advisory window, and one fetch begins while they are used on; less than the mandatory window,
/// and callers wait for that fetch. A fetch that fails leaves the last credentials in use, even expired ones (the
/// service decides), and the source alone for 5 to 10 minutes. Only a source that says for good that there are none
/// makes expired credentials an error.
class credentials_state {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using wall_time_point = std::chrono::system_clock::time_point;
  using keys = std::shared_ptr<const credentials>;
  using fetch_number = std::uint64_t;

  struct instant {
    time_point now;
    wall_time_point wall;
  };

  /// A fetch takes at most `fetch_limit`: after that, one that has not ended is given up.
  explicit credentials_state(std::chrono::nanoseconds fetch_limit) noexcept : fetch_limit_(fetch_limit) {}

  enum class answer : std::uint8_t {
    use,            ///< current()
    use_and_fetch,  ///< current(), and the caller begins the fetch.
    fetch,          ///< The caller begins the fetch, and waits.
    wait,           ///< A fetch is under way.
    fail,           ///< failure()
  };
  /// What a caller does now.
  [[nodiscard]] answer ask(instant at);
  /// ask() would say `use`, since nothing is to be fetched yet.
  [[nodiscard]] bool good(instant at) const;
  [[nodiscard]] const keys& current() const noexcept { return current_; }
  [[nodiscard]] const error& failure() const noexcept { return *failure_; }
  /// Of the fetch that began last.
  [[nodiscard]] fetch_number under_way() const noexcept { return number_; }

  // How a fetch ended; nothing when it had been given up. `unit` is random in [0, 1).
  void fetched(fetch_number number, keys fresh, instant at, double unit);
  void failed(fetch_number number, error why, instant at, double unit);
  /// It was cancelled: as if it had not begun.
  void dropped(fetch_number number) noexcept;

  /// The service refused `refused`. True when the next ask() fetches others.
  [[nodiscard]] bool rejected(const credentials& refused, instant at);

 private:
  [[nodiscard]] std::chrono::nanoseconds left(instant at) const;
  [[nodiscard]] answer begin(instant at, answer how);
  [[nodiscard]] bool ends(fetch_number number) noexcept;
  void settle(error why, bool transient, instant at, double unit);

  const std::chrono::nanoseconds fetch_limit_;
  keys current_;
  std::chrono::nanoseconds advisory_{0};
  bool rejected_ = false;
  time_point rest_until_{};  // the source is left alone
  std::optional<error> failure_;
  time_point failure_until_{};
  fetch_number number_ = 0;
  bool fetching_ = false;
  time_point given_up_at_{};
};

/// How long before the end of credentials that are good for `lifetime` others are fetched.
[[nodiscard]] std::chrono::nanoseconds advisory_window(std::chrono::nanoseconds lifetime) noexcept;

/// Whether a later fetch may succeed where one failed so.
[[nodiscard]] bool is_transient(const error& failure) noexcept;

}  // namespace mwaa_serverless::sources
