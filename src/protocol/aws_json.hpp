// awsJson1_0: requests into JSON, JSON into responses and errors.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/json_reader.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

/// What AWS's own tools refuse before they send anything: lengths and numbers under the model's minimum. As
/// errc::invalid_argument that names the member, its value (cut) and the rule; nullopt when there is nothing.
[[nodiscard]] std::optional<error> validate(const list_task_instances_request& request);

/// The body of the request: only members that are set, in the model's order.
[[nodiscard]] std::string encode(const list_task_instances_request& request);

/// Of the body of a 2xx answer, for json_reading.
extern const structure_schema& list_task_instances_response_format;
/// What was wrong with it, as errc::malformed_response that names the member and the byte.
[[nodiscard]] error unreadable_response(const operation& of, const json_error& wrong);
/// The response in the body of a 2xx answer, or unreadable_response().
[[nodiscard]] result<list_task_instances_response> decode_list_task_instances_response(std::string_view body);

/// An error's body that is longer is not read: the service's are some hundred bytes.
inline constexpr std::size_t max_error_bytes = std::size_t{256} * 1024;

/// The error in any other answer. Its name is looked for in the header `X-Amzn-Errortype`, then in the body's `__type`
/// and `code`; its message in `message`, `Message` and `errorMessage`. Without a name that the library knows, the HTTP
/// status decides on the code: 429 errc::throttled; 500, 502 and 503 errc::internal_server; 408 and 504
/// errc::service_timeout; 407 errc::proxy_refused; any other errc::other_service_error. A body that is not JSON (a
/// proxy's page), or is longer than max_error_bytes, becomes the message, cut.
[[nodiscard]] error decode_error(const http_response& response);

}  // namespace mwaa_serverless::protocol
