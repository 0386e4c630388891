// Objects of a user's (credentials providers, gates, transports, clocks): what they do wrong becomes an error.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "async/event.hpp"
#include "async/side_task.hpp"

namespace mwaa_serverless::net {

using async::event;

using async::side_task;

/// errc::broken_contract: "`who` `did`".
[[nodiscard]] error broken_contract(std::string_view who, std::string_view did);
/// What an exception of `who` becomes: the error that one of this library's carries, else one with `code`. Lets
/// std::bad_alloc through.
[[nodiscard]] error thrown_by(std::string_view who, const std::exception_ptr& thrown, errc code);
/// An error as `who` returned it. One with the code of a success, or of a cancellation, is errc::broken_contract: it
/// would be taken for that.
[[nodiscard]] error returned_by(std::string_view who, error failure);

/// Who keeps their limits gets this much longer to end by themselves, with an error that says more.
inline constexpr std::chrono::milliseconds grace{1};

/// `work`, for awaiting: one that was moved from, or never made, throws.
template <class T>
boost::asio::awaitable<T> made(boost::asio::awaitable<T> work) {
  if (!work.valid()) throw std::logic_error("an empty awaitable was returned");
  return work;
}

/// Awaits `work`, which `who` returned, until `limit` by `time`; then cancels it and returns without it
/// (`late_as`). The caller's own cancellation takes effect at once. `work` owns what it uses. What it
/// throws becomes an error with the code `thrown_as`.
template <class T>
boost::asio::awaitable<result<T>> ask(std::string_view who, boost::asio::awaitable<result<T>> work,
                                      std::shared_ptr<clock> time, clock::time_point limit, errc thrown_as,
                                      errc late_as = errc::attempt_timeout) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto notice = std::make_shared<event>();
  side_task<result<T>> task{executor, std::move(work), notice};
  if (!task.over()) {
    std::optional<side_task<void>> alarm;
    if (limit < clock::time_point::max() - grace) alarm.emplace(executor, time->sleep_until(limit + grace), notice);
    co_await notice->wait();
  }
  if (!task.over()) {
    std::string said{who};
    said += " did not end by its deadline, and was cancelled";
    co_return error(late_as, std::move(said));
  }
  if (const auto thrown = task.failure()) co_return thrown_by(who, thrown, thrown_as);
  if (task.abandoned()) co_return broken_contract(who, "dropped its completion handler without calling it");
  result<T> got = task.take();
  if (!got) co_return returned_by(who, std::move(got).error());
  co_return std::move(got);
}

/// A user's transport within its limits. `who` has static lifetime.
[[nodiscard]] boost::asio::awaitable<result<http_response>> send(std::shared_ptr<transport> network,
                                                                 http_request request, std::shared_ptr<clock> time,
                                                                 clock::time_point limit);
[[nodiscard]] boost::asio::awaitable<result<void>> prewarm(std::shared_ptr<transport> network,
                                                           std::shared_ptr<const origin> to, std::size_t connections,
                                                           std::shared_ptr<clock> time, clock::time_point limit);
[[nodiscard]] boost::asio::awaitable<result<void>> close(std::shared_ptr<transport> network,
                                                         std::shared_ptr<clock> time);

/// A user's clock with its contract enforced. Its time never goes back, starts at the epoch or later, and stays where
/// sums with it do not overflow.
[[nodiscard]] std::shared_ptr<clock> make_checked_clock(std::shared_ptr<clock> of_user);

}  // namespace mwaa_serverless::net
