// Clients, transports and listings that outlive the execution context of their connections.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/name_server.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"
#include "testing/local_service.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using mwaa::errc;
using test::scripted_server;

namespace {

using executor_maker = std::function<asio::any_io_executor(asio::io_context&)>;

struct named_executor {
  std::string name;
  executor_maker of;
};

const std::vector<named_executor>& executors() {
  static const std::vector<named_executor> all{
      {"io_context", [](asio::io_context& io) { return asio::any_io_executor{io.get_executor()}; }},
      {"strand", [](asio::io_context& io) { return asio::any_io_executor{asio::make_strand(io)}; }},
      {"tracking work",
       [](asio::io_context& io) {
         return asio::any_io_executor{asio::require(io.get_executor(), asio::execution::outstanding_work.tracked)};
       }},
  };
  return all;
}

mwaa::list_task_instances_request request() {
  return {testing::emulator::default_workflow_arn, "run-finished"};
}

std::size_t open_sockets() {
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"})
    count += std::filesystem::read_symlink(each.path(), ignored).string().starts_with("socket:") ? 1 : 0;
  return count;
}

boost::system::error_code code_of(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

// Runs `work` on a loop that is there for it alone; the code that it ends with.
template <class T>
boost::system::error_code code_elsewhere(asio::awaitable<T> work) {
  asio::io_context here;
  std::exception_ptr failure;
  bool ended = false;
  const auto note = [&](const std::exception_ptr& e, auto&&...) {
    failure = e;
    ended = true;
  };
  asio::co_spawn(here, std::move(work), note);
  here.run();
  CHECK(ended);
  return code_of(failure);
}

// Runs what is ready, here and there, until `done`.
void poll_until(std::vector<asio::io_context*> loops, const std::function<bool()>& done) {
  const auto time_limit = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > time_limit) throw std::logic_error("what the test waits for does not come");
    std::size_t ran = 0;
    for (asio::io_context* each : loops) {
      each->restart();
      ran += each->poll();
    }
    if (ran == 0) std::this_thread::sleep_for(1ms);
  }
}

/// What a request of another context waits for.
struct situation {
  std::string name;
  bool tls = false;
  std::size_t body = 5;
  /// Prepares the server's side; the event that shows that the request has come there.
  std::function<std::string(scripted_server&, mwaa::network_options&)> prepare;
};

const std::vector<situation>& situations() {
  static const std::vector<situation> all{
      {"a response", false, 5,
       [](scripted_server& server, auto&) {
         server.on_connection([](test::peer& p) {
           p.read_request();
           p.wait_for("the end");
         });
         return "1 request";
       }},
      {"the end of a response over TLS", true, 5,
       [](scripted_server& server, auto&) {
         server.on_connection([](test::peer& p) {
           p.read_request();
           p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
           p.note("has begun");
           p.wait_for("the end");
         });
         return "1 has begun";
       }},
      {"a reader of its request", false, 64 * 1024 * 1024,
       [](scripted_server& server, auto&) {
         server.on_connection([](test::peer& p) {
           p.wait_for_bytes();
           p.note("got bytes");
           p.wait_for("the end");
         });
         return "1 got bytes";
       }},
      {"a TLS handshake", true, 5,
       [](scripted_server& server, auto&) {
         server.on_accept([](test::peer& p) {
           p.wait_for_bytes();
           p.note("got bytes");
           p.wait_for("the end");
         });
         return "1 got bytes";
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("context end: a client goes after the context of its kept connections") {
  for (const bool tls : {false, true}) {
    for (const named_executor& each : executors()) {
      CAPTURE(tls);
      CAPTURE(each.name);
      testing::local_service service{{}, tls};
      auto io = std::make_unique<asio::io_context>();
      std::optional<mwaa::client> client{std::in_place, each.of(*io), service.config()};
      bool ended = false;
      for (int i = 0; i < 3; ++i)
        asio::co_spawn(*io, client->list_task_instances(request()), [&](const std::exception_ptr& e, auto&&) {
          CHECK_FALSE(e);
          ended = true;
        });
      poll_until({io.get()}, [&] { return client->metrics().transport.idle == 3; });
      const std::size_t before = open_sockets();
      io.reset();
      CHECK(open_sockets() <= before - 3);

      CHECK(client->metrics().transport.open == 0);
      CHECK(code_elsewhere(client->list_task_instances(request())) == errc::client_closed);
      CHECK(code_elsewhere(client->prewarm(2)) == errc::client_closed);
      CHECK_FALSE(code_elsewhere(client->close()));
      const mwaa::client copy = *client;
      client.reset();
      (void)copy.metrics();
      CHECK(ended);
    }
  }
}

TEST_CASE("context end: a client goes after its thread pool") {
  testing::local_service service{{}, true};
  auto pool = std::make_unique<asio::thread_pool>(3);
  const mwaa::client client{pool->get_executor(), service.config()};
  std::vector<std::future<mwaa::list_task_instances_response>> calls;
  for (int i = 0; i < 8; ++i)
    calls.push_back(asio::co_spawn(asio::make_strand(*pool), client.list_task_instances(request()), asio::use_future));
  for (auto& each : calls) CHECK_FALSE(each.get().task_instances.empty());
  pool.reset();
  CHECK(client.metrics().transport.open == 0);
  CHECK(code_elsewhere(client.list_task_instances(request())) == errc::client_closed);
}

TEST_CASE("context end: calls and listings under way go with their context, the client later") {
  for (const bool tls : {false, true}) {
    for (const named_executor& each : executors()) {
      CAPTURE(tls);
      CAPTURE(each.name);
      testing::local_service service{{}, tls};
      service.emulator.strike_randomly(1, {testing::fault::delay(1h)});
      auto io = std::make_unique<asio::io_context>();
      auto config = service.config();
      config.max_connections = 3;
      std::optional<mwaa::client> client{std::in_place, each.of(*io), config};
      int ended = 0;
      for (int i = 0; i < 5; ++i)  // two of them in line
        asio::co_spawn(*io, client->list_task_instances(request()),
                       [&](const std::exception_ptr&, auto&&) { ++ended; });
      poll_until({io.get()}, [&] { return client->metrics().transport.waiting == 2; });
      auto tasks = client->paginate_list_task_instances(request()).with_prefetch(true).items();
      asio::co_spawn(*io, tasks.next(), [&](const std::exception_ptr&, auto&&) { ++ended; });
      poll_until({io.get()}, [&] { return client->metrics().transport.waiting == 3; });
      asio::co_spawn(*io, client->close(), [&](const std::exception_ptr&) { ++ended; });
      poll_until({io.get()}, [&] { return io->poll() == 0; });
      io.reset();
      CHECK(ended == 0);
      CHECK(client->metrics().transport.in_use == 0);
      CHECK(client->metrics().transport.waiting == 0);
      client.reset();
      CHECK(code_elsewhere(tasks.next()).failed());
    }
  }
}

TEST_CASE("context end: a listing between two items, its next page on its way") {
  for (const bool tls : {false, true}) {
    for (const bool prefetch : {false, true}) {
      for (const named_executor& each : executors()) {
        CAPTURE(tls);
        CAPTURE(prefetch);
        CAPTURE(each.name);
        testing::local_service service{{}, tls};
        service.emulator.script({testing::fault::delay(1ms), testing::fault::delay(1h)});
        auto io = std::make_unique<asio::io_context>();
        auto client = std::make_unique<mwaa::client>(each.of(*io), service.config());
        auto paginator = client->paginate_list_task_instances(request()).with_page_size(10).with_prefetch(prefetch);
        auto tasks = paginator.items();
        auto dropped = paginator.items();
        std::optional<mwaa::task_instance> first;
        asio::co_spawn(*io, tasks.next(), [&](const std::exception_ptr& e, std::optional<mwaa::task_instance> got) {
          CHECK_FALSE(e);
          first = std::move(got);
        });
        poll_until({io.get()}, [&] { return first && client->metrics().transport.in_use == (prefetch ? 1 : 0); });
        client.reset();
        io.reset();

        // What is here is given; the next page cannot be.
        std::vector<std::string> seen;
        const auto rest = [](auto& from, std::vector<std::string>& into) -> asio::awaitable<void> {
          while (auto task = co_await from.next()) into.push_back(task->task_instance_id.str());
        };
        CHECK(code_elsewhere(rest(tasks, seen)).failed());
        CHECK(seen.size() == 9);
        CHECK(code_elsewhere(rest(dropped, seen)) == errc::client_closed);
        CHECK(seen.size() == 9);
      }
    }
  }
}

TEST_CASE("context end: a request of another context gets an error") {
  static const test::certificate known{{"127.0.0.1"}};
  for (const situation& each : situations()) {
    for (const named_executor& kind : executors()) {
      CAPTURE(each.name);
      CAPTURE(kind.name);
      const auto server = each.tls ? std::make_unique<scripted_server>(known) : std::make_unique<scripted_server>();
      mwaa::network_options options;
      const test::temporary_file bundle{known.pem};
      options.ca_bundle = bundle.path();
      options.max_connections = 1;
      const std::string event = each.prepare(*server, options);
      auto io = std::make_unique<asio::io_context>();
      asio::io_context here;
      auto network = mwaa::net::make_pooled_transport(kind.of(*io), options);
      const test::exchange first{here, network, test::request_to(server->at(), each.body)};
      const test::exchange in_line{here, network, test::request_to(server->at())};
      bool closed = false;
      poll_until({io.get(), &here}, [&] {
        const auto log = server->log();
        return network->metrics().waiting == 1 && std::find(log.begin(), log.end(), event) != log.end();
      });
      asio::co_spawn(here, network->close(), [&](const std::exception_ptr& e) { closed = !e; });
      poll_until({io.get(), &here}, [&] { return here.poll() == 0 && io->poll() == 0; });
      io.reset();

      here.restart();
      here.run_for(60s);
      REQUIRE(first.ended());
      REQUIRE(in_line.ended());
      CHECK(closed);
      CHECK(first.get().error().code == errc::client_closed);
      CHECK(first.get().error().may_have_reached_service == (event != "1 got bytes" || each.body > 5));
      CHECK(in_line.get().error().code == errc::client_closed);
      CHECK_FALSE(in_line.get().error().may_have_reached_service);
      CHECK(network->metrics().in_use == 0);
      network.reset();
      server->open("the end");
    }
  }
}

TEST_CASE("context end: a request of another context that is looking for its peer gets an error") {
  for (const bool resolving : {false, true}) {
    for (const named_executor& kind : executors()) {
      CAPTURE(resolving);
      CAPTURE(kind.name);
      test::name_server names;
      std::atomic<bool> asked{false};
      names.ignore("peer.example", [&] { asked = true; });
      const test::silent_address nobody;
      mwaa::network_options options;
      options.connect_timeout = 1h;
      mwaa::net::internal_options internal;
      internal.name_servers = names.address();
      auto io = std::make_unique<asio::io_context>();
      asio::io_context here;
      auto network = mwaa::net::make_pooled_transport(kind.of(*io), options, internal);
      const auto to =
          std::make_shared<const mwaa::origin>(false, resolving ? "peer.example" : "127.0.0.1", nobody.port());
      const test::exchange one{here, network, test::request_to(to)};
      const test::exchange another{here, network, test::request_to(to)};
      std::exception_ptr warming;
      asio::co_spawn(here, network->prewarm(to, 3), [&](const std::exception_ptr& e, mwaa::result<void> got) {
        warming = e ? e : std::make_exception_ptr(mwaa::exception(got.error()));
      });
      poll_until({io.get(), &here}, [&] { return here.poll() == 0 && (asked || !resolving); });
      io.reset();

      here.restart();
      here.run_for(60s);
      REQUIRE(one.ended());
      REQUIRE(another.ended());
      CHECK(one.get().error().code == errc::client_closed);
      CHECK(another.get().error().code == errc::client_closed);
      CHECK(code_of(warming) == errc::client_closed);
    }
  }
}
