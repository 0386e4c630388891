// Page tokens that only their issuer can make.
#pragma once

#include <chrono>
#include <cstdint>
#include <mwaa_serverless/clock.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::testing {

/// Makes and checks the tokens of pages. A token is good for one listing only: an operation and what it lists.
class page_tokens {
 public:
  /// Emulators of one seed take each other's tokens. `life` zero: forever.
  page_tokens(std::uint64_t seed, std::chrono::milliseconds life);

  /// The token of the page that begins after the item `key` of `listing` (the operation and its arguments).
  [[nodiscard]] std::string make(std::string_view listing, std::string_view key, clock::wall_time_point now) const;
  /// The key in `token`; nullopt when it was not made for `listing`, is too old, or is not one of these at all.
  [[nodiscard]] std::optional<std::string> read(std::string_view listing, std::string_view token,
                                                clock::wall_time_point now) const;

 private:
  [[nodiscard]] std::string make(std::string_view listing, std::string_view key, std::uint64_t made) const;

  std::string key_;
  std::chrono::milliseconds life_;
};

}  // namespace mwaa_serverless::testing
