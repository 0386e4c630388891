#include "raw_stream.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {

namespace {

[[noreturn]] void fail(const std::string& what, int number) {
  throw std::runtime_error(what + ": " + std::generic_category().message(number));
}

[[noreturn]] void fail_tls(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  throw std::runtime_error(what + ": " + (reason != nullptr ? reason : "unknown error"));
}

// Of the process, for its descriptors: standard streams, the loop's, the random device.
constexpr std::size_t spare_descriptors = 64;

}  // namespace

raw_stream::raw_stream(raw_stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::exchange(other.tls_, nullptr)) {}

raw_stream& raw_stream::operator=(raw_stream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(tls_, other.tls_);
  return *this;
}

raw_stream::~raw_stream() {
  // Without a good end OpenSSL does not take up the session again.
  if (tls_ != nullptr && SSL_is_init_finished(tls_) == 1) SSL_shutdown(tls_);
  ERR_clear_error();
  SSL_free(tls_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

ssize_t raw_stream::outcome(int returned, std::size_t count) {
  if (returned == 1) return static_cast<ssize_t>(count);
  const int why = SSL_get_error(tls_, returned);
  ERR_clear_error();
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

ssize_t raw_stream::read(char* into, std::size_t size) {
  if (tls_ != nullptr) {
    std::size_t got = 0;
    const int returned = SSL_read_ex(tls_, into, size, &got);
    return outcome(returned, got);
  }
  const ssize_t got = ::recv(descriptor_, into, size, 0);
  return got >= 0 ? got : errno == EAGAIN ? -1 : 0;
}

ssize_t raw_stream::write(std::string_view bytes) {
  if (tls_ != nullptr) {
    std::size_t sent = 0;
    const int returned = SSL_write_ex(tls_, bytes.data(), bytes.size(), &sent);
    return outcome(returned, sent);
  }
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent >= 0 ? sent : errno == EAGAIN ? -1 : 0;
}

void raw_stream::await_readable() const {
  if (tls_ != nullptr && SSL_has_pending(tls_) == 1) return;
  pollfd wanted{descriptor_, POLLIN, 0};
  if (::poll(&wanted, 1, -1) < 0 && errno != EINTR) fail("poll", errno);
}

raw_dialer::raw_dialer(const raw_peer& peer) : host_(peer.where.host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host_.c_str(), std::to_string(peer.where.port).c_str(), &wanted, &found);
  if (code != 0) throw std::runtime_error(host_ + ": " + ::gai_strerror(code));
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  address_size_ = found->ai_addrlen;
  ::freeaddrinfo(found);
  if (!peer.where.tls) return;

  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own socket BIO raises it
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_) fail_tls("no TLS context");
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context_.get(), peer.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool trusted = peer.ca_bundle.empty() ? SSL_CTX_set_default_verify_paths(context_.get()) == 1
                                              : SSL_CTX_load_verify_file(context_.get(), peer.ca_bundle.c_str()) == 1;
  if (!trusted) fail_tls(peer.ca_bundle);
}

raw_dialer::~raw_dialer() = default;

raw_stream raw_dialer::dial(SSL_SESSION* session) const {
  const int descriptor = ::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket", errno);
  raw_stream out{descriptor, nullptr};
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0)
    fail("connecting to " + host_, errno);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (context_) {
    SSL* const tls = SSL_new(context_.get());
    if (tls == nullptr) fail_tls("no TLS connection");
    out.tls_ = tls;
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(host_, not_an_address);
    if (!not_an_address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host_.c_str());
    } else {
      SSL_set_tlsext_host_name(tls, host_.c_str());
      SSL_set1_host(tls, host_.c_str());
    }
    if (session != nullptr) SSL_set_session(tls, session);
    if (SSL_set_fd(tls, descriptor) != 1 || SSL_connect(tls) != 1) fail_tls("the TLS handshake with " + host_);
  }
  if (::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0) fail("fcntl", errno);
  return out;
}

void allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < wanted + spare_descriptors)
    throw std::runtime_error("this takes " + std::to_string(wanted + spare_descriptors) +
                             " file descriptors, and the hard limit is " + std::to_string(limit.rlim_max) +
                             ": raise it (ulimit -Hn, as root), or use fewer connections");
}

}  // namespace bench
