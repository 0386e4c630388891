// TLS over a non-blocking socket.
#pragma once

#include <openssl/bio.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/tls_settings.hpp"

namespace mwaa_serverless::net {

/// The outcome of one step of non-blocking I/O.
enum class io_status {
  done,        ///< Some bytes went through, or the handshake is complete.
  want_read,   ///< Wait until the socket is readable, then repeat the step.
  want_write,  ///< Wait until the socket is writable, then repeat the step.
  closed,      ///< The peer has closed the connection in good order.
  truncated,   ///< The peer has closed the connection without TLS close_notify.
  failed,      ///< The socket failed with `code`.
  tls_failed,  ///< TLS failed: see tls_stream::failure().
};

class io_step {
 public:
  explicit io_step(io_status status_value, std::size_t count_value = 0, boost::system::error_code code_value = {})
      : status(status_value), count(count_value), code(code_value) {}
  io_status status;
  std::size_t count;
  boost::system::error_code code;
};

/// Of an errno. EINTR cannot happen to a call that does not block, but costs nothing to allow for.
[[nodiscard]] inline bool would_block(int number) noexcept {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

/// The client's end of one TLS connection. Never waits: a step that cannot go on says what to wait for.
///
/// OpenSSL reads and writes the socket through a BIO of this class. It reads into a buffer that is lent for one step,
/// so one system call brings many records, and a connection without bytes to read holds no buffer. It never raises
/// SIGPIPE, which OpenSSL's own socket BIO does.
class tls_stream {
 public:
  /// `descriptor` is a connected non-blocking socket and stays the caller's.
  tls_stream(tls_settings& settings, const origin& peer, int descriptor);
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;
  /// Sends close_notify to the peer if the connection is in order.
  ~tls_stream();

  [[nodiscard]] io_step handshake();
  [[nodiscard]] io_step write(std::string_view bytes);
  /// Call inside a loan until it says want_read (or want_write, or an end).
  [[nodiscard]] io_step read(std::span<char> into);
  /// Nothing more is said to the peer, who talks to another process.
  void leave() noexcept { SSL_set_quiet_shutdown(ssl_.get(), 1); }
  /// What failed, after io_status::tls_failed.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  /// Whether the handshake took up an earlier session.
  [[nodiscard]] bool resumed() const noexcept;
  /// Whether the peer's certificate has to be in order.
  [[nodiscard]] bool verified() const noexcept { return (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0; }

  /// Lends `buffer` for reading the socket until destroyed.
  class loan {
   public:
    loan(tls_stream& stream, std::span<char> buffer);
    loan(const loan&) = delete;
    loan& operator=(const loan&) = delete;
    ~loan();

   private:
    tls_stream& stream_;
  };

 private:
  // What the BIO works on.
  struct wire {
    int descriptor = -1;
    std::span<char> lent;
    std::string_view unread;  // in `lent` or `kept`
    std::string kept;         // what was unread at the end of a loan: rare
    bool drained = false;     // the loan has been filled once: the socket is asked again after the next wait
    bool ended = false;       // the peer has closed
    int error = 0;            // errno of the last failure
    bool torn = false;        // bytes were lost: there was no memory to keep them
  };
  static const BIO_METHOD* wire_method();
  static int wire_read(BIO* bio, char* into, int size);
  static int wire_write(BIO* bio, const char* bytes, int size);
  static long wire_control(BIO* bio, int command, long number, void* pointer);

  io_step outcome(int returned);
  std::string describe_failure();

  wire wire_;
  ssl_ptr ssl_;
  std::string name_;
  std::string failure_;
};

}  // namespace mwaa_serverless::net
