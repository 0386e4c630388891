// Places in a listing as the AWS CLI writes them.
#pragma once

#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless::protocol {

/// The page that `next_token` asks for (absent: the first), less its first `truncate_amount` items.
class page_position {
 public:
  page_position(std::optional<std::string> next_token_value, std::uint64_t truncate_amount_value);

  std::optional<std::string> next_token;
  std::uint64_t truncate_amount = 0;
};
static_assert(!std::is_aggregate_v<page_position>);

/// Notices page tokens that lead back to an earlier page, after a cycle of any length, and keeps one token for it:
/// Brent's algorithm (R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20, 1980). Tokens are
/// compared whole, so none is ever taken for another.
class page_cycle {
 public:
  /// Each token on its way to the service, in order. `page` is what it names, counted from 1.
  void add(std::string_view token, std::uint64_t page);
  /// The page that `token` has named before, when that is known.
  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view token) const;

 private:
  std::string kept_;  // empty: none yet
  std::uint64_t kept_page_ = 0;
  std::uint64_t steps_ = 0;  // since it was kept
  std::uint64_t limit_ = 1;  // steps until another one is kept
};
static_assert(!std::is_aggregate_v<page_cycle>);

/// As botocore writes it (paginate.py, TokenEncoder): base64 of JSON such as `{"NextToken": "t1"}` or
/// `{"NextToken": null, "boto_truncate_amount": 3}`.
[[nodiscard]] std::string encode_page_token(const page_position& position);

/// Reads what encode_page_token() and the AWS CLI write; anything else is taken for a token of the service's own.
/// errc::invalid_page_token for an empty one, and for one of ours that was altered.
[[nodiscard]] result<page_position> decode_page_token(std::string_view token);

}  // namespace mwaa_serverless::protocol
