#include "net/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace mwaa_serverless::net {

namespace {

struct free_bio_method {
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

}  // namespace

const BIO_METHOD* tls_stream::wire_method() {
  static const std::unique_ptr<BIO_METHOD, free_bio_method> method = [] {
    std::unique_ptr<BIO_METHOD, free_bio_method> made{
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mwaa_serverless socket")};
    if (!made) throw std::bad_alloc{};
    BIO_meth_set_read(made.get(), &tls_stream::wire_read);
    BIO_meth_set_write(made.get(), &tls_stream::wire_write);
    BIO_meth_set_ctrl(made.get(), &tls_stream::wire_control);
    return made;
  }();
  return method.get();
}

int tls_stream::wire_read(BIO* bio, char* into, int size) {
  auto& w = *static_cast<wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const auto wanted = static_cast<std::size_t>(size);
  if (w.torn) return -1;
  if (w.unread.empty()) {
    if (w.drained) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const bool direct = w.lent.empty();
    const std::span<char> target = direct ? std::span<char>{into, wanted} : w.lent;
    const ssize_t got = ::recv(w.descriptor, target.data(), target.size(), 0);
    if (got < 0) {
      if (would_block(errno)) {
        BIO_set_retry_read(bio);
      } else {
        w.error = errno;
      }
      return -1;
    }
    w.ended = got == 0;
    if (direct || got == 0) return static_cast<int>(got);
    w.drained = true;
    w.unread = {target.data(), static_cast<std::size_t>(got)};
  }
  const std::size_t count = std::min(wanted, w.unread.size());
  std::memcpy(into, w.unread.data(), count);
  w.unread.remove_prefix(count);
  return static_cast<int>(count);
}

int tls_stream::wire_write(BIO* bio, const char* bytes, int size) {
  auto& w = *static_cast<wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const ssize_t sent = ::send(w.descriptor, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0) {
    if (would_block(errno)) {
      BIO_set_retry_write(bio);
    } else {
      w.error = errno;
    }
  }
  return static_cast<int>(sent);
}

long tls_stream::wire_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<wire*>(BIO_get_data(bio))->ended ? 1 : 0;
  return 0;
}

tls_stream::tls_stream(tls_settings& settings, const origin& peer, int descriptor)
    : ssl_(settings.new_client(peer)), name_(peer.host) {
  wire_.descriptor = descriptor;
  BIO* bio = BIO_new(wire_method());
  if (bio == nullptr) throw std::bad_alloc{};
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

tls_stream::~tls_stream() {
  ERR_clear_error();
  // After a failure of the socket nothing can be said any more, but the session may be taken up again.
  const bool usable = failure_.empty() && wire_.error == 0 && SSL_is_init_finished(ssl_.get()) == 1;
  if (usable) {
    SSL_shutdown(ssl_.get());
  } else if (failure_.empty()) {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  ERR_clear_error();
}

io_step tls_stream::handshake() {
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_.get()));
}

io_step tls_stream::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  return returned == 1 ? io_step{io_status::done, written} : outcome(returned);
}

io_step tls_stream::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t got = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  return returned == 1 ? io_step{io_status::done, got} : outcome(returned);
}

io_step tls_stream::outcome(int returned) {
  if (returned == 1) return io_step{io_status::done};
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return io_step{io_status::want_read};
    case SSL_ERROR_WANT_WRITE:
      return io_step{io_status::want_write};
    case SSL_ERROR_ZERO_RETURN:
      return io_step{io_status::closed};
    default:
      break;
  }
  if (wire_.error != 0) return io_step{io_status::failed, 0, {wire_.error, boost::system::system_category()}};
  if (wire_.ended) return io_step{io_status::truncated};
  failure_ = describe_failure();
  return io_step{io_status::tls_failed};
}

std::string tls_stream::describe_failure() {
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (verdict == X509_V_OK || SSL_is_init_finished(ssl_.get()) == 1) return take_openssl_error();
  ERR_clear_error();
  return "the certificate for " + name_ + " was refused: " + X509_verify_cert_error_string(verdict);
}

bool tls_stream::resumed() const noexcept {
  return SSL_session_reused(ssl_.get()) == 1;
}

tls_stream::loan::loan(tls_stream& stream, std::span<char> buffer) : stream_(stream) {
  stream_.wire_.lent = buffer;
  stream_.wire_.drained = false;
}

tls_stream::loan::~loan() {
  wire& w = stream_.wire_;
  w.lent = {};
  w.drained = false;
  try {
    w.kept = std::string{w.unread};
  } catch (const std::bad_alloc&) {
    w.kept.clear();
    w.torn = true;
    w.error = ENOMEM;  // what follows would not be what the peer sent
  }
  w.unread = w.kept;
}

}  // namespace mwaa_serverless::net
