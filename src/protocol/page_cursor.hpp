// Places in a listing as the AWS CLI writes them.
#pragma once

#include <cstdint>
#include <mwaa_serverless/error.hpp>
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

/// As botocore writes it (paginate.py, TokenEncoder): base64 of JSON such as `{"NextToken": "t1"}` or
/// `{"NextToken": null, "boto_truncate_amount": 3}`.
[[nodiscard]] std::string encode_page_token(const page_position& position);

/// Reads what encode_page_token() and the AWS CLI write; anything else is taken for a token of the service's own.
/// errc::invalid_page_token for an empty one, and for one of ours that was altered.
[[nodiscard]] result<page_position> decode_page_token(std::string_view token);

}  // namespace mwaa_serverless::protocol
