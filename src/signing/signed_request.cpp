#include "signing/signed_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

#include "strings/date_time.hpp"
#include "strings/hex.hpp"
#include "strings/secret_memory.hpp"

namespace mwaa_serverless::signing {

namespace {

// All that botocore signs: every header but User-Agent and those that concern the connection.
constexpr std::string_view signed_headers =
    "amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-target";
constexpr std::string_view signed_headers_with_token =
    "amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-security-token;x-amz-target";

/// The headers of one request, each a view of text that is alive elsewhere.
struct header_values {
  std::string_view host;
  std::string_view date_time;
  std::string_view target;
  std::string_view token;
  std::string_view invocation_id;
  std::string_view attempts;
};

// At once: std::string::append() asks for each part whether there is room.
void append(std::string& out, std::initializer_list<std::string_view> parts) {
  std::size_t more = 0;
  for (const std::string_view part : parts) more += part.size();
  const std::size_t size = out.size();
  out.resize(size + more);
  char* to = out.data() + size;
  for (const std::string_view part : parts) to = std::copy(part.begin(), part.end(), to);
}

void append_number(std::string& out, std::size_t value) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

/// The value of `amz-sdk-request`.
class attempt_text {
 public:
  attempt_text(int attempt, int max_attempts) {
    char* to = copy("attempt=", characters_.data());
    to = std::to_chars(to, characters_.end(), attempt).ptr;
    to = copy("; max=", to);
    size_ = static_cast<std::size_t>(std::to_chars(to, characters_.end(), max_attempts).ptr - characters_.data());
  }
  [[nodiscard]] std::string_view view() const noexcept { return {characters_.data(), size_}; }

 private:
  static char* copy(std::string_view text, char* to) { return std::copy(text.begin(), text.end(), to); }

  std::array<char, 40> characters_;
  std::size_t size_;
};

// What make_canonical_request() makes of these headers, without its sorting and copying: the tests hold the one against
// the other.
void append_canonical_request(std::string& out, std::string_view path, const header_values& with,
                              std::string_view payload_hash) {
  out += "POST\n";
  append_canonical_path(out, path);
  append(out, {"\n\namz-sdk-invocation-id:", with.invocation_id, "\namz-sdk-request:", with.attempts,
               "\ncontent-type:application/x-amz-json-1.0\nhost:", with.host, "\nx-amz-date:", with.date_time});
  if (!with.token.empty()) {
    out += "\nx-amz-security-token:";
    append_canonical_value(out, with.token);
  }
  append(out, {"\nx-amz-target:", with.target, "\n\n", with.token.empty() ? signed_headers : signed_headers_with_token,
               "\n", payload_hash});
}

}  // namespace

http_request make_signed_request(const protocol::endpoint& endpoint, const protocol::operation& operation,
                                 std::string_view body, const std::shared_ptr<const credentials>& keys, signer& with,
                                 std::chrono::system_clock::time_point now, std::string_view invocation_id, int attempt,
                                 int max_attempts, std::string_view user_agent) {
  const auto date_time = strings::signing_time_characters(now);
  const std::string_view host = endpoint.authority;
  const attempt_text attempts{attempt, max_attempts};
  const header_values headers{
      host,           {date_time.data(), date_time.size()}, operation.target, keys->session_token(), invocation_id,
      attempts.view()};

  std::string bytes;
  // At once as large as it will be: growing would leave copies of a session token behind.
  constexpr std::size_t what_is_fixed = 640;
  bytes.reserve(what_is_fixed + endpoint.path.size() + host.size() + headers.target.size() + user_agent.size() +
                headers.token.size() + keys->access_key_id().size() + endpoint.signing_region.size() + body.size());
  append(bytes, {"POST ", endpoint.path, " HTTP/1.1\r\nHost: ", host,
                 "\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "});
  append_number(bytes, body.size());
  append(bytes, {"\r\nX-Amz-Target: ", headers.target, "\r\nX-Amz-Date: ", headers.date_time});
  if (!headers.token.empty()) append(bytes, {"\r\nX-Amz-Security-Token: ", headers.token});
  append(bytes, {"\r\namz-sdk-invocation-id: ", invocation_id, "\r\namz-sdk-request: ", headers.attempts,
                 "\r\nUser-Agent: ", user_agent, "\r\nAuthorization: "});

  auto lent = with.lend(keys, headers.date_time.substr(0, 8));
  const auto payload_hash = strings::hex_characters(lent->hasher.hash(body));
  {
    std::optional<strings::cleanse_at_end> cleansed;
    if (!headers.token.empty()) cleansed.emplace(lent->text);
    lent->text.clear();
    strings::grow_cleansing(lent->text, 600 + endpoint.path.size() + host.size() + headers.token.size());
    append_canonical_request(lent->text, endpoint.path, headers, {payload_hash.data(), payload_hash.size()});
    with.append_authorization(bytes, *lent, keys->access_key_id(), headers.date_time,
                              headers.token.empty() ? signed_headers : signed_headers_with_token);
  }
  with.give_back(std::move(lent));
  bytes += "\r\n\r\n";
  const std::size_t head_size = bytes.size();
  bytes += body;

  http_request out{endpoint.where, std::move(bytes), head_size};
  out.repeatable = operation.repeatable();
  return out;
}

}  // namespace mwaa_serverless::signing
