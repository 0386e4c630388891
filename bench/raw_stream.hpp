// Bare sockets, and OpenSSL on them: what the library is measured beside.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <mwaa_serverless/http.hpp>
#include <string>
#include <string_view>

namespace bench {

/// What the clients of a benchmark connect to, and whom they trust.
class raw_peer {
 public:
  mwaa_serverless::origin where;
  bool verify = true;
  std::string ca_bundle;  // PEM file; empty: the system's
};

/// A connected descriptor, with TLS or without. Non-blocking.
class raw_stream {
 public:
  raw_stream() = default;
  /// Takes `descriptor` over, and `tls` when it is not null, which works on it.
  raw_stream(int descriptor, SSL* tls) noexcept : descriptor_(descriptor), tls_(tls) {}
  raw_stream(raw_stream&& other) noexcept;
  raw_stream& operator=(raw_stream&& other) noexcept;
  ~raw_stream();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] SSL* tls() const noexcept { return tls_; }
  /// The number of bytes; 0 at the end of the connection, however it came; -1 when there is nothing now.
  [[nodiscard]] ssize_t read(char* into, std::size_t size);
  /// The number of bytes; 0 when the connection has ended; -1 when there is no room now.
  [[nodiscard]] ssize_t write(std::string_view bytes);
  /// Blocks until bytes come, or the end.
  void await_readable() const;

 private:
  friend class raw_dialer;
  [[nodiscard]] ssize_t outcome(int returned, std::size_t count);

  int descriptor_ = -1;
  SSL* tls_ = nullptr;
};

/// Opens connections to one peer, one at a time, by blocking calls.
class raw_dialer {
 public:
  explicit raw_dialer(const raw_peer& peer);
  raw_dialer(const raw_dialer&) = delete;
  raw_dialer& operator=(const raw_dialer&) = delete;
  ~raw_dialer();

  /// TCP_NODELAY is set. With TLS, `session` is taken up when it is not null. Throws std::runtime_error.
  [[nodiscard]] raw_stream dial(SSL_SESSION* session = nullptr) const;

 private:
  struct free_context {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  std::string host_;
  std::unique_ptr<SSL_CTX, free_context> context_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
};

/// Sets the soft limit of descriptors to the hard one, and throws std::runtime_error when `wanted` are more.
void allow_descriptors(std::size_t wanted);

}  // namespace bench
