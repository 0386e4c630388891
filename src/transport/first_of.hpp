// Several waits at once, until the first of them is over.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <cstddef>
#include <exception>
#include <utility>

namespace mwaa_serverless::net {

/// Runs all of `waits` and cancels the others as soon as one has ended well; which one. When all fail, the exception
/// of the first to do so as it is (Asio's own operator wraps it): a cancellation stays one.
template <class... Waits>
boost::asio::awaitable<std::size_t> first_of(Waits... waits) {
  using namespace boost::asio::experimental::awaitable_operators;
  std::exception_ptr failed;
  try {
    auto any = (... || std::move(waits));  // from the left: only so the variants of Asio's operator stay flat
    const auto which = co_await std::move(any);
    co_return which.index();
  } catch (const boost::asio::multiple_exceptions& all) {
    failed = all.first_exception();
  }
  std::rethrow_exception(failed);
}

}  // namespace mwaa_serverless::net
