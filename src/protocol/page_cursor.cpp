#include "protocol/page_cursor.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <limits>
#include <utility>
#include <vector>

#include "protocol/whole_number.hpp"
#include "strings/base64.hpp"
#include "strings/hex.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::protocol {

namespace {

// As Python's json.dumps does: ASCII only, other characters in UTF-16 escapes.
std::string python_json_string(std::string_view value) {
  std::string out = "\"";
  while (!value.empty()) {
    // A byte that is no UTF-8 stands for itself.
    const auto [c, size] = strings::first_character(value);
    value.remove_prefix(std::max<std::size_t>(size, 1));
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          out += static_cast<char>(c);
        } else if (c < 0x10000) {
          strings::append_hex(out += "\\u", c, 4);
        } else {
          strings::append_hex(out += "\\u", 0xd800 + ((c - 0x10000) >> 10), 4);
          strings::append_hex(out += "\\u", 0xdc00 + ((c - 0x10000) & 0x3ff), 4);
        }
    }
  }
  return out + '"';
}

error altered(std::string_view why) {
  return {errc::invalid_page_token, "the page token has been altered: " + std::string{why}};
}

}  // namespace

page_position::page_position(std::optional<std::string> next_token_value, std::uint64_t truncate_amount_value)
    : next_token(std::move(next_token_value)), truncate_amount(truncate_amount_value) {}

void page_cycle::add(std::string_view token, std::uint64_t page) {
  if (++steps_ < limit_) return;
  kept_ = token;
  kept_page_ = page;
  steps_ = 0;
  limit_ *= 2;
}

std::optional<std::uint64_t> page_cycle::find(std::string_view token) const {
  if (kept_.empty() || token != kept_) return std::nullopt;
  return kept_page_;
}

std::string encode_page_token(const page_position& position) {
  std::string json = "{\"NextToken\": ";
  json += position.next_token ? python_json_string(*position.next_token) : "null";
  if (position.truncate_amount > 0 || !position.next_token)
    json += ", \"boto_truncate_amount\": " + std::to_string(position.truncate_amount);
  return strings::to_base64(json + "}");
}

result<page_position> decode_page_token(std::string_view token) {
  if (token.empty()) return error(errc::invalid_page_token, "the page token is empty; leave it out to start afresh");
  const page_position raw{std::string{token}, 0};
  const auto json = strings::from_base64(token);
  if (!json) return raw;
  boost::system::error_code code;
  const auto value = boost::json::parse(*json, code);
  if (code || !value.is_object()) return raw;

  page_position out{std::nullopt, 0};
  for (const auto& member : value.as_object()) {
    if (member.key() == "NextToken") {
      if (member.value().is_string()) {
        out.next_token = std::string{member.value().as_string()};
      } else if (!member.value().is_null()) {
        return altered("NextToken must be a string or null");
      }
    } else if (member.key() == "boto_truncate_amount") {
      const auto amount = whole_number(member.value());
      if (!amount || *amount < 0) return altered("boto_truncate_amount must be a count");
      out.truncate_amount = static_cast<std::uint64_t>(*amount);
    } else {
      return raw;
    }
  }
  return out;
}

}  // namespace mwaa_serverless::protocol
