// Memory that runs out: every allocation of a call fails once. The call ends, the client goes on, nothing is lost.
//
// Not here: what runs on a strand (prefetch, prewarm, a user's own source of credentials). Asio's make_strand reads a
// pointer that was never set when its second allocation fails (strand_executor_service::create_implementation of
// Boost 1.81).
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <new>
#include <stdexcept>
#include <string>

#include "support/certificates.hpp"
#include "support/failing_memory.hpp"
#include "support/name_server.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::failing_memory;

// A listing of three pages, for each connection anew.
void serve_listing(test::peer& peer) {
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    const std::string task =
        R"({"TaskInstanceId":"a task with a name of some length","RunId":"run","Status":"SUCCESS"})";
    std::string body = R"({"TaskInstances":[)" + task + "," + task + "]";
    if (request.find("second page") != std::string::npos) {
      body += R"(,"NextToken":"the token of the third page")";
    } else if (request.find("third page") == std::string::npos) {
      body += R"(,"NextToken":"the token of the second page")";
    }
    peer.send(test::ok(body + "}", "x-amzn-requestid: 7a7a7a7a-1111-2222-3333-444444444444\r\n"));
  }
}

void serve_all(test::scripted_server& server) {
  for (int i = 0; i < 100'000; ++i) server.on_connection(&serve_listing);
}

const test::certificate& identity() {
  static const test::certificate made{{"127.0.0.1"}};
  return made;
}

mwaa::client_config config_for(const test::scripted_server& server) {
  static const test::temporary_file bundle{identity().pem};
  mwaa::client_config config;
  config.region = "us-east-1";
  config.endpoint_url = (server.tls() ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server.port());
  config.ca_bundle = bundle.path();
  config.verify_tls = server.tls();  // without TLS the system's certificates would be read for each client
  config.credentials = mwaa::make_static_credentials({"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"});
  config.retry.max_attempts = 1;  // what failed shows, and nobody sleeps
  return config;
}

mwaa::list_task_instances_request request() {
  return {"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/a-workflow", "run"};
}

asio::awaitable<void> call(mwaa::client api) {
  const auto page = co_await api.list_task_instances(request());
  if (page.task_instances.size() != 2) throw std::logic_error("a page that is not the server's");
}

asio::awaitable<void> list(mwaa::client api) {
  auto listing = api.paginate_list_task_instances(request());
  auto items = listing.items();
  std::size_t count = 0;
  while (const auto item = co_await items.next()) ++count;
  if (count != 6) throw std::logic_error("a listing that is not the server's");
}

/// Coroutines that ran beside each other, and how they ended.
class runs {
 public:
  void start(asio::io_context& io, asio::awaitable<void> work) {
    ++started_;
    asio::co_spawn(io, std::move(work), [this](const std::exception_ptr& failure) {
      ++ended_;
      if (failure) note(failure);
    });
  }
  /// Until all have ended, which the limit of their operations would see to.
  void finish(asio::io_context& io) {
    io.restart();
    try {
      io.run_for(30s);
    } catch (const std::bad_alloc&) {
      escaped = true;
      io.restart();
      io.run_for(30s);
    }
    stuck = !io.stopped();
  }
  [[nodiscard]] bool all_ended() const { return ended_ == started_; }
  /// A failure that is neither std::bad_alloc nor typed.
  std::string odd;
  std::string message;   // of a failure
  bool escaped = false;  // std::bad_alloc left the loop
  bool stuck = false;

 private:
  void note(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::bad_alloc&) {
      message = "std::bad_alloc";
    } catch (const mwaa::exception& typed) {
      message = typed.what();
    } catch (const std::exception& other) {
      odd = message = other.what();
    }
  }

  int started_ = 0;
  int ended_ = 0;
};

/// What is tried: `prepare` makes a client and brings it into its state, `attempt` begins what is to fail.
struct scenario {
  std::string name;
  std::size_t calls;
  std::function<mwaa::client(asio::io_context&)> prepare;
  std::function<void(runs&, asio::io_context&, const mwaa::client&)> attempt;
};

// Fails each allocation in turn, until there is none of that number (three times: the network may split what it brings
// differently each time).
void try_all(const scenario& what) {
  CAPTURE(what.name);
  int beyond = 0;
  std::size_t most = 0;
  std::size_t escapes = 0;
  for (std::size_t which = 1; beyond < 3; ++which) {
    CAPTURE(which);
    asio::io_context io;
    const mwaa::client client = what.prepare(io);
    runs under_test;
    bool thrown = false;
    {
      const failing_memory failing{which};
      try {
        what.attempt(under_test, io, client);
      } catch (const std::bad_alloc&) {
        thrown = true;  // out of co_spawn
      }
      under_test.finish(io);
      if (failing_memory::count() < which) ++beyond;
      most = std::max(most, failing_memory::count());
    }
    REQUIRE_FALSE(under_test.stuck);
    REQUIRE(under_test.odd == "");
    escapes += under_test.escaped ? 1 : 0;
    REQUIRE((under_test.all_ended() || thrown || under_test.escaped));
    const auto now = client.metrics();
    REQUIRE(now.transport.in_use == 0);
    REQUIRE(now.transport.waiting == 0);

    runs after;
    after.start(io, call(client));
    after.finish(io);
    REQUIRE(after.all_ended());
    REQUIRE(after.message == "");
    REQUIRE(client.metrics().transport.in_use == 0);
  }
  MESSAGE(what.name << ": " << most << " allocations");
  CHECK(escapes <= what.calls + 3);  // of co_spawn, for the completion of each; the last numbers may be tried again
}

void bring_up(asio::io_context& io, const mwaa::client& client) {
  runs first;
  first.start(io, call(client));
  first.finish(io);
  REQUIRE(first.message == "");
}

void one_call(runs& under_test, asio::io_context& io, const mwaa::client& client) {
  under_test.start(io, call(client));
}

}  // namespace

TEST_CASE("out of memory: a cold call, a kept one, a queue, a listing") {
  test::scripted_server server;
  serve_all(server);
  const auto cold = [&](asio::io_context& io) { return mwaa::client{io.get_executor(), config_for(server)}; };
  const auto kept = [&](asio::io_context& io) {
    mwaa::client client{io.get_executor(), config_for(server)};
    bring_up(io, client);
    return client;
  };
  const auto narrow = [&](asio::io_context& io) {
    auto config = config_for(server);
    config.max_connections = 1;
    return mwaa::client{io.get_executor(), config};
  };
  const auto three_calls = [](runs& under_test, asio::io_context& io, const mwaa::client& client) {
    for (int i = 0; i < 3; ++i) under_test.start(io, call(client));
  };
  const auto listing = [](runs& under_test, asio::io_context& io, const mwaa::client& client) {
    under_test.start(io, list(client));
  };
  try_all({"cold call", 1, cold, &one_call});
  try_all({"kept call", 1, kept, &one_call});
  try_all({"three calls", 3, cold, three_calls});
  try_all({"queue", 3, narrow, three_calls});
  try_all({"listing", 1, kept, listing});
}

TEST_CASE("out of memory: TLS, a call over a kept session") {
  test::scripted_server server{identity()};
  serve_all(server);
  try_all({"kept call over TLS", 1,
           [&](asio::io_context& io) {
             mwaa::client client{io.get_executor(), config_for(server)};
             bring_up(io, client);
             return client;
           },
           &one_call});
}

TEST_CASE("out of memory: TLS, a cold call") {
  test::scripted_server server{identity()};
  serve_all(server);
  try_all({"cold call over TLS", 1,
           [&](asio::io_context& io) { return mwaa::client{io.get_executor(), config_for(server)}; }, &one_call});
}

TEST_CASE("out of memory: a name is looked up") {
  test::name_server names;
  names.add("service.example", {"127.0.0.1"});
  test::scripted_server server;
  mwaa::net::internal_options internal;
  internal.name_servers = names.address();
  int beyond = 0;
  for (std::size_t which = 1; beyond < 3; ++which) {
    CAPTURE(which);
    test::fixture client{internal};
    const auto to = server.at("service.example");
    {
      const auto request = test::request_to(to);
      const failing_memory failing{which};
      try {
        (void)client.send(request, 200ms);
      } catch (const std::bad_alloc&) {
      }
      if (failing_memory::count() < which) ++beyond;
    }
    client.run();
    REQUIRE(client.net->metrics().in_use == 0);
    REQUIRE(client.send(to).has_value());
  }
}
