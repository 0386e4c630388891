#include "net/user_object.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <mutex>
#include <new>

namespace mwaa_serverless::net {

namespace asio = boost::asio;

error broken_contract(std::string_view who, std::string_view did) {
  std::string said{who};
  said.append(" ").append(did);
  return error(errc::broken_contract, std::move(said));
}

error thrown_by(std::string_view who, const std::exception_ptr& thrown, errc code) {
  std::string said{who};
  try {
    std::rethrow_exception(thrown);
  } catch (const exception& known) {
    return returned_by(who, known.details());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const boost::system::system_error& problem) {
    if (problem.code() == asio::error::operation_aborted)
      return broken_contract(who, "threw operation_aborted although nothing had cancelled it; return an error instead");
    said.append(" threw: ").append(problem.what());
  } catch (const std::exception& problem) {
    said.append(" threw: ").append(problem.what());
  } catch (...) {
    said += " threw something that is no std::exception";
  }
  return error(code, said + "; return an error instead");
}

error returned_by(std::string_view who, error failure) {
  if (failure.code == asio::error::operation_aborted)
    return broken_contract(who, "returned operation_aborted, which is for a caller that cancels; return another error");
  if (failure.code.failed()) return failure;
  std::string did = "returned an error whose code says success; set error::code";
  if (!failure.message.empty()) did += " (its message: " + failure.message + ")";
  return broken_contract(who, did);
}

namespace {

// Each owns what it uses, so that it can be left alone.
asio::awaitable<result<http_response>> sent(std::shared_ptr<transport> network, http_request request,
                                            clock::time_point limit) {
  auto got = co_await made(network->send(request, limit));
  co_return std::move(got);
}
asio::awaitable<result<void>> prewarmed(std::shared_ptr<transport> network, std::shared_ptr<const origin> to,
                                        std::size_t connections) {
  auto got = co_await made(network->prewarm(std::move(to), connections));
  co_return std::move(got);
}
asio::awaitable<result<void>> closed(std::shared_ptr<transport> network) {
  co_await made(network->close());
  co_return result<void>{};
}
asio::awaitable<void> slept(std::shared_ptr<clock> time, clock::time_point when) {
  co_await made(time->sleep_until(when));
}

constexpr int most_early = 100;
constexpr std::chrono::seconds latest_by{1};

class checked_clock final : public clock, public std::enable_shared_from_this<checked_clock> {
 public:
  explicit checked_clock(std::shared_ptr<clock> of_user) : user_(std::move(of_user)) {}

  time_point now() const noexcept override {
    // 73 years: four of them, and the differences of any two, are representable.
    constexpr time_point latest{time_point::max().time_since_epoch() / 4};
    const std::lock_guard lock{mutex_};
    const time_point said = std::clamp(user_->now(), -latest.time_since_epoch() + time_point{}, latest);
    if (said + behind_ < last_) behind_ = last_ - said;
    return last_ = std::min(said + behind_, latest);
  }
  wall_time_point wall_now() const noexcept override {
    constexpr std::chrono::hours centuries{24 * 366 * 200};
    return std::clamp(user_->wall_now(), wall_time_point{}, wall_time_point{centuries});
  }
  asio::awaitable<void> sleep_until(time_point when) override { return sleep(shared_from_this(), when); }

 private:
  static asio::awaitable<void> sleep(std::shared_ptr<checked_clock> self, time_point when) {
    constexpr std::string_view who = "client_config::time: sleep_until()";
    const auto executor = co_await asio::this_coro::executor;
    if (when > time_point::max() - std::chrono::hours{1}) when = time_point::max();
    auto asked = when;
    for (int early = 0; self->now() < when; ++early) {
      if (early == most_early) throw exception(broken_contract(who, "returned before its time, again and again"));
      // One that rounds down is asked for a later time instead of the same again.
      if (early > 0 && when != time_point::max())
        asked += std::min<time_point::duration>(when - self->now(), latest_by);
      const auto notice = std::make_shared<event>();
      const side_task<void> sleeping{executor, slept(self->user_, self->for_user(asked)), notice};
      if (!sleeping.over()) co_await notice->wait();
      if (const auto thrown = sleeping.failure()) throw exception(thrown_by(who, thrown, errc::broken_contract));
      if (sleeping.abandoned())
        throw exception(broken_contract(who, "dropped its completion handler without calling it"));
    }
  }
  [[nodiscard]] time_point for_user(time_point when) const noexcept {
    const std::lock_guard lock{mutex_};
    return when == time_point::max() ? when : when - behind_;
  }

  const std::shared_ptr<clock> user_;
  mutable std::mutex mutex_;  // guards what follows
  mutable time_point last_{};
  mutable time_point::duration behind_{0};  // how far the user's clock has gone back
};

}  // namespace

asio::awaitable<result<http_response>> send(std::shared_ptr<transport> network, http_request request,
                                            std::shared_ptr<clock> time, clock::time_point limit) {
  constexpr std::string_view who = "client_config::network: send()";
  auto got = co_await ask(who, sent(std::move(network), std::move(request), limit), std::move(time), limit,
                          errc::broken_contract);
  if (!got) {
    error failure = std::move(got).error();
    // Nobody knows how far it had come.
    if (failure.phase == operation_phase::none &&
        (failure.code == errc::broken_contract || failure.code == errc::attempt_timeout))
      failure.may_have_reached_service = true;
    co_return std::move(failure);
  }
  if (got->status < 100 || got->status > 999) {
    error nonsense = broken_contract(who, "returned a response whose status is " + std::to_string(got->status));
    nonsense.may_have_reached_service = true;
    co_return std::move(nonsense);
  }
  co_return std::move(got);
}

asio::awaitable<result<void>> prewarm(std::shared_ptr<transport> network, std::shared_ptr<const origin> to,
                                      std::size_t connections, std::shared_ptr<clock> time, clock::time_point limit) {
  return ask("client_config::network: prewarm()", prewarmed(std::move(network), std::move(to), connections),
             std::move(time), limit, errc::broken_contract);
}

asio::awaitable<result<void>> close(std::shared_ptr<transport> network, std::shared_ptr<clock> time) {
  return ask("client_config::network: close()", closed(std::move(network)), std::move(time), clock::time_point::max(),
             errc::broken_contract);
}

std::shared_ptr<clock> make_checked_clock(std::shared_ptr<clock> of_user) {
  return std::make_shared<checked_clock>(std::move(of_user));
}

}  // namespace mwaa_serverless::net
