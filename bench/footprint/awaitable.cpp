// The least of Asio that a coroutine needs.
#include <boost/asio/awaitable.hpp>

boost::asio::awaitable<void> nothing() {
  co_return;
}
