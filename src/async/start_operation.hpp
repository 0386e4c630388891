// Starting an operation of Asio's when there may be no memory for it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace mwaa_serverless::async {

/// A handler that comes back when the operation that it was given to could not be started.
///
/// Asio destroys the handler of an operation that does not start, and with use_awaitable the whole coroutine: its
/// caller would never hear of it.
template <class Handler>
class returning_handler {
 public:
  returning_handler(Handler&& inner_value, std::optional<Handler>& back)
      : inner(std::move(inner_value)), back_(&back) {}
  returning_handler(returning_handler&& other) noexcept
      : inner(std::move(other.inner)), back_(std::exchange(other.back_, nullptr)) {}
  returning_handler& operator=(returning_handler&&) = delete;
  ~returning_handler() {
    if (back_ != nullptr && back_ == starting()) back_->emplace(std::move(inner));
  }

  template <class... Arguments>
  void operator()(Arguments&&... arguments) {
    back_ = nullptr;
    std::move(inner)(std::forward<Arguments>(arguments)...);
  }

  /// Where the handler of the operation that this thread is starting goes back to.
  static std::optional<Handler>*& starting() noexcept {
    static thread_local std::optional<Handler>* current = nullptr;
    return current;
  }

  Handler inner;

 private:
  std::optional<Handler>* back_;  // dangles once the operation has started, and is only compared then
};

/// An operation that begins when it is awaited: `start` is called with a handler for its error_code. The `co_await`
/// gives that code, or errc::not_enough_memory, in a std::tuple; no coroutine stands between, as one would with
/// use_awaitable.
template <class Start>
auto start_operation(const Start& start) {
  const auto begin = [start](auto handler) {
    using handler_type = std::decay_t<decltype(handler)>;
    std::optional<handler_type> back;
    auto& current = returning_handler<handler_type>::starting();
    const auto before = std::exchange(current, &back);
    try {
      start(returning_handler<handler_type>{std::move(handler), back});
    } catch (const std::bad_alloc&) {
      if (!back) {
        current = before;
        throw;
      }
    } catch (...) {
      current = before;
      throw;
    }
    current = before;
    if (back) std::move (*back)(make_error_code(boost::system::errc::not_enough_memory));
  };
  auto token = boost::asio::as_tuple(boost::asio::deferred);
  return boost::asio::async_initiate<decltype(token), void(boost::system::error_code)>(begin, token);
}

/// For the code that such an operation ends with.
inline void throw_if_no_memory(const boost::system::error_code& code) {
  if (code == boost::system::errc::not_enough_memory && code.category() == boost::system::generic_category())
    throw std::bad_alloc{};
}

}  // namespace mwaa_serverless::async

/// The executor, allocator and cancellation slot are those of the handler inside.
template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, mwaa_serverless::async::returning_handler<Handler>, Default>
    : Associator<Handler, Default> {
  static typename Associator<Handler, Default>::type get(
      const mwaa_serverless::async::returning_handler<Handler>& handler,
      const Default& otherwise = Default()) noexcept {
    return Associator<Handler, Default>::get(handler.inner, otherwise);
  }
};
