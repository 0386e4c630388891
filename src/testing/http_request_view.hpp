// Beast's requests, as the core reads them.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string_view>

#include "testing/delivery.hpp"
#include "testing/emulator_state.hpp"
#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// The service's requests are far smaller.
inline constexpr std::uint64_t max_request_body = std::uint64_t{1024} * 1024;
inline constexpr std::uint32_t max_request_head = 64 * 1024;

inline void set_limits(request_parser& parser) {
  parser.body_limit(max_request_body);
  parser.header_limit(max_request_head);
}

/// Views into `message`.
[[nodiscard]] inline incoming_request view_of(
    const boost::beast::http::request<boost::beast::http::string_body>& message) {
  const auto plain = [](boost::beast::string_view text) { return std::string_view{text.data(), text.size()}; };
  incoming_request out;
  out.method = plain(message.method_string());
  out.target = plain(message.target());
  out.headers.reserve(16);
  for (const auto& field : message) out.headers.emplace_back(plain(field.name_string()), plain(field.value()));
  out.body = message.body();
  return out;
}

/// The status that answers bytes which `failure` kept from being a request.
[[nodiscard]] inline int status_of(const boost::system::error_code& failure) {
  return failure == boost::beast::http::error::body_limit ? 413 : 400;
}

/// The answer to `bytes`, one whole request, through the same parser as the server's: what is no HTTP is not answered
/// as if it were.
[[nodiscard]] inline delivery answer(emulator_state& service, std::string_view bytes) {
  request_parser parser;
  set_limits(parser);
  parser.eager(true);
  boost::system::error_code failure;
  while (!failure && !bytes.empty() && !parser.is_done())
    bytes.remove_prefix(parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failure));
  if (failure) return service.refuse(status_of(failure), failure.message());
  if (!parser.is_done() || !bytes.empty()) return service.refuse(400, "Content-Length does not agree with the body");
  return service.handle(view_of(parser.get()), parser.keep_alive());
}

}  // namespace mwaa_serverless::testing
