#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <mutex>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <optional>
#include <utility>

#include "strings/host_port.hpp"
#include "testing/emulator_state.hpp"
#include "testing/http_request_view.hpp"
#include "testing/server_identity.hpp"
#include "testing/steering.hpp"

namespace mwaa_serverless::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Holds a request of the usual size; Beast reads as much at once as there is room for.
constexpr std::size_t usual_request = 8 * 1024;

tcp::socket& socket_of(tcp::socket& stream) {
  return stream;
}
tcp::socket& socket_of(ssl::stream<tcp::socket>& stream) {
  return stream.next_layer();
}

/// Ends a connection. A closed one is shut down first: bytes on their way must arrive even if the client still sends.
void end_connection(tcp::socket& socket, connection_end how) {
  error_code ignored;
  if (how == connection_end::reset)
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);  // close() sends RST
  else
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  socket.close(ignored);
}

/// Ends a connection that takes too long. Closes and does not cancel: between two operations there is nothing to
/// cancel. Lives on the connection's strand; shared with the timer's
/// handler, which may run after the connection's end.
class time_limit : public std::enable_shared_from_this<time_limit> {
 public:
  explicit time_limit(tcp::socket& socket) : timer_(socket.get_executor()), socket_(&socket) {}

  void start(std::chrono::milliseconds length, connection_end how = connection_end::close) {
    timer_.expires_after(length);
    timer_.async_wait([self = shared_from_this(), how, round = ++round_](const error_code& code) {
      if (!code && round == self->round_ && self->socket_ != nullptr) end_connection(*self->socket_, how);
    });
  }
  void stop() {
    ++round_;
    timer_.cancel();
  }
  void forget_socket() {
    stop();
    socket_ = nullptr;
  }

 private:
  asio::steady_timer timer_;
  tcp::socket* socket_;
  std::uint64_t round_ = 0;
};

/// A time_limit for as long as its socket lives.
class limited {
 public:
  explicit limited(tcp::socket& socket) : limit_(std::make_shared<time_limit>(socket)) {}
  limited(const limited&) = delete;
  limited& operator=(const limited&) = delete;
  ~limited() { limit_->forget_socket(); }
  time_limit* operator->() const noexcept { return limit_.get(); }

 private:
  std::shared_ptr<time_limit> limit_;
};

asio::awaitable<void> pause(clock& time, std::chrono::milliseconds length) {
  if (length.count() > 0) co_await time.sleep_until(time.now() + length);
}

/// Reads until the client closes, fails or has sent `limit` bytes.
template <class Stream>
asio::awaitable<void> read_until_gone(Stream& stream, std::size_t limit) {
  std::array<char, 4096> scratch;
  error_code code;
  for (std::size_t total = 0; total < limit && !code;)
    total += co_await stream.async_read_some(asio::buffer(scratch), asio::redirect_error(asio::use_awaitable, code));
}

/// Carries out `plan`; true when the connection can serve the next request.
template <class Stream>
asio::awaitable<bool> deliver(Stream& stream, emulator_state& service, const delivery& plan, const limited& limit,
                              std::chrono::milliseconds write_timeout) {
  clock& time = *service.time();
  co_await pause(time, plan.wait);
  const std::size_t chunk = plan.chunk == 0 ? plan.bytes.size() : plan.chunk;
  for (std::size_t sent = 0; sent < plan.bytes.size();) {
    if (sent > 0) co_await pause(time, plan.interval);
    const std::size_t size = std::min(chunk, plan.bytes.size() - sent);
    error_code code;
    limit->start(write_timeout, connection_end::reset);  // what a client does not take in time is not kept for it
    co_await asio::async_write(stream, asio::buffer(plan.bytes.data() + sent, size),
                               asio::redirect_error(asio::use_awaitable, code));
    limit->stop();
    if (code) co_return false;
    sent += size;
  }
  if (plan.end == connection_end::silence) co_await read_until_gone(stream, static_cast<std::size_t>(max_request_body));
  co_return plan.end == connection_end::keep;
}

/// True when `code` is the end of the connection and not a request that cannot be read.
bool client_left(const error_code& code) {
  if (!code) return false;
  static const auto& parsing = http::make_error_code(http::error::bad_target).category();
  return code.category() != parsing || code == http::error::end_of_stream || code == http::error::partial_message;
}

bool is_from_this_machine(const tcp::socket& socket) {
  error_code unknown;
  const auto from = socket.remote_endpoint(unknown).address();
  if (from.is_v6() && from.to_v6().is_v4_mapped())  // `--address ::` takes IPv4, too
    return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6()).is_loopback();
  return from.is_loopback();
}

/// Serves one connection to its end.
template <class Stream>
asio::awaitable<void> serve(Stream& stream, emulator_state& service, const emulator_server_options& options) {
  const limited limit{socket_of(stream)};
  const bool from_this_machine = is_from_this_machine(socket_of(stream));
  boost::beast::flat_buffer buffer;
  buffer.reserve(usual_request);
  delivery plan;
  bool open = true;
  while (open) {
    request_parser parser;
    set_limits(parser);
    error_code code;
    if (buffer.size() == 0) {
      limit->start(options.idle_timeout);
      const auto size = co_await stream.async_read_some(buffer.prepare(usual_request),
                                                        asio::redirect_error(asio::use_awaitable, code));
      if (code) break;
      buffer.commit(size);
    }
    limit->start(options.request_timeout);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, code));
    limit->stop();
    if (client_left(code)) break;
    if (code) {
      plan = service.refuse(status_of(code), code.message());
      co_await deliver(stream, service, plan, limit, options.write_timeout);
      // What the client still sends would turn the close into a reset, which would cost it the answer.
      error_code ignored;
      socket_of(stream).shutdown(tcp::socket::shutdown_send, ignored);
      limit->start(options.request_timeout);
      co_await read_until_gone(stream, static_cast<std::size_t>(16 * max_request_body));
      break;
    }
    const incoming_request request = view_of(parser.get());
    plan = options.steering && is_steering(request) ? service.steer(request, from_this_machine, parser.keep_alive())
                                                    : service.handle(request, parser.keep_alive());
    open = co_await deliver(stream, service, plan, limit, options.write_timeout);
  }
  end_connection(socket_of(stream), plan.end);
}

const asio::any_io_executor& checked(const asio::any_io_executor& executor) {
  if (!executor) {
    throw exception(error{errc::invalid_configuration,
                          "emulator_server: the executor must not be empty; pass that of an io_context"});
  }
  return executor;
}

/// The options with their limits as they apply. Throws exception(errc::invalid_configuration).
emulator_server_options checked(emulator_server_options options) {
  const auto refuse = [](const char* member, const char* rule) {
    throw exception(error{errc::invalid_configuration, std::string{"emulator_server_options::"} + member + rule});
  };
  if (options.max_connections < 1) refuse("max_connections", " must be at least 1");
  constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365 * 10};
  for (const auto& [name, value] :
       {std::pair{"request_timeout", &options.request_timeout}, std::pair{"write_timeout", &options.write_timeout},
        std::pair{"idle_timeout", &options.idle_timeout}}) {
    if (value->count() < 1) refuse(name, " must be at least 1 ms");
    *value = std::min(*value, longest);
  }
  return options;
}

}  // namespace

class emulator_server::state : public std::enable_shared_from_this<emulator_server::state> {
 public:
  state(const asio::any_io_executor& executor, std::shared_ptr<emulator_state> service,
        emulator_server_options options_value)
      : executor_(checked(executor)),
        accept_strand_(asio::make_strand(executor)),
        acceptor_(accept_strand_),
        room_(accept_strand_),
        service_(std::move(service)),
        options_(checked(std::move(options_value))) {
    const emulator_server_options& options = options_;
    error_code bad;
    const auto address = asio::ip::make_address(options.address, bad);
    if (bad) fail(bad, "not an IP address: " + options.address);
    const tcp::endpoint wanted{address, options.port};
    acceptor_.open(wanted.protocol(), bad);
    if (!bad) acceptor_.set_option(asio::socket_base::reuse_address{true}, bad);
    if (!bad) acceptor_.bind(wanted, bad);
    if (!bad) acceptor_.listen(asio::socket_base::max_listen_connections, bad);
    if (!bad) port = acceptor_.local_endpoint(bad).port();
    if (bad) fail(bad, "cannot listen on " + options.address + ", port " + std::to_string(options.port));
    url = std::string{options.tls ? "https://" : "http://"} + strings::host_port(options.address, port);
    if (options.tls) use_tls(options.address);
  }

  void start() {
    asio::post(accept_strand_, [self = shared_from_this()] {
      asio::co_spawn(self->accept_strand_, accept(self),
                     asio::bind_cancellation_slot(self->stop_accepting_.slot(), rethrow_unless_io));
    });
  }

  void stop() {
    const std::lock_guard lock{mutex_};
    if (std::exchange(stopped_, true)) return;
    asio::post(accept_strand_, [self = shared_from_this()] {
      self->stop_accepting_.emit(asio::cancellation_type::terminal);
      error_code ignored;
      self->acceptor_.close(ignored);
    });
    for (const auto& [number, each] : connections_)
      asio::post(each->strand, [open = each] { open->stop.emit(asio::cancellation_type::terminal); });
  }

  std::uint16_t port = 0;
  std::string url;
  std::string authority_pem;

 private:
  struct connection {
    explicit connection(asio::strand<asio::any_io_executor> strand_value) : strand(std::move(strand_value)) {}
    asio::strand<asio::any_io_executor> strand;
    asio::cancellation_signal stop;
  };

  // Without the place in Asio's sources that its error codes carry into what().
  [[noreturn]] static void fail(const error_code& code, const std::string& what) {
    throw boost::system::system_error(error_code{code.value(), code.category()}, "emulator_server: " + what);
  }

  [[nodiscard]] bool full() {
    const std::lock_guard lock{mutex_};
    return connections_.size() >= options_.max_connections;
  }

  void use_tls(const std::string& address) {
    const server_identity identity = make_server_identity(address);
    authority_pem = identity.authority_pem;
    tls_.emplace(ssl::context::tls_server);
    tls_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                      ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    tls_->use_certificate_chain(asio::buffer(identity.certificate_pem));
    tls_->use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
  }

  static asio::awaitable<void> accept(std::shared_ptr<state> self) {
    for (;;) {
      // forget() cancels this wait on this strand: not between the look and the wait.
      while (self->full()) {
        error_code woken;
        self->room_.expires_at(asio::steady_timer::time_point::max());
        co_await self->room_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      }
      const auto strand = asio::make_strand(self->executor_);
      tcp::socket socket{strand};
      error_code code;
      co_await self->acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, code));
      if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) co_return;
      if (code) {
        // Out of descriptors, most likely: connections will end and give some back.
        asio::steady_timer rest{self->accept_strand_, std::chrono::milliseconds{20}};
        co_await rest.async_wait(asio::use_awaitable);
        continue;
      }
      self->begin(strand, std::move(socket));
    }
  }

  void begin(const asio::strand<asio::any_io_executor>& strand, tcp::socket socket) {
    const auto opened = std::make_shared<connection>(strand);
    const std::lock_guard lock{mutex_};
    if (stopped_) return;
    const auto number = ++last_connection_;
    connections_.emplace(number, opened);
    // On its strand and before stop() can post there: a signal must be armed and emitted by one thread at a time.
    asio::post(strand, [self = shared_from_this(), opened, number, moved = std::move(socket)]() mutable {
      auto serving = serve_connection(self, std::move(moved));
      asio::co_spawn(
          opened->strand, std::move(serving),
          asio::bind_cancellation_slot(opened->stop.slot(), [self, opened, number](std::exception_ptr failure) {
            self->forget(number);
            rethrow_unless_io(failure);
          }));
    });
  }

  void forget(std::uint64_t number) {
    const std::lock_guard lock{mutex_};
    const bool was_full = connections_.size() >= options_.max_connections;
    connections_.erase(number);
    if (was_full && !stopped_) asio::post(accept_strand_, [self = shared_from_this()] { self->room_.cancel(); });
  }

  static asio::awaitable<void> serve_connection(std::shared_ptr<state> self, tcp::socket socket) {
    error_code code;
    socket.set_option(tcp::no_delay{true}, code);
    if (!self->tls_) {
      co_await serve(socket, *self->service_, self->options_);
      co_return;
    }
    ssl::stream<tcp::socket> stream{std::move(socket), *self->tls_};
    {
      const limited limit{stream.next_layer()};
      limit->start(self->options_.request_timeout);
      co_await stream.async_handshake(ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, code));
    }
    if (!code) co_await serve(stream, *self->service_, self->options_);
  }

  // stop() cancels waits, and a client may do to its connection what it likes: neither is a fault of the program.
  static void rethrow_unless_io(const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  asio::any_io_executor executor_;
  asio::strand<asio::any_io_executor> accept_strand_;
  tcp::acceptor acceptor_;
  asio::steady_timer room_;  ///< Waits for the end of a connection.
  asio::cancellation_signal stop_accepting_;
  std::shared_ptr<emulator_state> service_;
  const emulator_server_options options_;
  std::optional<ssl::context> tls_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::uint64_t last_connection_ = 0;
  std::map<std::uint64_t, std::shared_ptr<connection>> connections_;
};

emulator_server_options::emulator_server_options() = default;

emulator_server::emulator_server(const asio::any_io_executor& executor, const emulator& service,
                                 emulator_server_options options)
    : state_(std::make_shared<state>(executor, service.state_, std::move(options))) {
  state_->start();
}

emulator_server::~emulator_server() {
  stop();
}

const std::string& emulator_server::endpoint_url() const noexcept {
  return state_->url;
}
std::uint16_t emulator_server::port() const noexcept {
  return state_->port;
}
const std::string& emulator_server::certificate_pem() const noexcept {
  return state_->authority_pem;
}
void emulator_server::stop() {
  state_->stop();
}

}  // namespace mwaa_serverless::testing
