// The emulator on a socket, by raw requests: what a client sees of each fault, to the byte.
#include <doctest/doctest.h>
#include <poll.h>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/signed_requests.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;
using testing::fault;

namespace {

/// A server and the threads that run it.
class running_server {
 public:
  explicit running_server(testing::emulator_server_options options = {}, int threads = 1)
      : server(std::in_place, io.get_executor(), service, std::move(options)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { io.run(); });
  }
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;
  ~running_server() { finish(); }

  /// Stops the server and waits until it has nothing left to do: a hang here is a connection that did not end.
  void finish() {
    server.reset();
    for (auto& each : threads_) each.join();
    threads_.clear();
  }

  asio::io_context io;
  testing::emulator service;
  std::optional<testing::emulator_server> server;

 private:
  std::vector<std::thread> threads_;
};

std::string request_bytes(const std::string& run_id = "run-failed") {
  return std::string{test::request_draft{test::list_body(run_id), std::chrono::system_clock::now()}.make().bytes()};
}

/// A client's end of a connection, blocking.
class raw_client {
 public:
  explicit raw_client(const running_server& to) : socket(io_) {
    socket.connect({asio::ip::make_address("127.0.0.1"), to.server->port()});
  }

  void send(std::string_view bytes) { asio::write(socket, asio::buffer(bytes.data(), bytes.size())); }
  /// Reads until a response is complete (by its Content-Length) or the connection ends, which `end` tells.
  std::string receive() {
    std::string out;
    while (!is_complete(out) && read_some(out)) {
    }
    return out;
  }
  std::string receive_all() {
    std::string out;
    while (read_some(out)) {
    }
    return out;
  }

  tcp::socket& plain() { return socket; }

 private:
  asio::io_context io_;

 public:
  tcp::socket socket;
  error_code end;

 private:
  bool read_some(std::string& out) {
    std::array<char, 4096> buffer;
    const std::size_t size = socket.read_some(asio::buffer(buffer), end);
    out.append(buffer.data(), size);
    return !end;
  }
  static bool is_complete(const std::string& bytes) {
    const auto head = bytes.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto length = bytes.find("Content-Length: ");
    return bytes.size() >= head + 4 + std::stoul(bytes.substr(length + 16));
  }
};

int status_of(const std::string& response) {
  return response.empty() ? 0 : std::stoi(response.substr(9, 3));
}
std::string body_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}
std::size_t stated_length(const std::string& response) {
  return std::stoul(response.substr(response.find("Content-Length: ") + 16));
}

}  // namespace

TEST_CASE("emulator server: an empty executor is refused") {
  const testing::emulator service;
  CHECK_THROWS_WITH_AS(testing::emulator_server(boost::asio::any_io_executor{}, service),
                       doctest::Contains("executor must not be empty"), mwaa::exception);
}

TEST_CASE("emulator server: one connection serves many requests") {
  running_server host;
  CHECK(host.server->endpoint_url() == "http://127.0.0.1:" + std::to_string(host.server->port()));
  CHECK(host.server->certificate_pem().empty());
  raw_client client{host};
  for (int i = 0; i < 5; ++i) {
    client.send(request_bytes());
    const std::string response = client.receive();
    CHECK(status_of(response) == 200);
    CHECK(body_of(response).starts_with(R"({"TaskInstances":[{"WorkflowArn":)"));
  }
  CHECK(host.service.request_count() == 5);
}

TEST_CASE("emulator server: a request may come in pieces, and two at once") {
  running_server host;
  raw_client client{host};
  const std::string bytes = request_bytes();
  for (std::size_t i = 0; i < bytes.size(); i += 97) client.send(std::string_view{bytes}.substr(i, 97));
  CHECK(status_of(client.receive()) == 200);
  client.send(bytes + bytes);
  CHECK(status_of(client.receive()) == 200);
  CHECK(host.service.request_count() >= 2);
}

TEST_CASE("emulator server: a client that closes, or asks to, ends its connection") {
  running_server host;
  raw_client client{host};
  std::string bytes = request_bytes();
  bytes.insert(bytes.find("\r\n\r\n"), "\r\nConnection: close");
  client.send(bytes);
  CHECK(status_of(client.receive_all()) == 200);
  CHECK(client.end == asio::error::eof);
}

TEST_CASE("emulator server: faults happen on the socket") {
  running_server host;
  const auto strike = [&](const fault& what, raw_client& client) {
    host.service.script(what);
    client.send(request_bytes());
    return client.receive_all();
  };
  SUBCASE("closes before the headers") {
    raw_client client{host};
    CHECK(strike(fault::close_before_headers(), client).empty());
    CHECK(client.end == asio::error::eof);
  }
  SUBCASE("resets") {
    raw_client client{host};
    CHECK(strike(fault::close_before_headers().with_reset(), client).empty());
    CHECK(client.end == asio::error::connection_reset);
  }
  SUBCASE("closes inside the headers") {
    raw_client client{host};
    CHECK(strike(fault::close_inside_headers(12), client) == "HTTP/1.1 200");
    CHECK(client.end == asio::error::eof);
  }
  SUBCASE("closes inside the body") {
    raw_client client{host};
    const std::string response = strike(fault::close_inside_body(16), client);
    CHECK(body_of(response) == R"({"TaskInstances")");
    CHECK(stated_length(response) > 16);
    CHECK(client.end == asio::error::eof);
  }
  SUBCASE("promises more than it sends") {
    raw_client client{host};
    const std::string response = strike(fault::wrong_length(7), client);
    CHECK(stated_length(response) == body_of(response).size() + 7);
    CHECK(client.end == asio::error::eof);
  }
  SUBCASE("sends more than it promises") {
    raw_client client{host};
    const std::string response = strike(fault::wrong_length(-7), client);
    CHECK(stated_length(response) == body_of(response).size() - 7);
  }
  SUBCASE("sends garbage") {
    raw_client client{host};
    const std::string response = strike(fault::garbage(), client);
    CHECK_FALSE(response.empty());
    CHECK_FALSE(response.starts_with("HTTP"));
    CHECK(client.end == asio::error::eof);
  }
  SUBCASE("drips, and goes on with the same connection") {
    raw_client client{host};
    host.service.script(fault::drip(500, 1ms));
    for (int i = 0; i < 2; ++i) {
      client.send(request_bytes());
      CHECK(status_of(client.receive()) == 200);
    }
  }
  SUBCASE("delays") {
    raw_client client{host};
    host.service.script(fault::delay(30ms));
    const auto start = std::chrono::steady_clock::now();
    client.send(request_bytes());
    CHECK(status_of(client.receive()) == 200);
    // A lower bound, which no load of the machine can break.
    CHECK(std::chrono::steady_clock::now() - start >= 30ms);
  }
  SUBCASE("never answers, until the client goes") {
    {
      raw_client client{host};
      host.service.script(fault::never_answer());
      client.send(request_bytes());
      while (host.service.request_count() == 0) std::this_thread::yield();
      client.socket.non_blocking(true);
      char byte = 0;
      error_code code;
      client.socket.read_some(asio::buffer(&byte, 1), code);
      CHECK(code == asio::error::would_block);
    }
    raw_client next{host};
    next.send(request_bytes());
    CHECK(status_of(next.receive()) == 200);
  }
}

TEST_CASE("emulator server: what is no request is answered and the connection closed") {
  running_server host;
  struct row {
    std::string bytes;
    int status;
  };
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  const row rows[]{{"nonsense\r\n\r\n", 400},
                   {head + "Content-Length: nonsense\r\n\r\n", 400},
                   {head + "Content-Length: 99999999\r\n\r\n" + std::string(200'000, 'x'), 413},
                   {head + "X: " + std::string(100'000, 'x') + "\r\n\r\n", 400}};
  for (const row& each : rows) {
    raw_client client{host};
    client.send(each.bytes);
    client.socket.shutdown(tcp::socket::shutdown_send);
    const std::string response = client.receive_all();
    CHECK(status_of(response) == each.status);
    CHECK(body_of(response).find("SerializationException") != std::string::npos);
    CHECK(client.end == asio::error::eof);
  }
  CHECK(host.service.request_count() == 0);
}

TEST_CASE("emulator server: HTTPS with a certificate for this machine, and for nobody who does not trust it") {
  testing::emulator_server_options options;
  options.tls = true;
  running_server host{options};
  CHECK(host.server->endpoint_url() == "https://127.0.0.1:" + std::to_string(host.server->port()));
  const auto exchange = [&](bool trusting, const std::string& name) {
    asio::ssl::context context{asio::ssl::context::tls_client};
    context.set_verify_mode(asio::ssl::verify_peer);
    // As strict as Python 3.13 is by default.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()), X509_V_FLAG_X509_STRICT);
    const std::string pem = host.server->certificate_pem();
    if (trusting) context.add_certificate_authority(asio::buffer(pem));
    raw_client client{host};
    asio::ssl::stream<tcp::socket&> stream{client.plain(), context};
    stream.set_verify_callback(asio::ssl::host_name_verification(name));
    error_code code;
    stream.handshake(asio::ssl::stream_base::client, code);
    if (code) return 0;
    const std::string bytes = request_bytes("run-empty");
    asio::write(stream, asio::buffer(bytes));
    std::string response(12, ' ');
    asio::read(stream, asio::buffer(response));
    return status_of(response);
  };
  CHECK(exchange(true, "localhost") == 200);
  CHECK(exchange(true, "127.0.0.1") == 200);
  CHECK(exchange(true, "::1") == 200);
  CHECK(exchange(true, "example.com") == 0);
  CHECK(exchange(false, "localhost") == 0);
}

TEST_CASE("emulator server: IPv6, and addresses that cannot be had") {
  asio::io_context io;
  const testing::emulator service;
  testing::emulator_server_options options;
  options.address = "not-an-address";
  CHECK_THROWS_AS(testing::emulator_server(io.get_executor(), service, options), boost::system::system_error);

  options.address = "::1";
  std::optional<testing::emulator_server> server;
  try {
    server.emplace(io.get_executor(), service, options);
  } catch (const boost::system::system_error&) {
    MESSAGE("this machine has no IPv6 loopback");
    return;
  }
  CHECK(server->endpoint_url() == "http://[::1]:" + std::to_string(server->port()));
  options.port = server->port();
  CHECK_THROWS_AS(testing::emulator_server(io.get_executor(), service, options), boost::system::system_error);
  server.reset();
  io.run();
}

TEST_CASE("emulator server: stopping ends every connection, whatever it is doing") {
  for (const int threads : {1, 3}) {
    running_server host{{}, threads};
    raw_client idle{host};
    raw_client in_a_request{host};
    in_a_request.send("POST / HTTP/1.1\r\n");
    raw_client waiting{host};
    host.service.script({fault::delay(1h), fault::never_answer(), fault::drip(1, 1h)});
    waiting.send(request_bytes());
    while (host.service.request_count() < 1) std::this_thread::yield();
    raw_client unanswered{host};
    unanswered.send(request_bytes());
    while (host.service.request_count() < 2) std::this_thread::yield();
    raw_client dripped_on{host};
    dripped_on.send(request_bytes());
    while (host.service.request_count() < 3) std::this_thread::yield();
    host.server->stop();
    host.finish();
    for (raw_client* each : {&idle, &in_a_request, &waiting, &unanswered, &dripped_on}) {
      (void)each->receive_all();
      CHECK(each->end);
    }
  }
}

TEST_CASE("emulator server: clients that are slow are disconnected") {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  struct row {
    const char* name;
    std::string bytes;
    bool tls;
    std::chrono::milliseconds testing::emulator_server_options::* limit;
  };
  using options_type = testing::emulator_server_options;
  const std::vector<row> rows{
      {"silent from the start", "", false, &options_type::idle_timeout},
      {"silent after a request", request_bytes("run-empty"), false, &options_type::idle_timeout},
      {"half a head", head, false, &options_type::request_timeout},
      {"half a body", head + "Content-Length: 10\r\n\r\n12345", false, &options_type::request_timeout},
      {"what is no request, and open after it", "nonsense\r\n\r\n", false, &options_type::request_timeout},
      {"no handshake", "", true, &options_type::request_timeout},
      {"half a handshake", "\x16\x03\x01\x02", true, &options_type::request_timeout},
  };
  for (const row& each : rows) {
    CAPTURE(each.name);
    options_type options;
    options.tls = each.tls;
    options.*each.limit = 20ms;
    running_server host{options};
    raw_client client{host};
    error_code too_late;
    asio::write(client.socket, asio::buffer(each.bytes), too_late);
    (void)client.receive_all();  // comes back: the limits that are not under test are half a minute and more
    CHECK(client.end);
  }
}

TEST_CASE("emulator server: a client that sends a little now and then has no more time for its request") {
  testing::emulator_server_options options;
  options.request_timeout = 60ms;
  running_server host{options};
  raw_client client{host};
  client.send("POST / HTTP/1.1\r\nX: ");
  error_code gone;
  while (!gone) {  // without the limit: until the head is too long, which is answered
    asio::write(client.socket, asio::buffer("x", 1), gone);
    std::this_thread::sleep_for(1ms);
  }
  CHECK(client.receive_all().empty());
}

TEST_CASE("emulator server: a client that does not read is disconnected") {
  testing::emulator_server_options options;
  options.write_timeout = 20ms;
  running_server host{options};
  // More than the kernel's buffers of both ends take.
  host.service.script(fault::body(std::string(std::size_t{64} << 20U, 'x')));
  raw_client client{host};
  client.send(request_bytes());
  // Nothing is read until the server has let go.
  ::pollfd reset{client.socket.native_handle(), 0, 0};
  CHECK(::poll(&reset, 1, -1) == 1);
  const std::string got = client.receive_all();
  CHECK(got.size() < std::size_t{64} << 20U);
  CHECK(client.end);
}

TEST_CASE("emulator server: pauses of a fault are no slowness of the client") {
  testing::emulator_server_options options;
  options.request_timeout = options.write_timeout = 2s;
  running_server host{options};
  raw_client client{host};
  host.service.script(fault::delay(2100ms));
  client.send(request_bytes("run-failed"));
  CHECK(status_of(client.receive()) == 200);
}

TEST_CASE("emulator server: connections over the limit wait for others to end") {
  testing::emulator_server_options options;
  options.max_connections = 2;
  running_server host{options};
  std::optional<raw_client> first{std::in_place, host};
  raw_client second{host};
  for (raw_client* each : {&*first, &second}) {
    each->send(request_bytes("run-empty"));
    CHECK(status_of(each->receive()) == 200);
  }
  raw_client third{host};
  third.send(request_bytes("run-empty"));
  for (int i = 0; i < 3; ++i) {
    second.send(request_bytes("run-empty"));
    CHECK(status_of(second.receive()) == 200);
  }
  CHECK(host.service.request_count() == 5);  // the third one's is not among them
  first.reset();
  CHECK(status_of(third.receive()) == 200);
  CHECK(host.service.request_count() == 6);
  raw_client fourth{host};  // waits to be accepted while the server stops
  host.finish();
}

TEST_CASE("emulator server: limits that make no sense are refused; without end is no overflow") {
  asio::io_context io;
  const testing::emulator service;
  const auto serve_with = [&](auto member, auto value) {
    testing::emulator_server_options options;
    options.*member = value;
    const testing::emulator_server server{io.get_executor(), service, options};
  };
  using options_type = testing::emulator_server_options;
  CHECK_THROWS_WITH_AS(serve_with(&options_type::max_connections, std::size_t{0}), doctest::Contains("max_connections"),
                       mwaa::exception);
  for (const auto member :
       {&options_type::request_timeout, &options_type::write_timeout, &options_type::idle_timeout}) {
    CHECK_THROWS_AS(serve_with(member, 0ms), mwaa::exception);
    CHECK_THROWS_AS(serve_with(member, std::chrono::milliseconds::min()), mwaa::exception);
  }
  io.run();
  options_type endless;
  endless.request_timeout = endless.write_timeout = endless.idle_timeout = std::chrono::milliseconds::max();
  running_server host{endless};
  raw_client client{host};
  client.send(request_bytes("run-empty"));
  CHECK(status_of(client.receive()) == 200);
}

TEST_CASE("emulator server: a port that is taken is named, without places in sources") {
  asio::io_context io;
  const testing::emulator service;
  testing::emulator_server server{io.get_executor(), service};
  testing::emulator_server_options options;
  options.port = server.port();
  std::string message;
  try {
    const testing::emulator_server second{io.get_executor(), service, options};
  } catch (const boost::system::system_error& e) {
    message = e.what();
  }
  CHECK(message.find("cannot listen on 127.0.0.1, port " + std::to_string(server.port())) != std::string::npos);
  CHECK(message.find("Address already in use") != std::string::npos);
  CHECK(message.find("/usr") == std::string::npos);
}

TEST_CASE("emulator server: many clients on several threads") {
  running_server host{{}, 3};
  constexpr int clients = 8;
  constexpr int each_sends = 50;
  std::vector<std::thread> threads;
  std::array<int, clients> served{};
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&host, &count = served[static_cast<std::size_t>(i)]] {
      raw_client client{host};
      const std::string bytes = request_bytes();
      for (int k = 0; k < each_sends; ++k) {
        client.send(bytes);
        if (status_of(client.receive()) == 200) ++count;
      }
    });
  }
  for (auto& each : threads) each.join();
  for (const int count : served) CHECK(count == each_sends);
  CHECK(host.service.request_count() == clients * each_sends);
}
