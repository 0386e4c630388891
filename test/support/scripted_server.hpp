// A server on loopback that does to each connection what a test tells it, and keeps a log of events.
#pragma once

#include <openssl/ssl.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <mwaa_serverless/transport.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/certificates.hpp"

namespace test {

class scripted_server;

/// A 200 response with a body and, if any, further header lines (each ended by CRLF).
[[nodiscard]] std::string ok(std::string_view body = "ok", std::string_view more_header_lines = {});

/// The server's end of one connection, in a script. Its calls block; when the client has gone they do nothing.
class peer {
 public:
  /// Reads one request and logs `N request`. Empty when the client closed instead, which is logged.
  std::string read_request();
  /// Waits for the first byte and leaves it unread.
  void wait_for_bytes();
  void send(std::string_view bytes);
  /// Again and again, until the client has gone.
  void send_forever(std::string_view bytes);
  /// read_request() and send(ok(body)), until the client has gone.
  void serve(std::string_view body = "ok");
  /// Logs `N event`.
  void note(const std::string& event);
  /// Waits until the test calls scripted_server::open().
  void wait_for(const std::string& gate);
  /// Waits for the client to close; logs `N closed by client`.
  void wait_for_close();

  /// Closes in good order (with TLS close_notify); logs `N closed by server`.
  void close();
  /// Closes without TLS close_notify; logs the same.
  void cut();
  /// Closes with a TCP reset; logs `N reset by server`.
  void reset();

  void handshake();  ///< TLS. A script begins after it, unless it was given to script_from_accept().
  /// The server name that the client asked for; empty for none.
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] std::string protocol() const;  ///< What ALPN agreed on.
  [[nodiscard]] bool session_was_resumed() const;
  /// TLS 1.3: from here on with new keys, and asks the client for the same.
  void update_keys();

 private:
  friend class scripted_server;
  peer(scripted_server& server, int descriptor, int number);
  long receive(char* into, std::size_t size);
  void client_gone();

  scripted_server& server_;
  int descriptor_;
  int number_;
  std::shared_ptr<SSL> tls_;
  std::string unread_;
  bool closed_ = false;
};

/// An address on loopback that does not answer: connecting to it goes on forever.
class silent_address {
 public:
  /// Port 0: a free one.
  explicit silent_address(const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  silent_address(const silent_address&) = delete;
  silent_address& operator=(const silent_address&) = delete;
  ~silent_address();
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::vector<int> sockets_;  // a listener, and connections that fill its queue
  std::uint16_t port_;
};

/// Each connection is served by a thread of its own, so that scripts are plain code.
class scripted_server {
 public:
  using script = std::function<void(peer&)>;

  scripted_server();
  explicit scripted_server(const certificate& identity);
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server();

  /// For the next connection that has no script yet. Those without one serve `ok` until the client goes.
  void on_connection(script next);
  /// The same, but the script also does the TLS handshake.
  void on_accept(script next);
  /// TLS: speak with clients only that show this certificate.
  void require_client(const certificate& known);
  /// TLS: speak this version only, such as TLS1_2_VERSION.
  void limit_protocol(int version);
  /// Lets scripts pass wait_for(gate).
  void open(const std::string& gate);
  /// Runs `action`, on the server's thread, when `event` is logged.
  void when(const std::string& event, std::function<void()> action);
  /// Blocks until `event` is in the log; throws when it does not come.
  void wait_until(const std::string& event);

  /// Events in order, such as `1 accepted`, `1 request`, `1 closed by client`.
  [[nodiscard]] std::vector<std::string> log() const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::shared_ptr<const mwaa_serverless::origin> at(const std::string& host = "127.0.0.1") const;
  [[nodiscard]] bool tls() const noexcept { return context_ != nullptr; }

 private:
  friend class peer;
  struct plan {
    script steps;
    bool from_accept;
  };

  void listen();
  void accept_all();
  void converse(int descriptor, int number, const plan& next);
  void add(const std::string& event);

  std::shared_ptr<SSL_CTX> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> log_;
  std::deque<plan> plans_;
  std::set<std::string> open_gates_;
  std::list<std::pair<std::string, std::function<void()>>> actions_;
  std::set<int> descriptors_;  // of connections that are open
  bool stopping_ = false;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace test
