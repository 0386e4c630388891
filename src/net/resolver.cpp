#include "net/resolver.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "async/event.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using endpoints = std::vector<tcp::endpoint>;

namespace {

bool is_localhost(std::string_view host) {
  constexpr std::string_view name = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() < name.size()) return false;
  const auto last = host.substr(host.size() - name.size());
  const bool same = std::equal(last.begin(), last.end(), name.begin(), [](char a, char b) { return (a | 0x20) == b; });
  return same && (host.size() == name.size() || host[host.size() - name.size() - 1] == '.');
}

std::optional<endpoints> known_without_asking(const std::string& host, unsigned short port) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return endpoints{tcp::endpoint{address, port}};
  if (!is_localhost(host)) return std::nullopt;
  return endpoints{tcp::endpoint{asio::ip::address_v4::loopback(), port},
                   tcp::endpoint{asio::ip::address_v6::loopback(), port}};
}

error late(const std::string& host) {
  error out{errc::connect_timeout, "no answer from the name servers for " + host + " within the time limit"};
  out.phase = operation_phase::resolving;
  return out;
}

endpoints with_port(endpoints addresses, unsigned short port) {
  for (tcp::endpoint& each : addresses) each.port(port);
  return addresses;
}

}  // namespace

// One who waits for a lookup, until it goes out of scope on whatever way.
class resolver::waiter {
 public:
  waiter(resolver& names, const std::string& host, clock::time_point deadline)
      : names_(names), host_(host), lookup_(names.join(host, deadline)) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { names_.leave(host_, *lookup_); }
  [[nodiscard]] name_lookup& lookup() const noexcept { return *lookup_; }

 private:
  resolver& names_;
  const std::string& host_;
  std::shared_ptr<name_lookup> lookup_;
};

resolver::resolver(asio::any_io_executor io, std::string name_servers, std::string hosts_file)
    : io_(std::move(io)), name_servers_(std::move(name_servers)), hosts_file_(std::move(hosts_file)) {}

asio::awaitable<result<endpoints>> resolver::resolve(std::string host, unsigned short port,
                                                     clock::time_point deadline) {
  if (auto known = known_without_asking(host, port)) co_return std::move(*known);
  {
    const std::lock_guard lock{mutex_};
    if (const endpoints* kept = cache_.find(host, std::chrono::steady_clock::now())) co_return with_port(*kept, port);
  }
  const waiter waiting{*this, host, deadline};
  const auto finished = std::make_shared<event>(deadline);
  waiting.lookup().notify(finished);
  const bool answered = co_await finished->wait();
  if (!answered) co_return late(host);
  auto got = waiting.lookup().outcome(host);
  if (!got) co_return std::move(got).error();
  co_return with_port(std::move(got->addresses), port);
}

std::shared_ptr<name_lookup> resolver::join(const std::string& host, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  flight& shared = flights_[host];
  if (!shared.lookup || shared.process.inherited()) {
    const auto budget =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    auto fresh = std::make_shared<name_lookup>(io_);
    fresh->start(host, name_servers_, hosts_file_, budget);
    shared = {std::move(fresh), 0, {}};
    ++lookups_;
  }
  ++shared.waiting;
  return shared.lookup;
}

// The first to leave an ended lookup keeps its answer and takes it off the list; the others still read from it.
void resolver::leave(const std::string& host, name_lookup& lookup) noexcept {
  const std::lock_guard lock{mutex_};
  const auto shared = flights_.find(host);
  if (shared == flights_.end() || shared->second.lookup.get() != &lookup) return;
  const bool last = --shared->second.waiting == 0;
  const bool ended = lookup.ended();
  if (!last && !ended) return;
  if (ended) keep_answer(host, lookup);
  flights_.erase(shared);
  lookup.stop();
}

void resolver::keep_answer(const std::string& host, const name_lookup& lookup) noexcept {
  try {
    if (const auto got = lookup.outcome(host))
      cache_.keep(host, got->addresses, got->time_to_live, std::chrono::steady_clock::now());
  } catch (const std::bad_alloc&) {
    // The next will ask again.
  }
}

void resolver::forget(const std::string& host) {
  const std::lock_guard lock{mutex_};
  cache_.forget(host);
}

void resolver::context_ended() noexcept {
  const std::lock_guard lock{mutex_};
  for (const auto& [host, shared] : flights_) shared.lookup->abandon();
  io_ = {};
}

std::uint64_t resolver::lookups() const {
  const std::lock_guard lock{mutex_};
  return lookups_;
}

}  // namespace mwaa_serverless::net
