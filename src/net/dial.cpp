#include "net/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "async/event.hpp"
#include "net/context_end.hpp"
#include "net/dial_state.hpp"

namespace mwaa_serverless::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using async::event;
using boost::system::error_code;

namespace {

/// Wakes the one who dials. Its sockets' handlers may run on several threads, and after it has gone.
class notifier {
 public:
  /// Rings the next wait, too, when it comes before that.
  void ring() noexcept {
    std::shared_ptr<event> woken;
    {
      const std::lock_guard lock{mutex_};
      rung_ = true;
      woken = waiter_;
    }
    if (woken) woken->set();
  }
  [[nodiscard]] std::shared_ptr<event> next(clock::time_point until) {
    const auto fresh = std::make_shared<event>(until);
    const std::lock_guard lock{mutex_};
    if (std::exchange(rung_, false)) fresh->set();
    waiter_ = fresh;
    return fresh;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<event> waiter_;
  bool rung_ = false;
};

// A peer that is gone without a word, or a network that forgot the connection, is noticed after 30 s without a sign:
// by probes of the kernel while the connection is idle (after 15 s, the least that the C++ SDK allows, then each 5 s),
// and when what was sent is not acknowledged (RFC 5482, tcp(7)). Probes also keep entries in NATs and firewalls alive.
error_code notice_silence(int descriptor) {
  struct option {
    int level;
    int name;
    int value;
  };
  constexpr option all[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                            {IPPROTO_TCP, TCP_KEEPIDLE, 15},
                            {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                            {IPPROTO_TCP, TCP_KEEPCNT, 3},
                            {IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000}};
  for (const option& each : all)
    if (::setsockopt(descriptor, each.level, each.name, &each.value, sizeof each.value) != 0)
      return {errno, boost::system::system_category()};
  return {};
}

/// One address that is tried.
class attempt {
 public:
  attempt(const asio::any_io_executor& io, tcp::endpoint address)
      : socket(io), address_(std::move(address)), ended_(std::make_shared<std::atomic<bool>>(false)) {}

  /// What went wrong at once, if anything did.
  error_code start(const std::shared_ptr<notifier>& at_end) {
    error_code code;
    socket.open(address_.protocol(), code);
    if (!code) socket.native_non_blocking(true, code);
    if (!code) socket.set_option(tcp::no_delay{true}, code);
    if (!code) code = notice_silence(socket.native_handle());
    if (code) return code;
    const int started = ::connect(socket.native_handle(), address_.data(), static_cast<socklen_t>(address_.size()));
    if (started == 0) {
      *ended_ = true;
      at_end->ring();
      return {};
    }
    if (errno != EINPROGRESS) return {errno, boost::system::system_category()};
    socket.async_wait(tcp::socket::wait_write, [ended = ended_, at_end](const error_code&) {
      *ended = true;
      at_end->ring();
    });
    return {};
  }
  [[nodiscard]] bool ended() const noexcept { return *ended_; }
  [[nodiscard]] error_code outcome() {
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &problem, &size);
    return {problem, boost::system::system_category()};
  }
  [[nodiscard]] const tcp::endpoint& address() const noexcept { return address_; }

  tcp::socket socket;

 private:
  tcp::endpoint address_;
  std::shared_ptr<std::atomic<bool>> ended_;  // its handler may come when this has gone
};

/// The addresses that are tried at the same time. Without their sockets once their context has ended.
class attempts {
 public:
  explicit attempts(const asio::any_io_executor& io) : end_(context_end::of(io)), listener_(end_, *this) {}

  void context_ended() noexcept {
    under_way.clear();
    woken->ring();
  }
  [[nodiscard]] bool context_gone() const noexcept { return end_->reached(); }

  const std::shared_ptr<notifier> woken = std::make_shared<notifier>();
  std::vector<std::unique_ptr<attempt>> under_way;

 private:
  const std::shared_ptr<context_end> end_;
  const context_end::listener listener_;
};

std::vector<dial_state::family> families_of(const std::vector<tcp::endpoint>& addresses) {
  std::vector<dial_state::family> out;
  for (const tcp::endpoint& each : addresses)
    out.push_back(each.address().is_v6() ? dial_state::family::v6 : dial_state::family::v4);
  return out;
}

// A message names failures up to this length, and counts the others.
constexpr std::size_t max_failures_bytes = 600;

error problem(errc value, std::string message) {
  error out{value, std::move(message)};
  out.phase = operation_phase::connecting;
  return out;
}

// Asio goes on watching a socket that it has waited for to be writable for that too, so that a wait for bytes would
// wake the loop at once. It forgets that with the registration.
error_code watch_for_bytes_alone(tcp::socket& socket, const tcp& protocol) {
  error_code code;
  const tcp::socket::native_handle_type descriptor = socket.release(code);
  if (code) return code;
  socket.assign(protocol, descriptor, code);
  if (code) ::close(descriptor);
  return code;
}

}  // namespace

asio::awaitable<result<tcp::socket>> dial(const asio::any_io_executor& io, std::vector<tcp::endpoint> addresses,
                                          std::string peer, clock::time_point deadline) {
  dial_state plan{families_of(addresses)};
  attempts tried{io};
  auto& under_way = tried.under_way;
  std::string failures;
  std::size_t unnamed = 0;
  const auto note = [&](const attempt& which, const error_code& code) {
    plan.failed();
    if (failures.size() > max_failures_bytes) {
      ++unnamed;
      return;
    }
    failures += (failures.empty() ? "" : "; ") + which.address().address().to_string() + ": " + code.message();
  };
  const auto all_failures = [&] {
    return unnamed == 0 ? failures : failures + "; and " + std::to_string(unnamed) + " more";
  };
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline)
      co_return problem(errc::connect_timeout, "no connection to " + peer + " within the time limit (connecting)" +
                                                   (failures.empty() ? "" : "; " + all_failures()));
    const dial_state::step step = plan.next(now);
    if (step.what == dial_state::action::exhausted)
      co_return problem(errc::connect_failed, "cannot connect to " + peer + " (" + all_failures() + ")");
    if (step.what == dial_state::action::start) {
      auto fresh = std::make_unique<attempt>(io, addresses[step.index]);
      if (const error_code code = fresh->start(tried.woken); code)
        note(*fresh, code);
      else
        under_way.push_back(std::move(fresh));
      continue;
    }
    const auto change = tried.woken->next(std::min(step.until, deadline));
    co_await change->wait();
    if (tried.context_gone()) co_return problem(errc::client_closed, "the execution context of the sockets is gone");
    for (auto each = under_way.begin(); each != under_way.end();) {
      if (!(*each)->ended()) {
        ++each;
        continue;
      }
      error_code code = (*each)->outcome();
      if (!code) code = watch_for_bytes_alone((*each)->socket, (*each)->address().protocol());
      if (!code) co_return std::move((*each)->socket);
      note(**each, code);
      each = under_way.erase(each);
    }
  }
}

}  // namespace mwaa_serverless::net
