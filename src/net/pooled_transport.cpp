#include "net/pooled_transport.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "async/event.hpp"
#include "async/process_mark.hpp"
#include "async/side_task.hpp"
#include "net/connection.hpp"
#include "net/connection_pool.hpp"
#include "net/context_end.hpp"
#include "net/dial.hpp"
#include "net/options.hpp"
#include "net/proxy.hpp"
#include "net/resolver.hpp"
#include "net/tls_settings.hpp"
#include "strings/host_port.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using async::side_task;
using time_point = clock::time_point;

namespace {

time_point steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

// A connection that moved bytes so short a time ago has hardly gone. If it has, a request that may be repeated goes
// over another.
constexpr std::chrono::milliseconds just_now{10};

error problem(errc value, operation_phase during, std::string message) {
  error out{value, std::move(message)};
  out.phase = during;
  return out;
}

error context_gone() {
  return problem(errc::client_closed, operation_phase::none,
                 "the execution context of the client's connections (its io_context or thread_pool) was destroyed");
}

// What a request goes through, from the line for a connection to the response.
class pooled_transport final : public transport, public std::enable_shared_from_this<pooled_transport> {
 public:
  pooled_transport(asio::any_io_executor io, network_options options, internal_options internal)
      : options_(std::move(options)),
        secret_responses_(internal.secret_responses),
        proxies_(options_),
        tls_(options_),
        io_(std::move(io)),
        names_(io_, std::move(internal.name_servers), std::move(internal.hosts_file)),
        pool_(std::make_shared<connection_pool>(io_, options_)),
        end_(context_end::of(io_)),
        listener_(end_, *this) {}

  // The coroutines keep the transport alive: its owner may let go of it while requests are under way.
  asio::awaitable<result<http_response>> send(const http_request& request, time_point deadline) override {
    return run(shared_from_this(), request, deadline);
  }
  asio::awaitable<result<void>> prewarm(std::shared_ptr<const origin> to, std::size_t connections) override {
    return fill(shared_from_this(), std::move(to), connections);
  }
  void context_ended() noexcept {
    pool_->context_ended();
    names_.context_ended();
    io_ = {};  // may be a strand
  }
  asio::awaitable<void> close() override { return drain(shared_from_this()); }

  transport_metrics metrics() const override {
    transport_metrics out = pool_->metrics();
    out.name_lookups = names_.lookups();
    return out;
  }

 private:
  using answer = pool_state::answer;
  using lease = connection_pool::lease;

  static asio::awaitable<result<http_response>> run(std::shared_ptr<pooled_transport> self, const http_request& request,
                                                    time_point deadline);
  static asio::awaitable<result<void>> fill(std::shared_ptr<pooled_transport> self, std::shared_ptr<const origin> to,
                                            std::size_t connections);
  static asio::awaitable<result<void>> add_one(std::shared_ptr<pooled_transport> self, std::shared_ptr<const origin> to,
                                               std::size_t wanted);
  static asio::awaitable<void> drain(std::shared_ptr<pooled_transport> self);
  result<void> begin(lease& held, const origin& to, time_point now, time_point deadline, const proxy*& through,
                     bool& waits);
  asio::awaitable<result<void>> wait_in_line(lease& held, time_point deadline);
  asio::awaitable<result<connection*>> open(slot_id slot, const origin& to, time_point deadline);

  const network_options options_;
  const bool secret_responses_;
  const proxy_settings proxies_;
  tls_settings tls_;
  asio::any_io_executor io_;
  resolver names_;
  const std::shared_ptr<connection_pool> pool_;
  const std::shared_ptr<context_end> end_;
  const context_end::listener listener_;
};

asio::awaitable<result<http_response>> pooled_transport::run(std::shared_ptr<pooled_transport> self,
                                                             const http_request& request, time_point deadline) {
  const auto now = steady_now();
  const origin& to = request.destination();
  lease held{*self->pool_};
  const proxy* through = nullptr;
  bool waits = false;
  result<void> place = self->begin(held, to, now, deadline, through, waits);
  if (place && waits) place = co_await self->wait_in_line(held, deadline);
  if (!place) co_return std::move(place).error();

  const http_request* sent = &request;
  std::unique_ptr<const http_request> rewritten;
  if (through != nullptr && !to.tls) {
    rewritten = std::make_unique<const http_request>(through->through(request));
    sent = rewritten.get();
  }
  connection* link = held.reused();
  // To ask the system costs a twentieth of a poll.
  const bool just_used = link != nullptr && request.repeatable && now - link->last_moved() < just_now;
  for (bool anew = link == nullptr || (!just_used && !link->undisturbed());; anew = true) {
    if (anew) {
      if (link != nullptr) self->pool_->replaced();
      const auto fresh = co_await self->open(held.slot(), to, deadline);
      if (!fresh) co_return fresh.error();
      link = *fresh;
    }
    auto outcome = co_await link->exchange(*sent, self->options_.max_response_bytes);
    if (outcome || anew || !link->was_stale() || !request.repeatable) co_return std::move(outcome);
  }
}

// The request has a connection then, or a place to open one, or `waits` for one.
result<void> pooled_transport::begin(lease& held, const origin& to, time_point now, time_point deadline,
                                     const proxy*& through, bool& waits) {
  if (deadline <= now)
    return problem(errc::attempt_timeout, operation_phase::waiting_for_connection,
                   "the deadline passed before the request began");
  const auto by = proxies_.proxy_for(to);
  if (!by) return by.error();
  through = *by;
  const auto got = pool_->acquire(held, to, now, deadline);
  if (got == answer::closed && end_->reached()) return context_gone();
  if (got == answer::closed) return problem(errc::client_closed, operation_phase::none, "the client is closed");
  if (got == answer::queue_full) {
    return problem(errc::too_many_waiting, operation_phase::waiting_for_connection,
                   "all " + std::to_string(options_.max_connections) + " connections are in use, and " +
                       std::to_string(*options_.max_waiting) + " requests (max_waiting) wait for one already");
  }
  waits = got == answer::wait;
  return {};
}

asio::awaitable<result<void>> pooled_transport::wait_in_line(lease& held, time_point deadline) {
  const auto limit = options_.acquire_timeout ? std::min(deadline, steady_now() + *options_.acquire_timeout) : deadline;
  const auto woken = std::make_shared<event>(limit);
  if (pool_->claim(held, deadline, woken)) co_return result<void>{};
  const bool in_time = co_await woken->wait();
  if (end_->reached()) co_return context_gone();
  if (in_time && pool_->claim(held, deadline, nullptr)) co_return result<void>{};
  co_return problem(errc::acquire_timeout, operation_phase::waiting_for_connection,
                    "all " + std::to_string(options_.max_connections) +
                        " connections (max_connections) stayed in use up to the time limit");
}

asio::awaitable<result<connection*>> pooled_transport::open(slot_id slot, const origin& to, time_point deadline) {
  const time_point limit = std::min(deadline, steady_now() + options_.connect_timeout);
  const async::process_mark begun;
  const auto by = proxies_.proxy_for(to);
  if (!by) co_return by.error();
  const proxy* const through = *by;
  std::string peer = strings::host_port(to.host, to.port);
  if (through != nullptr) peer += " through the proxy " + through->authority();
  const std::string& host = through != nullptr ? through->host() : to.host;
  const std::uint16_t port = through != nullptr ? through->port() : to.port;
  if (end_->reached()) co_return context_gone();
  const auto addresses = co_await names_.resolve(host, port, limit);
  if (end_->reached()) co_return context_gone();
  if (!addresses) co_return addresses.error();
  connection* link = nullptr;
  {
    // Gone before the next wait: even the shell of a socket must not outlive its context.
    auto socket = co_await dial(io_, *addresses, peer, limit);
    if (end_->reached()) co_return context_gone();
    if (!socket) {
      names_.forget(host);  // the host may have moved
      co_return socket.error();
    }
    if (begun.inherited())
      co_return problem(errc::connect_failed, operation_phase::connecting,
                        "the process was forked while connecting to " + peer);
    link = &pool_->install(slot, std::make_unique<connection>(std::move(*socket), peer, secret_responses_), limit);
  }
  result<void> ready;
  if (through != nullptr && to.tls) ready = co_await link->open_tunnel(*through, to);
  if (ready && to.tls) ready = co_await link->start_tls(tls_, to);
  if (ready && !pool_->begin_exchange(slot, deadline)) ready = link->timed_out(operation_phase::tls_handshake);
  if (!ready) co_return std::move(ready).error();
  pool_->opened(slot, *link, to.tls);
  co_return link;
}

asio::awaitable<result<void>> pooled_transport::fill(std::shared_ptr<pooled_transport> self,
                                                     std::shared_ptr<const origin> to, std::size_t connections) {
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  std::vector<side_task<result<void>>> all;
  all.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i) all.emplace_back(here, add_one(self, to, connections));
  // One that fails lets the others be: what they open is of use.
  result<void> outcome;
  for (auto& each : all) {
    co_await each.ended();
    auto opened = each.take();
    if (outcome) outcome = std::move(opened);
  }
  co_return outcome;
}

asio::awaitable<result<void>> pooled_transport::add_one(std::shared_ptr<pooled_transport> self,
                                                        std::shared_ptr<const origin> to, std::size_t wanted) {
  if (self->end_->reached()) co_return context_gone();
  lease held{*self->pool_};
  if (!self->pool_->reserve(held, *to, wanted)) co_return result<void>{};
  const auto fresh = co_await self->open(held.slot(), *to, time_point::max());
  if (!fresh) co_return fresh.error();
  (*fresh)->keep();
  co_return result<void>{};
}

asio::awaitable<void> pooled_transport::drain(std::shared_ptr<pooled_transport> self) {
  const auto quiet = self->pool_->close();
  if (quiet) co_await quiet->wait();
}

}  // namespace

std::shared_ptr<transport> make_pooled_transport(asio::any_io_executor executor, network_options options,
                                                 internal_options internal) {
  if (!executor) throw exception{error{errc::invalid_configuration, "the executor of a transport must not be empty"}};
  if (const auto wrong = validate(options)) throw exception{*wrong};
  return std::make_shared<pooled_transport>(std::move(executor), std::move(options), std::move(internal));
}

}  // namespace mwaa_serverless::net
