// Which errors are worth another attempt, and at what cost.
#pragma once

#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <span>
#include <string_view>

namespace mwaa_serverless::retry {

/// The judgement of one error.
class verdict {
 public:
  enum class kind : std::uint8_t {
    fatal,       ///< Another attempt would end the same way.
    transient,   ///< Another attempt may succeed.
    throttling,  ///< Another attempt may succeed later: the service asked to slow down.
  };

  constexpr verdict(kind what_value, std::string_view reason_value) noexcept : what(what_value), reason(reason_value) {}

  [[nodiscard]] constexpr bool retryable() const noexcept { return what != kind::fatal; }
  /// Tokens of the retry quota: 5 after throttling, 14 after anything else (AWS's standard mode of 2026).
  [[nodiscard]] constexpr int cost() const noexcept {
    return what == kind::throttling ? 5 : what == kind::transient ? 14 : 0;
  }

  kind what;
  std::string_view reason;  ///< For a person; static text.
};

/// One line of the table. Exactly one of name, status and code says what it is about.
struct verdict_row {
  std::string_view name;  ///< An error's name as the service sends it.
  /// An HTTP status, of a response whose error has no name or none of the table's; 3 to 5 is any other of 3xx to 5xx.
  int status = 0;
  errc code{};  ///< An error of this side.
  verdict judgement;
};

/// The whole table, the same as in docs/retry-verdicts.md. Names count before statuses: a 503 with a throttling name is
/// throttling. What it does not list is fatal.
[[nodiscard]] std::span<const verdict_row> verdict_table() noexcept;

[[nodiscard]] verdict classify(const error& failure) noexcept;

/// The verdict on an error that blames_clock(): it stands above the table.
[[nodiscard]] verdict clock_verdict() noexcept;

/// The service does not know the keys, or no longer.
[[nodiscard]] bool blames_keys(const error& failure) noexcept;
/// The verdict on such an error when others can be fetched, once for each call: it stands above the table.
[[nodiscard]] verdict keys_verdict() noexcept;

}  // namespace mwaa_serverless::retry
