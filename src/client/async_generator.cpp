#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/error.hpp>
#include <stdexcept>
#include <string>

#include "transport/first_of.hpp"

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
  throw exception(error(errc::deadline_exceeded, "the deadline passed before async_generator::next_until had a value"));
}

asio::awaitable<void> next_turn() {
  co_await asio::post(asio::use_awaitable);
}

asio::awaitable<bool> run_until(asio::awaitable<void> work, clock::time_point deadline, std::shared_ptr<clock> time) {
  if (!time) time = make_system_clock();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  // On a strand, so that the end of the one never cancels the other while that runs on another thread.
  auto race = net::first_of(std::move(work), time->sleep_until(deadline));
  const std::size_t first = co_await asio::co_spawn(asio::make_strand(executor), std::move(race), asio::use_awaitable);
  co_return first == 0;
}

}  // namespace mwaa_serverless::detail
