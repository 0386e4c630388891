#include "signing/signed_request.hpp"

#include <utility>
#include <vector>

namespace mwaa_serverless::signing {

namespace {

void append_header(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

}  // namespace

http_request make_signed_request(const protocol::endpoint& endpoint, const protocol::operation& operation,
                                 std::string_view body, const credentials& keys, signer& with,
                                 std::chrono::system_clock::time_point now, std::string_view invocation_id, int attempt,
                                 int max_attempts, std::string_view user_agent) {
  const std::string date_time = format_date(now);
  const std::string host = endpoint.where->authority();
  const std::string attempts = "attempt=" + std::to_string(attempt) + "; max=" + std::to_string(max_attempts);

  // All that botocore signs: every header but User-Agent and those that concern the connection.
  std::vector<header> to_sign{
      {"amz-sdk-invocation-id", invocation_id},
      {"amz-sdk-request", attempts},
      {"content-type", "application/x-amz-json-1.0"},
      {"host", host},
      {"x-amz-date", date_time},
      {"x-amz-target", operation.target},
  };
  if (!keys.session_token().empty()) to_sign.emplace_back("x-amz-security-token", keys.session_token());

  std::string bytes;
  bytes.reserve(1024 + user_agent.size() + keys.session_token().size() + body.size());
  bytes += "POST ";
  bytes += endpoint.path;
  bytes += " HTTP/1.1\r\n";
  append_header(bytes, "Host", host);
  append_header(bytes, "Content-Type", "application/x-amz-json-1.0");
  append_header(bytes, "Content-Length", std::to_string(body.size()));
  append_header(bytes, "X-Amz-Target", operation.target);
  append_header(bytes, "X-Amz-Date", date_time);
  if (!keys.session_token().empty()) append_header(bytes, "X-Amz-Security-Token", keys.session_token());
  append_header(bytes, "amz-sdk-invocation-id", invocation_id);
  append_header(bytes, "amz-sdk-request", attempts);
  append_header(bytes, "User-Agent", user_agent);

  sha256 hasher{with.algorithm()};
  const std::string payload_hash = to_hex(hasher.hash(body));
  const canonical_request canonical =
      make_canonical_request("POST", endpoint.path, {}, std::move(to_sign), payload_hash);
  append_header(bytes, "Authorization",
                with.authorization(hasher, keys.access_key_id(), keys.secret_access_key(), date_time, canonical.text,
                                   canonical.signed_headers));
  bytes += "\r\n";
  const std::size_t head_size = bytes.size();
  bytes += body;

  http_request out{endpoint.where, std::move(bytes), head_size};
  out.repeatable = operation.repeatable;
  return out;
}

}  // namespace mwaa_serverless::signing
