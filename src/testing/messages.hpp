// Requests and responses as the emulator's core sees them: text, no sockets.
#pragma once

#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mwaa_serverless::testing {

/// A request that came in whole. Views into the bytes that carried it.
struct incoming_request {
  std::string_view method;
  std::string_view target;  ///< Path and query.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;

  /// The target up to its query, and what follows the question mark.
  [[nodiscard]] std::string_view path() const noexcept { return target.substr(0, target.find('?')); }
  [[nodiscard]] std::string_view query() const noexcept {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  }
  /// The first header of that name, in any case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// An answer, before anything happens to it on its way.
struct reply {
  int status = 200;
  std::string code;  ///< Name of the error; empty on success.
  std::string body;
  std::string content_type = "application/x-amz-json-1.0";
  std::string extra_headers;  ///< Header lines, each ended by CRLF.
};

/// What became of one request.
struct exchange {
  reply answer;
  std::optional<fault> applied;
  request_record record;
};

/// An error of the service's model, with the members of it that `members` has.
[[nodiscard]] reply service_error(std::string_view code, error members);
/// An error of the layer in front of the service: namespaced type, lower-case `message`.
[[nodiscard]] reply front_error(int status, std::string_view code, std::string_view message);

/// `text`; where it is not UTF-8, its bytes above ASCII become U+FFFD.
[[nodiscard]] std::string quotable(std::string_view text);
/// The same as a JSON string with its quotes.
[[nodiscard]] std::string quoted(std::string_view text);
/// Status line, headers and the empty line of `answer`; `length` is stated as Content-Length.
/// Without `request_id` no header names one.
[[nodiscard]] std::string response_head(const reply& answer, std::string_view request_id, clock::wall_time_point date,
                                        std::size_t length);

}  // namespace mwaa_serverless::testing
