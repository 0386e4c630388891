// What a pool of connections must survive: for each thing that a server may do, what the caller sees and which
// connections there were. Each case runs over TCP and over TLS.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>

#include "net/connection.hpp"
#include "net/tls_settings.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

using test::errc;
using test::ok;
using test::outcome;
using test::peer;
using test::request_to;
using script = test::scripted_server::script;
using strings = std::vector<std::string>;

// What a caller sees of a response: its body; of a failure: the name of its code.
std::string shown(const outcome& got) {
  return got ? got->body : "error: " + got.error().code.message();
}
std::string failure(errc value) {
  return "error: " + make_error_code(value).message();
}

struct behaviour {
  std::string name;
  std::vector<script> connections;
  strings seen;    // by the caller, a request each
  strings served;  // by the server: `N request`
  std::vector<int> closed_by_client = {};
  std::uint64_t replaced = 0;
  // What the server logs after the first response was seen and before the next request is sent.
  std::string in_between = {};
};

std::string joined(const strings& all) {
  std::string out;
  for (const auto& each : all) out += each + "; ";
  return out;
}

script answer(std::string response) {
  return [response](peer& p) {
    p.read_request();
    p.send(response);
  };
}

// Answers once and then serves as usual.
script answer_then_serve(std::string response) {
  return [response](peer& p) {
    p.read_request();
    p.send(response);
    p.serve();
  };
}

script answer_and_close(std::string response) {
  return [response](peer& p) {
    p.read_request();
    p.send(response);
    p.close();
  };
}

script close_when_idle() {
  return [](peer& p) {
    p.read_request();
    p.send(ok("first"));
    p.wait_for("idle");
    p.close();
  };
}

script one_byte_at_a_time(std::string response) {
  return [response](peer& p) {
    p.read_request();
    for (const char& c : response) p.send({&c, 1});
    p.serve();
  };
}

const std::string chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4;name=value\r\nwiki\r\n6\r\npedia \r\nD\r\nin \r\n\r\nchunks\r\n0\r\nTrailer: ignored\r\n\r\n";
const std::string chunked_body = "wikipedia in \r\n\r\nchunks";

std::vector<behaviour> reuse() {
  return {
      {"a connection is kept", {}, {"ok", "ok", "ok"}, {"1 request", "1 request", "1 request"}},
      {"Connection: close",
       {answer(ok("first", "Connection: close\r\n"))},
       {"first", "ok"},
       {"1 request", "2 request"},
       {1}},
      {"HTTP/1.0",
       {answer("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold")},
       {"old", "ok"},
       {"1 request", "2 request"},
       {1}},
      {"HTTP/1.0 that is kept",
       {answer_then_serve("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold")},
       {"old", "ok"},
       {"1 request", "1 request"}},
      {"no body", {answer_then_serve("HTTP/1.1 204 No Content\r\n\r\n")}, {"", "ok"}, {"1 request", "1 request"}},
      {"chunks", {answer_then_serve(chunked)}, {chunked_body, "ok"}, {"1 request", "1 request"}},
      {"interim responses",
       {answer_then_serve("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("final"))},
       {"final", "ok"},
       {"1 request", "1 request"}},
      {"byte by byte", {one_byte_at_a_time(ok("slowly"))}, {"slowly", "ok"}, {"1 request", "1 request"}},
      {"chunks byte by byte", {one_byte_at_a_time(chunked)}, {chunked_body, "ok"}, {"1 request", "1 request"}},
      {"only the last chunk, byte by byte",
       {one_byte_at_a_time("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
       {"", "ok"},
       {"1 request", "1 request"}},
      {"a body of many reads",
       {answer_then_serve(ok(std::string(1'000'000, 'b')))},
       {std::string(1'000'000, 'b'), "ok"},
       {"1 request", "1 request"}},
      {"a body that ends with the connection",
       {answer_and_close("HTTP/1.1 200 OK\r\n\r\nuntil the end")},
       {"until the end", "ok"},
       {"1 request", "2 request"}},
      {"identity is no encoding",
       {answer_then_serve(ok("plain", "Content-Encoding: identity\r\n"))},
       {"plain", "ok"},
       {"1 request", "1 request"}},
      {"more than was announced", {answer(ok("first") + "more")}, {"first", "ok"}, {"1 request", "2 request"}, {1}},
      {"a second response unasked",
       {answer(ok("first") + ok("poison"))},
       {"first", "ok"},
       {"1 request", "2 request"},
       {1}},
  };
}

std::vector<behaviour> replacement() {
  return {
      {"closed while idle",
       {close_when_idle()},
       {"first", "ok"},
       {"1 request", "2 request"},
       {},
       1,
       "1 closed by server"},
      {"reset while idle",
       {[](peer& p) {
         p.read_request();
         p.send(ok("first"));
         p.wait_for("idle");
         p.reset();
       }},
       {"first", "ok"},
       {"1 request", "2 request"},
       {},
       1,
       "1 reset by server"},
      {"closed when the next request comes",
       {[](peer& p) {
         p.read_request();
         p.send(ok("first"));
         p.read_request();
         p.close();
       }},
       {"first", "ok"},
       {"1 request", "1 request", "2 request"},
       {},
       1},
      {"reset when the next request comes",
       {[](peer& p) {
         p.read_request();
         p.send(ok("first"));
         p.read_request();
         p.reset();
       }},
       {"first", "ok"},
       {"1 request", "1 request", "2 request"},
       {},
       1},
      {"the replacement is closed as well",
       {close_when_idle(),
        [](peer& p) {
          p.read_request();
          p.close();
        }},
       {"first", failure(errc::connection_lost), "ok"},
       {"1 request", "2 request", "3 request"},
       {},
       1,
       "1 closed by server"},
      {"a new connection is not replaced",
       {[](peer& p) {
         p.read_request();
         p.close();
       }},
       {failure(errc::connection_lost), "ok"},
       {"1 request", "2 request"}},
      {"a used connection is not replaced once the response has begun",
       {[](peer& p) {
         p.read_request();
         p.send(ok("first"));
         p.read_request();
         p.send("HTTP/1.1 2");
         p.close();
       }},
       {"first", failure(errc::connection_lost), "ok"},
       {"1 request", "1 request", "2 request"}},
  };
}

std::vector<behaviour> broken() {
  const auto too_long = std::string(3000, 'z');
  return {
      {"closed inside the header",
       {answer_and_close("HTTP/1.1 200 OK\r\nContent-Le")},
       {failure(errc::connection_lost), "ok"},
       {"1 request", "2 request"}},
      {"closed inside the body",
       {answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")},
       {failure(errc::connection_lost), "ok"},
       {"1 request", "2 request"}},
      {"closed inside a chunk",
       {answer_and_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")},
       {failure(errc::connection_lost), "ok"},
       {"1 request", "2 request"}},
      {"closed before the last chunk",
       {answer_and_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")},
       {failure(errc::connection_lost), "ok"},
       {"1 request", "2 request"}},
      {"not HTTP",
       {answer("SSH-2.0-OpenSSH_9.2\r\n")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"HTTP/2",
       {answer("HTTP/2 200\r\n\r\n")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"two lengths",
       {answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"length and chunks",
       {answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a negative length",
       {answer("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a bad chunk",
       {answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc")},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a header without end",
       {[](peer& p) {
         p.read_request();
         p.send("HTTP/1.1 200 OK\r\n");
         p.send_forever("X-Padding: " + std::string(1000, 'p') + "\r\n");
       }},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a header line without end",
       {[](peer& p) {
         p.read_request();
         p.send("HTTP/1.1 200 OK\r\nX-Padding: ");
         p.send_forever(std::string(1000, 'p'));
       }},
       {failure(errc::malformed_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a long body",
       {answer(ok(too_long))},
       {failure(errc::response_too_large), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a long body, announced only",
       {answer("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n")},
       {failure(errc::response_too_large), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a long body in chunks",
       {[](peer& p) {
         p.read_request();
         p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
         p.send_forever("3e8\r\n" + std::string(1000, 'z') + "\r\n");
       }},
       {failure(errc::response_too_large), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a body without end",
       {[](peer& p) {
         p.read_request();
         p.send("HTTP/1.1 200 OK\r\n\r\n");
         p.send_forever(std::string(1000, 'z'));
       }},
       {failure(errc::response_too_large), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"compressed",
       {answer(ok("zzz", "Content-Encoding: gzip\r\n"))},
       {failure(errc::unsupported_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"compressed in transit",
       {answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
       {failure(errc::unsupported_response), "ok"},
       {"1 request", "2 request"},
       {1}},
      {"a protocol switch",
       {answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")},
       {failure(errc::unsupported_response), "ok"},
       {"1 request", "2 request"},
       {1}},
  };
}

void check(const behaviour& expected, bool tls) {
  CAPTURE(expected.name);
  CAPTURE(tls);
  const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                          : std::make_unique<test::scripted_server>();
  for (const auto& steps : expected.connections) server->on_connection(steps);
  const test::temporary_file trusted{test::loopback_certificate().pem};
  mwaa_serverless::network_options options;
  options.ca_bundle = trusted.path();
  // Large enough for the one long body that is well-formed.
  options.max_response_bytes = expected.name == "a body of many reads" ? 1'000'000 : 2'000;
  test::fixture client{options};

  strings seen;
  for (std::size_t i = 0; i < expected.seen.size(); ++i) {
    seen.push_back(shown(client.send(server->at())));
    server->open("idle");
    if (!expected.in_between.empty()) server->wait_until(expected.in_between);
  }
  CHECK(joined(seen) == joined(expected.seen));
  for (const int number : expected.closed_by_client) server->wait_until(std::to_string(number) + " closed by client");

  strings served;
  std::uint64_t accepted = 0;
  for (const auto& event : server->log()) {
    if (event.ends_with(" request")) served.push_back(event);
    accepted += event.ends_with(" accepted") ? 1U : 0U;
  }
  CHECK(joined(served) == joined(expected.served));
  const auto metrics = client.net->metrics();
  CHECK(metrics.connections_opened == accepted);
  CHECK(metrics.connections_replaced == expected.replaced);
  CHECK(metrics.in_use == 0);
  CHECK(metrics.waiting == 0);
}

void check_all(const std::vector<behaviour>& table) {
  for (const auto& each : table) {
    check(each, false);
    check(each, true);
  }
}

}  // namespace

TEST_CASE("transport: a connection is reused when the response allows it") {
  check_all(reuse());
}

TEST_CASE("transport: a reused connection that turns out dead is replaced") {
  check_all(replacement());
}

TEST_CASE("transport: a broken response is a typed error, and its connection is closed") {
  check_all(broken());
}

TEST_CASE("transport: a connection that ends at any byte of a response is noticed") {
  const std::string whole = "HTTP/1.1 200 OK\r\nX-Y: z\r\nContent-Length: 2\r\n\r\nok";
  for (const std::string& response : {whole, chunked}) {
    test::scripted_server server;
    for (std::size_t size = 1; size < response.size(); ++size)
      server.on_connection(answer_and_close(response.substr(0, size)));
    test::fixture client;
    for (std::size_t size = 1; size < response.size(); ++size) {
      CAPTURE(size);
      const auto got = client.send(server.at());
      REQUIRE(got.has_error());
      CHECK(got.error().code == errc::connection_lost);
      CHECK(got.error().phase == test::operation_phase::reading_response);
    }
    CHECK(client.send(server.at()).has_value());
  }
}

TEST_CASE("transport: a response's parts") {
  test::scripted_server server;
  server.on_connection(answer("HTTP/1.1 429 Too Many\r\nx-amzn-RequestId:  abc \r\nContent-Length: 4\r\n\r\nbody"));
  test::fixture client;
  const auto got = client.send(server.at());
  REQUIRE(got.has_value());
  CHECK(got->status == 429);
  CHECK(got->header("X-AMZN-REQUESTID") == "abc");
  CHECK_FALSE(got->header("x-amzn-request"));
  CHECK(got->body == "body");
  CHECK_FALSE(got->connection_reused);
}

TEST_CASE("transport: what a failure says") {
  test::scripted_server server;
  server.on_connection(answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"));
  test::fixture client;
  const auto got = client.send(server.at());
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connection_lost);
  CHECK(got.error().phase == test::operation_phase::reading_response);
  CHECK(got.error().may_have_reached_service);
  CHECK(got.error().message ==
        "127.0.0.1:" + std::to_string(server.port()) + " closed the connection after 5 of 10 bytes of the body");
}

TEST_CASE("transport: a request that must not be repeated is not, once it was sent") {
  test::scripted_server server;
  server.on_connection([](peer& p) {
    p.read_request();
    p.send(ok("first"));
    p.read_request();
    p.close();
  });
  test::fixture client;
  CHECK(shown(client.send(server.at())) == "first");
  auto once = request_to(server.at());
  once.repeatable = false;
  const auto got = client.send(once);
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connection_lost);
  CHECK(got.error().may_have_reached_service);
  CHECK(client.net->metrics().connections_replaced == 0);
}

TEST_CASE("transport: bytes that come while a connection is idle make it unusable") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                            : std::make_unique<test::scripted_server>();
    server->on_connection([](peer& p) {
      p.read_request();
      p.send(ok("first"));
      p.wait_for("idle");
      p.send(ok("poison"));
      p.note("poisoned");
      p.serve("never");
    });
    const test::temporary_file trusted{test::loopback_certificate().pem};
    mwaa_serverless::network_options options;
    options.ca_bundle = trusted.path();
    test::fixture client{options};
    CHECK(shown(client.send(server->at())) == "first");
    server->open("idle");
    server->wait_until("1 poisoned");
    // Not even a request that must not be repeated is in danger: nothing of it was sent.
    auto once = request_to(server->at());
    once.repeatable = false;
    CHECK(shown(client.send(once)) == "ok");
    CHECK(client.net->metrics().connections_replaced == 1);
    server->wait_until("1 closed by client");
  }
}

TEST_CASE("transport: over TLS the end of a body must be the peer's word, not the network's") {
  test::scripted_server server{test::loopback_certificate()};
  server.on_connection([](peer& p) {
    p.read_request();
    p.send("HTTP/1.1 200 OK\r\n\r\nas far as");
    p.cut();
  });
  const test::temporary_file trusted{test::loopback_certificate().pem};
  mwaa_serverless::network_options options;
  options.ca_bundle = trusted.path();
  test::fixture client{options};
  const auto got = client.send(server.at());
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connection_lost);
  CHECK(got.error().message.find("without ending TLS") != std::string::npos);
}

TEST_CASE("transport: a request larger than the socket's buffers arrives whole") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                            : std::make_unique<test::scripted_server>();
    std::size_t size = 0;
    server->on_connection([&](peer& p) {
      size = p.read_request().size();
      p.send(ok());
    });
    const test::temporary_file trusted{test::loopback_certificate().pem};
    mwaa_serverless::network_options options;
    options.ca_bundle = trusted.path();
    test::fixture client{options};
    const auto request = request_to(server->at(), 20'000'000);
    CHECK(shown(client.send(request)) == "ok");
    CHECK(size == request.bytes().size());
  }
}

TEST_CASE("transport: what comes while the request is still being sent") {
  const auto too_large = [](std::string_view more) {
    return "HTTP/1.1 413 Too Large\r\n" + std::string{more} + "\r\ntoo large";
  };
  const std::string length = "Content-Length: 9\r\n";
  struct row {
    std::string name;
    script steps;
    std::string seen;
    int status = 413;
  };
  const row rows[]{
      {"an error of a peer that reads no further",
       [&](peer& p) {
         p.wait_for_bytes();
         p.send(too_large(length));
         p.wait_for("end");
       },
       "too large"},
      {"in two pieces",
       [&](peer& p) {
         p.wait_for_bytes();
         const std::string whole = too_large(length);
         p.send(std::string_view{whole}.substr(0, 30));
         p.send(std::string_view{whole}.substr(30));
         p.wait_for("end");
       },
       "too large"},
      {"and closes",
       [&](peer& p) {
         p.wait_for_bytes();
         p.send(too_large(length));
         p.close();
       },
       "too large"},
      {"and whose body ends with the connection",
       [&](peer& p) {
         p.wait_for_bytes();
         p.send(too_large("Connection: close\r\n"));
         p.close();
       },
       "too large"},
      {"after an interim response",
       [&](peer& p) {
         p.wait_for_bytes();
         p.send("HTTP/1.1 103 Early Hints\r\n\r\n" + too_large(length));
         p.wait_for("end");
       },
       "too large"},
      {"a redirection",
       [](peer& p) {
         p.wait_for_bytes();
         p.send("HTTP/1.1 307 x\r\nContent-Length: 4\r\n\r\nmove");
         p.wait_for("end");
       },
       "move", 307},
      {"an interim response, and the request goes on",
       [](peer& p) {
         p.wait_for_bytes();
         p.send("HTTP/1.1 103 Early Hints\r\n\r\n");
         p.read_request();
         p.send(ok("all of it"));
       },
       "all of it", 200},
      {"a success",
       [](peer& p) {
         p.wait_for_bytes();
         p.send(ok("forged"));
         p.wait_for("end");
       },
       failure(errc::malformed_response), 0},
      {"a success that only begins",
       [](peer& p) {
         p.wait_for_bytes();
         p.send("HTTP/1.1 200 OK\r\nContent-");
         p.read_request();
         p.send("Length: 2\r\n\r\nok");
       },
       failure(errc::malformed_response), 0},
      {"half an error, and the end",
       [](peer& p) {
         p.wait_for_bytes();
         p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo");
         p.close();
       },
       failure(errc::connection_lost), 0},
      {"what is not HTTP",
       [](peer& p) {
         p.wait_for_bytes();
         p.send("SSH-2.0-OpenSSH_9.2\r\n");
         p.wait_for("end");
       },
       failure(errc::malformed_response), 0},
  };
  for (const bool tls : {false, true}) {
    for (const row& each : rows) {
      CAPTURE(tls);
      CAPTURE(each.name);
      const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                              : std::make_unique<test::scripted_server>();
      server->on_connection(each.steps);
      const test::temporary_file trusted{test::loopback_certificate().pem};
      mwaa_serverless::network_options options;
      options.ca_bundle = trusted.path();
      test::fixture client{options};
      const auto got = client.send(request_to(server->at(), 20'000'000));
      CHECK(shown(got) == each.seen);
      CHECK((got ? got->status : 0) == each.status);
      if (!got) CHECK(got.error().may_have_reached_service);
      CHECK(client.net->metrics().open == (each.status == 200 ? 1 : 0));
      server->open("end");
    }
  }
}

TEST_CASE("transport: bytes on a fresh connection before a request is sent are no response to it") {
  using tcp = boost::asio::ip::tcp;
  struct row {
    std::string bytes;
    std::string seen;
  };
  const row rows[]{{ok("forged"), failure(errc::connection_lost)},
                   {"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", failure(errc::connection_lost)},
                   {"HTTP/1.1 103 Early Hints\r\n\r\n", failure(errc::connection_lost)},
                   {"H", failure(errc::connection_lost)},
                   {"", "ok"}};
  for (const bool tls : {false, true}) {
    for (const row& each : rows) {
      CAPTURE(tls);
      CAPTURE(each.bytes);
      const auto server = tls ? std::make_unique<test::scripted_server>(test::loopback_certificate())
                              : std::make_unique<test::scripted_server>();
      server->on_connection([&](peer& p) {
        p.send(each.bytes);
        p.note("spoke");
        p.serve();
      });
      const test::temporary_file trusted{test::loopback_certificate().pem};
      mwaa_serverless::network_options options;
      options.ca_bundle = trusted.path();
      mwaa_serverless::net::tls_settings settings{options};
      boost::asio::io_context io;
      tcp::socket socket{io};
      socket.connect({boost::asio::ip::address_v4::loopback(), server->port()});
      socket.native_non_blocking(true);
      mwaa_serverless::net::connection link{std::move(socket), "peer"};
      const auto request = request_to(server->at());
      std::optional<outcome> got;
      const auto steps = [&]() -> boost::asio::awaitable<void> {
        if (tls) CHECK((co_await link.start_tls(settings, request.destination())).has_value());
        server->wait_until("1 spoke");
        got = co_await link.exchange(request, 1000);
      };
      boost::asio::co_spawn(io, steps, boost::asio::detached);
      io.run();
      REQUIRE(got.has_value());
      CHECK(shown(*got) == each.seen);
      if (got->has_error()) {
        CHECK_FALSE(got->error().may_have_reached_service);
        CHECK_FALSE(link.reusable());
        for (const auto& event : server->log()) CHECK(event != "1 request");
      }
    }
  }
}

TEST_CASE("transport: a refused connection") {
  std::uint16_t port = 0;
  {
    const test::scripted_server gone;
    port = gone.port();
  }
  test::fixture client;
  const auto got = client.send(std::make_shared<const mwaa_serverless::origin>(false, "127.0.0.1", port));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connect_failed);
  CHECK(got.error().phase == test::operation_phase::connecting);
  CHECK_FALSE(got.error().may_have_reached_service);
  CHECK(got.error().message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
}
