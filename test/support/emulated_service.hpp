// An emulator in virtual time, and its answers taken apart.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <string>
#include <utility>

#include "support/run.hpp"
#include "support/signed_requests.hpp"

namespace test {

namespace json = boost::json;

inline std::string text_of(const json::value& value) {
  return std::string{value.as_string()};
}

/// The name of an error in a body, without the namespace.
inline std::string code_of(const json::value& body) {
  const json::value* type = body.as_object().if_contains("__type");
  if (type == nullptr) return {};
  const std::string text{type->as_string().c_str()};
  return text.substr(text.find('#') + 1);
}

class emulated_service {
 public:
  explicit emulated_service(mwaa_serverless::testing::emulator_options options = {})
      : time(std::make_shared<mwaa_serverless::testing::virtual_clock>()),
        emulator(with_time(std::move(options), time)),
        network(emulator.in_memory_transport()) {}

  [[nodiscard]] request_draft draft(std::string body) const { return request_draft{std::move(body), time->wall_now()}; }

  /// Sends and waits, in virtual time.
  mwaa_serverless::result<mwaa_serverless::http_response> send(
      const mwaa_serverless::http_request& request,
      mwaa_serverless::clock::time_point deadline = mwaa_serverless::clock::time_point::max()) {
    // The result has no default value, which the completion of a coroutine needs: wrapped.
    auto boxed = run(io, *time, box(*network, request, deadline));
    return *std::move(boxed);
  }
  /// The answer to a request that must reach the service and back.
  mwaa_serverless::http_response answer(const mwaa_serverless::http_request& request) { return send(request).value(); }
  json::value answer_body(const std::string& body) {
    const std::string text = answer(draft(body).make()).body;
    return json::parse(text);
  }

  /// The answer to another operation than ListTaskInstances.
  json::value ask(const std::string& operation, const std::string& body) {
    request_draft asked = draft(body);
    asked.operation = operation;
    const std::string text = answer(asked.make()).body;
    return json::parse(text);
  }
  /// Lets time pass.
  void pass(mwaa_serverless::clock::time_point::duration by) { time->run_until(io, time->now() + by); }

  asio::io_context io;
  std::shared_ptr<mwaa_serverless::testing::virtual_clock> time;
  mwaa_serverless::testing::emulator emulator;
  std::shared_ptr<mwaa_serverless::transport> network;

 private:
  using response = mwaa_serverless::result<mwaa_serverless::http_response>;

  static mwaa_serverless::testing::emulator_options with_time(mwaa_serverless::testing::emulator_options options,
                                                              std::shared_ptr<mwaa_serverless::clock> time_value) {
    options.time = std::move(time_value);
    return options;
  }
  static asio::awaitable<std::shared_ptr<response>> box(mwaa_serverless::transport& via,
                                                        const mwaa_serverless::http_request& request,
                                                        mwaa_serverless::clock::time_point deadline) {
    response out = co_await via.send(request, deadline);
    co_return std::make_shared<response>(std::move(out));
  }
};

}  // namespace test
