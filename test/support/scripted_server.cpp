#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace test {

namespace {

// The longest that a test waits for something that does not come.
constexpr std::chrono::seconds time_limit{60};

std::size_t announced_length(std::string_view head) {
  constexpr std::string_view name = "Content-Length:";
  const auto found = head.find(name);
  return found == std::string_view::npos ? 0 : std::stoul(std::string{head.substr(found + name.size(), 20)});
}

int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static const unsigned char wanted[] = "\x08http/1.1";
  return SSL_select_next_proto(const_cast<unsigned char**>(out), size, wanted, 9, offered, offered_size) ==
                 OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

std::string ok(std::string_view body, std::string_view more_header_lines) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{more_header_lines} +
         "\r\n" + std::string{body};
}

peer::peer(scripted_server& server, int descriptor, int number)
    : server_(server), descriptor_(descriptor), number_(number) {}

long peer::receive(char* into, std::size_t size) {
  if (closed_) return 0;
  return tls_ ? SSL_read(tls_.get(), into, static_cast<int>(size)) : ::recv(descriptor_, into, size, 0);
}

void peer::client_gone() {
  if (closed_) return;
  closed_ = true;
  server_.add(std::to_string(number_) + " closed by client");
}

std::string peer::read_request() {
  for (;;) {
    const auto end = unread_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t size = end + 4 + announced_length(std::string_view{unread_}.substr(0, end));
      if (unread_.size() >= size) {
        const std::string request = unread_.substr(0, size);
        unread_.erase(0, size);
        server_.add(std::to_string(number_) + " request");
        return request;
      }
    }
    char buffer[16 * 1024];
    const long got = receive(buffer, sizeof buffer);
    if (got <= 0) {
      client_gone();
      return {};
    }
    unread_.append(buffer, static_cast<std::size_t>(got));
  }
}

void peer::wait_for_bytes() {
  char byte = 0;
  if (::recv(descriptor_, &byte, 1, MSG_PEEK) <= 0) client_gone();
}

void peer::send(std::string_view bytes) {
  while (!bytes.empty() && !closed_) {
    const long sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return client_gone();
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void peer::send_forever(std::string_view bytes) {
  while (!closed_) send(bytes);
}

void peer::serve(std::string_view body) {
  while (!read_request().empty()) send(ok(body));
}

void peer::note(const std::string& event) {
  server_.add(std::to_string(number_) + " " + event);
}

void peer::wait_for(const std::string& gate) {
  std::unique_lock lock{server_.mutex_};
  server_.changed_.wait(lock, [&] { return server_.stopping_ || server_.open_gates_.contains(gate); });
}

void peer::wait_for_close() {
  char buffer[1024];
  while (receive(buffer, sizeof buffer) > 0) {
  }
  client_gone();
}

void peer::close() {
  if (closed_) return;
  if (tls_) SSL_shutdown(tls_.get());
  cut();
}

void peer::cut() {
  if (closed_) return;
  closed_ = true;
  ::shutdown(descriptor_, SHUT_RDWR);
  server_.add(std::to_string(number_) + " closed by server");
}

void peer::reset() {
  if (closed_) return;
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  closed_ = true;
  tls_.reset();
  {
    const std::lock_guard lock{server_.mutex_};
    server_.descriptors_.erase(descriptor_);
    ::close(std::exchange(descriptor_, -1));
  }
  server_.add(std::to_string(number_) + " reset by server");
}

void peer::handshake() {
  if (!server_.context_) return;
  tls_.reset(SSL_new(server_.context_.get()), &SSL_free);
  SSL_set_fd(tls_.get(), descriptor_);
  if (SSL_accept(tls_.get()) == 1) {
    server_.add(std::to_string(number_) + " handshake");
  } else {
    closed_ = true;
    server_.add(std::to_string(number_) + " handshake failed");
    // Unread bytes of the client's would turn the close into a reset, which could cost it the alert.
    ::shutdown(descriptor_, SHUT_WR);
    char unread[1024];
    while (::recv(descriptor_, unread, sizeof unread, 0) > 0) {
    }
  }
}

std::string peer::server_name() const {
  const char* name = tls_ ? SSL_get_servername(tls_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
  return name != nullptr ? name : "";
}

std::string peer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  if (tls_) SSL_get0_alpn_selected(tls_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool peer::session_was_resumed() const {
  return tls_ && SSL_session_reused(tls_.get()) == 1;
}

void peer::update_keys() {
  if (SSL_key_update(tls_.get(), SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(tls_.get()) != 1)
    throw std::runtime_error("key update");
  server_.add(std::to_string(number_) + " new keys");
}

silent_address::silent_address(const std::string& address, std::uint16_t port) : port_(port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  socklen_t size = sizeof where;
  sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(sockets_.front(), reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(sockets_.front(), 0) != 0 ||
      ::getsockname(sockets_.front(), reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("listen");
  port_ = ntohs(where.sin_port);
  for (int i = 0; i < 4; ++i) {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(sockets_.back(), reinterpret_cast<sockaddr*>(&where), size);
  }
}

silent_address::~silent_address() {
  for (const int each : sockets_) ::close(each);
}

scripted_server::scripted_server() {
  listen();
}

scripted_server::scripted_server(const certificate& identity) {
  context_.reset(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_set_security_level(context_.get(), 0);  // the client is to refuse, not the server
  SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("test"), 4);
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem{
      BIO_new_mem_buf(identity.pem.data(), static_cast<int>(identity.pem.size())), &BIO_free};
  const std::unique_ptr<BIO, decltype(&BIO_free)> key_pem{
      BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size())), &BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> shown{PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr),
                                                          &X509_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  if (SSL_CTX_use_certificate(context_.get(), shown.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1)
    throw std::runtime_error("server certificate");
  SSL_CTX_set_alpn_select_cb(context_.get(), &choose_http_1_1, nullptr);
  listen();
}

void scripted_server::require_client(const certificate& known) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem{
      BIO_new_mem_buf(known.pem.data(), static_cast<int>(known.pem.size())), &BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> trusted{PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr),
                                                            &X509_free};
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), trusted.get()) != 1)
    throw std::runtime_error("client certificate");
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

scripted_server::~scripted_server() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
  }
  changed_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

void scripted_server::listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // Inherited by connections. Left alone it grows, by newer kernels' defaults to 32 MB: then no request is so large
  // that a client must wait while it sends one.
  const int received_unread = 256 * 1024;
  ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &received_unread, sizeof received_unread);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

void scripted_server::accept_all() {
  for (int number = 1;; ++number) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      ::close(descriptor);
      return;
    }
    descriptors_.insert(descriptor);
    plan next{[](peer& p) { p.serve(); }, false};
    if (!plans_.empty()) {
      next = std::move(plans_.front());
      plans_.pop_front();
    }
    threads_.emplace_back([this, descriptor, number, next = std::move(next)] { converse(descriptor, number, next); });
  }
}

void scripted_server::converse(int descriptor, int number, const plan& next) {
  // OpenSSL's own sockets raise it; for the client under test it stays what it is.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);

  add(std::to_string(number) + " accepted");
  peer connection{*this, descriptor, number};
  if (!next.from_accept) connection.handshake();
  if (!connection.closed_) next.steps(connection);
  if (!connection.closed_) connection.wait_for_close();
  const std::lock_guard lock{mutex_};
  if (connection.descriptor_ < 0) return;
  descriptors_.erase(descriptor);
  ::close(descriptor);
}

void scripted_server::add(const std::string& event) {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock{mutex_};
    log_.push_back(event);
    for (auto each = actions_.begin(); each != actions_.end();) {
      if (each->first == event) due.push_back(std::move(each->second));
      each = each->first == event ? actions_.erase(each) : std::next(each);
    }
  }
  changed_.notify_all();
  for (const auto& action : due) action();
}

void scripted_server::on_connection(script next) {
  const std::lock_guard lock{mutex_};
  plans_.push_back({std::move(next), false});
}

void scripted_server::on_accept(script next) {
  const std::lock_guard lock{mutex_};
  plans_.push_back({std::move(next), true});
}

void scripted_server::limit_protocol(int version) {
  SSL_CTX_set_min_proto_version(context_.get(), version);
  SSL_CTX_set_max_proto_version(context_.get(), version);
  if (version < TLS1_2_VERSION) SSL_CTX_set_security_level(context_.get(), 0);  // OpenSSL 3 has it switched off
}

void scripted_server::open(const std::string& gate) {
  {
    const std::lock_guard lock{mutex_};
    open_gates_.insert(gate);
  }
  changed_.notify_all();
}

void scripted_server::when(const std::string& event, std::function<void()> action) {
  const std::lock_guard lock{mutex_};
  actions_.emplace_back(event, std::move(action));
}

void scripted_server::wait_until(const std::string& event) {
  std::unique_lock lock{mutex_};
  const auto logged = [&] { return std::find(log_.begin(), log_.end(), event) != log_.end(); };
  if (!changed_.wait_for(lock, time_limit, logged)) throw std::runtime_error("the server never saw: " + event);
}

std::vector<std::string> scripted_server::log() const {
  const std::lock_guard lock{mutex_};
  return log_;
}

std::shared_ptr<const mwaa_serverless::origin> scripted_server::at(const std::string& host) const {
  return std::make_shared<const mwaa_serverless::origin>(tls(), host, port_);
}

}  // namespace test
