#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/error.hpp>
#include <stdexcept>
#include <string>

namespace mwaa_serverless::detail {

namespace asio = boost::asio;

void throw_collect_limit(std::size_t max) {
  throw std::length_error("mwaa_serverless::collect: the stream has more than " + std::to_string(max) + " values");
}

void throw_moved_from_generator() {
  throw exception(error(errc::invalid_argument, "next() of an async_generator that was moved from"));
}

void throw_next_runs_already() {
  throw exception(error(errc::invalid_argument,
                        "next() of an async_generator while another next() of it runs: await that one first"));
}

void throw_next_cancelled() {
  throw boost::system::system_error(asio::error::operation_aborted, "async_generator::next");
}

void throw_late(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) throw;
  }
  throw exception(error(errc::operation_timeout, "the deadline passed before async_generator::next_until had a value"));
}

asio::awaitable<void> next_turn() {
  co_await asio::post(asio::use_awaitable);
}

namespace {

// Whether `work` was first to end. For an executor that runs one thing at a time: on several threads the cancellation
// by Asio's `||` meets what it cancels.
asio::awaitable<bool> race(asio::awaitable<void> work, asio::awaitable<void> alarm) {
  using namespace asio::experimental::awaitable_operators;
  std::exception_ptr failed;
  try {
    auto either = std::move(work) || std::move(alarm);
    const auto first = co_await std::move(either);
    co_return first.index() == 0;
  } catch (const asio::multiple_exceptions& both) {
    failed = both.first_exception();  // as it is: a cancellation stays one
  }
  std::rethrow_exception(failed);
}

}  // namespace

asio::awaitable<bool> run_until(asio::awaitable<void> work, clock::time_point deadline, std::shared_ptr<clock> time) {
  if (!time) time = make_system_clock();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto both = race(std::move(work), time->sleep_until(deadline));
  const bool in_time = co_await asio::co_spawn(asio::make_strand(executor), std::move(both), asio::use_awaitable);
  co_return in_time;
}

}  // namespace mwaa_serverless::detail
