#include "client/client_state.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/aws_json.hpp"
#include "protocol/user_agent.hpp"
#include "retry/classify.hpp"
#include "retry/hints.hpp"
#include "retry/retry_state.hpp"
#include "signing/signed_request.hpp"
#include "transport/pooled_transport.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

/// Counts an operation as running for as long as it lives.
class client_state::running_operation {
 public:
  explicit running_operation(client_state& state) : state_(state) {}
  running_operation(const running_operation&) = delete;
  running_operation& operator=(const running_operation&) = delete;
  ~running_operation() {
    if (!counted_) return;
    std::vector<std::shared_ptr<net::event>> woken;
    {
      const std::lock_guard lock{state_.mutex_};
      if (--state_.running_ == 0) woken.swap(state_.waiters_);
    }
    for (const auto& waiter : woken) waiter->set();
  }
  /// False when the client is closed.
  bool enter() {
    const std::lock_guard lock{state_.mutex_};
    if (state_.closed_) return false;
    ++state_.running_;
    return counted_ = true;
  }

 private:
  client_state& state_;
  bool counted_ = false;
};

class client_state::attempt_outcome {
 public:
  attempt_outcome() {}  // not an aggregate: it stands in co_await expressions

  std::optional<error> failure;
  retry::retry_hints hints;
};

namespace {

[[noreturn]] void refuse_setting(std::string_view name, std::string_view rule) {
  throw exception(error(errc::invalid_configuration, "client_config::" + std::string{name} + " " + std::string{rule}));
}

client_config checked(client_config config) {
  using namespace std::chrono_literals;
  if (config.connect_timeout <= 0ms) refuse_setting("connect_timeout", "must be positive");
  if (config.attempt_timeout <= 0ms) refuse_setting("attempt_timeout", "must be positive");
  if (config.operation_timeout && *config.operation_timeout <= 0ms)
    refuse_setting("operation_timeout", "must be positive; leave it out for no limit");
  if (config.max_connections < 1) refuse_setting("max_connections", "must be at least 1");
  if (config.max_idle_time <= 0ms) refuse_setting("max_idle_time", "must be positive");
  if (config.max_response_bytes < 1024) refuse_setting("max_response_bytes", "must be at least 1024");
  if (config.app_id.size() > 50) refuse_setting("app_id", "must be at most 50 characters long");
  if (const auto wrong = retry::validate(config.retry)) throw exception(*wrong);
  if (!config.time) config.time = make_system_clock();
  return config;
}

protocol::endpoint endpoint_of(const client_config& config) {
  auto endpoint = protocol::resolve_endpoint(config.region, config.use_fips, config.endpoint_url);
  if (!endpoint) throw exception(endpoint.error());
  return *std::move(endpoint);
}

std::optional<error> check(const call_options& options) {
  using namespace std::chrono_literals;
  const auto refuse = [](const char* name, const char* rule) {
    return error(errc::invalid_argument, std::string{"call_options::"} + name + " " + rule);
  };
  if (options.attempt_timeout && *options.attempt_timeout <= 0ms) return refuse("attempt_timeout", "must be positive");
  if (options.operation_timeout && *options.operation_timeout <= 0ms)
    return refuse("operation_timeout", "must be positive");
  if (options.max_attempts && *options.max_attempts < 1) return refuse("max_attempts", "must be at least 1");
  return std::nullopt;
}

// `limit` from now, without overflowing when a caller asks for "forever".
clock::time_point after(clock::time_point now, std::chrono::milliseconds limit) {
  const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(clock::time_point::max() - now);
  return limit >= room ? clock::time_point::max() : now + limit;
}

attempt_record record_of(int number, const error& failure) {
  attempt_record record;
  record.number = number;
  record.code = failure.code;
  record.aws_code = failure.aws_code;
  record.http_status = failure.http_status;
  record.request_id = failure.request_id;
  return record;
}

// The operation timeout, not the attempt's, ended this attempt.
error deadline_error(error failure, std::string_view doing) {
  error ended(errc::deadline_exceeded, "the operation timeout passed while " + std::string{doing} +
                                           (failure.message.empty() ? "" : ": " + failure.message));
  ended.phase = failure.phase;
  ended.http_status = failure.http_status;
  ended.aws_code = std::move(failure.aws_code);
  ended.request_id = std::move(failure.request_id);
  ended.may_have_reached_service = failure.may_have_reached_service;
  return ended;
}

bool is_time_limit(const error& failure) {
  return failure.code == errc::attempt_timeout || failure.code == errc::connect_timeout;
}

}  // namespace

client_state::client_state(asio::any_io_executor executor, client_config config)
    : config_(checked(std::move(config))),
      endpoint_(endpoint_of(config_)),
      user_agent_(protocol::user_agent(config_.app_id)),
      signer_(endpoint_.signing_region, "airflow-serverless"),
      quota_(config_.retry.quota),
      random_(std::move(config_.random)) {
  if (config_.network) return;
  net::pooled_transport_options options;
  options.max_connections = config_.max_connections;
  options.max_idle_time = config_.max_idle_time;
  options.connect_timeout = config_.connect_timeout;
  options.max_response_bytes = config_.max_response_bytes;
  options.ca_bundle = config_.ca_bundle;
  options.verify_tls = config_.verify_tls;
  options.tls_context = config_.tls_context;
  config_.network = net::make_pooled_transport(std::move(executor), std::move(options));
}

asio::awaitable<client_state::attempt_outcome> client_state::attempt(const protocol::operation& operation,
                                                                     const std::string& body,
                                                                     const std::string& invocation_id, int number,
                                                                     int max_attempts, clock::time_point deadline,
                                                                     decoder decode, void* out) {
  attempt_outcome outcome;
  if (!config_.credentials) {
    outcome.failure = error(errc::no_credentials,
                            "no credentials: set client_config::credentials, or AWS_ACCESS_KEY_ID and "
                            "AWS_SECRET_ACCESS_KEY for client_config::from_environment()");
    co_return outcome;
  }
  auto keys = co_await config_.credentials->get(deadline);
  if (!keys) {
    outcome.failure = std::move(keys).error();
    outcome.failure->phase = phase::credentials;
    co_return outcome;
  }

  // Signed anew for every attempt: a signature is good for five minutes only.
  const http_request request =
      signing::make_signed_request(endpoint_, operation, body, **keys, signer_, config_.time->wall_now(), invocation_id,
                                   number, max_attempts, user_agent_);
  counters_.attempts.fetch_add(1, std::memory_order_relaxed);
  if (number > 1) counters_.retries.fetch_add(1, std::memory_order_relaxed);
  auto response = co_await config_.network->send(request, deadline);
  if (!response) {
    outcome.failure = std::move(response).error();
    co_return outcome;
  }

  if (response->status >= 200 && response->status < 300) {
    outcome.failure = decode(std::move(*response), out);
  } else {
    outcome.failure = protocol::decode_error(*response);
    outcome.hints = retry::read_hints(*outcome.failure, &*response, config_.time->wall_now());
    if (outcome.failure->code == errc::throttled) counters_.throttled.fetch_add(1, std::memory_order_relaxed);
  }
  if (outcome.failure) outcome.failure->may_have_reached_service = true;
  co_return outcome;
}

asio::awaitable<std::optional<error>> client_state::perform(const protocol::operation& operation,
                                                            const std::string& body, const call_options& options,
                                                            decoder decode, void* out) {
  std::optional<error> failure = check(options);
  if (failure) co_return failure;
  running_operation running{*this};
  if (!running.enter()) {
    failure.emplace(errc::client_closed, "the client is closed");
    co_return failure;
  }
  counters_.operations.fetch_add(1, std::memory_order_relaxed);

  const auto attempt_timeout = options.attempt_timeout.value_or(config_.attempt_timeout);
  const auto operation_timeout = options.operation_timeout ? options.operation_timeout : config_.operation_timeout;
  const auto deadline = operation_timeout ? after(config_.time->now(), *operation_timeout) : clock::time_point::max();
  const int max_attempts = options.max_attempts.value_or(config_.retry.max_attempts);
  const std::string invocation_id = random_.uuid();
  retry::retry_state retries{config_.retry, max_attempts, quota_};
  std::vector<attempt_record> log;

  for (int number = 1;; ++number) {
    const auto attempt_deadline = std::min(after(config_.time->now(), attempt_timeout), deadline);
    attempt_outcome outcome =
        co_await attempt(operation, body, invocation_id, number, max_attempts, attempt_deadline, decode, out);
    if (!outcome.failure) {
      retries.succeeded();
      co_return std::nullopt;
    }
    failure = std::move(outcome.failure);
    attempt_record& record = log.emplace_back(record_of(number, *failure));
    record.hint = retry::longest(outcome.hints);

    if (is_time_limit(*failure) && config_.time->now() >= deadline) {
      failure = deadline_error(*std::move(failure), to_string(failure->phase));
      record.reason = "the operation timeout passed";
      break;
    }
    const auto decision = retries.failed(*failure, outcome.hints, random_.unit(), config_.time->now(), deadline);
    record.reason = decision.reason;
    failure->attempts_exhausted = decision.attempts_exhausted;
    if (!decision.retry) break;
    record.wait_after = decision.wait;
    co_await config_.time->sleep_until(config_.time->now() +
                                       std::chrono::duration_cast<clock::time_point::duration>(decision.wait));
  }
  failure->operation = operation.name;
  failure->attempts = std::move(log);
  co_return failure;
}

asio::awaitable<void> client_state::close() {
  std::shared_ptr<net::event> drained;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (running_ > 0) {
      drained = std::make_shared<net::event>();
      waiters_.push_back(drained);
    }
  }
  if (drained) co_await drained->wait();
  co_await config_.network->close();
}

client_metrics client_state::metrics() const {
  client_metrics out;
  out.operations = counters_.operations.load(std::memory_order_relaxed);
  out.attempts = counters_.attempts.load(std::memory_order_relaxed);
  out.retries = counters_.retries.load(std::memory_order_relaxed);
  out.throttled = counters_.throttled.load(std::memory_order_relaxed);
  out.retry_quota = quota_.available();
  out.transport = config_.network->metrics();
  return out;
}

}  // namespace mwaa_serverless
