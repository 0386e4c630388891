// Parts of the transport whose delicate moments cannot be brought about from outside.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "async/event.hpp"
#include "net/dial.hpp"
#include "net/tls_stream.hpp"
#include "support/scripted_server.hpp"

namespace {

namespace asio = boost::asio;
namespace net = mwaa_serverless::net;
using namespace std::chrono_literals;

class client_socket {
 public:
  explicit client_socket(std::uint16_t port) : number(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(number, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    ::fcntl(number, F_SETFL, O_NONBLOCK);
  }
  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;
  ~client_socket() { ::close(number); }

  void wait_readable() const {
    pollfd what{number, POLLIN, 0};
    REQUIRE(::poll(&what, 1, 60'000) == 1);
  }
  const int number;
};

std::optional<bool> outcome_of(asio::io_context& io, const std::shared_ptr<mwaa_serverless::async::event>& what) {
  std::optional<bool> got;
  asio::co_spawn(io, what->wait(), [&](std::exception_ptr e, bool set) {
    CHECK_FALSE(e);
    got = set;
  });
  io.restart();
  io.run_for(60s);
  return got;
}

asio::awaitable<void> dial_loopback(std::uint16_t port,
                                    std::optional<mwaa_serverless::result<asio::ip::tcp::socket>>& got) {
  std::vector<asio::ip::tcp::endpoint> addresses(1, {asio::ip::address_v4::loopback(), port});
  const auto io = co_await asio::this_coro::executor;
  auto made = co_await net::dial(io, addresses, "here", std::chrono::steady_clock::time_point::max());
  got.emplace(std::move(made));
}

}  // namespace

TEST_CASE("event: set before the wait, during the wait, never") {
  asio::io_context io;
  const auto early = std::make_shared<mwaa_serverless::async::event>();
  early->set();
  CHECK(outcome_of(io, early) == true);

  const auto later = std::make_shared<mwaa_serverless::async::event>();
  asio::post(io, [&] { asio::post(io, [&] { later->set(); }); });
  CHECK(outcome_of(io, later) == true);

  const auto never = std::make_shared<mwaa_serverless::async::event>(std::chrono::steady_clock::now());
  CHECK(outcome_of(io, never) == false);
}

TEST_CASE("tls_stream: what a loan leaves unread comes with the next") {
  const test::certificate identity{{"127.0.0.1"}};
  test::scripted_server server{identity};
  server.on_connection([](test::peer& p) {
    // Records of one write, so that one read of the socket brings them together.
    p.read_request();
    p.send(std::string(20'000, 'a') + std::string(20'000, 'b'));
    p.note("sent");
    p.wait_for_close();
  });
  mwaa_serverless::network_options options;
  options.verify_tls = false;
  net::tls_settings settings{options};
  const client_socket socket{server.port()};
  net::tls_stream stream{settings, *server.at(), socket.number};
  while (stream.handshake().status != net::io_status::done) socket.wait_readable();
  CHECK(stream.write("GET / HTTP/1.1\r\n\r\n").status == net::io_status::done);
  server.wait_until("1 sent");

  std::array<char, 65536> lent;
  std::array<char, 1000> piece;
  std::string all;
  while (all.size() < 40'000) {
    const net::tls_stream::loan loan{stream, lent};
    const auto step = stream.read(piece);  // one read only: the loan ends with the rest unread
    if (step.status == net::io_status::want_read) {
      socket.wait_readable();
      continue;
    }
    REQUIRE(step.status == net::io_status::done);
    all.append(piece.data(), step.count);
  }
  CHECK(all == std::string(20'000, 'a') + std::string(20'000, 'b'));
}

TEST_CASE("dial: a socket that notices a peer which is gone without a word") {
  test::scripted_server server;
  asio::io_context io;
  std::optional<mwaa_serverless::result<asio::ip::tcp::socket>> got;
  asio::co_spawn(io, dial_loopback(server.port(), got), asio::detached);
  io.run();
  REQUIRE(got->has_value());
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt((*got)->native_handle(), level, name, &value, &size) == 0);
    return value;
  };
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
  CHECK(option(IPPROTO_TCP, TCP_NODELAY) != 0);
  CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 15);
  CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 5);
  CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
  CHECK(option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
}
