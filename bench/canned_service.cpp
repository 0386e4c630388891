#include "canned_service.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "http_head.hpp"
#include "raw_stream.hpp"
#include "testing/server_identity.hpp"

namespace bench {

namespace {

[[noreturn]] void fail_with_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

template <auto Free>
struct freed_by_openssl {
  template <class T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};
using context_pointer = std::unique_ptr<SSL_CTX, freed_by_openssl<SSL_CTX_free>>;

context_pointer make_server_context(const mwaa_serverless::testing::server_identity& identity) {
  using bio_pointer = std::unique_ptr<BIO, freed_by_openssl<BIO_free_all>>;
  context_pointer context{SSL_CTX_new(TLS_server_method())};
  const bio_pointer certificate_bytes{BIO_new_mem_buf(identity.certificate_pem.data(), -1)};
  const bio_pointer key_bytes{BIO_new_mem_buf(identity.key_pem.data(), -1)};
  const std::unique_ptr<X509, freed_by_openssl<X509_free>> certificate{
      PEM_read_bio_X509(certificate_bytes.get(), nullptr, nullptr, nullptr)};
  const std::unique_ptr<EVP_PKEY, freed_by_openssl<EVP_PKEY_free>> key{
      PEM_read_bio_PrivateKey(key_bytes.get(), nullptr, nullptr, nullptr)};
  if (!context || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    throw std::runtime_error("OpenSSL does not take the server's certificate");
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

/// The child's work, on one thread.
class canned_server {
 public:
  canned_server(int listener, SSL_CTX* context, const canned_options& options, std::atomic<std::uint64_t>& requests)
      : listener_(listener), context_(context), manner_(options.manner), requests_(requests) {
    response_ = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " +
                std::to_string(options.body.size()) + "\r\n" +
                (manner_ == canned_manner::answers_and_closes ? "Connection: close\r\n" : "") + "\r\n" + options.body;
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) fail_with_errno("epoll_create1");
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (ready < 0 && errno != EINTR) fail_with_errno("epoll_wait");
      for (int i = 0; i < ready; ++i) {
        auto* const on = static_cast<peer*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (on == nullptr) {
          accept();
        } else if (!serve(*on)) {
          delete on;
        }
      }
    }
  }

 private:
  class peer {
   public:
    raw_stream stream;
    std::string unread;       // of a request that is not complete
    std::string_view unsent;  // of the response
    bool waits_for_room = false;
    bool answered = false;
  };

  void watch(int operation, int descriptor, std::uint32_t events, peer* of) const {
    epoll_event wanted{};
    wanted.events = events;
    wanted.data.ptr = of;
    if (::epoll_ctl(epoll_, operation, descriptor, &wanted) != 0) fail_with_errno("epoll_ctl");
  }

  void accept() {
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED) return;
        fail_with_errno("accept4");
      }
      const int on = 1;
      ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      SSL* tls = nullptr;
      if (context_ != nullptr) {
        tls = SSL_new(context_);
        if (tls == nullptr || SSL_set_fd(tls, descriptor) != 1) throw std::bad_alloc{};
        SSL_set_accept_state(tls);
      }
      auto made = std::make_unique<peer>();
      made->stream = raw_stream{descriptor, tls};
      watch(EPOLL_CTL_ADD, descriptor, EPOLLIN, made.get());
      made.release();  // until its connection ends
    }
  }

  /// False when the connection has ended.
  bool serve(peer& on) {
    if (!on.unsent.empty() && !send(on)) return false;
    while (on.unsent.empty()) {
      const ssize_t got = on.stream.read(buffer_.data(), buffer_.size());
      if (got < 0) return true;
      if (got == 0) return false;
      std::string_view bytes{buffer_.data(), static_cast<std::size_t>(got)};
      if (!on.unread.empty()) bytes = on.unread.append(bytes);
      const auto head = read_http_head(bytes);
      if (!head || bytes.size() < head->size + head->body) {
        if (on.unread.empty()) on.unread = bytes;
        continue;
      }
      // No client of the benchmarks sends a second request before it has the response.
      if (bytes.size() > head->size + head->body) return false;
      std::string{}.swap(on.unread);
      ++requests_;
      if (manner_ == canned_manner::answers_once && std::exchange(on.answered, true)) continue;
      on.unsent = response_;
      if (!send(on)) return false;
    }
    return true;
  }

  bool send(peer& on) {
    while (!on.unsent.empty()) {
      const ssize_t sent = on.stream.write(on.unsent);
      if (sent == 0) return false;
      if (sent < 0) {
        if (!std::exchange(on.waits_for_room, true))
          watch(EPOLL_CTL_MOD, on.stream.descriptor(), EPOLLIN | EPOLLOUT, &on);
        return true;
      }
      on.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
    if (std::exchange(on.waits_for_room, false)) watch(EPOLL_CTL_MOD, on.stream.descriptor(), EPOLLIN, &on);
    if (manner_ != canned_manner::answers_and_closes) return true;
    if (on.stream.tls() != nullptr) SSL_shutdown(on.stream.tls());
    return false;
  }

  const int listener_;
  SSL_CTX* const context_;
  const canned_manner manner_;
  std::atomic<std::uint64_t>& requests_;
  std::string response_;
  int epoll_ = -1;
  std::array<char, std::size_t{16} * 1024> buffer_;
};

int listen_on_loopback(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 65'535) != 0 || ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail_with_errno("listening on 127.0.0.1");
  port = ntohs(address.sin_port);
  return listener;
}

/// This process to the first or the last of the processors that it may use.
void take_processor(bool first) {
  // As it was before the first service of this process.
  static const cpu_set_t allowed = [] {
    cpu_set_t out;
    CPU_ZERO(&out);
    ::sched_getaffinity(0, sizeof out, &out);
    return out;
  }();
  if (CPU_COUNT(&allowed) < 2) return;
  int chosen = first ? 0 : CPU_SETSIZE - 1;
  while (!CPU_ISSET(chosen, &allowed)) chosen += first ? 1 : -1;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

}  // namespace

canned_service::canned_service(const canned_options& options) : tls_(options.tls) {
  allow_descriptors(options.connections);
  context_pointer context;
  if (tls_) {
    const auto identity = mwaa_serverless::testing::make_server_identity("127.0.0.1");
    context = make_server_context(identity);
    std::string name = (std::filesystem::temp_directory_path() / "mwaa_serverless_canned.XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file < 0) fail_with_errno("mkstemp");
    ::close(file);
    ca_bundle_ = name;
    std::ofstream{ca_bundle_} << identity.authority_pem;
  }
  const int listener = listen_on_loopback(port_);
  void* const shared = ::mmap(nullptr, sizeof *requests_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail_with_errno("mmap");
  requests_ = new (shared) std::atomic<std::uint64_t>{0};
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) fail_with_errno("fork");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    std::signal(SIGPIPE, SIG_IGN);
    take_processor(true);
    try {
      canned_server{listener, context.get(), options, *requests_}.run();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "the server of the benchmark: %s\n", e.what());
    }
    ::_exit(1);
  }
  ::close(listener);
  take_processor(false);
}

canned_service::~canned_service() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::munmap(requests_, sizeof *requests_);
  std::error_code ignored;
  if (!ca_bundle_.empty()) std::filesystem::remove(ca_bundle_, ignored);
}

std::string canned_service::endpoint_url(const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_);
}

}  // namespace bench
