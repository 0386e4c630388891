// awsJson1_0: answers into responses and errors.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/result.hpp>
#include <string_view>

#include "protocol/json_reader.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

/// What is wrong with the body of a 2xx answer, as errc::malformed_response that names the member and the byte.
[[nodiscard]] error unreadable_response(const operation& of, const json_error& wrong);
/// The response to a `Request` in the body of a 2xx answer, or unreadable_response().
template <class Request>
[[nodiscard]] result<typename Request::response_type> decode(std::string_view body) {
  using response = typename Request::response_type;
  response out;
  if (const auto wrong = read_json(body, described<response>::value, &out))
    return unreadable_response(operation_of<Request>::value, *wrong);
  return out;
}

/// An error's body that is longer is not read: the service's are some hundred bytes.
inline constexpr std::size_t max_error_bytes = std::size_t{256} * 1024;

/// The error in any other answer. Its name is looked for in the header `X-Amzn-Errortype`, then in the body's `__type`
/// and `code`; its message in `message`, `Message` and `errorMessage`. Without a name that the library knows, the HTTP
/// status decides on the code: 429 errc::throttled; 500, 502 and 503 errc::internal_server; 408 and 504
/// errc::service_timeout; 407 errc::proxy_refused; any other errc::other_service_error. A body that is not JSON (a
/// proxy's page), or is longer than max_error_bytes, becomes the message, cut.
[[nodiscard]] error decode_error(const http_response& response);

}  // namespace mwaa_serverless::protocol
