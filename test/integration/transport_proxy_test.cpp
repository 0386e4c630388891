// Requests through proxies.
#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <string>

#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using test::errc;
using test::operation_phase;

std::string url_of(const test::scripted_server& server, const std::string& who = {}) {
  return "http://" + who + "127.0.0.1:" + std::to_string(server.port());
}

std::shared_ptr<const mwaa_serverless::origin> service(bool tls) {
  return std::make_shared<const mwaa_serverless::origin>(tls, "service.test",
                                                         static_cast<std::uint16_t>(tls ? 443 : 80));
}

/// A proxy and, behind it, a service with TLS.
class tunnelled {
 public:
  explicit tunnelled(const std::string& who = {}) : proxy(identity), bundle(identity.pem) {
    options.https_proxy = url_of(proxy, who);
    options.ca_bundle = bundle.path();
  }
  test::certificate identity{{"service.test"}};
  test::scripted_server proxy;
  test::temporary_file bundle;
  mwaa_serverless::network_options options;
};

}  // namespace

TEST_CASE("transport: https through a proxy's tunnel, resolved by the proxy and kept") {
  tunnelled it{"me:pass%20word@"};
  std::string asked;
  it.proxy.on_accept([&](test::peer& client) {
    asked = client.read_request();
    client.send("HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n");
    client.handshake();
    client.note(client.server_name());
    client.serve();
  });
  test::fixture client{it.options};
  CHECK(client.send(service(true)).has_value());
  CHECK(client.send(service(true)).has_value());
  CHECK(asked ==
        "CONNECT service.test:443 HTTP/1.1\r\nHost: service.test:443\r\n"
        "Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n\r\n");
  CHECK(it.proxy.log() ==
        std::vector<std::string>{"1 accepted", "1 request", "1 handshake", "1 service.test", "1 request", "1 request"});
}

TEST_CASE("transport: http through a proxy, in absolute form") {
  test::scripted_server proxy;
  std::string asked;
  proxy.on_connection([&](test::peer& client) {
    asked = client.read_request();
    client.send(test::ok());
    client.serve();
  });
  mwaa_serverless::network_options options;
  options.http_proxy = url_of(proxy, "me:pw@");
  test::fixture client{options};
  CHECK(client.send(service(false)).has_value());
  CHECK(client.send(service(false)).has_value());
  CHECK(asked.starts_with("POST http://service.test/ HTTP/1.1\r\nProxy-Authorization: Basic bWU6cHc=\r\n"));
  CHECK(asked.find("\r\nHost: service.test\r\n") != std::string::npos);
  CHECK(proxy.log() == std::vector<std::string>{"1 accepted", "1 request", "1 request"});
}

TEST_CASE("transport: no_proxy, and a proxy for the other scheme, leave a request alone") {
  test::scripted_server server;
  mwaa_serverless::network_options options;
  options.http_proxy = "http://127.0.0.1:1";
  options.no_proxy = "10.0.0.0/8,127.0.0.0/8";
  test::fixture excepted{options};
  CHECK(excepted.send(server.at()).has_value());
  options.http_proxy.clear();
  options.https_proxy = "http://127.0.0.1:1";
  options.no_proxy.clear();
  test::fixture other{options};
  CHECK(other.send(server.at()).has_value());
}

TEST_CASE("transport: proxies that do not open the tunnel") {
  struct row {
    const char* answer;
    const char* message;
    errc code = errc::connect_failed;
  };
  for (const row& each :
       {row{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\nhello",
            "the proxy said: HTTP/1.1 407 Proxy Authentication Required (it does not accept the user name and password "
            "of its URL, sent by the scheme Basic)",
            errc::proxy_refused},
        row{"HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy said: HTTP/1.1 403 Forbidden", errc::proxy_refused},
        row{"HTTP/1.1 405\r\n\r\n", "the proxy said: HTTP/1.1 405", errc::proxy_refused},
        row{"HTTP/1.1 503 Busy\r\n\r\n", "the proxy said: HTTP/1.1 503 Busy"},
        row{"HTTP/1.1 502 Bad Gateway\r\n\r\n", "the proxy said: HTTP/1.1 502 Bad Gateway"},
        row{"<html>\r\n\r\n", "the proxy said: <html>"},
        row{"HTTP/1.1 200 x\r\n\r\n\x16\x03\x01", "the proxy said: HTTP/1.1 200 x"},
        row{"", "the proxy closed the connection"}, row{"HTTP/1.1 200 ", "the proxy closed the connection"}}) {
    CAPTURE(each.answer);
    tunnelled it{"me:s3cret@"};
    it.proxy.on_accept([&](test::peer& client) {
      client.read_request();
      client.send(each.answer);
      client.close();
    });
    test::fixture client{it.options};
    const auto got = client.send(service(true));
    REQUIRE(got.has_error());
    CHECK(got.error().code == each.code);
    CHECK(got.error().phase == operation_phase::connecting);
    CHECK_FALSE(got.error().may_have_reached_service);
    CHECK(got.error().message == "no tunnel to service.test:443 through the proxy 127.0.0.1:" +
                                     std::to_string(it.proxy.port()) + ": " + each.message);
    CHECK(client.net->metrics().open == 0);
  }
}

TEST_CASE("transport: a proxy that is not there, one that is silent, and one that never ends its answer") {
  {
    tunnelled it;
    it.options.https_proxy = "http://127.0.0.1:1";
    test::fixture client{it.options};
    const auto got = client.send(service(true));
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::connect_failed);
    CHECK(got.error().message.find("through the proxy 127.0.0.1:1") != std::string::npos);
  }
  for (const bool talks : {false, true}) {
    tunnelled it;
    it.options.connect_timeout = 200ms;
    it.proxy.on_accept([&](test::peer& client) {
      client.read_request();
      if (talks) client.send("HTTP/1.1 200 x\r\nVia: ");
      client.wait_for_close();
    });
    test::fixture client{it.options};
    const auto got = client.send(service(true));
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::connect_timeout);
    CHECK(got.error().phase == operation_phase::connecting);
  }
  tunnelled it;
  it.proxy.on_accept([](test::peer& client) {
    client.read_request();
    client.send_forever("HTTP/1.1 200 x\r\nVia: y\r\n");
  });
  test::fixture client{it.options};
  const auto got = client.send(service(true));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connect_failed);
}

TEST_CASE("transport: the name behind a tunnel is checked as any other") {
  tunnelled it;
  it.proxy.on_accept([](test::peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 x\r\n\r\n");
    client.handshake();
  });
  test::fixture client{it.options};
  const auto got =
      client.send(std::make_shared<const mwaa_serverless::origin>(true, "another.test", std::uint16_t{443}));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::tls_failed);
}

TEST_CASE("transport: cancelled while the tunnel is opened") {
  tunnelled it;
  it.proxy.on_accept([](test::peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  test::fixture client{it.options};
  test::exchange exchange{client.io, client.net, test::request_to(service(true))};
  it.proxy.when("1 request", [&] { boost::asio::post(client.io, [&] { exchange.cancel(); }); });
  client.run();
  CHECK(exchange.aborted());
  it.proxy.wait_until("1 closed by client");
  CHECK(client.net->metrics().open == 0);
}

TEST_CASE("transport: a proxy that asks for a user name where there is none says so") {
  tunnelled it;
  it.proxy.on_accept([](test::peer& client) {
    client.read_request();
    client.send("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    client.close();
  });
  test::fixture client{it.options};
  const auto got = client.send(service(true));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::proxy_refused);
  CHECK(got.error().message.ends_with("(it wants a user name and password, which its URL does not have)"));
}

TEST_CASE("transport: a proxy that cannot be used is refused when it is needed, without its password") {
  mwaa_serverless::network_options options;
  options.https_proxy = "https://me:s3cret@p.test";
  options.http_proxy = "socks5://127.0.0.1:9";
  options.no_proxy = "127.0.0.1";
  test::scripted_server server;
  test::fixture client{options};
  CHECK(client.send(server.at()).has_value());
  const auto got = client.send(service(true));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::invalid_configuration);
  CHECK(got.error().message == "https_proxy '...@p.test': the proxy must be spoken to by http://");
  CHECK(client.net->metrics().open == 1);  // the other's
}
