#include "client/call.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <utility>

#include "credentials/cleanse.hpp"
#include "model/printable.hpp"
#include "protocol/aws_json.hpp"
#include "retry/classify.hpp"
#include "signing/signed_request.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace {

// Not before `now`, so that differences do not overflow.
clock::time_point deadline_of(clock::time_point now, const call_options& options, const client_config& config) {
  const auto timeout = options.operation_timeout ? options.operation_timeout : config.operation_timeout;
  const auto own = timeout ? after(now, *timeout) : clock::time_point::max();
  return std::max(now, std::min(own, options.deadline.value_or(clock::time_point::max())));
}

std::string in_seconds(std::chrono::nanoseconds value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(value).count());
  return text.data();
}

bool is_time_limit(const error& failure) {
  return failure.code == errc::attempt_timeout || failure.code == errc::connect_timeout;
}

}  // namespace

std::optional<error> check(const call_options& options) {
  using namespace std::chrono_literals;
  const auto refuse = [](const char* name, const char* rule) {
    return error(errc::invalid_argument, std::string{"call_options::"} + name + " " + rule);
  };
  if (options.attempt_timeout && *options.attempt_timeout <= 0ms) return refuse("attempt_timeout", "must be positive");
  if (options.operation_timeout && *options.operation_timeout <= 0ms)
    return refuse("operation_timeout", "must be positive");
  if (options.max_attempts && *options.max_attempts < 1) return refuse("max_attempts", "must be at least 1");
  if (options.retry_mode && *options.retry_mode != retry_mode::standard && *options.retry_mode != retry_mode::adaptive)
    return refuse("retry_mode", "must be standard or adaptive");
  return std::nullopt;
}

clock::time_point after(clock::time_point now, std::chrono::milliseconds limit) {
  constexpr std::chrono::hours forever{24 * 366 * 100};
  return limit >= forever ? clock::time_point::max() : now + limit;
}

/// What one attempt brought.
class call::answer {
 public:
  answer() {}  // not an aggregate: it stands in co_await expressions

  std::optional<error> failure;
  retry::retry_hints hints;
  bool from_service = false;  // an HTTP response came
  bool clock_blamed = false;
  bool keys_renewable = false;  // refused, and the next attempt has others
  time_point sent{};
};

call::call(client_state& client, const protocol::operation& operation, const std::string& body,
           const call_options& options, client_state::decoder decode, void* out)
    : client_(client),
      operation_(operation),
      body_(body),
      options_(options),
      decode_(decode),
      out_(out),
      mode_(options.retry_mode.value_or(client.config().retry.mode)),
      max_attempts_(options.max_attempts.value_or(client.config().retry.max_attempts)),
      invocation_id_(client.random().uuid()),
      id_(operation.name, invocation_id_),
      gates_(client.gates_of(operation)),
      line_(gates_.of(mode_)),
      place_(line_.draw()),
      started_(now()),
      deadline_(deadline_of(started_, options, client.config())),
      retries_(client.config().retry, max_attempts_, client.quota()) {
  if (options_.attempt_log) options_.attempt_log->clear();
}

call::time_point call::latest_start() const {
  if (deadline_ == time_point::max()) return deadline_;
  return deadline_ - client_.shortest_exchange();
}

asio::awaitable<std::optional<error>> call::run() {
  for (;;) {
    const time_point entered = now();
    std::optional<error> failure = co_await enter_gates();
    if (failure) co_return ended(std::move(failure));
    const duration waited = now() - entered;

    attempt_record record;
    record.number = retries_.attempt();
    record.gate_wait = waited;
    const time_point begun = now();
    answer got = co_await attempt(record);
    record.took = now() - begun;
    in_attempts_ += record.took;

    if (!got.failure) {
      retries_.succeeded();
      line_.accepted(got.sent, now());
      finish_record(record);
      co_return ended(std::nullopt);
    }
    reached_ = reached_ || got.failure->may_have_reached_service;
    const retry::decision next = judge(got, record);
    record.reason = next.reason;
    record.wait_after = next.wait;
    got.failure->attempts_exhausted = next.attempts_exhausted;
    if (is_time_limit(*got.failure) && now() >= deadline_) {
      const phase during = got.failure->phase;
      got.failure = out_of_time(*got.failure, during, to_string(during));
    }
    finish_record(record);
    if (!next.retry) co_return ended(std::move(got.failure));

    last_failure_ = std::move(got.failure);
    backing_off_ += next.wait;
    co_await client_.time().sleep_until(now() + std::chrono::duration_cast<time_point::duration>(next.wait));
  }
}

asio::awaitable<std::optional<error>> call::enter_gates() {
  if (now() >= deadline_) co_return out_of_time(last_failure_.value_or(error{}), phase::throttle_gate, "starting");
  if (!line_.try_pass(now())) {
    const time_point entered = now();
    const time_point patience = after(entered, client_.config().retry.max_gate_wait) - queued_;
    const bool passed = co_await line_.pass(place_, client_.time(), std::min(latest_start(), patience));
    queued_ += now() - entered;
    if (!passed) {
      const time_point opens = line_.closed_until();
      std::string message = "waiting in the throttle queue";
      if (opens > now()) message += ", closed for another " + in_seconds(opens - now());
      if (now() == entered) message += " (no attempt could have been made in time, so the call did not wait)";
      const error last = last_failure_.value_or(error{});
      if (patience < latest_start()) co_return too_long_in_queue(last, message);
      co_return out_of_time(last, phase::throttle_gate, message);
    }
  }
  if (!client_.config().attempt_gate) co_return std::nullopt;
  std::optional<error> failure = co_await client_.enter_gate(operation_.name, deadline_);
  if (failure && failure->phase == phase::none) failure->phase = phase::attempt_gate;
  if (now() >= deadline_ && (!failure || is_time_limit(*failure))) {
    std::string doing{to_string(phase::attempt_gate)};
    if (failure) doing += " (" + failure->message + ")";
    failure = out_of_time(last_failure_.value_or(error{}), phase::attempt_gate, doing);
  }
  co_return failure;
}

asio::awaitable<call::answer> call::attempt(attempt_record& record) {
  const client_config& config = client_.config();
  answer out;
  client_.tell([&](observer& told) { told.attempt_started(id_, record.number); });
  const time_point limit = std::min(after(now(), options_.attempt_timeout.value_or(config.attempt_timeout)), deadline_);
  if (!config.credentials) {
    out.failure = error(errc::no_credentials,
                        "no credentials: set client_config::credentials, or AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY for client_config::from_environment()");
    co_return out;
  }
  auto keys = co_await client_.keys(limit);
  if (!keys) {
    out.failure = std::move(keys).error();
    out.failure->phase = phase::credentials;
    co_return out;
  }

  // Signed anew for every attempt: a signature is good for five minutes only.
  const retry::skew skew_used = client_.clock_skew();
  const auto wall_sent = config.time->wall_now();
  const http_request request =
      client_.sign(operation_, body_, **keys, wall_sent + skew_used, invocation_id_, record.number, max_attempts_);
  record.bytes_sent = request.bytes().size();
  client_.count_attempt(record.number > 1);
  out.sent = now();
  auto response = co_await client_.send(request, limit);
  if (!response) {
    out.failure = std::move(response).error();
    co_return out;
  }

  out.from_service = true;
  client_.note_exchange(now() - out.sent);
  record.http_status = response->status;
  record.connection_reused = response->connection_reused;
  record.bytes_received = response->fields.size() + response->body.size();
  const auto wall_received = config.time->wall_now();
  std::optional<retry::skew> skew_shown;
  if (config.correct_clock_skew) skew_shown = retry::observed_skew(*response, wall_sent, wall_received);

  if (response->status >= 200 && response->status < 300) {
    if (const auto id = response->header("x-amzn-requestid")) record.request_id = printable(std::string{*id});
    if (response->body.size() <= protocol::json_reading::slice_bytes)
      out.failure = read(*response);
    else
      out.failure = co_await read_in_slices(*response);
    if (skew_shown && !out.failure) client_.learn_clock_skew(*skew_shown);
  } else {
    out.failure = protocol::decode_error(*response);
    sources::redact(out.failure->message, (*keys)->session_token());
    sources::redact(out.failure->message, (*keys)->secret_access_key());
    out.hints = retry::read_hints(*out.failure, &*response, wall_received);
    out.clock_blamed = retry::blames_clock(*out.failure, skew_used, skew_shown);
    if (out.clock_blamed) client_.learn_clock_skew(*skew_shown);
    if (!out.clock_blamed && retry::blames_keys(*out.failure)) {
      const bool renewable = client_.rejected(**keys);
      out.keys_renewable = renewable && !std::exchange(keys_refused_, true);
    }
  }
  if (out.failure) out.failure->may_have_reached_service = out.failure->code != errc::proxy_refused;
  co_return out;
}

std::optional<error> call::read(const http_response& response) {
  return read_outcome(response, protocol::read_json(response.body, decode_.format, out_));
}

// A page of the service fits a slice. Longer ones must not keep the loop from its other work.
asio::awaitable<std::optional<error>> call::read_in_slices(const http_response& response) {
  protocol::json_reading reading{response.body, decode_.format, out_};
  while (reading.step()) co_await asio::post(asio::use_awaitable);
  co_return read_outcome(response, reading.wrong());
}

std::optional<error> call::read_outcome(const http_response& response,
                                        const std::optional<protocol::json_error>& wrong) {
  const auto request_id = response.header("x-amzn-requestid");
  if (!wrong) {
    if (request_id) decode_.set_request_id(out_, printable(std::string{*request_id}));
    return std::nullopt;
  }
  error failure = protocol::unreadable_response(operation_, *wrong);
  failure.http_status = response.status;
  if (request_id) failure.request_id = printable(std::string{*request_id});
  return failure;
}

retry::decision call::judge(const answer& what, attempt_record& record) {
  const error& failure = *what.failure;
  record.code = failure.code;
  record.aws_code = failure.aws_code;
  record.http_status = failure.http_status;
  record.request_id = failure.request_id;
  const retry_options& options = client_.config().retry;
  record.hint = retry::longest(what.hints);
  record.hint_note = what.hints.note;
  if (record.hint && *record.hint > options.max_hint) {
    record.hint_note = "a hint of " + in_seconds(*record.hint) + " was capped at retry_options::max_hint";
    record.hint = options.max_hint;
  }

  const retry::verdict judged = what.clock_blamed     ? retry::clock_verdict()
                                : what.keys_renewable ? retry::keys_verdict()
                                                      : retry::classify(failure);
  retry::circumstances at{now(), latest_start()};
  if (what.from_service) {
    if (judged.what == retry::verdict::kind::throttling) {
      client_.count_throttled();
      at.spaced = gates_.throttled(mode_, what.sent, at.now, retry::gate_hint(options, what.hints));
    } else {
      line_.accepted(what.sent, at.now);
    }
  }
  at.gate_opens = line_.certainly_closed_until();
  return retries_.failed(judged, what.hints, client_.random().unit(), at);
}

void call::finish_record(attempt_record& record) {
  const bool keep = record.code.failed() || options_.attempt_log;
  if (!keep && !client_.config().observer) return;
  record.quota_after = client_.quota().available();
  client_.tell([&](observer& told) { told.attempt_ended(id_, record); });
  if (options_.attempt_log) options_.attempt_log->push_back(record);
  if (keep) log_.push_back(std::move(record));
}

std::optional<error> call::ended(std::optional<error> failure) {
  if (failure) {
    failure->operation = operation_.name;
    failure->may_have_reached_service = failure->may_have_reached_service || reached_;
    failure->attempts = std::move(log_);
  }
  client_.tell([&](observer& told) { told.operation_ended(id_, now() - started_, failure ? &*failure : nullptr); });
  return failure;
}

// The deadline of the operation, not an attempt's limit, ended it. `last` is what the last attempt ended in, if any.
error call::out_of_time(const error& last, phase during, std::string_view doing) const {
  return given_up(errc::deadline_exceeded, "the operation timeout passed while ", last, during, doing);
}

// Without a deadline too a call ends.
error call::too_long_in_queue(const error& last, std::string_view doing) const {
  return given_up(errc::throttled, "retry_options::max_gate_wait passed while ", last, phase::throttle_gate, doing);
}

error call::given_up(errc code, std::string message, const error& last, phase during, std::string_view doing) const {
  const duration all = now() - started_;
  message += doing;
  if (!last.message.empty()) message += "; the last attempt: " + last.message;
  message += "; of " + in_seconds(all) + ", " + in_seconds(in_attempts_) + " went to " +
             std::to_string(retries_.attempt() - (during == phase::throttle_gate || during == phase::attempt_gate)) +
             " attempts, " + in_seconds(backing_off_) + " to waits between them, " +
             in_seconds(all - in_attempts_ - backing_off_) + " to waits in the queue";
  error out(code, std::move(message));
  out.phase = during;
  out.http_status = last.http_status;
  out.aws_code = last.aws_code;
  out.request_id = last.request_id;
  out.may_have_reached_service = last.may_have_reached_service;
  return out;
}

}  // namespace mwaa_serverless
