#include "protocol/page_cursor.hpp"

#include "protocol/whole_number.hpp"

#include <openssl/evp.h>

#include <boost/json/parse.hpp>
#include <limits>
#include <utility>
#include <vector>

namespace mwaa_serverless::protocol {

namespace {

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  // EVP_EncodeBlock adds a terminating zero, which std::string has room for.
  ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 1'000'000) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // The padding is decoded too, as zeros.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

void append_escaped_unit(std::string& out, unsigned unit) {
  constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 0xf];
}

// The next character of UTF-8 text; a byte that is none stands for itself.
unsigned next_code_point(std::string_view& text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 1 || first < 0xc2 || text.size() < size) {
    text.remove_prefix(1);
    return first;
  }
  unsigned value = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) value = (value << 6) | (byte(i) & 0x3fU);
  text.remove_prefix(size);
  return value;
}

// As Python's json.dumps does: ASCII only, other characters in UTF-16 escapes.
std::string python_json_string(std::string_view value) {
  std::string out = "\"";
  while (!value.empty()) {
    const unsigned c = next_code_point(value);
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
          append_escaped_unit(out, c);
        } else {
          append_escaped_unit(out, 0xd800 + ((c - 0x10000) >> 10));
          append_escaped_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
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
  return to_base64(json + "}");
}

result<page_position> decode_page_token(std::string_view token) {
  if (token.empty()) return error(errc::invalid_page_token, "the page token is empty; leave it out to start afresh");
  const page_position raw{std::string{token}, 0};
  const auto json = from_base64(token);
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
