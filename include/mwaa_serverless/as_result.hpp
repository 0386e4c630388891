// Failures as values.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

/// Awaits `operation` and returns its value, or the error that its mwaa_serverless::exception carried. Everything else
/// (cancellation, bad_alloc, exceptions of others) passes through. An operation that was moved from, as one that was
/// awaited before, is errc::invalid_argument.
///
///     auto page = co_await as_result(client.list_task_instances({workflow_arn, run_id}));
///     if (!page) log(page.error().message);
template <class T>
[[nodiscard]] boost::asio::awaitable<result<T>> as_result(boost::asio::awaitable<T> operation) {
  if (!operation.valid())
    co_return error(errc::invalid_argument, "as_result: the operation was moved from: it is awaited already");
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(operation);
      co_return result<void>{};
    } else {
      T value = co_await std::move(operation);
      co_return std::move(value);
    }
  } catch (const exception& failure) {
    co_return failure.details();
  }
}

}  // namespace mwaa_serverless
