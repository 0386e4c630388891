#include "transport/resolver.hpp"

#include <ares.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "transport/event.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using endpoints = std::vector<tcp::endpoint>;

namespace {

error failed(errc value, std::string message) {
  error out{value, std::move(message)};
  out.phase = phase::resolving;
  return out;
}

// One look-up: a c-ares channel, whose sockets and timer it watches. The mutex guards everything, as the handlers may
// run on several threads; c-ares calls back only from inside its own functions, so with the mutex held.
class lookup : public std::enable_shared_from_this<lookup> {
 public:
  lookup(asio::any_io_executor io, unsigned short port, std::shared_ptr<event> finished)
      : io_(std::move(io)), port_(port), timer_(io_), finished_(std::move(finished)) {}
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;
  ~lookup() { stop(); }

  void start(const std::string& host, const std::string& name_servers, std::chrono::milliseconds budget) {
    const std::lock_guard lock{mutex_};
    ares_options options{};
    options.sock_state_cb = &lookup::on_socket;
    options.sock_state_cb_data = this;
    // A dead name server must not use up the whole budget, as c-ares' own 5 s would: it doubles with each round.
    options.timeout = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(budget.count() / 4, 50, 5000));
    options.tries = 3;
    status_ = ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status_ == ARES_SUCCESS && !name_servers.empty())
      status_ = ares_set_servers_ports_csv(channel_, name_servers.c_str());
    if (status_ != ARES_SUCCESS) {
      finished_->set();
      return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &lookup::on_addresses, this);
    watch();
  }

  // Closes the sockets; c-ares tells so through on_socket(). Handlers that still come find nothing to do.
  void stop() {
    const std::lock_guard lock{mutex_};
    timer_.cancel();
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  }

  [[nodiscard]] result<endpoints> take(const std::string& host) {
    const std::lock_guard lock{mutex_};
    if (status_ == ARES_SUCCESS && !addresses_.empty()) return std::move(addresses_);
    const char* why = status_ == ARES_SUCCESS ? "no address" : ares_strerror(status_);
    return failed(errc::resolve_failed, "cannot resolve " + host + ": " + why);
  }

 private:
  // The socket is c-ares' own, which closes it: it is released here before, never closed.
  struct socket {
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

  static void on_socket(void* data, ares_socket_t number, int readable, int writable) {
    auto& self = *static_cast<lookup*>(data);
    const auto known = self.sockets_.find(number);
    if (readable == 0 && writable == 0) {
      if (known == self.sockets_.end()) return;
      known->second->release();
      self.sockets_.erase(known);
      return;
    }
    auto& entry = known == self.sockets_.end() ? self.sockets_[number] : known->second;
    if (!entry) entry = std::make_shared<socket>(self.io_, number);
    entry->want_read = readable != 0;
    entry->want_write = writable != 0;
  }

  static void on_addresses(void* data, int status, int, ares_addrinfo* found) {
    auto& self = *static_cast<lookup*>(data);
    self.status_ = status;
    for (auto* node = found != nullptr ? found->nodes : nullptr; node != nullptr; node = node->ai_next) {
      tcp::endpoint address;
      if (node->ai_addrlen > address.capacity()) continue;
      std::memcpy(address.data(), node->ai_addr, node->ai_addrlen);
      address.port(self.port_);
      if (std::find(self.addresses_.begin(), self.addresses_.end(), address) == self.addresses_.end())
        self.addresses_.push_back(address);
    }
    if (found != nullptr) ares_freeaddrinfo(found);
    self.finished_->set();
  }

  // Waits for whatever c-ares waits for.
  void watch() {
    for (auto& [number, entry] : sockets_) {
      if (entry->want_read && !entry->reading) {
        entry->reading = true;
        entry->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                     [self = shared_from_this(), ready = entry](boost::system::error_code) {
                                       self->on_ready(*ready, ready->reading, true);
                                     });
      }
      if (entry->want_write && !entry->writing) {
        entry->writing = true;
        entry->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                     [self = shared_from_this(), ready = entry](boost::system::error_code) {
                                       self->on_ready(*ready, ready->writing, false);
                                     });
      }
    }
    timeval wait{};
    if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
    timer_.async_wait([self = shared_from_this()](boost::system::error_code code) {
      if (code) return;
      const std::lock_guard lock{self->mutex_};
      self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
  }

  void on_ready(const socket& which, bool& waiting, bool readable) {
    const std::lock_guard lock{mutex_};
    waiting = false;
    if (!which.descriptor.is_open()) return;  // released since
    process(readable ? which.number : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : which.number);
  }

  void process(ares_socket_t readable, ares_socket_t writable) {
    if (channel_ == nullptr) return;  // stopped since
    ares_process_fd(channel_, readable, writable);
    watch();
  }

  std::mutex mutex_;
  asio::any_io_executor io_;
  unsigned short port_;
  asio::steady_timer timer_;
  std::shared_ptr<event> finished_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<socket>> sockets_;
  int status_ = ARES_SUCCESS;
  endpoints addresses_;
};

// Ends a look-up on every way out, cancellation too: its handlers would otherwise keep it alive.
class stop_at_exit {
 public:
  explicit stop_at_exit(lookup& which) : which_(which) {}
  stop_at_exit(const stop_at_exit&) = delete;
  stop_at_exit& operator=(const stop_at_exit&) = delete;
  ~stop_at_exit() { which_.stop(); }

 private:
  lookup& which_;
};

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

}  // namespace

asio::awaitable<result<endpoints>> resolve(asio::any_io_executor io, std::string host, unsigned short port,
                                           clock::time_point deadline, std::string name_servers) {
  if (auto known = known_without_asking(host, port)) co_return std::move(*known);
  const auto finished = std::make_shared<event>(deadline);
  const auto query = std::make_shared<lookup>(std::move(io), port, finished);
  const stop_at_exit stop{*query};
  const auto budget =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  query->start(host, name_servers, budget);
  const bool answered = co_await finished->wait();
  if (!answered)
    co_return failed(errc::connect_timeout, "no answer from the name servers for " + host + " within the time limit");
  co_return query->take(host);
}

}  // namespace mwaa_serverless::net
