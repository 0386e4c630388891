#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <limits>
#include <optional>

#include "poll_client.hpp"

namespace bench {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t reserved_bytes = std::size_t{64} * 1024;

class beast_client final : public poll_client {
 public:
  beast_client(const raw_peer& peer, std::string request, int connections)
      : peer_(peer),
        request_(std::move(request)),
        connections_(static_cast<std::size_t>(connections)),
        address_(*tcp::resolver{io_}.resolve(peer.where.host, std::to_string(peer.where.port)).begin()) {
    if (!peer_.where.tls) return;
    context_.set_verify_mode(peer_.verify ? ssl::verify_peer : ssl::verify_none);
    if (peer_.ca_bundle.empty()) {
      context_.set_default_verify_paths();
    } else {
      context_.load_verify_file(peer_.ca_bundle);
    }
  }

  void run(poll_tally& counts) override {
    std::exception_ptr failure;
    for (connection& each : connections_) {
      asio::co_spawn(io_, poller(each, counts), [&](std::exception_ptr e) {
        if (e) failure = e;
      });
    }
    io_.restart();
    io_.run();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  class connection {
   public:
    std::optional<tcp::socket> plain;
    std::optional<ssl::stream<tcp::socket>> secure;
    boost::beast::flat_buffer buffer;
  };

  asio::awaitable<void> open(connection& of) {
    of.plain.reset();
    of.secure.reset();
    of.buffer.clear();
    of.buffer.reserve(reserved_bytes);
    tcp::socket socket{io_};
    co_await socket.async_connect(address_, use_awaitable);
    socket.set_option(tcp::no_delay{true});
    if (!peer_.where.tls) {
      of.plain.emplace(std::move(socket));
      co_return;
    }
    of.secure.emplace(std::move(socket), context_);
    if (peer_.verify) of.secure->set_verify_callback(ssl::host_name_verification{peer_.where.host});
    SSL_set_tlsext_host_name(of.secure->native_handle(), peer_.where.host.c_str());
    co_await of.secure->async_handshake(ssl::stream_base::client, use_awaitable);
  }

  template <class Stream>
  asio::awaitable<void> exchange(Stream& stream, boost::beast::flat_buffer& buffer, poll_tally& counts) {
    const auto started = steady::now();
    co_await asio::async_write(stream, asio::buffer(request_), use_awaitable);
    http::response_parser<http::string_body> parser;
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    co_await http::async_read(stream, buffer, parser, use_awaitable);
    counts.latencies.push_back(steady::now() - started);
    counts.body_bytes += parser.get().body().size();
    if (http::to_status_class(parser.get().result()) != http::status_class::successful && counts.errors++ == 0)
      counts.first_error = "the response was no success";
  }

  asio::awaitable<void> poller(connection& on, poll_tally& counts) {
    int lost = 0;
    while (counts.left > 0) {
      --counts.left;
      for (bool done = false; !done;) {
        try {
          if (!on.plain && !on.secure) co_await open(on);
          if (on.secure) {
            co_await exchange(*on.secure, on.buffer, counts);
          } else {
            co_await exchange(*on.plain, on.buffer, counts);
          }
          lost = 0;
          done = true;
        } catch (const boost::system::system_error&) {
          // The server has closed a connection that it had kept.
          if (++lost > 3) throw;
          ++counts.retries;
          on.plain.reset();
          on.secure.reset();
        }
      }
    }
  }

  const raw_peer peer_;
  const std::string request_;
  asio::io_context io_{1};
  ssl::context context_{ssl::context::tls_client};
  std::vector<connection> connections_;
  const tcp::endpoint address_;
};

}  // namespace

std::unique_ptr<poll_client> make_beast_client(const raw_peer& peer, std::string request, int connections) {
  return std::make_unique<beast_client>(peer, std::move(request), connections);
}

}  // namespace bench
