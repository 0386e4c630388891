#include "sources/cached_credentials.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "async/event.hpp"
#include "async/random_source.hpp"
#include "async/side_task.hpp"
#include "net/user_object.hpp"
#include "sources/credentials_state.hpp"

namespace mwaa_serverless {

provider_options::provider_options() = default;

namespace sources {

namespace asio = boost::asio;
using keys_result = result<std::shared_ptr<const credentials>>;

namespace {

// What the client would retry for a fault of its own network is no such fault here.
error as_credentials_error(error why) {
  for (const errc known : {errc::no_credentials, errc::credentials_failed, errc::invalid_configuration,
                           errc::process_timeout, errc::no_profile, errc::no_region, errc::broken_contract})
    if (why.code == known) return why;
  why.code = make_error_code(errc::credentials_failed);
  return why;
}

/// A fetch under way: where it runs, and how to end it.
class flight {
 public:
  flight(const asio::any_io_executor& executor, credentials_state::fetch_number number_value)
      : number(number_value), where(asio::make_strand(executor)) {}

  const credentials_state::fetch_number number;
  const asio::strand<asio::any_io_executor> where;
  asio::cancellation_signal stop;  // on `where` only
};

/// What the handle of the provider, the callers and the fetch share.
class shared_fetch : public std::enable_shared_from_this<shared_fetch> {
 public:
  shared_fetch(fetch_function fetch, const provider_options& options)
      : fetch_(std::move(fetch)),
        timeout_(options.fetch_timeout),
        time_(options.time),
        random_(options.random),
        state_(options.fetch_timeout + std::chrono::seconds{1}) {}

  static asio::awaitable<keys_result> get(std::shared_ptr<shared_fetch> self, clock::time_point deadline);
  std::shared_ptr<const credentials> at_hand();
  bool rejected(const credentials& refused);
  /// Nobody will ask again.
  void abandon();

 private:
  using event_ptr = std::shared_ptr<async::event>;
  class waiting;
  class fetch_result;

  static asio::awaitable<void> run(std::shared_ptr<shared_fetch> self, credentials_state::fetch_number number);
  void begin(const asio::any_io_executor& executor);
  void stop() noexcept;

  [[nodiscard]] credentials_state::instant now() const { return {time_->now(), time_->wall_now()}; }
  [[nodiscard]] double unit() { return random_.unit(); }
  template <class How>
  void ended(credentials_state::fetch_number number, How how);

  const fetch_function fetch_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<clock> time_;
  async::random_source random_;

  std::mutex mutex_;  // guards what follows; never held across a suspension
  credentials_state state_;
  std::shared_ptr<flight> flight_;
  std::vector<event_ptr> waiters_;
  std::size_t waiting_ = 0;
  credentials_state::fetch_number without_memory_ = 0;  // the last fetch that ended so
};

/// A caller that waits. The last one to leave by cancellation ends the fetch.
class shared_fetch::waiting {
 public:
  explicit waiting(shared_fetch& of) : of_(of) {}
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() {
    const std::lock_guard lock{of_.mutex_};
    if (--of_.waiting_ == 0 && cancelled) of_.stop();
  }
  bool cancelled = true;  // until the wait has ended in another way

 private:
  shared_fetch& of_;
};

/// Tells that the fetch has ended, also when its coroutine is destroyed.
class shared_fetch::fetch_result {
 public:
  fetch_result(shared_fetch& of, credentials_state::fetch_number number) : of_(of), number_(number) {}
  fetch_result(const fetch_result&) = delete;
  fetch_result& operator=(const fetch_result&) = delete;
  ~fetch_result() {
    if (!told_) of_.ended(number_, [this] { of_.state_.dropped(number_); });
  }
  void tell(keys_result got) {
    of_.ended(number_, [&] {
      if (got) {
        of_.state_.fetched(number_, *std::move(got), of_.now(), of_.unit());
      } else {
        of_.state_.failed(number_, std::move(got).error(), of_.now(), of_.unit());
      }
    });
    told_ = true;
  }
  /// To those who wait now: nothing is known of the source, which the next caller asks again.
  void tell_no_memory() noexcept {
    of_.ended(number_, [this] {
      of_.state_.dropped(number_);
      of_.without_memory_ = number_;
    });
    told_ = true;
  }
  /// Another tells.
  void leave() noexcept { told_ = true; }

 private:
  shared_fetch& of_;
  const credentials_state::fetch_number number_;
  bool told_ = false;
};

asio::awaitable<keys_result> shared_fetch::get(std::shared_ptr<shared_fetch> self, clock::time_point deadline) {
  using answer = credentials_state::answer;
  for (;;) {
    event_ptr arrival;
    credentials_state::fetch_number number = 0;
    std::optional<fetch_result> begun;  // a fetch that does not get as far as to tell of its own end
    std::optional<waiting> here;
    {
      const std::lock_guard lock{self->mutex_};
      const answer said = self->state_.ask(self->now());
      if (said == answer::use) co_return self->state_.current();
      if (said == answer::fail) co_return as_credentials_error(self->state_.failure());
      number = self->state_.under_way();
      if (said == answer::use_and_fetch || said == answer::fetch) begun.emplace(*self, number);
      if (said != answer::use_and_fetch) {
        arrival = std::make_shared<async::event>();
        self->waiters_.push_back(arrival);
        ++self->waiting_;
        here.emplace(*self);
      }
    }
    if (begun) {
      self->begin(co_await asio::this_coro::executor);
      begun->leave();
    }
    if (!arrival) {
      const std::lock_guard lock{self->mutex_};
      co_return self->state_.current();
    }
    // Longer than a fetch takes is never needed: one that has not ended by then stands still with its loop.
    const auto given_up = self->time_->now() + self->timeout_ + std::chrono::seconds{2};
    const auto executor = co_await asio::this_coro::executor;
    const async::side_task<void> alarm{executor, self->time_->sleep_until(std::min(deadline, given_up)), arrival};
    co_await arrival->wait();
    here->cancelled = false;
    {
      const std::lock_guard lock{self->mutex_};
      if (self->without_memory_ == number) throw std::bad_alloc{};
    }
    if (self->time_->now() >= deadline)
      co_return error(errc::credentials_timeout, "no credentials came within the time limit of the attempt");
  }
}

// Outside the lock: the fetch may run at once.
void shared_fetch::begin(const asio::any_io_executor& executor) {
  std::shared_ptr<flight> fresh;
  {
    const std::lock_guard lock{mutex_};
    fresh = flight_ = std::make_shared<flight>(executor, state_.under_way());
  }
  asio::co_spawn(fresh->where, run(shared_from_this(), fresh->number),
                 asio::bind_cancellation_slot(fresh->stop.slot(), [fresh](const std::exception_ptr&) {}));
}

asio::awaitable<void> shared_fetch::run(std::shared_ptr<shared_fetch> self, credentials_state::fetch_number number) {
  fetch_result end{*self, number};
  std::optional<keys_result> got;
  try {
    const auto limit = self->time_->now() + self->timeout_;
    // A source that keeps its limit says better what took so long; only one that does not is left alone.
    constexpr std::chrono::milliseconds lateness{500};
    auto fetched = co_await net::ask("the fetch of the credentials", self->fetch_(limit), self->time_, limit + lateness,
                                     errc::credentials_failed, errc::credentials_timeout);
    got.emplace(std::move(fetched));
  } catch (const boost::system::system_error& problem) {
    if (problem.code() == asio::error::operation_aborted) throw;
    got.emplace(error(errc::credentials_failed, problem.what()));
  } catch (const std::bad_alloc&) {
    co_return end.tell_no_memory();
  } catch (const std::exception& problem) {
    got.emplace(error(errc::credentials_failed, problem.what()));
  }
  end.tell(*std::move(got));
}

template <class How>
void shared_fetch::ended(credentials_state::fetch_number number, How how) {
  std::vector<event_ptr> woken;
  std::shared_ptr<flight> over;
  {
    const std::lock_guard lock{mutex_};
    how();
    // A provider may outlive the io_context that it fetched on: nothing of that is kept.
    if (flight_ && flight_->number == number) over.swap(flight_);
    woken.swap(waiters_);
  }
  for (const event_ptr& each : woken) each->set();
}

std::shared_ptr<const credentials> shared_fetch::at_hand() {
  const std::lock_guard lock{mutex_};
  return state_.good(now()) ? state_.current() : nullptr;
}

bool shared_fetch::rejected(const credentials& refused) {
  const std::lock_guard lock{mutex_};
  return state_.rejected(refused, now());
}

void shared_fetch::abandon() {
  const std::lock_guard lock{mutex_};
  if (waiting_ == 0) stop();
}

// Under the lock.
void shared_fetch::stop() noexcept {
  if (!flight_) return;
  try {
    asio::post(flight_->where, [going = flight_] { going->stop.emit(asio::cancellation_type::terminal); });
  } catch (const std::exception&) {
    // Without memory it runs to its end, or to its time limit.
  }
  flight_.reset();
}

class cached_credentials final : public own_provider {
 public:
  cached_credentials(fetch_function fetch, const provider_options& options)
      : fetch_(std::make_shared<shared_fetch>(std::move(fetch), options)) {}
  cached_credentials(const cached_credentials&) = delete;
  cached_credentials& operator=(const cached_credentials&) = delete;
  ~cached_credentials() override { fetch_->abandon(); }

  std::shared_ptr<const credentials> at_hand() override { return fetch_->at_hand(); }
  asio::awaitable<keys_result> get(clock::time_point deadline) override { return shared_fetch::get(fetch_, deadline); }
  bool rejected(const credentials& refused) noexcept override { return fetch_->rejected(refused); }

 private:
  const std::shared_ptr<shared_fetch> fetch_;
};

asio::awaitable<keys_result> asked(std::shared_ptr<credentials_provider> from, clock::time_point deadline) {
  auto got = co_await net::made(from->get(deadline));
  co_return std::move(got);
}

}  // namespace

asio::awaitable<keys_result> ask_provider(std::string_view who, std::shared_ptr<credentials_provider> from,
                                          std::shared_ptr<clock> time, clock::time_point deadline) {
  auto got = co_await net::ask(who, asked(std::move(from), deadline), std::move(time), deadline,
                               errc::credentials_failed, errc::credentials_timeout);
  if (!got) co_return std::move(got);
  if (!*got) co_return net::broken_contract(who, "returned a null pointer; return credentials or an error");
  if ((*got)->access_key_id().empty() || (*got)->secret_access_key().empty())
    co_return net::broken_contract(who, "returned empty credentials; they were moved from before");
  co_return std::move(got);
}

provider_options checked(provider_options options) {
  using namespace std::chrono_literals;
  if (options.fetch_timeout <= 0ms || options.fetch_timeout > 1h) {
    throw exception(
        error(errc::invalid_configuration, "provider_options::fetch_timeout must be positive and at most an hour"));
  }
  if (options.mfa_code) {
    options.mfa_code = [ask_user = std::move(options.mfa_code)](std::string serial) {
      return net::made(ask_user(std::move(serial)));
    };
  }
  options.time = options.time ? net::make_checked_clock(std::move(options.time)) : make_system_clock();
  return options;
}

std::shared_ptr<credentials_provider> make_cached(fetch_function fetch, const provider_options& options) {
  return std::make_shared<cached_credentials>(std::move(fetch), options);
}

}  // namespace sources

std::shared_ptr<credentials_provider> make_cached_credentials(std::shared_ptr<credentials_provider> source,
                                                              provider_options options) {
  if (!source) {
    throw exception(error(errc::invalid_configuration,
                          "make_cached_credentials: source must not be null; make_default_credentials() makes one"));
  }
  options = sources::checked(std::move(options));
  return sources::make_cached(
      [source = std::move(source), time = options.time](clock::time_point deadline) {
        return sources::ask_provider("make_cached_credentials: get() of the source", source, time, deadline);
      },
      options);
}

}  // namespace mwaa_serverless
