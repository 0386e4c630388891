// Time limits and cancellation in every phase of a request.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "support/name_server.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::errc;
using test::exchange;
using test::operation_phase;
using test::peer;

// A place where a request gets stuck in one phase.
class trap {
 public:
  trap(operation_phase where, bool tls, mwaa_serverless::network_options options = {})
      : where_(where),
        server_(tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                    : std::make_unique<test::scripted_server>()),
        trusted_(test::loopback_certificate().pem),
        client(with(std::move(options)), asking()),
        target(server_->at()) {
    switch (where) {
      case operation_phase::waiting_for_connection:
        server_->on_connection([](peer& p) {
          p.read_request();
          p.wait_for("go");
          p.send(test::ok());
          p.serve();
        });
        break;
      case operation_phase::resolving:
        target = server_->at("stuck.test");
        break;
      case operation_phase::connecting:
        target = std::make_shared<const mwaa_serverless::origin>(tls, "127.0.0.1", silent_.port());
        break;
      case operation_phase::tls_handshake:
        server_->on_accept([](peer& p) {
          p.wait_for_bytes();
          p.note("stuck");
          p.wait_for("go");
        });
        break;
      case operation_phase::writing_request:
        request_size = 50'000'000;
        server_->on_connection([](peer& p) {
          p.wait_for_bytes();
          p.note("stuck");
          p.wait_for("go");
        });
        break;
      default:
        server_->on_connection([](peer& p) {
          p.read_request();
          p.send("HTTP/1.1 200 OK\r\n");
          p.note("stuck");
          p.wait_for("go");
        });
        break;
    }
    if (where == operation_phase::waiting_for_connection) {
      holder_ = std::make_unique<exchange>(client.io, client.net, test::request_to(target));
      bool held = false;
      server_->when("1 request", [&] { asio::post(client.io, [&] { held = true; }); });
      client.run_until([&] { return held; });
    }
  }

  // Runs `action` on the client's loop once `stuck`, which has been started, is in the phase.
  void once_there(std::function<void()> action) {
    const auto on_loop = [this, action] { asio::post(client.io, action); };
    if (where_ == operation_phase::waiting_for_connection || where_ == operation_phase::connecting) {
      client.io.restart();
      client.io.poll();
      action();
    } else if (where_ == operation_phase::resolving) {
      names_.ignore("stuck.test", on_loop);
    } else {
      server_->when("1 stuck", on_loop);
    }
  }

  void run_until_ended(const exchange& stuck) {
    client.run_until([&] { return stuck.ended(); });
  }

  // The server lets go; whatever else was under way ends well, and nothing is left behind.
  void check_aftermath() {
    server_->open("go");
    client.run();
    if (holder_) {
      CHECK(holder_->get().has_value());
    } else if (where_ != operation_phase::resolving && where_ != operation_phase::connecting) {
      server_->wait_until("1 closed by client");
    }
    const auto metrics = client.net->metrics();
    CHECK(metrics.in_use == 0);
    CHECK(metrics.waiting == 0);
    CHECK(metrics.open == (holder_ ? 1 : 0));
  }

 private:
  mwaa_serverless::network_options with(mwaa_serverless::network_options options) {
    options.ca_bundle = trusted_.path();
    if (where_ == operation_phase::waiting_for_connection) options.max_connections = 1;
    return options;
  }
  mwaa_serverless::net::internal_options asking() {
    names_.ignore("stuck.test", [] {});
    mwaa_serverless::net::internal_options out;
    out.name_servers = names_.address();
    return out;
  }

  operation_phase where_;
  std::unique_ptr<test::scripted_server> server_;
  test::temporary_file trusted_;
  test::name_server names_;
  test::silent_address silent_;

 public:
  test::fixture client;
  std::shared_ptr<const mwaa_serverless::origin> target;
  std::size_t request_size = 5;

 private:
  std::unique_ptr<exchange> holder_;
};

struct stage {
  operation_phase where;
  bool tls;
  errc on_timeout;
  bool may_have_reached_service;
};

const stage stages[] = {
    {operation_phase::waiting_for_connection, false, errc::acquire_timeout, false},
    {operation_phase::resolving, false, errc::connect_timeout, false},
    {operation_phase::connecting, false, errc::connect_timeout, false},
    {operation_phase::tls_handshake, true, errc::connect_timeout, false},
    {operation_phase::writing_request, false, errc::attempt_timeout, true},
    {operation_phase::writing_request, true, errc::attempt_timeout, true},
    {operation_phase::reading_response, false, errc::attempt_timeout, true},
    {operation_phase::reading_response, true, errc::attempt_timeout, true},
};

// On a machine that is slow just now, a short time limit may strike in an earlier phase: then a longer one is tried.
template <class Try>
void with_growing_limit(Try attempt) {
  for (auto limit = 25ms; limit < 30s; limit *= 2)
    if (attempt(limit)) return;
  FAIL("the time limit never struck in the phase");
}

}  // namespace

TEST_CASE("transport: the deadline ends a request in every phase") {
  for (const auto& each : stages) {
    CAPTURE(to_string(each.where));
    CAPTURE(each.tls);
    with_growing_limit([&](std::chrono::milliseconds limit) {
      trap t{each.where, each.tls};
      exchange stuck{t.client.io, t.client.net, test::request_to(t.target, t.request_size), limit};
      t.run_until_ended(stuck);
      const auto got = stuck.get();
      REQUIRE(got.has_error());
      if (got.error().phase != each.where) return false;
      CHECK(got.error().code == each.on_timeout);
      CHECK(got.error().may_have_reached_service == each.may_have_reached_service);
      t.check_aftermath();
      return true;
    });
  }
}

TEST_CASE("transport: connect_timeout ends what comes before the request") {
  for (const auto& each : stages) {
    if (each.on_timeout != errc::connect_timeout) continue;
    CAPTURE(to_string(each.where));
    with_growing_limit([&](std::chrono::milliseconds limit) {
      mwaa_serverless::network_options options;
      options.connect_timeout = limit;
      trap t{each.where, each.tls, options};
      exchange stuck{t.client.io, t.client.net, test::request_to(t.target)};
      t.run_until_ended(stuck);
      const auto got = stuck.get();
      REQUIRE(got.has_error());
      if (got.error().phase != each.where) return false;
      CHECK(got.error().code == errc::connect_timeout);
      t.check_aftermath();
      return true;
    });
  }
}

TEST_CASE("transport: a request is cancelled in every phase") {
  for (const auto& each : stages) {
    CAPTURE(to_string(each.where));
    CAPTURE(each.tls);
    trap t{each.where, each.tls};
    exchange stuck{t.client.io, t.client.net, test::request_to(t.target, t.request_size)};
    t.once_there([&] { stuck.cancel(); });
    t.run_until_ended(stuck);
    CHECK(stuck.aborted());
    t.check_aftermath();
  }
}

TEST_CASE("transport: what the caller's filter lets through cancels, and only that") {
  for (const bool enabled : {true, false}) {
    CAPTURE(enabled);
    trap t{operation_phase::reading_response, false};
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    bool ended = false;
    const auto work = [&]() -> asio::awaitable<void> {
      if (enabled) co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      const auto request = test::request_to(t.target);
      (void)co_await t.client.net->send(request, std::chrono::steady_clock::now() + 1h);
    };
    asio::co_spawn(t.client.io, work, asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                     failure = e;
                     ended = true;
                   }));
    bool emitted = false;
    t.once_there([&] {
      signal.emit(asio::cancellation_type::total);
      emitted = true;
    });
    t.client.run_until([&] { return emitted; });
    t.client.io.poll();
    CHECK(ended == enabled);
    signal.emit(asio::cancellation_type::terminal);
    t.client.run_until([&] { return ended; });
    CHECK(failure);
    t.check_aftermath();
  }
}

TEST_CASE("transport: a deadline ends a response that never ends") {
  // There is always something to read: no wait would end with a timeout of its own.
  test::scripted_server server;
  test::fixture client;
  with_growing_limit([&](std::chrono::milliseconds limit) {
    server.on_connection([](peer& p) {
      p.read_request();
      std::string many;
      for (int i = 0; i < 20'000; ++i) many += "HTTP/1.1 103 Early Hints\r\n\r\n";
      p.send_forever(many);
    });
    const auto got = client.send(server.at(), limit);
    REQUIRE(got.has_error());
    if (got.error().phase != operation_phase::reading_response) return false;
    CHECK(got.error().code == errc::attempt_timeout);
    return true;
  });
}

TEST_CASE("transport: a deadline that is over sends nothing") {
  test::scripted_server server;
  test::fixture client;
  const auto got = client.send(server.at(), -1s);
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::attempt_timeout);
  CHECK_FALSE(got.error().may_have_reached_service);
  CHECK(server.log().empty());
}

TEST_CASE("transport: a deadline strikes its own request only") {
  test::scripted_server server;
  server.on_connection([](peer& p) {
    p.read_request();
    p.wait_for("go");
    p.send(test::ok("patient"));
  });
  test::fixture client;
  exchange patient{client.io, client.net, test::request_to(server.at())};
  with_growing_limit([&](std::chrono::milliseconds limit) {
    server.on_connection([](peer& p) {
      p.read_request();
      p.wait_for_close();
    });
    exchange hasty{client.io, client.net, test::request_to(server.at()), limit};
    client.run_until([&] { return hasty.ended(); });
    REQUIRE(hasty.get().has_error());
    return hasty.get().error().phase == operation_phase::reading_response;
  });
  CHECK_FALSE(patient.ended());
  server.open("go");
  client.run();
  CHECK(patient.get()->body == "patient");
}

TEST_CASE("transport: read_timeout limits silence, not the response") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                            : std::make_unique<test::scripted_server>();
    const test::temporary_file trusted{test::loopback_certificate().pem};
    mwaa_serverless::network_options options;
    options.ca_bundle = trusted.path();
    options.read_timeout = 200ms;
    test::fixture client{options};
    server->on_connection([](peer& p) {
      p.read_request();
      const std::string whole = test::ok("slowly, but steadily");
      for (std::size_t i = 0; i < whole.size(); i += 8) {  // for longer than the limit
        std::this_thread::sleep_for(50ms);
        p.send(std::string_view{whole}.substr(i, 8));
      }
      p.read_request();
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal");
      p.wait_for_close();
    });
    const auto steady = client.send(server->at());
    REQUIRE(steady.has_value());
    CHECK(steady->body == "slowly, but steadily");
    const auto silent = client.send(server->at());
    REQUIRE(silent.has_error());
    CHECK(silent.error().code == errc::read_timeout);
    CHECK(silent.error().phase == test::operation_phase::reading_response);
    CHECK(silent.error().may_have_reached_service);
    CHECK(silent.error().message.find("for 200 ms, read_timeout (reading the response)") != std::string::npos);
    // The limit of the request itself still counts.
    server->on_connection([](peer& p) { p.wait_for_close(); });
    const auto short_of_time = client.send(server->at(), 50ms);
    REQUIRE(short_of_time.has_error());
    CHECK(short_of_time.error().message.find("within the time limit") != std::string::npos);
  }
}
