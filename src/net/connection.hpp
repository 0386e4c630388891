// One connection: opening it, and one request and response at a time over it.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>

#include "async/process_mark.hpp"
#include "net/proxy.hpp"
#include "net/response_parser.hpp"
#include "net/tls_stream.hpp"

namespace mwaa_serverless::net {

/// Used by one coroutine at a time, except for expire(). Its operations are cancelled through Asio: they throw
/// system_error(operation_aborted), and the connection is of no more use.
class connection {
 public:
  /// Over a connected socket that does not block. `secret_responses`: no byte of them stays in a buffer.
  connection(boost::asio::ip::tcp::socket socket, std::string peer, bool secret_responses = false);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// Asks the proxy at the other end for a tunnel to `peer`; before start_tls().
  [[nodiscard]] boost::asio::awaitable<result<void>> open_tunnel(const proxy& through, const origin& peer);
  [[nodiscard]] boost::asio::awaitable<result<void>> start_tls(tls_settings& settings, const origin& peer);
  /// `request` outlives the awaitable. Bytes that come before the first of it was sent (errc::connection_lost), and a
  /// success that comes before the last (errc::malformed_response), answer nothing. An error that comes before the last
  /// is the response: the peer need not read what it refuses (RFC 9112, section 9.5), and the rest is not sent.
  [[nodiscard]] boost::asio::awaitable<result<http_response>> exchange(const http_request& request,
                                                                       std::size_t max_body_bytes);

  /// Ends what is under way with a timeout. From any thread, as expired() and last_moved(); the only members of which
  /// that is so. `silence`, when it is not zero, was the limit: the peer neither took nor sent a byte for that time. In
  /// a child of the process that opened it, the parent's use of the connection goes on.
  void expire(std::chrono::milliseconds silence = {}) noexcept;
  [[nodiscard]] bool expired() const noexcept { return expired_; }
  /// The context of the socket ends: closes it. What is under way ends with errc::client_closed. No other thread uses
  /// the connection.
  void context_ended() noexcept;
  /// When it last moved a byte, or was kept without an exchange. Before the first byte of an exchange the pool's limit
  /// of silence counts from the acquisition.
  [[nodiscard]] std::chrono::steady_clock::time_point last_moved() const noexcept {
    return std::chrono::steady_clock::time_point{std::chrono::steady_clock::duration{last_moved_}};
  }
  /// Whether an idle connection is as the last response left it: not closed, and no byte has come unasked.
  [[nodiscard]] bool undisturbed() { return look().status == io_status::want_read; }
  /// The last exchange failed because the peer had gone before it sent a byte of the response.
  [[nodiscard]] bool was_stale() const noexcept { return stale_; }
  /// The error for a connection that expired in `during` before it was open.
  [[nodiscard]] error timed_out(operation_phase during) const {
    return timed_out(errc::connect_timeout, during, false);
  }
  /// The TLS handshake took up an earlier session.
  [[nodiscard]] bool resumed() const noexcept { return tls_ && tls_->resumed(); }
  /// TLS whose peer nobody checked.
  [[nodiscard]] bool unverified() const noexcept { return tls_ && !tls_->verified(); }
  /// Nothing has been sent over it yet, and it is to be kept.
  void keep() noexcept {
    note_move();
    reusable_ = true;
  }
  /// Another request can follow.
  [[nodiscard]] bool reusable() const noexcept { return reusable_ && !expired_ && !process_.inherited(); }

 private:
  // What an idle connection has to say: want_read when it is in order, done when bytes have come.
  [[nodiscard]] io_step look();
  /// False in a child of the process that opened the connection.
  [[nodiscard]] boost::asio::awaitable<bool> wait(io_status what);
  [[nodiscard]] auto wait_here(io_status what);
  [[nodiscard]] bool is_ours_after(const boost::system::error_code& waited) const;
  /// Until it can be read, or can be written, or its context has ended: a coroutine of another one lives on.
  [[nodiscard]] boost::asio::awaitable<void> wait_noticed(bool readable, bool writable);
  // Of exchange(), which as a coroutine would hold what these need while it waits.
  [[nodiscard]] result<void> check_unused();
  void read_rest(response_parser& parser);
  [[nodiscard]] result<http_response> finished(response_parser& parser, bool early);
  io_step write(std::string_view bytes);
  io_step receive(response_parser& parser);
  void note_move() noexcept;
  error lost(const io_step& step, operation_phase during, bool sent, const std::string& where) const;
  error unreadable(const response_parser& parser) const;
  error unasked(bool sent, const std::string& what) const;
  error timed_out(errc value, operation_phase during, bool sent) const;
  error left_to_parent(operation_phase during, bool sent);

  const async::process_mark process_;
  std::optional<boost::asio::ip::tcp::socket> socket_;  // null once its context has ended
  const boost::asio::execution_context* const context_;
  std::string peer_;  // host:port, for messages
  const bool secret_responses_;
  std::unique_ptr<tls_stream> tls_;
  bool reusable_ = false;
  bool stale_ = false;
  bool served_ = false;  // has completed an exchange

  std::mutex mutex_;     // guards descriptor_
  int descriptor_ = -1;  // what expire() may shut down
  std::atomic<bool> expired_{false};
  std::atomic<bool> context_gone_{false};
  std::atomic<std::chrono::milliseconds::rep> silence_{0};
  std::atomic<std::chrono::steady_clock::rep> last_moved_{0};
};

}  // namespace mwaa_serverless::net
