// Page tokens that only their issuer can make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::testing {

/// Makes and checks the tokens of pages. A token is good for one listing only: an operation and what it lists.
class page_tokens {
 public:
  /// Emulators of one seed take each other's tokens.
  explicit page_tokens(std::uint64_t seed);

  /// The token of the page that begins at item `offset` of `listing` (the operation and its arguments).
  [[nodiscard]] std::string make(std::string_view listing, std::uint32_t offset) const;
  /// The offset in `token`; nullopt when it was not made for `listing` or is not one of these at all.
  [[nodiscard]] std::optional<std::uint32_t> read(std::string_view listing, std::string_view token) const;

 private:
  std::string key_;
};

}  // namespace mwaa_serverless::testing
