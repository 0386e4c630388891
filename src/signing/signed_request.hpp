// An operation's request, ready for the wire.
#pragma once

#include <chrono>
#include <memory>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/http.hpp>
#include <string>
#include <string_view>

#include "protocol/endpoint.hpp"
#include "protocol/operation.hpp"
#include "signing/sigv4.hpp"

namespace mwaa_serverless::signing {

/// awsJson1_0 over HTTP/1.1: headers and body as one piece, signed at `now`.
[[nodiscard]] http_request make_signed_request(const protocol::endpoint& endpoint, const protocol::operation& operation,
                                               std::string_view body, const std::shared_ptr<const credentials>& keys,
                                               signer& with, std::chrono::system_clock::time_point now,
                                               std::string_view invocation_id, int attempt, int max_attempts,
                                               std::string_view user_agent);

}  // namespace mwaa_serverless::signing
