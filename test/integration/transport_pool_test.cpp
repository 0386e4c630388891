// The pool over real sockets: waiting in line, idle connections, closing, many threads.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <optional>
#include <random>
#include <thread>

#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using mwaa_serverless::network_options;
using test::errc;
using test::exchange;
using test::peer;

network_options limited(std::size_t max_connections) {
  network_options options;
  options.max_connections = max_connections;
  return options;
}

// Answers each request when the test says so.
void serve_on_command(peer& p) {
  for (int i = 1; !p.read_request().empty(); ++i) {
    p.wait_for("answer " + std::to_string(i));
    p.send(test::ok("answer " + std::to_string(i)));
  }
}

}  // namespace

TEST_CASE("transport: more requests than connections are served in the order they came") {
  test::scripted_server server;
  server.on_connection([](peer& p) {
    for (int i = 1; !p.read_request().empty(); ++i) p.send(test::ok(std::to_string(i)));
  });
  test::fixture client{limited(1)};
  std::deque<exchange> all;
  for (int i = 0; i < 10; ++i) all.emplace_back(client.io, client.net, test::request_to(server.at()));
  client.run();
  for (int i = 0; i < 10; ++i) CHECK(all[static_cast<std::size_t>(i)].get()->body == std::to_string(i + 1));
  CHECK(client.net->metrics().connections_opened == 1);
}

TEST_CASE("transport: a waiter that is cancelled as it is given the connection passes it on") {
  test::scripted_server server;
  server.on_connection(serve_on_command);
  test::fixture client{limited(1)};
  std::unique_ptr<exchange> second;
  // Runs as the first request ends: the second has been woken, but has not run yet.
  asio::co_spawn(
      client.io,
      [&]() -> asio::awaitable<void> {
        const auto request = test::request_to(server.at());
        const auto got = co_await client.net->send(request, std::chrono::steady_clock::now() + 1h);
        CHECK(got.has_value());
        second->cancel();
      },
      [](std::exception_ptr e) { CHECK_FALSE(e); });
  client.io.poll();
  second = std::make_unique<exchange>(client.io, client.net, test::request_to(server.at()));
  exchange third{client.io, client.net, test::request_to(server.at())};
  client.io.poll();
  server.open("answer 1");
  server.open("answer 2");
  client.run();
  CHECK(second->aborted());
  CHECK(third.get()->body == "answer 2");
  CHECK(third.get()->connection_reused);
  CHECK(client.net->metrics().in_use == 0);
}

TEST_CASE("transport: idle connections that are too old are closed instead of used") {
  test::scripted_server server;
  auto options = limited(1);
  options.max_idle_time = 1ms;
  test::fixture client{options};
  CHECK(client.send(server.at()).has_value());
  const auto later = std::chrono::steady_clock::now() + 2ms;
  while (std::chrono::steady_clock::now() < later) std::this_thread::yield();
  CHECK_FALSE(client.send(server.at())->connection_reused);
  server.wait_until("1 closed by client");
  CHECK(client.net->metrics().connections_replaced == 0);
}

TEST_CASE("transport: a line that is full, and a wait for a connection that is too long") {
  test::scripted_server server;
  server.on_connection(serve_on_command);
  auto options = limited(1);
  options.max_waiting = 1;
  options.acquire_timeout = 100ms;
  test::fixture client{options};
  exchange first{client.io, client.net, test::request_to(server.at())};
  exchange in_line{client.io, client.net, test::request_to(server.at())};
  exchange one_too_many{client.io, client.net, test::request_to(server.at())};
  client.run_until([&] { return one_too_many.ended(); });
  CHECK(one_too_many.get().error().code == errc::too_many_waiting);
  CHECK(one_too_many.get().error().phase == test::operation_phase::waiting_for_connection);
  CHECK(one_too_many.get().error().message ==
        "all 1 connections are in use, and 1 requests (max_waiting) wait for one already");
  client.run_until([&] { return in_line.ended(); });
  CHECK(in_line.get().error().code == errc::acquire_timeout);
  CHECK(in_line.get().error().phase == test::operation_phase::waiting_for_connection);
  server.open("answer 1");
  client.run();
  CHECK(first.get().has_value());
  const auto metrics = client.net->metrics();
  CHECK(metrics.refused == 1);
  CHECK(metrics.waited == 1);
  CHECK(metrics.wait_time >= 100ms);
  CHECK(metrics.idle == 1);
}

TEST_CASE("transport: a connection that has had its time is closed when it is given back") {
  test::scripted_server server;
  auto options = limited(1);
  options.max_connection_age = 1ms;
  test::fixture client{options};
  server.on_connection([](test::peer& client_end) {
    client_end.read_request();
    std::this_thread::sleep_for(2ms);
    client_end.send(test::ok());
    client_end.wait_for_close();
  });
  CHECK(client.send(server.at()).has_value());
  server.wait_until("1 closed by client");
  CHECK(client.net->metrics().open == 0);
}

TEST_CASE("transport: connections to several places share the limit") {
  test::scripted_server here;
  test::scripted_server there;
  test::fixture client{limited(1)};
  CHECK(client.send(here.at()).has_value());
  CHECK(client.send(there.at()).has_value());
  here.wait_until("1 closed by client");
  CHECK(client.send(there.at())->connection_reused);
  CHECK(client.net->metrics().open == 1);
}

TEST_CASE("transport: close lets requests under way end, refuses new ones and closes every connection") {
  test::scripted_server server;
  server.on_connection(serve_on_command);
  test::fixture client{limited(1)};
  exchange first{client.io, client.net, test::request_to(server.at())};
  exchange in_line{client.io, client.net, test::request_to(server.at())};
  client.io.poll();
  bool closed = false;
  asio::co_spawn(client.io, client.net->close(), [&](std::exception_ptr e) {
    CHECK_FALSE(e);
    closed = true;
  });
  exchange late{client.io, client.net, test::request_to(server.at())};
  client.run_until([&] { return late.ended(); });
  CHECK(late.get().error().code == errc::client_closed);
  CHECK_FALSE(closed);
  server.open("answer 1");
  client.run_until([&] { return first.ended(); });
  CHECK_FALSE(closed);
  server.open("answer 2");
  client.run();
  CHECK(closed);
  CHECK(first.get().has_value());
  CHECK(in_line.get().has_value());
  server.wait_until("1 closed by client");

  closed = false;
  asio::co_spawn(client.io, client.net->close(), [&](std::exception_ptr) { closed = true; });
  client.run();
  CHECK(closed);
}

TEST_CASE("transport: destroying it closes idle connections") {
  test::scripted_server server;
  test::fixture client;
  CHECK(client.send(server.at()).has_value());
  client.net.reset();
  server.wait_until("1 closed by client");
}

TEST_CASE("transport: its owner may let go of it while a request is under way") {
  test::scripted_server server;
  test::fixture client;
  exchange last{client.io, std::exchange(client.net, nullptr), test::request_to(server.at())};
  client.run();
  CHECK(last.get().has_value());
}

TEST_CASE("transport: the loop may end while requests are in every phase") {
  test::scripted_server server;
  server.on_connection(serve_on_command);
  test::fixture client{limited(2)};
  std::deque<exchange> abandoned;
  for (int i = 0; i < 4; ++i) abandoned.emplace_back(client.io, client.net, test::request_to(server.at()));
  client.io.poll();
  server.wait_until("1 accepted");
  // The fixture destroys its transport, then its loop and with that the coroutines.
}

TEST_CASE("transport: coroutines on four threads share one transport") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const test::certificate identity{{"127.0.0.1"}};
    const test::temporary_file bundle{identity.pem};
    const auto server =
        tls ? std::make_unique<test::scripted_server>(identity) : std::make_unique<test::scripted_server>();
    // Some connections end early, so that others must be opened while requests wait.
    for (int i = 0; i < 40; ++i)
      server->on_connection([i](peer& p) {
        for (int n = 0; n < 5 + i; ++n) {
          if (p.read_request().empty()) return;
          p.send(test::ok());
        }
        if (i % 2 == 0) p.close();
        if (i % 2 == 1) p.reset();
      });
    auto options = limited(6);
    options.ca_bundle = bundle.path();
    asio::io_context io{4};
    const auto net = mwaa_serverless::net::make_pooled_transport(io.get_executor(), options);

    constexpr int workers = 24;
    constexpr int requests = 40;
    std::atomic<int> good{0};
    std::atomic<int> lost{0};
    std::atomic<int> late{0};
    std::atomic<int> aborted{0};
    const auto work = [&](int number) -> asio::awaitable<void> {
      std::mt19937 random{static_cast<unsigned>(number)};
      const auto request = test::request_to(server->at());
      for (int i = 0; i < requests; ++i) {
        // Some have little time, and time out anywhere or not at all.
        const auto limit = number % 4 == 0 ? std::chrono::microseconds{random() % 2000} : 1h;
        const auto got = co_await net->send(request, std::chrono::steady_clock::now() + limit);
        if (got) {
          ++good;
        } else if (got.error().code == mwaa_serverless::condition::timeout) {
          ++late;
        } else {
          CHECK_MESSAGE(got.error().code == errc::connection_lost, got.error().message);
          ++lost;
        }
      }
    };
    // Some are cancelled somewhere; signal and coroutine are on one strand, as Asio asks.
    const auto fickle = [&](int number) -> asio::awaitable<void> {
      std::mt19937 random{static_cast<unsigned>(number)};
      const auto executor = co_await asio::this_coro::executor;
      for (int i = 0; i < requests; ++i) {
        const auto signal = std::make_shared<asio::cancellation_signal>();  // its handler may come after the request
        asio::steady_timer timer{executor, std::chrono::microseconds{random() % 2000}};
        timer.async_wait([signal](boost::system::error_code cancelled) {
          if (!cancelled) signal->emit(asio::cancellation_type::terminal);
        });
        const auto one = [&]() -> asio::awaitable<void> {
          const auto request = test::request_to(server->at());
          const auto got = co_await net->send(request, std::chrono::steady_clock::now() + 1h);
          ++(got ? good : lost);
        };
        auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
        try {
          co_await asio::co_spawn(executor, one, token);
        } catch (const boost::system::system_error& e) {
          CHECK(e.code() == asio::error::operation_aborted);
          ++aborted;
        }
        timer.cancel();
      }
    };
    for (int i = 0; i < workers; ++i) asio::co_spawn(io, work(i), [](std::exception_ptr e) { CHECK_FALSE(e); });
    for (int i = 0; i < 4; ++i)
      asio::co_spawn(asio::make_strand(io), fickle(1000 + i), [](std::exception_ptr e) { CHECK_FALSE(e); });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
    for (auto& thread : threads) thread.join();

    const auto metrics = net->metrics();
    INFO("good " << good.load() << ", late " << late.load() << ", aborted " << aborted.load() << ", lost "
                 << lost.load() << ", opened " << metrics.connections_opened << ", replaced "
                 << metrics.connections_replaced);
    CHECK(good + lost + late + aborted == (workers + 4) * requests);
    CHECK(good > 0);
    CHECK(metrics.in_use == 0);
    CHECK(metrics.waiting == 0);
    CHECK(metrics.open <= 6);
  }
}

TEST_CASE("transport: connections are opened ahead of the first request") {
  test::scripted_server server;
  test::fixture client{limited(4)};
  const auto prewarm = [&](std::size_t wanted) {
    std::optional<mwaa_serverless::result<void>> got;
    boost::asio::co_spawn(client.io, client.net->prewarm(server.at(), wanted),
                          [&](std::exception_ptr, mwaa_serverless::result<void> outcome) { got = std::move(outcome); });
    client.run();
    return got.value();
  };
  CHECK(prewarm(3).has_value());
  CHECK(client.net->metrics().idle == 3);
  CHECK(client.net->metrics().connections_opened == 3);
  const auto got = client.send(server.at());
  CHECK(got.has_value());
  CHECK(client.net->metrics().connections_opened == 3);
  CHECK(client.net->metrics().connections_reused == 1);
  CHECK(prewarm(3).has_value());
  CHECK(client.net->metrics().connections_opened == 3);
  CHECK(prewarm(9).has_value());  // as far as there is room
  CHECK(client.net->metrics().connections_opened == 4);
}

TEST_CASE("transport: a connection that was opened ahead and closed by the peer is replaced, however soon") {
  test::scripted_server server;
  server.on_connection([](test::peer& p) { p.close(); });
  test::fixture client{limited(1)};
  boost::asio::co_spawn(client.io, client.net->prewarm(server.at(), 1), boost::asio::detached);
  client.run();
  server.wait_until("1 closed by server");
  const auto got = client.send(server.at());
  CHECK(got.has_value());
  CHECK(client.net->metrics().connections_opened == 2);
  CHECK(client.net->metrics().connections_replaced == 1);
}

TEST_CASE("transport: what cannot be opened ahead is told, and leaves nothing") {
  test::fixture client{limited(4)};
  const test::silent_address silent;
  std::uint16_t nobody = 0;
  {
    const test::scripted_server gone;
    nobody = gone.port();
  }
  const auto to = [](std::uint16_t port) {
    return std::make_shared<const mwaa_serverless::origin>(false, "127.0.0.1", port);
  };
  std::optional<errc> code;
  boost::asio::co_spawn(client.io, client.net->prewarm(to(nobody), 2),
                        [&](std::exception_ptr, mwaa_serverless::result<void> got) {
                          if (!got) code = static_cast<errc>(got.error().code.value());
                        });
  client.run();
  CHECK(code == errc::connect_failed);
  CHECK(client.net->metrics().open == 0);

  boost::asio::cancellation_signal stop;
  std::exception_ptr thrown;
  boost::asio::co_spawn(client.io, client.net->prewarm(to(silent.port()), 2),
                        boost::asio::bind_cancellation_slot(
                            stop.slot(), [&](std::exception_ptr e, mwaa_serverless::result<void>) { thrown = e; }));
  client.run_until([&] { return client.net->metrics().in_use == 2; });
  stop.emit(boost::asio::cancellation_type::terminal);
  client.run();
  CHECK_THROWS_AS(std::rethrow_exception(thrown), boost::system::system_error);
  CHECK(client.net->metrics().open == 0);
}
