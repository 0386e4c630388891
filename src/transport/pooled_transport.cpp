#include "transport/pooled_transport.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "transport/connection.hpp"
#include "transport/deadline_state.hpp"
#include "transport/dial.hpp"
#include "transport/event.hpp"
#include "transport/pool_state.hpp"
#include "transport/proxy.hpp"
#include "transport/random_source.hpp"
#include "transport/resolver.hpp"
#include "transport/tls_settings.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using time_point = clock::time_point;

namespace {

time_point steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

std::string host_and_port(const origin& to) {
  const bool bare = to.host.find(':') == std::string::npos;
  return (bare ? to.host : "[" + to.host + "]") + ":" + std::to_string(to.port);
}

error problem(errc value, phase during, std::string message) {
  error out{value, std::move(message)};
  out.phase = during;
  return out;
}

// Carries out what pool_state and deadline_state decide: owns the connections and the one timer, wakes those in line.
class pooled_transport final : public transport, public std::enable_shared_from_this<pooled_transport> {
 public:
  pooled_transport(asio::any_io_executor io, pooled_transport_options options)
      : options_(std::move(options)),
        https_proxy_(proxy_of("https_proxy", options_.https_proxy)),
        http_proxy_(proxy_of("http_proxy", options_.http_proxy)),
        no_proxy_(options_.no_proxy),
        tls_(options_),
        io_(std::move(io)),
        names_(io_, options_.name_servers),
        random_({}),
        timer_(io_),
        pool_(options_.max_connections, options_.max_idle_time, options_.max_waiting,
              options_.max_connection_age ? std::chrono::nanoseconds{*options_.max_connection_age}
                                          : pool_state::for_ever) {}

  // The coroutines keep the transport alive: its owner may let go of it while requests are under way.
  asio::awaitable<result<http_response>> send(const http_request& request, time_point deadline) override {
    return run(shared_from_this(), request, deadline);
  }
  asio::awaitable<void> close() override { return drain(shared_from_this()); }

  asio::awaitable<result<void>> prewarm(std::shared_ptr<const origin> to, std::size_t connections) override {
    return fill(shared_from_this(), std::move(to), connections);
  }

  transport_metrics metrics() const override {
    const std::uint64_t lookups = names_.lookups();
    const std::lock_guard lock{mutex_};
    transport_metrics out = pool_.metrics();
    out.name_lookups = lookups;
    out.tls_handshakes = handshakes_;
    out.tls_resumptions = resumptions_;
    out.tls_unverified = unverified_;
    return out;
  }

 private:
  using connection_ptr = std::unique_ptr<connection>;
  using answer = pool_state::answer;
  using ticket = pool_state::ticket;

  // Holds a slot. At the end gives it back, with its connection closed unless that can serve again.
  class lease {
   public:
    explicit lease(pooled_transport& pool) : pool_(pool) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (slot_) pool_.give_back(*slot_);
    }

    void hold(slot_id slot, connection* reused) {
      slot_ = slot;
      reused_ = reused;
    }
    [[nodiscard]] slot_id slot() const { return *slot_; }
    /// The connection that came with the slot; null when one is to be opened.
    [[nodiscard]] connection* reused() const noexcept { return reused_; }

   private:
    pooled_transport& pool_;
    std::optional<slot_id> slot_;
    connection* reused_ = nullptr;
  };

  // Stands in line. At the end leaves the line; a slot given and not claimed passes to the next.
  class place_in_line {
   public:
    place_in_line(pooled_transport& pool, ticket number) : pool_(pool), number_(number) {}
    place_in_line(const place_in_line&) = delete;
    place_in_line& operator=(const place_in_line&) = delete;
    ~place_in_line() { pool_.leave_line(number_); }

   private:
    pooled_transport& pool_;
    ticket number_;
  };

  // Counts the time that a request has stood in line.
  class waiting_time {
   public:
    waiting_time(pooled_transport& pool, time_point entered) : pool_(pool), entered_(entered) {}
    waiting_time(const waiting_time&) = delete;
    waiting_time& operator=(const waiting_time&) = delete;
    ~waiting_time() {
      const std::lock_guard lock{pool_.mutex_};
      pool_.pool_.waited(steady_now() - entered_);
    }

   private:
    pooled_transport& pool_;
    const time_point entered_;
  };

  static asio::awaitable<result<http_response>> run(std::shared_ptr<pooled_transport> self, const http_request& request,
                                                    time_point deadline);
  static asio::awaitable<result<void>> fill(std::shared_ptr<pooled_transport> self, std::shared_ptr<const origin> to,
                                            std::size_t connections);
  static asio::awaitable<result<void>> add_one(std::shared_ptr<pooled_transport> self, std::shared_ptr<const origin> to,
                                               std::size_t wanted);
  static asio::awaitable<void> drain(std::shared_ptr<pooled_transport> self);
  asio::awaitable<std::optional<error>> wait_in_line(lease& held, ticket place, time_point deadline);
  asio::awaitable<result<connection*>> open(slot_id slot, const origin& to, time_point deadline);

  pool_state::acquisition acquire(lease& held, const origin& to, time_point now, time_point deadline);
  bool reserve(lease& held, const origin& to, std::size_t wanted);
  bool claim(lease& held, ticket place, time_point deadline, const std::shared_ptr<event>& woken);
  void leave_line(ticket place);
  void give_back(slot_id slot);
  connection& install(slot_id slot, connection_ptr fresh, time_point deadline);
  bool begin_exchange(slot_id slot, time_point deadline);
  void note_opened(slot_id slot, const connection& link, bool tls);
  void note_replaced();
  void on_timer();

  // The caller holds the lock, and destroys a connection that is returned after it has given the lock back.
  [[nodiscard]] connection_ptr accept(lease& held, const pool_state::acquisition& given, time_point deadline);
  [[nodiscard]] connection_ptr settle(slot_id slot, const pool_state::release_result& outcome);
  void set_deadline(slot_id slot, time_point deadline);
  void set_exchange_deadline(slot_id slot, time_point deadline);
  void look_at(slot_id slot, time_point now);
  void arm_timer();

  static std::optional<proxy> proxy_of(std::string_view setting, const std::string& text);
  /// Null: none.
  [[nodiscard]] const proxy* proxy_for(const origin& to) const;

  const pooled_transport_options options_;
  const std::optional<proxy> https_proxy_;
  const std::optional<proxy> http_proxy_;
  const no_proxy_list no_proxy_;
  tls_settings tls_;
  asio::any_io_executor io_;
  resolver names_;
  random_source random_;

  mutable std::mutex mutex_;  // guards everything below; never held across a suspension
  asio::steady_timer timer_;
  pool_state pool_;
  deadline_state deadlines_;
  std::vector<time_point> limits_;                           // by slot: what the timer ends at the latest
  std::vector<connection_ptr> connections_;                  // by slot
  std::unordered_map<ticket, std::shared_ptr<event>> line_;  // those who wait for a connection
  std::vector<std::shared_ptr<event>> closing_;              // those who wait in close()
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumptions_ = 0;
  std::uint64_t unverified_ = 0;
};

asio::awaitable<result<http_response>> pooled_transport::run(std::shared_ptr<pooled_transport> self,
                                                             const http_request& request, time_point deadline) {
  const auto now = steady_now();
  if (deadline <= now)
    co_return problem(errc::attempt_timeout, phase::waiting_for_connection, "the time limit was over at the start");
  const origin& to = request.destination();
  lease held{*self};
  const auto got = self->acquire(held, to, now, deadline);
  if (got.what == answer::closed) co_return problem(errc::client_closed, phase::none, "the client is closed");
  if (got.what == answer::crowded) {
    co_return problem(errc::too_many_waiting, phase::waiting_for_connection,
                      "all " + std::to_string(self->options_.max_connections) + " connections are in use, and " +
                          std::to_string(self->options_.max_waiting) + " requests (max_waiting) wait for one already");
  }
  if (got.what == answer::wait) {
    auto failed = co_await self->wait_in_line(held, got.place, deadline);
    if (failed) co_return std::move(*failed);
  }

  const http_request* sent = &request;
  std::optional<http_request> rewritten;
  if (const proxy* const through = to.tls ? nullptr : self->proxy_for(to); through != nullptr) {
    rewritten.emplace(std::make_shared<const origin>(to), through->through(request), request.head().size());
    sent = &*rewritten;
  }
  connection* reused = held.reused();
  if (reused != nullptr && reused->undisturbed()) {
    auto outcome = co_await reused->exchange(*sent, self->options_.max_response_bytes);
    if (outcome || !reused->was_stale() || !request.repeatable) co_return std::move(outcome);
  }
  if (reused != nullptr) self->note_replaced();
  auto fresh = co_await self->open(held.slot(), to, deadline);
  if (!fresh) co_return fresh.error();
  co_return co_await (*fresh)->exchange(*sent, self->options_.max_response_bytes);
}

asio::awaitable<std::optional<error>> pooled_transport::wait_in_line(lease& held, ticket place, time_point deadline) {
  const place_in_line standing{*this, place};
  const time_point entered = steady_now();
  const waiting_time timed{*this, entered};
  const auto limit = options_.acquire_timeout ? std::min(deadline, entered + *options_.acquire_timeout) : deadline;
  const auto woken = std::make_shared<event>(limit);
  if (claim(held, place, deadline, woken)) co_return std::nullopt;
  const bool in_time = co_await woken->wait();
  if (in_time && claim(held, place, deadline, nullptr)) co_return std::nullopt;
  co_return problem(errc::attempt_timeout, phase::waiting_for_connection,
                    "all " + std::to_string(options_.max_connections) +
                        " connections (max_connections) stayed in use up to the time limit");
}

asio::awaitable<result<connection*>> pooled_transport::open(slot_id slot, const origin& to, time_point deadline) {
  const time_point limit = std::min(deadline, steady_now() + options_.connect_timeout);
  const proxy* const through = proxy_for(to);
  std::string peer = host_and_port(to);
  if (through != nullptr) peer += " through the proxy " + through->authority();
  const std::string& host = through != nullptr ? through->host() : to.host;
  const std::uint16_t port = through != nullptr ? through->port() : to.port;
  const auto addresses = co_await names_.resolve(host, port, limit);
  if (!addresses) co_return addresses.error();
  auto socket = co_await dial(io_, *addresses, peer, limit);
  if (!socket) {
    names_.forget(host);  // the host may have moved
    co_return socket.error();
  }
  connection* const link = &install(slot, std::make_unique<connection>(std::move(*socket), peer), limit);
  std::optional<error> failed;
  if (through != nullptr && to.tls) failed = co_await link->open_tunnel(*through, to);
  if (!failed && to.tls) failed = co_await link->start_tls(tls_, to);
  if (!failed && !begin_exchange(slot, deadline)) failed = link->timed_out(phase::tls_handshake);
  if (failed) co_return std::move(*failed);
  note_opened(slot, *link, to.tls);
  co_return link;
}

asio::awaitable<result<void>> pooled_transport::fill(std::shared_ptr<pooled_transport> self,
                                                     std::shared_ptr<const origin> to, std::size_t connections) {
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  const auto one = [&] { return asio::co_spawn(here, add_one(self, to, connections), asio::deferred); };
  std::vector<decltype(one())> all;
  for (std::size_t i = 0; i < connections; ++i) all.push_back(one());
  auto group = asio::experimental::make_parallel_group(std::move(all));
  // One that fails lets the others be: what they open is of use.
  const auto [order, thrown, outcomes] =
      co_await group.async_wait(asio::experimental::wait_for_all{}, asio::use_awaitable);
  for (const std::exception_ptr& each : thrown)
    if (each) std::rethrow_exception(each);
  for (const std::size_t each : order)
    if (!outcomes[each]) co_return outcomes[each].error();
  co_return result<void>{};
}

asio::awaitable<result<void>> pooled_transport::add_one(std::shared_ptr<pooled_transport> self,
                                                        std::shared_ptr<const origin> to, std::size_t wanted) {
  lease held{*self};
  if (!self->reserve(held, *to, wanted)) co_return result<void>{};
  const auto fresh = co_await self->open(held.slot(), *to, deadline_state::never);
  if (!fresh) co_return fresh.error();
  (*fresh)->keep();
  co_return result<void>{};
}

asio::awaitable<void> pooled_transport::drain(std::shared_ptr<pooled_transport> self) {
  const auto quiet = std::make_shared<event>();
  {
    std::vector<connection_ptr> closed;
    const std::lock_guard lock{self->mutex_};
    for (const slot_id idle : self->pool_.close()) closed.push_back(std::move(self->connections_[idle]));
    if (self->pool_.quiet()) co_return;
    self->closing_.push_back(quiet);
  }
  co_await quiet->wait();
}

pool_state::acquisition pooled_transport::acquire(lease& held, const origin& to, time_point now, time_point deadline) {
  std::vector<connection_ptr> too_old;
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  for (const slot_id slot : pool_.expire_idle(now)) too_old.push_back(std::move(connections_[slot]));
  const auto got = pool_.acquire(to);
  if (got.what == answer::reuse || got.what == answer::open) evicted = accept(held, got, deadline);
  return got;
}

bool pooled_transport::reserve(lease& held, const origin& to, std::size_t wanted) {
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  const auto slot = pool_.reserve(to, wanted);
  if (slot) evicted = accept(held, {answer::open, *slot, 0}, deadline_state::never);
  return slot.has_value();
}

// Takes the slot that was given to a place in the line. While there is none: `woken` will be set when there is.
bool pooled_transport::claim(lease& held, ticket place, time_point deadline, const std::shared_ptr<event>& woken) {
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  const auto given = pool_.claim(place);
  if (given) {
    evicted = accept(held, *given, deadline);
  } else if (woken) {
    line_.emplace(place, woken);
  }
  return given.has_value();
}

void pooled_transport::leave_line(ticket place) {
  connection_ptr closed;
  const std::lock_guard lock{mutex_};
  line_.erase(place);
  if (const auto given = pool_.leave(place, steady_now())) closed = settle(given->slot, given->result);
}

void pooled_transport::give_back(slot_id slot) {
  connection_ptr closed;
  const std::lock_guard lock{mutex_};
  deadlines_.clear(slot);
  const bool reusable = connections_[slot] && connections_[slot]->reusable();
  closed = settle(slot, pool_.release(slot, reusable, steady_now()));
}

connection& pooled_transport::install(slot_id slot, connection_ptr fresh, time_point deadline) {
  const std::lock_guard lock{mutex_};
  connections_[slot].swap(fresh);  // the old one is destroyed after the lock is given back
  set_deadline(slot, deadline);
  return *connections_[slot];
}

// False when the deadline so far had passed.
bool pooled_transport::begin_exchange(slot_id slot, time_point deadline) {
  const std::lock_guard lock{mutex_};
  set_exchange_deadline(slot, deadline);
  return !connections_[slot]->expired();
}

std::optional<proxy> pooled_transport::proxy_of(std::string_view setting, const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto parsed = proxy::parse(setting, text);
  if (!parsed) throw exception{std::move(parsed).error()};
  return *std::move(parsed);
}

const proxy* pooled_transport::proxy_for(const origin& to) const {
  const std::optional<proxy>& one = to.tls ? https_proxy_ : http_proxy_;
  return one && !no_proxy_.contains(to) ? &*one : nullptr;
}

void pooled_transport::note_opened(slot_id slot, const connection& link, bool tls) {
  const double unit = random_.unit();
  const std::lock_guard lock{mutex_};
  pool_.opened(slot, steady_now(), unit);
  handshakes_ += tls ? 1 : 0;
  resumptions_ += link.resumed() ? 1 : 0;
  unverified_ += link.unverified() ? 1 : 0;
}

void pooled_transport::note_replaced() {
  const std::lock_guard lock{mutex_};
  pool_.replaced();
}

pooled_transport::connection_ptr pooled_transport::accept(lease& held, const pool_state::acquisition& given,
                                                          time_point deadline) {
  if (given.slot >= connections_.size()) connections_.resize(given.slot + 1);
  connection_ptr& place = connections_[given.slot];
  if (given.what == answer::open) {
    held.hold(given.slot, nullptr);
    return std::move(place);
  }
  held.hold(given.slot, place.get());
  set_exchange_deadline(given.slot, deadline);
  return nullptr;
}

pooled_transport::connection_ptr pooled_transport::settle(slot_id slot, const pool_state::release_result& outcome) {
  if (outcome.wake) {
    // Not found: it stands in line, but does not wait yet, and will ask before it does.
    if (const auto next = line_.find(*outcome.wake); next != line_.end()) next->second->set();
  }
  if (pool_.in_use() == 0 && deadlines_.armed() != deadline_state::never) {
    deadlines_.disarm();
    timer_.cancel();
  }
  if (pool_.quiet()) {
    for (const auto& waiting : closing_) waiting->set();
    closing_.clear();
  }
  return outcome.keep ? nullptr : std::move(connections_[slot]);
}

void pooled_transport::set_deadline(slot_id slot, time_point deadline) {
  limits_.resize(std::max(limits_.size(), slot + 1));
  limits_[slot] = deadline;
  if (deadlines_.set(slot, deadline)) arm_timer();
}

// With a limit on silence, the timer comes to look whether a byte has moved since.
void pooled_transport::set_exchange_deadline(slot_id slot, time_point deadline) {
  set_deadline(slot, deadline);
  if (!options_.read_timeout) return;
  if (deadlines_.set(slot, std::min(deadline, steady_now() + *options_.read_timeout))) arm_timer();
}

// Ends what a slot is busy with, or finds that it may go on.
void pooled_transport::look_at(slot_id slot, time_point now) {
  connection* const link = connections_[slot].get();
  if (link == nullptr) return;
  if (now >= limits_[slot] || !options_.read_timeout) return link->expire();
  const time_point silent_until = link->last_moved() + *options_.read_timeout;
  if (now >= silent_until) return link->expire(*options_.read_timeout);
  (void)deadlines_.set(slot, std::min(limits_[slot], silent_until));  // on_timer() sets the timer
}

void pooled_transport::arm_timer() {
  timer_.expires_at(deadlines_.armed());
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    if (cancelled) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void pooled_transport::on_timer() {
  const std::lock_guard lock{mutex_};
  const time_point now = steady_now();
  for (const slot_id slot : deadlines_.fired(now)) look_at(slot, now);
  if (deadlines_.armed() != deadline_state::never) arm_timer();
}

void check_positive(const char* member, bool positive) {
  if (!positive) throw exception{error{errc::invalid_configuration, std::string{member} + " must be positive"}};
}

}  // namespace

pooled_transport_options::pooled_transport_options() = default;

std::shared_ptr<transport> make_pooled_transport(asio::any_io_executor executor, pooled_transport_options options) {
  check_positive("max_connections", options.max_connections > 0);
  check_positive("max_idle_time", options.max_idle_time.count() > 0);
  check_positive("read_timeout", !options.read_timeout || options.read_timeout->count() > 0);
  check_positive("connect_timeout", options.connect_timeout.count() > 0);
  check_positive("max_response_bytes", options.max_response_bytes > 0);
  check_positive("acquire_timeout", !options.acquire_timeout || options.acquire_timeout->count() > 0);
  check_positive("max_connection_age", !options.max_connection_age || options.max_connection_age->count() > 0);
  return std::make_shared<pooled_transport>(std::move(executor), std::move(options));
}

}  // namespace mwaa_serverless::net
