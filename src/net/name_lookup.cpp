#include "net/name_lookup.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "net/hosts_file.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// RFC 8305, section 8: Resolution Delay.
constexpr std::chrono::milliseconds resolution_delay{50};

// Asks the routing table, and sends nothing (RFC 6724, section 5, rule 1).
bool has_route(tcp::endpoint to) {
  to.port(9);
  const int probe = ::socket(to.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool connected = ::connect(probe, to.data(), static_cast<socklen_t>(to.size())) == 0;
  ::close(probe);
  return connected;
}

}  // namespace

// The descriptor is c-ares' own, which closes it: it is released here before, never closed.
class name_lookup::socket {
 public:
  socket(const asio::any_io_executor& io, ares_socket_t descriptor_number)
      : number(descriptor_number), descriptor(io, descriptor_number) {}
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;
  ~socket() { release(); }
  void release() {
    if (descriptor.is_open()) descriptor.release();
  }

  ares_socket_t number;
  asio::posix::stream_descriptor descriptor;
  bool want_read = false;
  bool want_write = false;
  bool reading = false;
  bool writing = false;
};

name_lookup::answer::answer() = default;

name_lookup::name_lookup(asio::any_io_executor io)
    : io_(std::move(io)), timer_(std::in_place, io_), delay_(std::in_place, io_) {
  v6_.asker = v4_.asker = this;
}

name_lookup::~name_lookup() {
  stop();
}

void name_lookup::start(const std::string& host, const std::string& name_servers, const std::string& hosts_file,
                        std::chrono::milliseconds budget) {
  const std::lock_guard lock{mutex_};
  try {
    begin(host, name_servers, hosts_file, budget);
  } catch (const std::bad_alloc&) {
    fail(ARES_ENOMEM);
  }
}

void name_lookup::begin(const std::string& host, const std::string& name_servers, const std::string& hosts_file,
                        std::chrono::milliseconds budget) {
  ares_options options{};
  options.sock_state_cb = &name_lookup::on_socket;
  options.sock_state_cb_data = this;
  // A dead name server must not use up the whole budget, as c-ares' own 5 s would: it doubles with each round.
  options.timeout = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(budget.count() / 4, 50, 5000));
  options.tries = 3;
  char name_servers_only[] = "b";
  options.lookups = name_servers_only;
  status_ = ares_init_options(&channel_, &options,
                              ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
  if (status_ == ARES_SUCCESS && !name_servers.empty())
    status_ = ares_set_servers_ports_csv(channel_, name_servers.c_str());
  if (status_ != ARES_SUCCESS || read_hosts_file(hosts_file, host)) return end();
  ask(host, AF_INET6, v6_);
  ask(host, AF_INET, v4_);
  if (no_memory_) return fail(ARES_ENOMEM);
  watch();
}

void name_lookup::ask(const std::string& host, int family, question& about) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &name_lookup::on_addresses, &about);
}

// What is written there counts alone, without a time to live: it may be edited.
bool name_lookup::read_hosts_file(const std::string& path, const std::string& host) {
  std::ifstream file{path};
  for (const std::string& each : addresses_in_hosts(file, host)) {
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(each, not_an_address);
    if (!not_an_address) found_.addresses.emplace_back(address, std::uint16_t{0});
  }
  return !found_.addresses.empty();
}

void name_lookup::notify(std::shared_ptr<event> finished) {
  const std::lock_guard lock{mutex_};
  if (ended_) return finished->set();
  waiting_.push_back(std::move(finished));
}

bool name_lookup::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

result<name_lookup::answer> name_lookup::outcome(const std::string& host) const {
  const std::lock_guard lock{mutex_};
  if (status_ == ARES_SUCCESS && !found_.addresses.empty()) return found_;
  const char* why = status_ == ARES_SUCCESS ? "no address" : ares_strerror(status_);
  error out{errc::resolve_failed, "cannot resolve " + host + ": " + why};
  out.phase = operation_phase::resolving;
  return out;
}

// c-ares tells through on_socket() of each socket that it closes. Handlers that still come find nothing to do.
void name_lookup::stop() noexcept {
  const std::lock_guard lock{mutex_};
  release();
}

void name_lookup::abandon() noexcept {
  const std::lock_guard lock{mutex_};
  fail(ARES_ECANCELLED);
  release();
}

void name_lookup::release() noexcept {
  timer_.reset();
  delay_.reset();
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  io_ = {};
}

void name_lookup::on_socket(void* data, ares_socket_t number, int readable, int writable) noexcept {
  auto& self = *static_cast<name_lookup*>(data);
  const auto known = self.sockets_.find(number);
  if (readable == 0 && writable == 0) {
    if (known == self.sockets_.end()) return;
    known->second->release();
    self.sockets_.erase(known);
    return;
  }
  try {
    auto& entry = known == self.sockets_.end() ? self.sockets_[number] : known->second;
    if (!entry) entry = std::make_shared<socket>(self.io_, number);
    entry->want_read = readable != 0;
    entry->want_write = writable != 0;
  } catch (const std::exception&) {
    self.sockets_.erase(number);
    self.no_memory_ = true;
  }
}

void name_lookup::on_addresses(void* data, int status, int, ares_addrinfo* found) noexcept {
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned{found, &ares_freeaddrinfo};
  auto& about = *static_cast<question*>(data);
  about.answered = true;
  about.status = status;
  try {
    about.asker->take(found, about.found);
  } catch (const std::bad_alloc&) {
    about.found = answer{};
    about.status = ARES_ENOMEM;
  }
  about.asker->consider();
}

void name_lookup::take(ares_addrinfo* found, answer& into) {
  int time_to_live = std::numeric_limits<int>::max();
  for (auto* name = found != nullptr ? found->cnames : nullptr; name != nullptr; name = name->next)
    time_to_live = std::min(time_to_live, name->ttl);
  auto& addresses = into.addresses;
  for (auto* node = found != nullptr ? found->nodes : nullptr; node != nullptr; node = node->ai_next) {
    time_to_live = std::min(time_to_live, node->ai_ttl);
    tcp::endpoint address;
    if (node->ai_addrlen > address.capacity()) continue;
    std::memcpy(address.data(), node->ai_addr, node->ai_addrlen);
    address.port(0);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  }
  into.time_to_live = std::chrono::seconds{std::max(time_to_live, 0)};
}

// An answer has come: is it time to end?
void name_lookup::consider() noexcept {
  if (ended_ || channel_ == nullptr) return;  // stopped
  if (v6_.answered && v4_.answered) return end();
  const question& first = v6_.answered ? v6_ : v4_;
  if (first.found.addresses.empty()) return;
  try {
    delay_->expires_after(resolution_delay);
    delay_->async_wait([self = shared_from_this()](boost::system::error_code code) {
      if (code) return;
      const std::lock_guard lock{self->mutex_};
      if (!self->ended_ && self->channel_ != nullptr) self->end();
    });
  } catch (const std::exception&) {
    end();  // without the other family
  }
}

void name_lookup::fail(int status) noexcept {
  if (ended_) return;
  status_ = status;
  v6_.found = v4_.found = found_ = answer{};
  end();
}

void name_lookup::end() noexcept {
  ended_ = true;
  if (delay_) delay_->cancel();
  try {
    collect();
  } catch (const std::bad_alloc&) {
    found_ = answer{};
    status_ = ARES_ENOMEM;
  }
  for (const auto& each : waiting_) each->set();
  waiting_.clear();
}

void name_lookup::collect() {
  const bool v6_last = !v6_.found.addresses.empty() && !has_route(v6_.found.addresses.front());
  for (const question* each : {v6_last ? &v4_ : &v6_, v6_last ? &v6_ : &v4_}) {
    const auto& more = each->found.addresses;
    if (more.empty()) continue;
    found_.time_to_live =
        found_.addresses.empty() ? each->found.time_to_live : std::min(found_.time_to_live, each->found.time_to_live);
    found_.addresses.insert(found_.addresses.end(), more.begin(), more.end());
  }
  // Of two reasons for having no address, the one that says more.
  if (status_ == ARES_SUCCESS && found_.addresses.empty())
    status_ = v4_.status == ARES_ENODATA || v4_.status == ARES_SUCCESS ? v6_.status : v4_.status;
}

// Waits for whatever c-ares waits for.
void name_lookup::watch() {
  for (auto& [number, entry] : sockets_) {
    if (entry->want_read && !entry->reading) {
      entry->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   [self = shared_from_this(), ready = entry](boost::system::error_code) {
                                     self->on_ready(*ready, ready->reading, true);
                                   });
      entry->reading = true;
    }
    if (entry->want_write && !entry->writing) {
      entry->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                   [self = shared_from_this(), ready = entry](boost::system::error_code) {
                                     self->on_ready(*ready, ready->writing, false);
                                   });
      entry->writing = true;
    }
  }
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timer_->cancel();
    return;
  }
  timer_->expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
  timer_->async_wait([self = shared_from_this()](boost::system::error_code code) {
    if (code) return;
    const std::lock_guard lock{self->mutex_};
    self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void name_lookup::on_ready(const socket& which, bool& waiting, bool readable) noexcept {
  const std::lock_guard lock{mutex_};
  waiting = false;
  if (!which.descriptor.is_open()) return;  // released since
  process(readable ? which.number : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : which.number);
}

void name_lookup::process(ares_socket_t readable, ares_socket_t writable) noexcept {
  if (channel_ == nullptr) return;  // stopped since
  if (process_.inherited()) {
    // The answers are for the parent, who reads them from the same sockets.
    fail(ARES_ECANCELLED);
    return ares_destroy(std::exchange(channel_, nullptr));
  }
  ares_process_fd(channel_, readable, writable);
  if (no_memory_) return fail(ARES_ENOMEM);
  try {
    watch();
  } catch (const std::exception&) {
    fail(ARES_ENOMEM);
  }
}

}  // namespace mwaa_serverless::net
