#include <algorithm>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/wait_for_run.hpp>

#include "async/random_source.hpp"
#include "client/call.hpp"
#include "client/client_state.hpp"
#include "retry/waiter_delay.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace {

[[noreturn]] void refuse(const char* option, const char* rule) {
  throw exception(error(errc::invalid_argument, std::string{"wait_options::"} + option + " " + rule));
}

// Longer delays would make sums overflow.
constexpr std::chrono::hours year{24 * 366};

void check(const wait_options& options) {
  if (options.min_delay.count() <= 0 || options.min_delay > year)
    refuse("min_delay", "must be positive and at most a year");
  if (options.max_delay < options.min_delay || options.max_delay > year)
    refuse("max_delay", "must be at least min_delay and at most a year");
  if (options.timeout && options.timeout->count() <= 0) refuse("timeout", "must be positive");
  if (options.expected_duration && (options.expected_duration->count() <= 0 || *options.expected_duration > year))
    refuse("expected_duration", "must be positive and at most a year");
  if (options.max_failures_in_a_row < 1) refuse("max_failures_in_a_row", "must be at least 1");
}

bool contains(const std::vector<workflow_run_status>& states, const workflow_run_status& state) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

std::optional<wait_outcome> outcome_of(const workflow_run_status& state, const wait_options& options) {
  if (contains(options.success_states, state)) return wait_outcome::success;
  if (!contains(options.failure_states, state) && !state.is_terminal()) return std::nullopt;
  switch (state) {
    case workflow_run_status::success:
      return contains(options.failure_states, state) ? wait_outcome::failed : wait_outcome::success;
    case workflow_run_status::timeout:
      return wait_outcome::timed_out;
    case workflow_run_status::stopped:
      return wait_outcome::stopped;
    default:
      return wait_outcome::failed;
  }
}

/// When the wait must have ended, where differences with it do not overflow.
std::optional<clock::time_point> end_of(const wait_options& options, clock& time) {
  if (!options.timeout && !options.deadline) return std::nullopt;
  constexpr clock::time_point far{clock::time_point::max().time_since_epoch() / 2};
  const clock::time_point now = time.now();
  const auto own = options.timeout ? after(now, *options.timeout) : far;
  return std::max(now, std::min({own, options.deadline.value_or(far), far}));
}

call_options ending_by(const std::optional<clock::time_point>& deadline, call_options call) {
  if (deadline) call.deadline = call.deadline ? std::min(*call.deadline, *deadline) : *deadline;
  return call;
}

/// How far the run is from the age at which it is expected to end.
std::optional<std::chrono::nanoseconds> from_expected_end(const wait_progress& seen, const wait_options& options,
                                                          clock::wall_time_point now) {
  if (!options.expected_duration || !seen.run || !seen.run->run_detail) return std::nullopt;
  const auto& detail = *seen.run->run_detail;
  const auto started = detail.started_on ? detail.started_on : detail.created_at;
  if (!started) return std::nullopt;
  const auto age = std::max<std::chrono::nanoseconds>(now - std::max(*started, clock::wall_time_point{}), {});
  return std::chrono::abs(age - *options.expected_duration);
}

}  // namespace

wait_options::wait_options()
    : success_states{workflow_run_status::success},
      failure_states{workflow_run_status::failed, workflow_run_status::timeout, workflow_run_status::stopped} {}

wait_progress::wait_progress() = default;

workflow_run_status wait_progress::status() const {
  return run && run->run_detail ? run->run_detail->run_state : workflow_run_status{};
}

async_generator<wait_progress> watch_run(client api, std::string workflow_arn, std::string run_id,
                                         wait_options options) {
  check(options);
  const std::shared_ptr<client_state> state = client_access::state_of(api);
  clock& time = state->time();
  const get_workflow_run_request request{std::move(workflow_arn), std::move(run_id)};
  const std::optional<clock::time_point> deadline = end_of(options, time);
  const call_options look = ending_by(deadline, options.look);

  wait_progress seen;
  int failures = 0;
  for (;;) {
    auto got = co_await as_result(api.get_workflow_run(request, look));
    ++seen.looks;
    seen.looked_at = time.now();
    seen.failure.reset();
    if (got) {
      failures = 0;
      seen.run = *std::move(got);
      seen.outcome = outcome_of(seen.status(), options);
    } else {
      seen.failure = got.error();
    }
    if (!seen.outcome && deadline && seen.looked_at >= *deadline) seen.outcome = wait_outcome::still_running;
    if (seen.failure && !seen.outcome &&
        (seen.failure->code == condition::permanent || ++failures >= options.max_failures_in_a_row))
      throw exception(*std::move(seen.failure));

    if (!seen.outcome) {
      std::chrono::nanoseconds delay =
          retry::waiter_delay(seen.looks, options.min_delay, options.max_delay, state->random().unit());
      if (seen.status() == workflow_run_status::stopping) delay = options.min_delay;
      if (const auto away = from_expected_end(seen, options, time.wall_now()))
        delay = std::max<std::chrono::nanoseconds>(options.min_delay, std::min(delay, *away / 2));
      if (deadline) {
        // As Smithy's waiters: the last look leaves time for itself.
        const auto left = *deadline - seen.looked_at;
        if (left - delay <= options.min_delay) delay = left - options.min_delay;
      }
      if (delay.count() > 0)
        seen.next_look = seen.looked_at + std::chrono::duration_cast<clock::time_point::duration>(delay);
      else
        seen.outcome = wait_outcome::still_running;
    }
    if (seen.outcome) seen.next_look.reset();
    co_yield seen;
    if (seen.outcome) co_return;
    co_await time.sleep_until(*seen.next_look);
  }
}

asio::awaitable<wait_progress> wait_for_run(client api, std::string workflow_arn, std::string run_id,
                                            wait_options options) {
  auto looks = watch_run(std::move(api), std::move(workflow_arn), std::move(run_id), std::move(options));
  std::optional<wait_progress> last;
  while (auto seen = co_await looks.next()) last = std::move(seen);
  co_return *std::move(last);
}

asio::awaitable<wait_progress> start_and_wait(client api, start_workflow_run_request request, wait_options options) {
  check(options);
  // One deadline for both: the wait does not get the time again that the start took.
  options.deadline = end_of(options, client_access::state_of(api)->time());
  options.timeout.reset();
  std::string workflow_arn = request.workflow_arn;
  const call_options start = ending_by(options.deadline, options.look);
  const auto started = co_await api.start_workflow_run(std::move(request), start);
  co_return co_await wait_for_run(std::move(api), std::move(workflow_arn), started.run_id.str(), std::move(options));
}

std::string make_client_token() {
  const auto id = async::random_source{{}}.uuid();
  return {id.data(), id.size()};
}

}  // namespace mwaa_serverless
