// What a file of a user's includes; the time to compile it is compared with that of awaitable.cpp.
#include <mwaa_serverless/client.hpp>

boost::asio::awaitable<void> nothing() {
  co_return;
}
