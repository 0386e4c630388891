// Runs coroutines to their end in tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace test {

namespace asio = boost::asio;

/// Runs `work` on `io` in the virtual time of `time`; returns its value, throws its exception.
/// A coroutine that never ends is an error, not a hang: time has nowhere to go.
template <class T>
T run(asio::io_context& io, mwaa_serverless::testing::virtual_clock& time, asio::awaitable<T> work) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    bool ended = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
      failure = e;
      ended = true;
    });
    time.run(io);
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::logic_error("the coroutine waits for something that never comes");
  } else {
    std::optional<T> value;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T result) {
      failure = e;
      if (!e) value.emplace(std::move(result));
    });
    time.run(io);
    if (failure) std::rethrow_exception(failure);
    if (!value) throw std::logic_error("the coroutine waits for something that never comes");
    return *std::move(value);
  }
}

}  // namespace test
