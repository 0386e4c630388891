#include "sources/http_client.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "async/machine_time.hpp"
#include "net/pooled_transport.hpp"
#include "protocol/user_agent.hpp"
#include "retry/classify.hpp"
#include "strings/ascii_case.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;

namespace {

bool is_passing_status(int status) noexcept {
  return status >= 500 || status == 408 || status == 429;
}

bool is_passing_fault(const error& failure) noexcept {
  return failure.code == errc::process_timeout || retry::classify(failure).retryable();
}

}  // namespace

bool has_control_character(std::string_view text) noexcept {
  return std::ranges::any_of(text, strings::is_control);
}

http_request make_request(std::string_view method, const std::shared_ptr<const origin>& to, std::string_view target,
                          const std::vector<web_header>& headers, std::string_view body) {
  std::string bytes;
  const auto add = [&](std::string_view name, std::string_view value) {
    bytes.append(name).append(": ").append(value).append("\r\n");
  };
  std::size_t size = 512 + target.size() + body.size();
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 4;
  bytes.reserve(size);  // a string that grows leaves its old memory behind
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  add("Host", to->authority());
  add("User-Agent", protocol::user_agent({}));
  for (const auto& [name, value] : headers) add(name, value);
  if (method == "POST" || method == "PUT") add("Content-Length", std::to_string(body.size()));
  bytes += "\r\n";
  const std::size_t head_size = bytes.size();
  bytes += body;
  return {to, std::move(bytes), head_size};
}

asio::awaitable<result<http_response>> http_client::send(http_request request, retry_schedule with,
                                                         clock::time_point deadline) {
  if (options_.network) {
    network_ = options_.network;
  } else if (!network_) {
    network_options settings;
    settings.max_connections = 1;
    settings.connect_timeout = with.timeout;
    settings.max_response_bytes = max_body_bytes;
    if (by_ == route::by_proxy) static_cast<egress_options&>(settings) = options_;
    settings.ca_bundle = request.destination().tls ? options_.ca_bundle : std::string{};
    try {
      net::internal_options internal;
      internal.secret_responses = true;
      network_ =
          net::make_pooled_transport(co_await asio::this_coro::executor, std::move(settings), std::move(internal));
    } catch (const exception& wrong) {
      co_return wrong.details();
    }
  }
  for (int attempt = 1;; ++attempt) {
    auto limit = std::min(deadline, time().now() + with.timeout);
    if (!options_.network) limit = async::machine_time(time(), limit);
    auto got = co_await network_->send(request, limit);
    if (got && got->body.size() > max_body_bytes)
      co_return error{errc::response_too_large, "the response is larger than 65536 bytes"};
    const bool again = got ? is_passing_status(got->status) : is_passing_fault(got.error());
    if (!again || attempt >= with.attempts || time().now() + with.pause >= deadline) co_return std::move(got);
    co_await time().sleep_until(time().now() + with.pause);
  }
}

error failed(std::string_view what, const error& why) {
  error out = why;
  out.message = strings::printable(std::string{what} + ": " + why.message);
  if (why.code == errc::attempt_timeout || why.code == errc::acquire_timeout) {
    out.code = make_error_code(errc::credentials_timeout);
  } else if (!is_passing_fault(why) && why.code != errc::no_credentials) {
    out.code = make_error_code(errc::credentials_failed);
  }
  return out;
}

error failed(std::string_view what, const http_response& response, std::string_view detail) {
  std::string message{what};
  message += ": HTTP " + std::to_string(response.status);
  if (!detail.empty()) message.append(", ").append(detail);
  // No status in the error itself: it is not the service's.
  return {is_passing_status(response.status) ? errc::connection_lost : errc::credentials_failed, std::move(message)};
}

asio::awaitable<result<file_text>> read_small_file(std::string path, clock& time, clock::time_point deadline) {
  constexpr std::size_t longest = std::size_t{64} * 1024;
  auto got = co_await async_read_file(std::move(path), longest, time, deadline);
  if (!got.failure.empty()) co_return error{errc::credentials_failed, std::move(got.failure)};
  co_return std::move(got);
}

}  // namespace mwaa_serverless::sources
