#include "client/call.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <mutex>
#include <utility>

#include "async/machine_time.hpp"
#include "net/user_object.hpp"
#include "protocol/aws_json.hpp"
#include "protocol/check.hpp"
#include "protocol/json_writer.hpp"
#include "retry/classify.hpp"
#include "signing/signed_request.hpp"
#include "sources/cached_credentials.hpp"
#include "strings/printable.hpp"
#include "strings/redact.hpp"

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
  return failure.code == condition::timeout && failure.code != errc::service_timeout &&
         failure.code != errc::operation_timeout;
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
  if (options.mode && *options.mode != retry_mode::standard && *options.mode != retry_mode::adaptive)
    return refuse("mode", "must be standard or adaptive");
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

  maybe_error failure;
  retry::retry_hints hints;
  bool from_service = false;  // an HTTP response came
  bool clock_blamed = false;
  bool keys_renewable = false;  // refused, and the next attempt has others
  time_point sent{};
  time_point over{};  // when the response had come, or was given up
};

call::call(client_state& client, operation_gates& gates, const protocol::operation& operation,
           const protocol::structure_view& request, const call_options& options, protocol::structure_place response,
           std::string& request_id)
    : client_(client),
      operation_(operation),
      request_(request),
      options_(options),
      response_(response),
      request_id_(request_id),
      mode_(options.mode.value_or(client.config_.retry.mode)),
      max_attempts_(options.max_attempts.value_or(client.config_.retry.max_attempts)),
      invocation_id_(client.random_.uuid()),
      id_(operation.name, {invocation_id_.data(), invocation_id_.size()}),
      gates_(gates),
      line_(gates_.of(mode_)),
      place_(line_.draw()),
      started_(now()),
      deadline_(deadline_of(started_, options, client.config_)),
      retries_(client.config_.retry, max_attempts_, client.quota_) {
  if (options_.attempt_log) options_.attempt_log->clear();
}

namespace {

// What makes a request that is sent twice, by whoever, act once.
void complete(protocol::structure_place request, async::random_source& random) {
  for (const protocol::member_row& each : request.members.members) {
    if (!each.check.idempotency_token || protocol::find(each, request.object) != nullptr) continue;
    const auto token = random.uuid();
    protocol::assign(*each.type, protocol::make(*each.type, each.at(request.object)), {token.data(), token.size()});
  }
}

}  // namespace

maybe_error call::refused(const protocol::structure_view& given, const protocol::operation& operation,
                          const call_options& options, client_state::running_operation& running) {
  if (auto wrong = protocol::check(given)) return made_error(*std::move(wrong));
  if (auto wrong = check(options)) return made_error(*std::move(wrong));
  return running.enter(operation.name) ? nullptr : made_error({errc::client_closed, "the client is closed"});
}

asio::awaitable<maybe_error> call::perform(client_state& client, const protocol::operation& operation,
                                           protocol::structure_place request, const call_options& options,
                                           protocol::structure_place response, std::string& request_id) {
  const protocol::structure_view given{request};
  client_state::running_operation running{client};
  if (auto refusal = refused(given, operation, options, running)) {
    refusal->operation = operation.name;
    co_return refusal;
  }
  client.counters_.operations.fetch_add(1, client_state::relaxed);
  complete(request, client.random_);
  call work{client, running.gates(), operation, given, options, response, request_id};
  maybe_error failure;
  try {
    failure = co_await work.run();
  } catch (const exception& thrown) {  // by a clock that broke its contract
    failure = work.ended(made_error(thrown.details()));
  }
  co_return failure;
}

void call::raise(maybe_error failure) {
  throw exception(*std::move(failure));
}

asio::awaitable<result<http_response>> call::send(const http_request& request, time_point limit) {
  if (client_.own_network_) {
    const time_point there = client_.own_time_ ? limit : async::machine_time(client_.time(), limit);
    return client_.config_.network->send(request, there);
  }
  return net::send(client_.config_.network, request, client_.config_.time, limit);
}

asio::awaitable<result<std::shared_ptr<const credentials>>> call::keys(time_point limit) {
  if (client_.own_credentials_ != nullptr) return client_.own_credentials_->get(limit);
  return sources::ask_provider("client_config::credentials: get()", client_.config_.credentials, client_.config_.time,
                               limit);
}

bool call::rejected(const credentials& refused) {
  try {
    return client_.config_.credentials->rejected(refused);
  } catch (...) {  // whatever it is, it is no promise of other keys
    return false;
  }
}

namespace {

asio::awaitable<result<void>> entered(std::shared_ptr<attempt_gate> gate, std::string_view operation,
                                      clock::time_point deadline) {
  auto refusal = co_await net::made(gate->enter(operation, deadline));
  if (refusal) co_return *std::move(refusal);
  co_return result<void>{};
}

}  // namespace

asio::awaitable<maybe_error> call::enter_attempt_gate() {
  const client_config& config = client_.config_;
  auto passed = co_await net::ask("client_config::attempt_limiter: enter()",
                                  entered(config.attempt_limiter, operation_.name, deadline_), config.time, deadline_,
                                  errc::broken_contract);
  maybe_error refusal;
  if (!passed) refusal = made_error(std::move(passed).error());
  co_return refusal;
}

template <class Tell>
void call::tell(Tell what) {
  if (!client_.config_.attempt_observer) return;
  try {
    what(*client_.config_.attempt_observer);
  } catch (...) {
    client_.counters_.observer_exceptions.fetch_add(1, client_state::relaxed);
  }
}

call::duration call::shortest_exchange() const noexcept {
  return duration{client_.shortest_exchange_.load(client_state::relaxed)};
}

void call::note_exchange(duration took) noexcept {
  // Follows what is faster at once and what is slower by little steps. Two threads may lose one of their values.
  std::atomic<std::int64_t>& shortest = client_.shortest_exchange_;
  const std::int64_t known = shortest.load(client_state::relaxed);
  const std::int64_t fresh = took.count();
  shortest.store(known == 0 || fresh < known ? fresh : known + (fresh - known) / 64, client_state::relaxed);
}

call::time_point call::latest_start() const {
  if (deadline_ == time_point::max()) return deadline_;
  return deadline_ - shortest_exchange();
}

asio::awaitable<maybe_error> call::run() {
  for (time_point entered = started_;; entered = now()) {
    time_point begun = entered;
    if (!passes_at_once(entered)) {
      maybe_error failure = co_await enter_gates();
      if (failure) co_return ended(std::move(failure));
      begun = now();
    }

    attempt_record record;
    record.number = retries_.attempt();
    record.gate_wait = begun - entered;
    answer got;
    co_await attempt(record, begun, got);
    const time_point over = got.over;
    record.took = over - begun;
    in_attempts_ += record.took;

    if (!got.failure) {
      retries_.succeeded();
      line_.accepted(got.sent, over);
      finish_record(record);
      co_return ended(nullptr);
    }
    const std::optional<duration> wait = wait_after(got, record);
    if (!wait) co_return ended(std::move(got.failure));
    last_failure_ = std::move(got.failure);
    co_await client_.time().sleep_until(now() + std::chrono::duration_cast<time_point::duration>(*wait));
  }
}

// How long to wait before another attempt, after one that failed; nullopt when there is none.
std::optional<call::duration> call::wait_after(answer& what, attempt_record& record) {
  reached_ = reached_ || what.failure->may_have_reached_service;
  const retry::decision next = judge(what, record);
  record.reason = next.reason;
  record.wait_after = next.wait;
  what.failure->attempts_exhausted = next.attempts_exhausted;
  if (is_time_limit(*what.failure) && now() >= deadline_) {
    const operation_phase during = what.failure->phase;
    what.failure = made_error(out_of_time(*what.failure, during, to_string(during)));
  }
  finish_record(record);
  if (!next.retry) return std::nullopt;
  backing_off_ += next.wait;
  return next.wait;
}

// As nearly all do: without a coroutine.
bool call::passes_at_once(time_point entered) {
  return entered < deadline_ && !client_.config_.attempt_limiter && line_.try_pass(entered);
}

asio::awaitable<maybe_error> call::enter_gates() {
  if (now() >= deadline_) co_return made_error(out_of_time(last(), operation_phase::throttle_gate, "starting"));
  if (!line_.try_pass(now())) {
    const time_point entered = now();
    const time_point latest_pass = after(entered, client_.config_.retry.max_gate_wait) - queued_;
    const bool passed = co_await line_.pass(place_, client_.time(), std::min(latest_start(), latest_pass));
    queued_ += now() - entered;
    if (!passed) {
      const time_point opens = line_.closed_until();
      std::string message = "waiting in the throttle queue";
      if (opens > now()) message += ", closed for another " + in_seconds(opens - now());
      if (now() == entered) message += " (no attempt could have been made in time, so the call did not wait)";
      if (latest_pass < latest_start()) co_return made_error(too_long_in_queue(last(), message));
      co_return made_error(out_of_time(last(), operation_phase::throttle_gate, message));
    }
  }
  if (!client_.config_.attempt_limiter) co_return nullptr;
  maybe_error failure = co_await enter_attempt_gate();
  if (failure && failure->phase == operation_phase::none) failure->phase = operation_phase::attempt_gate;
  if (now() >= deadline_ && (!failure || is_time_limit(*failure))) {
    std::string doing{to_string(operation_phase::attempt_gate)};
    if (failure) doing += " (" + failure->message + ")";
    failure = made_error(out_of_time(last(), operation_phase::attempt_gate, doing));
  }
  co_return failure;
}

asio::awaitable<void> call::attempt(attempt_record& record, time_point begun, answer& out) {
  const client_config& config = client_.config_;
  tell([&](observer& told) { told.attempt_started(id_, record.number); });
  const time_point limit = std::min(after(begun, options_.attempt_timeout.value_or(config.attempt_timeout)), deadline_);
  if (!config.credentials) {
    out.over = begun;
    out.failure = made_error({errc::no_credentials,
                              "no credentials: set client_config::credentials, or AWS_ACCESS_KEY_ID and "
                              "AWS_SECRET_ACCESS_KEY for client_config::from_environment()"});
    co_return;
  }
  std::shared_ptr<const credentials> keys;
  if (client_.own_credentials_ != nullptr) keys = client_.own_credentials_->at_hand();
  if (!keys) {
    auto got = co_await this->keys(limit);
    if (!got) {
      out.over = now();
      out.failure = made_error(std::move(got).error());
      out.failure->phase = operation_phase::credentials;
      co_return;
    }
    keys = *std::move(got);
  }

  // Signed anew for every attempt: a signature is good for five minutes only. The body is written anew rather than kept
  // while the attempt waits.
  const retry::skew skew_used{client_.clock_skew_.load(client_state::relaxed)};
  const auto wall_sent = config.time->wall_now();
  const http_request request = signing::make_signed_request(
      client_.endpoint_, operation_, protocol::encode(request_), keys, client_.signer_, wall_sent + skew_used,
      id_.invocation, record.number, max_attempts_, client_.user_agent_);
  record.bytes_sent = request.bytes().size();
  client_.counters_.attempts.fetch_add(1, client_state::relaxed);
  if (record.number > 1) client_.counters_.retries.fetch_add(1, client_state::relaxed);
  out.sent = now();
  auto response = co_await send(request, limit);
  out.over = now();
  if (!response) {
    out.failure = made_error(std::move(response).error());
    co_return;
  }

  out.from_service = true;
  note_exchange(out.over - out.sent);
  record.http_status = response->status;
  record.connection_reused = response->connection_reused;
  record.bytes_received = response->fields.size() + response->body.size();
  const auto wall_received = config.time->wall_now();
  std::optional<retry::skew> skew_shown;
  if (config.correct_clock_skew) skew_shown = retry::observed_skew(*response, wall_sent, wall_received);

  if (response->status >= 200 && response->status < 300) {
    if (keeps_success())
      if (const auto id = response->header("x-amzn-requestid"))
        record.request_id = strings::printable(std::string{*id});
    if (response->body.size() <= protocol::json_reading::slice_bytes)
      out.failure = read(*response);
    else
      out.failure = co_await read_in_slices(*response);
    if (skew_shown && !out.failure) client_.clock_skew_.store(skew_shown->count(), client_state::relaxed);
  } else {
    out.failure = made_error(protocol::decode_error(*response));
    strings::redact(out.failure->message, keys->session_token());
    strings::redact(out.failure->message, keys->secret_access_key());
    out.hints = retry::read_hints(*out.failure, &*response, wall_received);
    out.clock_blamed = retry::blames_clock(*out.failure, skew_used, skew_shown);
    if (out.clock_blamed) client_.clock_skew_.store(skew_shown->count(), client_state::relaxed);
    if (!out.clock_blamed && retry::blames_keys(*out.failure)) {
      const bool renewable = rejected(*keys);
      out.keys_renewable = renewable && !std::exchange(keys_refused_, true);
    }
  }
  if (out.failure) out.failure->may_have_reached_service = out.failure->code != errc::proxy_refused;
}

maybe_error call::read(const http_response& response) {
  return read_outcome(response, protocol::read_json(response.body, response_.members, response_.object));
}

// A page of the service fits a slice. Longer ones must not keep the loop from its other work.
asio::awaitable<maybe_error> call::read_in_slices(const http_response& response) {
  protocol::json_reading reading{response.body, response_.members, response_.object};
  while (reading.step()) co_await asio::post(asio::use_awaitable);
  co_return read_outcome(response, reading.wrong());
}

maybe_error call::read_outcome(const http_response& response, const std::optional<protocol::json_error>& wrong) {
  const auto request_id = response.header("x-amzn-requestid");
  if (!wrong) {
    if (request_id) request_id_ = strings::printable(std::string{*request_id});
    return nullptr;
  }
  error failure = protocol::unreadable_response(operation_, *wrong);
  failure.http_status = response.status;
  if (request_id) failure.request_id = strings::printable(std::string{*request_id});
  return made_error(std::move(failure));
}

retry::decision call::judge(const answer& what, attempt_record& record) {
  const error& failure = *what.failure;
  record.code = failure.code;
  record.aws_code = failure.aws_code;
  record.http_status = failure.http_status;
  record.request_id = failure.request_id;
  const retry_options& options = client_.config_.retry;
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
      client_.counters_.throttled.fetch_add(1, client_state::relaxed);
      at.spaced = gates_.throttled(mode_, what.sent, at.now, retry::gate_hint(options, what.hints));
    } else {
      line_.accepted(what.sent, at.now);
    }
  }
  at.gate_opens = line_.certainly_closed_until();
  return retries_.failed(judged, what.hints, client_.random_.unit(), at);
}

void call::finish_record(attempt_record& record) {
  const bool keep = record.code.failed() || options_.attempt_log;
  if (!keep && !keeps_success()) return;
  record.quota_after = client_.quota_.available();
  tell([&](observer& told) { told.attempt_ended(id_, record); });
  if (options_.attempt_log) options_.attempt_log->push_back(record);
  if (keep) log_.push_back(std::move(record));
}

maybe_error call::ended(maybe_error failure) {
  if (failure) {
    failure->operation = operation_.name;
    failure->may_have_reached_service = failure->may_have_reached_service || reached_;
    failure->attempts = std::move(log_);
  }
  tell([&](observer& told) { told.operation_ended(id_, now() - started_, failure.get()); });
  return failure;
}

// What the last attempt ended in, if there was one.
error call::last() const {
  return last_failure_ ? *last_failure_ : error{};
}

// The deadline of the operation, not an attempt's limit, ended it. `last` is what the last attempt ended in, if any.
error call::out_of_time(const error& last, operation_phase during, std::string_view doing) const {
  return given_up(errc::operation_timeout, "the operation timeout passed while ", last, during, doing);
}

// Without a deadline too a call ends.
error call::too_long_in_queue(const error& last, std::string_view doing) const {
  return given_up(errc::throttled, "retry_options::max_gate_wait passed while ", last, operation_phase::throttle_gate,
                  doing);
}

error call::given_up(errc code, std::string message, const error& last, operation_phase during,
                     std::string_view doing) const {
  const duration all = now() - started_;
  message += doing;
  if (!last.message.empty()) message += "; the last attempt: " + last.message;
  message += "; of " + in_seconds(all) + ", " + in_seconds(in_attempts_) + " went to " +
             std::to_string(retries_.attempt() -
                            (during == operation_phase::throttle_gate || during == operation_phase::attempt_gate)) +
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
