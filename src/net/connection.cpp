#include "net/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <tuple>
#include <utility>

#include "async/event.hpp"
#include "async/start_operation.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using async::event;
using async::start_operation;
using async::throw_if_no_memory;
using boost::system::error_code;

namespace {

// What the socket brings at once is read into one buffer of this size, on the stack and for that moment only: a parked
// connection holds 0.7 KB, or 20 KB with TLS, nearly all of it OpenSSL's. Any page of the service fits.
constexpr std::size_t lent_bytes = std::size_t{64} * 1024;
// The largest record of TLS holds as much (RFC 8446, section 5.1).
constexpr std::size_t record_bytes = std::size_t{16} * 1024;

error_code system_code(int number) {
  return {number, boost::system::system_category()};
}

io_step failed_or(io_status blocked, int number) {
  return would_block(number) ? io_step{blocked} : io_step{io_status::failed, 0, system_code(number)};
}

bool is_wait(io_status status) noexcept {
  return status == io_status::want_read || status == io_status::want_write;
}

const asio::execution_context& context_of(const asio::any_io_executor& executor) {
  return asio::query(executor, asio::execution::context);
}

/// Calls set() in the end, also when it is destroyed uncalled with its context.
class notice_on_any_end {
 public:
  explicit notice_on_any_end(std::shared_ptr<event> notice) : notice_(std::move(notice)) {}
  notice_on_any_end(notice_on_any_end&&) noexcept = default;
  notice_on_any_end& operator=(notice_on_any_end&&) = delete;
  ~notice_on_any_end() {
    if (notice_) notice_->set();
  }
  void operator()(const error_code&) const { notice_->set(); }

 private:
  std::shared_ptr<event> notice_;
};

/// Made when the first bytes are to be read: a request that waits for them holds none.
class late_parser {
 public:
  explicit late_parser(std::size_t max_body_bytes) noexcept : max_body_bytes_(max_body_bytes) {}

  [[nodiscard]] response_parser& get() {
    if (!made_) made_ = std::make_unique<response_parser>(max_body_bytes_);
    return *made_;
  }
  [[nodiscard]] bool needs_more() const noexcept {
    return !made_ || made_->state() == response_parser::progress::need_more;
  }
  [[nodiscard]] bool begun() const noexcept { return made_ && made_->begun(); }

 private:
  const std::size_t max_body_bytes_;
  std::unique_ptr<response_parser> made_;
};

bool is_loss(io_status status) noexcept {
  return status == io_status::closed || status == io_status::truncated || status == io_status::failed;
}

}  // namespace

connection::connection(tcp::socket socket, std::string peer, bool secret_responses)
    : socket_(std::move(socket)),
      context_(&context_of(socket_->get_executor())),
      peer_(std::move(peer)),
      secret_responses_(secret_responses),
      descriptor_(socket_->native_handle()) {}

connection::~connection() {
  const std::lock_guard lock{mutex_};
  descriptor_ = -1;
  if (tls_ && process_.inherited()) tls_->leave();
  tls_.reset();  // while the socket is open, to send close_notify
}

void connection::expire(std::chrono::milliseconds silence) noexcept {
  const std::lock_guard lock{mutex_};
  silence_ = silence.count();
  expired_ = true;
  if (descriptor_ < 0) return;
  if (process_.inherited()) {
    // A shutdown would be the parent's too. There is no other thread after fork(), and no wait begins any more.
    error_code ignored;
    socket_->cancel(ignored);
    return;
  }
  // Ends any wait on the socket, also one that begins a moment later. Cancelling through
  // the socket object instead would need a lock around each wait, as that object is the waiting coroutine's.
  ::shutdown(descriptor_, SHUT_RDWR);
}

void connection::context_ended() noexcept {
  const std::lock_guard lock{mutex_};
  context_gone_ = true;
  expired_ = true;
  descriptor_ = -1;
  if (tls_ && process_.inherited()) tls_->leave();
  tls_.reset();
  socket_.reset();
}

void connection::note_move() noexcept {
  last_moved_.store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
}

// In a coroutine of the connection's own context.
auto connection::wait_here(io_status what) {
  const auto kind = what == io_status::want_write ? tcp::socket::wait_write : tcp::socket::wait_read;
  const auto start = [this, kind](auto handler) { socket_->async_wait(kind, std::move(handler)); };
  return start_operation(start);
}

asio::awaitable<bool> connection::wait(io_status what) {
  const auto executor = co_await asio::this_coro::executor;
  if (&context_of(executor) != context_) {
    co_await wait_noticed(what == io_status::want_read, what == io_status::want_write);
    co_return !process_.inherited();
  }
  const std::tuple<error_code> waited = co_await wait_here(what);
  co_return is_ours_after(std::get<0>(waited));
}

bool connection::is_ours_after(const error_code& waited) const {
  throw_if_no_memory(waited);
  if (process_.inherited()) return false;
  if (waited) throw boost::system::system_error(waited, "wait");
  return true;
}

// Not Asio's `||`: on several threads its cancellation meets what it cancels.
asio::awaitable<void> connection::wait_noticed(bool readable, bool writable) {
  const auto notice = std::make_shared<event>();
  if (writable) socket_->async_wait(tcp::socket::wait_write, notice_on_any_end{notice});
  if (readable) socket_->async_wait(tcp::socket::wait_read, notice_on_any_end{notice});
  (void)co_await notice->wait();
  error_code ignored;
  if (socket_) socket_->cancel(ignored);  // the other one
}

error connection::left_to_parent(operation_phase during, bool sent) {
  stale_ = true;
  error out{errc::connection_lost, "the process was forked, and the connection to " + peer_ + " is its parent's"};
  out.phase = during;
  out.may_have_reached_service = sent;
  return out;
}

asio::awaitable<result<void>> connection::open_tunnel(const proxy& through, const origin& peer) {
  const auto fail = [&](const std::string& why, errc code = errc::connect_failed) {
    error out{code, "no tunnel to " + peer_ + ": " + why};
    out.phase = operation_phase::connecting;
    return out;
  };
  const std::string request = through.connect_request(peer);
  for (std::string_view unsent = request; !unsent.empty();) {
    const io_step step = write(unsent);
    if (expired()) co_return timed_out(operation_phase::connecting);
    if (step.status == io_status::done) {
      unsent.remove_prefix(step.count);
    } else if (is_wait(step.status)) {
      if (!co_await wait(step.status)) co_return left_to_parent(operation_phase::connecting, false);
    } else {
      co_return fail(step.code ? step.code.message() : "the proxy closed the connection");
    }
  }
  tunnel_answer answer;
  for (;;) {
    if (!co_await wait(io_status::want_read)) co_return left_to_parent(operation_phase::connecting, false);
    if (expired()) co_return timed_out(operation_phase::connecting);
    std::array<char, 1024> piece;
    const ssize_t got = ::recv(descriptor_, piece.data(), piece.size(), 0);
    if (got < 0 && would_block(errno)) continue;
    if (got <= 0) co_return fail(got < 0 ? system_code(errno).message() : "the proxy closed the connection");
    const auto state = answer.feed({piece.data(), static_cast<std::size_t>(got)});
    if (state == tunnel_answer::progress::open) co_return result<void>{};
    if (state != tunnel_answer::progress::refused) continue;
    std::string said = "the proxy said: " + answer.said();
    if (answer.status() == 407) said += through.hint_for_407();
    co_return fail(said, answer.final() ? errc::proxy_refused : errc::connect_failed);
  }
}

asio::awaitable<result<void>> connection::start_tls(tls_settings& settings, const origin& peer) {
  tls_ = std::make_unique<tls_stream>(settings, peer, socket_->native_handle());
  for (;;) {
    const io_step step = tls_->handshake();
    if (expired()) co_return timed_out(operation_phase::tls_handshake);
    if (step.status == io_status::done) co_return result<void>{};
    if (!is_wait(step.status)) co_return lost(step, operation_phase::tls_handshake, false, "in the TLS handshake");
    if (!co_await wait(step.status)) co_return left_to_parent(operation_phase::tls_handshake, false);
    if (expired()) co_return timed_out(operation_phase::tls_handshake);
  }
}

asio::awaitable<result<http_response>> connection::exchange(const http_request& request, std::size_t max_body_bytes) {
  reusable_ = false;
  stale_ = false;
  if (auto unused = check_unused(); !unused) co_return std::move(unused).error();

  late_parser parser{max_body_bytes};
  io_step step{io_status::done};
  bool sent = false;
  std::string_view unsent = request.bytes();
  while (!unsent.empty() && parser.needs_more()) {
    step = write(unsent);
    if (expired()) co_return timed_out(errc::attempt_timeout, operation_phase::writing_request, sent);
    if (step.status == io_status::done) {
      sent = true;
      note_move();
      unsent.remove_prefix(step.count);
      if (unsent.empty()) break;
    } else if (is_wait(step.status)) {
      co_await wait_noticed(true, true);
      if (process_.inherited()) co_return left_to_parent(operation_phase::writing_request, sent);
      if (expired()) co_return timed_out(errc::attempt_timeout, operation_phase::writing_request, sent);
    } else {
      break;
    }
    // The peer may speak before it has read all: interim responses, or an error because of which it will not read on.
    step = receive(parser.get());
    if (step.count > 0) note_move();
    if (!is_wait(step.status)) break;
  }
  const bool all_sent = unsent.empty();
  const bool early = !all_sent || parser.begun();
  if (!all_sent && is_loss(step.status)) read_rest(parser.get());

  if (all_sent) step = io_step{io_status::want_read};
  const auto executor = co_await asio::this_coro::executor;
  const bool here = &context_of(executor) == context_;
  while (all_sent && parser.needs_more() && is_wait(step.status)) {
    bool ours = false;
    if (here) {  // nearly always, and then without another coroutine
      const std::tuple<error_code> waited = co_await wait_here(step.status);
      ours = is_ours_after(std::get<0>(waited));
    } else {
      ours = co_await wait(step.status);
    }
    if (!ours) co_return left_to_parent(operation_phase::reading_response, true);
    if (expired()) co_return timed_out(errc::attempt_timeout, operation_phase::reading_response, true);
    step = receive(parser.get());
    note_move();
  }

  response_parser& got = parser.get();
  if (all_sent && step.status == io_status::closed) got.finish();
  if (got.state() == response_parser::progress::need_more) {
    stale_ = is_loss(step.status) && got.untouched();
    if (!all_sent) co_return lost(step, operation_phase::writing_request, sent, "while the request was being sent");
    co_return lost(step, operation_phase::reading_response, true, got.position());
  }
  if (got.state() == response_parser::progress::failed) co_return unreadable(got);
  reusable_ = !early && got.keep_alive() && step.status == io_status::want_read;
  co_return finished(got, early);
}

// One that was kept has been looked at before it was chosen.
result<void> connection::check_unused() {
  if (served_) return {};
  const io_step first = look();
  if (is_wait(first.status)) return {};
  stale_ = true;  // nothing was sent: one that was kept since prewarm() is replaced
  if (first.status == io_status::done) return unasked(false, "sent bytes before it was sent a request");
  return lost(first, operation_phase::writing_request, false, "before the request was sent");
}

// What the peer said before it went is still there.
void connection::read_rest(response_parser& parser) {
  io_step more{io_status::want_read};
  do {
    more = receive(parser);
  } while (more.count > 0 && parser.state() == response_parser::progress::need_more);
  if (more.status == io_status::closed) parser.finish();
}

result<http_response> connection::finished(response_parser& parser, bool early) {
  http_response response = parser.take();
  if (early && response.status < 300) return unasked(true, "sent a success before it was sent the whole request");
  response.connection_reused = std::exchange(served_, true);
  return response;
}

io_step connection::look() {
  if (process_.inherited()) return io_step{io_status::closed};
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, MSG_PEEK);
  if (got < 0) return failed_or(io_status::want_read, errno);
  if (got == 0) return io_step{io_status::closed};
  if (!tls_) return io_step{io_status::done, 1};
  // TLS has messages of its own, such as new sessions.
  response_parser nothing_expected{0};
  io_step step = receive(nothing_expected);
  return nothing_expected.untouched() ? step : io_step{io_status::done, step.count};
}

io_step connection::write(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 ? failed_or(io_status::want_write, errno) : io_step{io_status::done, static_cast<std::size_t>(sent)};
}

// Reads what the socket has, also after the response is complete: what follows it shows. At most one buffer a turn: a
// peer that sends faster than this side reads must not keep the event loop from its other work, the deadline among it.
// Ends with the reason why there is no more for now (want_read when nothing is wrong) and the number of bytes that
// came.
io_step connection::receive(response_parser& parser) {
  std::array<char, lent_bytes> lent;
  if (!tls_) {
    const ssize_t got = ::recv(descriptor_, lent.data(), lent.size(), 0);
    if (got < 0) return failed_or(io_status::want_read, errno);
    if (got == 0) return io_step{io_status::closed};
    parser.feed({lent.data(), static_cast<std::size_t>(got)});
    if (secret_responses_) ::explicit_bzero(lent.data(), static_cast<std::size_t>(got));
    return io_step{io_status::want_read, static_cast<std::size_t>(got)};
  }
  const tls_stream::loan loan{*tls_, lent};
  std::array<char, record_bytes> record;
  std::size_t all = 0;
  while (!parser.complete()) {
    io_step step = tls_->read(record);
    if (step.status != io_status::done) {
      step.count = all;
      return step;
    }
    all += step.count;
    parser.feed({record.data(), step.count});
    if (secret_responses_) ::explicit_bzero(record.data(), step.count);
  }
  return io_step{io_status::want_read, all};
}

error connection::unasked(bool sent, const std::string& what) const {
  // Nothing was sent over a new connection: another may do better.
  error out{sent ? errc::malformed_response : errc::connection_lost,
            peer_ + " " + what + ", which is no response to it"};
  out.phase = sent ? operation_phase::reading_response : operation_phase::writing_request;
  out.may_have_reached_service = sent;
  return out;
}

error connection::unreadable(const response_parser& parser) const {
  error out{parser.failure(), peer_ + ": " + parser.failure_message()};
  out.phase = operation_phase::reading_response;
  out.may_have_reached_service = true;
  return out;
}

error connection::lost(const io_step& step, operation_phase during, bool sent, const std::string& where) const {
  error out;
  switch (step.status) {
    case io_status::tls_failed:
      out = error{errc::tls_failed, "TLS with " + peer_ + " failed: " + tls_->failure()};
      break;
    case io_status::failed:
      out = error{errc::connection_lost, "connection to " + peer_ + " lost " + where + ": " + step.code.message()};
      break;
    case io_status::truncated:
      out = error{errc::connection_lost, peer_ + " closed the connection without ending TLS, " + where};
      break;
    default:
      out = error{errc::connection_lost, peer_ + " closed the connection " + where};
      break;
  }
  out.phase = during;
  out.may_have_reached_service = sent;
  return out;
}

error connection::timed_out(errc value, operation_phase during, bool sent) const {
  if (context_gone_) {
    error out{errc::client_closed, "the execution context of the connection to " + peer_ + " was destroyed"};
    out.phase = during;
    out.may_have_reached_service = sent;
    return out;
  }
  const std::string in_phase = " (" + std::string{to_string(during)} + ")";
  std::string message;
  if (value == errc::connect_timeout) {
    message = "no connection to " + peer_ + " within the time limit" + in_phase;
  } else if (silence_ != 0) {
    message = "not a byte to or from " + peer_ + " for " + std::to_string(silence_) + " ms, read_timeout" + in_phase;
  } else {
    message = "no complete response from " + peer_ + " within the time limit" + in_phase;
  }
  error out{silence_ != 0 && value != errc::connect_timeout ? errc::read_timeout : value, std::move(message)};
  out.phase = during;
  out.may_have_reached_service = sent;
  return out;
}

}  // namespace mwaa_serverless::net
