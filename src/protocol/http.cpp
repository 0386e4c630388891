#include <algorithm>
#include <mwaa_serverless/http.hpp>
#include <utility>

#include "strings/ascii_case.hpp"
#include "strings/host_port.hpp"
#include "strings/secret_memory.hpp"
#include "strings/trim.hpp"

namespace mwaa_serverless {

namespace {

// `lines` are header lines, each ended by CRLF.
std::optional<std::string_view> find_header(std::string_view lines, std::string_view name) noexcept {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(lines.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && strings::equal_ignoring_case(line.substr(0, colon), name))
      return strings::trimmed(line.substr(colon + 1));
  }
  return std::nullopt;
}

}  // namespace

origin::origin() = default;
origin::origin(bool tls_value, std::string host_value, std::uint16_t port_value)
    : tls(tls_value), host(std::move(host_value)), port(port_value) {}

std::string origin::authority() const {
  std::string out = strings::bracketed(host);
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

http_request::http_request() : destination_(std::make_shared<const origin>()) {}
http_request::http_request(std::shared_ptr<const origin> to, std::string head_and_body, std::size_t head_size)
    : destination_(to ? std::move(to) : std::make_shared<const origin>()),
      bytes_(std::move(head_and_body)),
      head_size_(std::min(head_size, bytes_.size())) {}

http_request::http_request(const http_request&) = default;
http_request::http_request(http_request&& other) noexcept {
  *this = std::move(other);
}
http_request& http_request::operator=(const http_request& other) {
  http_request copy{other};
  return *this = std::move(copy);
}
http_request& http_request::operator=(http_request&& other) noexcept {
  // By swapping: neither text is left where nobody overwrites it.
  destination_.swap(other.destination_);
  bytes_.swap(other.bytes_);
  std::swap(head_size_, other.head_size_);
  std::swap(repeatable, other.repeatable);
  return *this;
}
http_request::~http_request() {
  strings::cleanse(bytes_);
}

std::optional<std::string_view> http_request::header(std::string_view name) const noexcept {
  const auto lines = head();
  const auto start = lines.find("\r\n");  // the request line is no header
  return start == std::string_view::npos ? std::nullopt : find_header(lines.substr(start + 2), name);
}

http_response::http_response() = default;

std::optional<std::string_view> http_response::header(std::string_view name) const noexcept {
  return find_header(fields, name);
}

}  // namespace mwaa_serverless
