#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/run_watcher.hpp>
#include <new>
#include <utility>

#include "async/event.hpp"
#include "async/side_task.hpp"
#include "client/call.hpp"
#include "client/client_state.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace {

using watcher::look;
using watcher::look_kind;
using watcher::moment;

constexpr std::int32_t page_size = 100;
constexpr std::chrono::milliseconds after_others{20};  // until the next look at a queue of the client's own calls

[[noreturn]] void refuse(const std::string& what) {
  throw exception(error(errc::invalid_argument, what));
}

void check(const watch_options& options) {
  const auto positive = [](double value, const char* name) {
    if (!(value > 0) || !std::isfinite(value)) refuse(std::string{"watch_options::"} + name + " must be positive");
  };
  const auto weight = [](double value, const char* name) {
    if (!(value >= 0) || !std::isfinite(value)) refuse(std::string{"watch_options::"} + name + " must not be negative");
  };
  if (options.requests_per_second) positive(*options.requests_per_second, "requests_per_second");
  positive(options.initial_requests_per_second, "initial_requests_per_second");
  positive(options.share, "share");
  if (options.share > 1) refuse("watch_options::share must be at most 1");
  if (options.max_looks_in_flight < 1) refuse("watch_options::max_looks_in_flight must be at least 1");
  if (options.max_staleness && options.max_staleness->count() <= 0)
    refuse("watch_options::max_staleness must be positive; leave it out for what the quota allows");
  if (options.min_interval.count() < 0) refuse("watch_options::min_interval must not be negative");
  weight(options.finish_weight, "finish_weight");
  weight(options.start_weight, "start_weight");
  weight(options.task_weight, "task_weight");
  if (const auto wrong = check(options.look)) throw exception(*wrong);
}

watcher::watch_rules rules_of(const watch_options& options) {
  constexpr std::chrono::hours longest{24 * 366};  // so that times do not overflow
  check(options);
  watcher::watch_rules out;
  out.requests_per_second = options.requests_per_second;
  out.initial_requests_per_second = options.initial_requests_per_second;
  out.share = options.share;
  out.max_looks_in_flight = static_cast<std::size_t>(options.max_looks_in_flight);
  if (options.max_staleness) out.max_staleness = std::min<std::chrono::milliseconds>(*options.max_staleness, longest);
  out.min_interval = std::min<std::chrono::milliseconds>(options.min_interval, longest);
  out.finish_weight = options.finish_weight;
  out.start_weight = options.start_weight;
  out.task_weight = options.task_weight;
  return out;
}

void check(const run_key& run) {
  if (run.workflow_arn.empty()) refuse("run_key::workflow_arn must not be empty");
  if (run.run_id.empty()) refuse("run_key::run_id must not be empty");
}

/// What no look of this watcher can come through.
bool ends_the_watch(const error& why) {
  return (why.code == condition::credentials && why.code == condition::permanent) || why.code == errc::client_closed ||
         why.code == errc::broken_contract || why.code == errc::invalid_configuration || why.code == errc::no_region ||
         why.code == errc::no_profile;
}

}  // namespace

watch_options::watch_options() = default;
watch_metrics::watch_metrics() = default;

/// What a watcher and its looks share.
class watcher_core : public std::enable_shared_from_this<watcher_core> {
 public:
  watcher_core(client api, watch_options options)
      : api_(std::move(api)),
        state_(client_access::state_of(api_)),
        options_(std::move(options)),
        watch_(rules_of(options_), now()),
        attempts_seen_(state_->attempts()) {}

  void restore(std::string_view checkpoint) {
    std::string why;
    auto restored = watcher::watch_state::restore(checkpoint, rules_of(options_), now(), why);
    if (!restored) refuse("checkpoint: " + why);
    watch_ = *std::move(restored);
  }

  template <class Change>
  auto change(Change what) {
    const std::lock_guard lock{mutex_};
    return what(watch_, now());
  }
  /// After something was added.
  void go_on() {
    const std::lock_guard lock{mutex_};
    schedule_or_wake();
  }
  void wake_consumer() {
    const std::lock_guard lock{mutex_};
    tell();
  }

  static asio::awaitable<std::optional<watch_event>> next(std::shared_ptr<watcher_core> self);
  std::optional<watch_event> try_next() {
    const std::lock_guard lock{mutex_};
    return watch_.next_event();
  }

  std::vector<run_snapshot> snapshot() const {
    const std::lock_guard lock{mutex_};
    return watch_.snapshot();
  }
  std::string checkpoint() const {
    const std::lock_guard lock{mutex_};
    return watch_.checkpoint();
  }
  watch_metrics metrics() const;
  void stop() noexcept;

 private:
  class waiting_consumer;
  class scheduling;

  [[nodiscard]] moment now() const {
    const clock& time = state_->time();
    return moment{time.now(), time.wall_now()};
  }
  // With the lock.
  void schedule_or_wake();
  void tell() {
    if (told_) told_->set();
  }
  void wake() {
    if (wake_) wake_->set();
  }
  void fail(const error& why) { fail(std::make_exception_ptr(exception(why))); }
  void fail(std::exception_ptr why) noexcept {
    if (!fatal_) fatal_ = std::move(why);
    tell();
    wake();
  }
  /// Sends what is due; when to look again.
  clock::time_point send_looks();
  void launch(look what);

  static asio::awaitable<void> schedule(std::shared_ptr<watcher_core> self);
  static asio::awaitable<void> perform(std::shared_ptr<watcher_core> self, look what);
  template <class Request>
  static asio::awaitable<void> perform(std::shared_ptr<watcher_core> self, look what, Request request);
  template <class Response>
  void ended(const look& what, moment asked, const result<Response>& got);

  const client api_;
  const std::shared_ptr<client_state> state_;
  const watch_options options_;

  mutable std::mutex mutex_;  // guards what follows; never held across a suspension
  watcher::watch_state watch_;
  std::uint64_t attempts_seen_;  // of all calls of the client
  std::uint64_t own_attempts_ = 0;
  std::exception_ptr fatal_;  // of next()
  bool stopped_ = false;
  bool scheduling_ = false;
  std::shared_ptr<async::event> wake_;  // of the scheduler while it waits
  std::shared_ptr<async::event> told_;  // of next() while it waits
  std::optional<async::side_task<void>> scheduler_;
  std::map<std::uint64_t, async::side_task<void>> looks_;
};

clock::time_point watcher_core::send_looks() {
  std::erase_if(looks_, [](const auto& each) { return each.second.over(); });
  const moment current = now();
  // The client's own calls come first.
  const std::uint64_t attempts = state_->attempts();
  const std::uint64_t others = attempts - attempts_seen_;
  attempts_seen_ = attempts;
  if (others > own_attempts_) watch_.others_sent(static_cast<std::size_t>(others - own_attempts_), current);
  own_attempts_ -= std::min(own_attempts_, others);
  // Looks that never came to an attempt are no attempts still to come.
  own_attempts_ = std::min<std::uint64_t>(own_attempts_, looks_.size());
  const auto gates = state_->gates();
  if (gates.waiting > looks_.size()) return current.steady + after_others;
  if (gates.closed_until > current.steady) return gates.closed_until;
  while (auto what = watch_.next_look(current)) launch(*std::move(what));
  return watch_.wakes_at();
}

void watcher_core::launch(look what) {
  ++own_attempts_;
  const std::uint64_t number = what.number;
  asio::awaitable<void> work = perform(shared_from_this(), std::move(what));
  looks_.emplace(number, async::side_task<void>{state_->executor(), std::move(work)});
}

void watcher_core::schedule_or_wake() {
  if (stopped_ || fatal_) return;
  if (scheduling_) return wake();
  const auto executor = state_->executor();
  if (!executor) return fail(error(errc::client_closed, "the client's execution context was destroyed"));
  scheduling_ = true;
  scheduler_.reset();
  scheduler_.emplace(executor, schedule(shared_from_this()));
}

/// Notices when the scheduler goes with its context, instead of coming to its end.
class watcher_core::scheduling {
 public:
  explicit scheduling(watcher_core& core) : core_(core) {}
  scheduling(const scheduling&) = delete;
  scheduling& operator=(const scheduling&) = delete;
  ~scheduling() {
    if (ended_) return;
    const std::lock_guard lock{core_.mutex_};
    end();
    core_.tell();
  }
  /// With the lock.
  void end() {
    ended_ = true;
    core_.scheduling_ = false;
    core_.wake_ = nullptr;
  }

 private:
  watcher_core& core_;
  bool ended_ = false;
};

asio::awaitable<void> watcher_core::schedule(std::shared_ptr<watcher_core> self) {
  scheduling under_way{*self};
  // Whoever started it, perhaps from this very thread, holds the lock.
  co_await asio::post(asio::use_awaitable);
  const auto executor = co_await asio::this_coro::executor;
  std::exception_ptr thrown;
  try {
    for (;;) {
      std::shared_ptr<async::event> wake = std::make_shared<async::event>();
      clock::time_point until{};
      {
        const std::lock_guard lock{self->mutex_};
        self->wake_ = nullptr;
        if (!self->stopped_ && !self->fatal_) until = self->send_looks();
        if (self->stopped_ || self->fatal_ || (until == clock::time_point::max() && self->looks_.empty())) {
          under_way.end();
          self->tell();
          co_return;
        }
        self->wake_ = wake;
      }
      if (until == clock::time_point::max()) {
        (void)co_await wake->wait();
        continue;
      }
      const async::side_task<void> alarm{executor, self->state_->time().sleep_until(until), wake};
      (void)co_await wake->wait();
      if (alarm.over() && alarm.failure()) std::rethrow_exception(alarm.failure());
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  const std::lock_guard lock{self->mutex_};
  under_way.end();
  if (self->stopped_) co_return;
  try {
    std::rethrow_exception(thrown);
  } catch (const exception&) {  // by a clock that broke its contract
    self->fail(thrown);
  } catch (const std::bad_alloc&) {
    self->fail(thrown);
  } catch (const std::exception& other) {
    self->fail(error(errc::broken_contract, std::string{"run_watcher: "} + other.what()));
  }
}

template <class Response>
void watcher_core::ended(const look& what, moment asked, const result<Response>& got) {
  const std::lock_guard lock{mutex_};
  try {
    if (got) {
      watch_.saw(what, asked, now(), *got);
    } else if (ends_the_watch(got.error())) {
      fail(got.error());
    } else {
      watch_.failed(what, asked, now(), got.error());
    }
  } catch (...) {  // half of it was noted, or nobody would go on with what it was about
    fail(std::current_exception());
  }
  if (watch_.has_event() || watch_.over()) tell();
  wake();
}

template <class Request>
asio::awaitable<void> watcher_core::perform(std::shared_ptr<watcher_core> self, look what, Request request) {
  call_options options = self->options_.look;
  options.max_attempts = 1;
  options.attempt_log = nullptr;
  std::exception_ptr aborted;
  try {
    co_await asio::post(asio::use_awaitable);  // as in schedule()
    const moment asked = self->now();
    auto got = co_await as_result(self->api_.perform(std::move(request), std::move(options)));
    self->ended(what, asked, got);
    co_return;
  } catch (...) {
    aborted = std::current_exception();
  }
  {
    const std::lock_guard lock{self->mutex_};
    try {
      self->watch_.abandoned(what, self->now());
    } catch (...) {
      self->fail(std::current_exception());
    }
    self->wake();
  }
  std::rethrow_exception(aborted);
}

asio::awaitable<void> watcher_core::perform(std::shared_ptr<watcher_core> self, look what) {
  switch (what.kind) {
    case look_kind::tasks: {
      list_task_instances_request request{what.workflow_arn, what.run_id};
      request.max_results = page_size;
      request.next_token = what.next_token;
      return perform(std::move(self), std::move(what), std::move(request));
    }
    case look_kind::run: {
      get_workflow_run_request request{what.workflow_arn, what.run_id};
      return perform(std::move(self), std::move(what), std::move(request));
    }
    case look_kind::runs: {
      list_workflow_runs_request request{what.workflow_arn};
      request.max_results = page_size;
      request.next_token = what.next_token;
      return perform(std::move(self), std::move(what), std::move(request));
    }
    case look_kind::workflows:
      break;
  }
  list_workflows_request request;
  request.max_results = page_size;
  request.next_token = what.next_token;
  return perform(std::move(self), std::move(what), std::move(request));
}

/// Registers the one who waits in next(), for as long as it waits.
class watcher_core::waiting_consumer {
 public:
  explicit waiting_consumer(watcher_core& core) : core_(core) {}
  waiting_consumer(const waiting_consumer&) = delete;
  waiting_consumer& operator=(const waiting_consumer&) = delete;
  ~waiting_consumer() {
    const std::lock_guard lock{core_.mutex_};
    core_.told_ = nullptr;
  }

 private:
  watcher_core& core_;
};

asio::awaitable<std::optional<watch_event>> watcher_core::next(std::shared_ptr<watcher_core> self) {
  for (;;) {
    const auto told = std::make_shared<async::event>();
    {
      const std::lock_guard lock{self->mutex_};
      if (self->told_) refuse("run_watcher: next() is running already; one coroutine at a time awaits it");
      if (self->stopped_) co_return std::nullopt;
      if (auto event = self->watch_.next_event()) co_return event;
      if (self->fatal_) std::rethrow_exception(self->fatal_);
      if (!self->options_.keep_open && self->watch_.over()) co_return std::nullopt;
      self->schedule_or_wake();  // which may throw, or end the watch
      if (self->fatal_) continue;
      self->told_ = told;
    }
    const waiting_consumer waiting{*self};
    (void)co_await told->wait();
  }
}

watch_metrics watcher_core::metrics() const {
  const std::lock_guard lock{mutex_};
  const watcher::watch_figures figures = watch_.figures(now());
  const auto whole = [](watcher::duration value) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(value);
  };
  watch_metrics out;
  out.runs = figures.runs;
  out.workflows = figures.workflows;
  out.looks = figures.looks;
  out.throttled = figures.throttled;
  out.failed = figures.failed;
  out.looks_in_flight = figures.in_flight;
  out.requests_per_second = figures.requests_per_second;
  out.quota_known = figures.quota_known;
  out.price = figures.price;
  out.oldest = whole(figures.oldest);
  out.staleness_bound = whole(figures.staleness_bound);
  out.failing_since = figures.failing_since;
  out.events_waiting = figures.events_waiting;
  return out;
}

void watcher_core::stop() noexcept {
  const std::lock_guard lock{mutex_};
  if (stopped_) return;
  stopped_ = true;
  scheduler_.reset();
  looks_.clear();
  tell();
}

run_watcher::run_watcher(client api, watch_options options)
    : core_(std::make_shared<watcher_core>(std::move(api), std::move(options))) {}

run_watcher::run_watcher(client api, std::string_view checkpoint, watch_options options)
    : run_watcher(std::move(api), std::move(options)) {
  core_->restore(checkpoint);
  core_->go_on();
}

run_watcher::run_watcher(run_watcher&&) noexcept = default;

run_watcher& run_watcher::operator=(run_watcher&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->stop();
  core_ = std::move(other.core_);
  return *this;
}

run_watcher::~run_watcher() {
  if (core_) core_->stop();
}

namespace {

watcher_core& held(const std::shared_ptr<watcher_core>& core) {
  if (!core) refuse("run_watcher: it was moved from");
  return *core;
}

}  // namespace

void run_watcher::add(run_key run, double weight) {
  check(run);
  if (!(weight > 0) || !std::isfinite(weight)) refuse("run_watcher::add: weight must be positive");
  held(core_).change([&](watcher::watch_state& watch, moment now) { watch.add(std::move(run), weight, now); });
  core_->go_on();
}

void run_watcher::add_workflow(std::string workflow_arn, run_filter filter) {
  if (workflow_arn.empty()) refuse("run_watcher::add_workflow: workflow_arn must not be empty");
  held(core_).change([&](watcher::watch_state& watch, moment now) {
    watch.add_workflow(std::move(workflow_arn), std::move(filter), now);
  });
  core_->go_on();
}

void run_watcher::add_all(run_filter filter) {
  held(core_).change([&](watcher::watch_state& watch, moment now) { watch.add_all(std::move(filter), now); });
  core_->go_on();
}

bool run_watcher::remove(const run_key& run) {
  const bool watched = held(core_).change([&](watcher::watch_state& watch, moment) { return watch.remove(run); });
  core_->wake_consumer();
  return watched;
}

bool run_watcher::remove_workflow(std::string_view workflow_arn) {
  const bool watched =
      held(core_).change([&](watcher::watch_state& watch, moment) { return watch.remove_workflow(workflow_arn); });
  core_->wake_consumer();
  return watched;
}

asio::awaitable<std::optional<watch_event>> run_watcher::next() {
  (void)held(core_);
  return watcher_core::next(core_);
}

std::optional<watch_event> run_watcher::try_next() {
  return held(core_).try_next();
}

std::vector<run_snapshot> run_watcher::snapshot() const {
  return held(core_).snapshot();
}

std::string run_watcher::checkpoint() const {
  return held(core_).checkpoint();
}

watch_metrics run_watcher::metrics() const {
  return held(core_).metrics();
}

void run_watcher::stop() noexcept {
  if (core_) core_->stop();
}

namespace {

/// Its end is not known, and will not be.
bool is_lost(const watch_event& event) {
  return event.kind == watch_event_kind::run_error && event.failure->code == errc::resource_not_found &&
         !event.run_status.is_terminal();
}

}  // namespace

asio::awaitable<std::vector<workflow_run_status>> wait_all(client api, std::vector<run_key> runs,
                                                           watch_options options) {
  options.keep_open = false;
  run_watcher watcher{std::move(api), std::move(options)};
  for (const auto& run : runs) watcher.add(run);
  std::vector<workflow_run_status> out(runs.size());
  while (auto event = co_await watcher.next()) {
    if (is_lost(*event)) throw exception(*event->failure);
    if (event->kind != watch_event_kind::run_finished) continue;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i] == event->run) out[i] = event->run_status;
    }
  }
  co_return out;
}

asio::awaitable<std::size_t> wait_any(client api, std::vector<run_key> runs, watch_options options) {
  if (runs.empty()) refuse("wait_any: runs must not be empty");
  options.keep_open = false;
  run_watcher watcher{std::move(api), std::move(options)};
  for (const auto& run : runs) watcher.add(run);
  while (auto event = co_await watcher.next()) {
    if (is_lost(*event)) throw exception(*event->failure);
    if (event->kind != watch_event_kind::run_finished) continue;
    const auto found = std::find(runs.begin(), runs.end(), event->run);
    if (found != runs.end()) co_return static_cast<std::size_t>(found - runs.begin());
  }
  throw exception(error(errc::client_closed, "wait_any: the watch has ended"));
}

}  // namespace mwaa_serverless
