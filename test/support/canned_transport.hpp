// A network for component tests: answers from a script, in virtual time, and keeps every request.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <mwaa_serverless/transport.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/run.hpp"

namespace test {

namespace mwaa = mwaa_serverless;

/// The answer to one request, and how long it takes.
class canned_answer {
 public:
  canned_answer(mwaa::http_response what_value, std::chrono::nanoseconds latency_value = {})
      : what(std::move(what_value)), latency(latency_value) {}
  canned_answer(mwaa::error what_value) : what(std::move(what_value)) {}

  mwaa::result<mwaa::http_response> what;
  std::chrono::nanoseconds latency{0};
};

inline mwaa::http_response response(int status, std::string body, std::string fields = {}) {
  mwaa::http_response out;
  out.status = status;
  out.body = std::move(body);
  out.fields = "x-amzn-RequestId: request-1\r\n" + std::move(fields);
  return out;
}

inline mwaa::http_response throttle(int retry_after_seconds = 0, std::string fields = {}) {
  std::string body = R"({"__type":"ThrottlingException","Message":"Rate exceeded","ServiceCode":"s","QuotaCode":"q")";
  if (retry_after_seconds > 0) body += ",\"RetryAfterSeconds\":" + std::to_string(retry_after_seconds);
  return response(429, body + "}", std::move(fields));
}

inline mwaa::http_response internal_error() {
  return response(500, R"({"__type":"InternalServerException","Message":"sorry"})");
}

/// A page whose task ids are `ids`; an empty `next` makes it the last.
inline mwaa::http_response page(const std::vector<std::string>& ids, const std::string& next = {}) {
  std::string body = R"({"TaskInstances":[)";
  for (const std::string& id : ids) {
    if (body.back() != '[') body += ',';
    body += R"({"TaskInstanceId":")" + id + R"(","Status":"RUNNING"})";
  }
  body += "]";
  if (!next.empty()) body += R"(,"NextToken":")" + next + "\"";
  return response(200, body + "}");
}

class canned_transport final : public mwaa::transport {
 public:
  explicit canned_transport(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}

  /// The next answers, in order. When they are used up, `otherwise` answers; without it the request is a failed test.
  std::deque<canned_answer> script;
  std::function<canned_answer(const mwaa::http_request&)> otherwise;
  std::vector<mwaa::http_request> requests;
  /// When each request came, since the clock's start.
  std::vector<mwaa::clock::time_point> times;
  bool closed = false;
  int under_way = 0;

  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                          mwaa::clock::time_point deadline) override {
    requests.push_back(request);
    times.push_back(time_->now());
    canned_answer answer = next(request);
    const counted busy{under_way};
    const auto done = time_->now() + answer.latency;
    if (done > deadline) {
      co_await time_->sleep_until(deadline);
      mwaa::error late{mwaa::errc::attempt_timeout, "no response in time"};
      late.phase = mwaa::operation_phase::reading_response;
      late.may_have_reached_service = true;
      co_return late;
    }
    co_await time_->sleep_until(done);
    co_return std::move(answer.what);
  }
  asio::awaitable<void> close() override {
    closed = true;
    co_return;
  }
  mwaa::transport_metrics metrics() const override { return {}; }

 private:
  class counted {
   public:
    explicit counted(int& count) : count_(count) { ++count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --count_; }

   private:
    int& count_;
  };

  canned_answer next(const mwaa::http_request& request) {
    if (!script.empty()) {
      canned_answer answer = std::move(script.front());
      script.pop_front();
      return answer;
    }
    if (otherwise) return otherwise(request);
    return canned_answer{mwaa::error(mwaa::errc::connect_failed, "the script has no answer left")};
  }

  std::shared_ptr<mwaa::clock> time_;
};

/// A client over a canned transport in virtual time, with jitter of one half.
class canned_service {
 public:
  canned_service()
      : time(std::make_shared<mwaa::testing::virtual_clock>()), network(std::make_shared<canned_transport>(time)) {
    config.region = "us-east-1";
    config.credentials = mwaa::make_static_credentials({"AKIDEXAMPLE", "secret"});
    config.time = time;
    config.network = network;
    config.random = [] { return 0.5; };
  }
  [[nodiscard]] mwaa::client make_client() { return mwaa::client{io.get_executor(), config}; }
  template <class T>
  T run(asio::awaitable<T> work) {
    return test::run(io, *time, std::move(work));
  }

  asio::io_context io;
  std::shared_ptr<mwaa::testing::virtual_clock> time;
  std::shared_ptr<canned_transport> network;
  mwaa::client_config config;
};

}  // namespace test
