// The least that must be read of an HTTP/1.1 message.
#pragma once

#include <strings.h>

#include <charconv>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace bench {

/// Where a message's body begins and how long it is.
class http_head {
 public:
  std::size_t size = 0;
  std::size_t body = 0;
  bool success = false;  // of a response
};

/// Nothing when the end of the head has not come. Throws when there is no Content-Length.
inline std::optional<http_head> read_http_head(std::string_view bytes) {
  constexpr std::string_view length = "\r\ncontent-length:";
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  http_head out;
  out.size = end + 4;
  out.success = bytes.substr(0, 10) == "HTTP/1.1 2";
  for (std::size_t line = bytes.find('\r'); line < end; line = bytes.find('\r', line + 1)) {
    if (end - line < length.size() || ::strncasecmp(bytes.data() + line, length.data(), length.size()) != 0) continue;
    const char* digit = bytes.data() + line + length.size();
    while (*digit == ' ') ++digit;
    if (std::from_chars(digit, bytes.data() + end, out.body).ec == std::errc{}) return out;
  }
  throw std::runtime_error("an HTTP message has no Content-Length");
}

}  // namespace bench
