// prewarm() on an executor whose threads run whatever comes, without a strand.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <utility>

#include "net/pooled_transport.hpp"
#include "support/scripted_server.hpp"

namespace {

namespace asio = boost::asio;
namespace net = mwaa_serverless::net;

constexpr std::size_t connections = 6;

std::shared_ptr<mwaa_serverless::transport> make(const asio::any_io_executor& executor) {
  mwaa_serverless::network_options options;
  options.max_connections = connections;
  options.verify_tls = false;
  return net::make_pooled_transport(executor, std::move(options));
}

}  // namespace

TEST_CASE("prewarm: on a thread pool without a strand") {
  test::scripted_server server;
  for (int round = 0; round < 20; ++round) {
    asio::thread_pool threads{4};
    const auto network = make(threads.get_executor());
    std::atomic<bool> good{false};
    asio::co_spawn(threads, network->prewarm(server.at(), connections),
                   [&](const std::exception_ptr& thrown, const mwaa_serverless::result<void>& opened) {
                     good = !thrown && opened.has_value();
                   });
    threads.join();
    CHECK(good);
    CHECK(network->metrics().idle == connections);
    CHECK(network->metrics().in_use == 0);
  }
}

TEST_CASE("prewarm: its failure on a thread pool without a strand") {
  const auto closed = std::make_shared<const mwaa_serverless::origin>(false, "127.0.0.1", std::uint16_t{1});
  for (int round = 0; round < 20; ++round) {
    asio::thread_pool threads{4};
    const auto network = make(threads.get_executor());
    std::atomic<bool> refused{false};
    asio::co_spawn(threads, network->prewarm(closed, connections),
                   [&](const std::exception_ptr& thrown, const mwaa_serverless::result<void>& opened) {
                     refused = !thrown && !opened && opened.error().code == mwaa_serverless::errc::connect_failed;
                   });
    threads.join();
    CHECK(refused);
    CHECK(network->metrics().in_use == 0);
  }
}
