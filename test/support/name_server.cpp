#include "support/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace test {

namespace {

constexpr std::size_t header_size = 12;

void append_16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

// The name in a question (RFC 1035, section 4.1.2); `end` is where it stops.
std::string name_of(const std::string& message, std::size_t& end) {
  std::string name;
  std::size_t at = header_size;
  while (at < message.size() && message[at] != 0) {
    const auto size = static_cast<unsigned char>(message[at]);
    name += (name.empty() ? "" : ".") + message.substr(at + 1, size);
    at += size + 1U;
  }
  end = at + 1;
  return name;
}

std::string encoded(const std::string& name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    out += static_cast<char>(end - at);
    out += name.substr(at, end - at);
    at = end + 1;
  }
  return out + '\0';
}

void append_record(std::string& out, unsigned owner, unsigned type, unsigned seconds, const std::string& data) {
  append_16(out, owner);
  append_16(out, type);
  append_16(out, 1);  // IN
  append_16(out, seconds >> 16);
  append_16(out, seconds & 0xffff);
  append_16(out, static_cast<unsigned>(data.size()));
  out += data;
}

sockaddr_in loopback(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

name_server::name_server() {
  // The port is the same for both, and the second may find it taken.
  for (int tries = 0; tries < 20; ++tries) {
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(udp_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(udp_, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
        ::bind(tcp_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(tcp_, 64) == 0) {
      port_ = ntohs(address.sin_port);
      thread_ = std::thread{[this] { serve(); }};
      return;
    }
    ::close(udp_);
    ::close(tcp_);
  }
  throw std::runtime_error("no port that is free for UDP and TCP");
}

name_server::~name_server() {
  // An empty datagram ends serve().
  const sockaddr_in address = loopback(port_);
  ::sendto(udp_, "", 0, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  thread_.join();
  ::close(udp_);
  ::close(tcp_);
}

void name_server::add(const std::string& name, std::vector<std::string> addresses, unsigned seconds) {
  const std::lock_guard lock{mutex_};
  known_[name].addresses = std::move(addresses);
  known_[name].seconds = seconds;
}

void name_server::alias(const std::string& name, const std::string& target, unsigned seconds) {
  const std::lock_guard lock{mutex_};
  known_[name].alias_of = target;
  known_[name].seconds = seconds;
}

void name_server::ignore(const std::string& name, std::function<void()> asked) {
  const std::lock_guard lock{mutex_};
  ignored_[name] = std::move(asked);
}

void name_server::truncate(const std::string& name) {
  const std::lock_guard lock{mutex_};
  known_[name].truncated = true;
}

void name_server::ignore_ipv6(const std::string& name) {
  const std::lock_guard lock{mutex_};
  known_[name].ipv6_ignored = true;
}

void name_server::delay(const std::string& name, std::chrono::milliseconds time) {
  const std::lock_guard lock{mutex_};
  known_[name].delay = time;
}

std::string name_server::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

std::size_t name_server::asked_for(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find(name);
  return found != known_.end() ? found->second.questions : 0;
}

std::size_t name_server::asked_by_tcp() const {
  const std::lock_guard lock{mutex_};
  return by_tcp_;
}

void name_server::serve() {
  for (;;) {
    pollfd both[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) continue;
    if ((both[0].revents & POLLIN) != 0 && !answer_datagram()) return;
    if ((both[1].revents & POLLIN) != 0) answer_connection();
  }
}

bool name_server::answer_datagram() {
  char buffer[1500];
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return false;
  const std::string reply = answer({buffer, static_cast<std::size_t>(got)}, false);
  if (!reply.empty()) ::sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  return true;
}

// Questions until the client closes; each has its length before it (RFC 1035, section 4.2.2).
void name_server::answer_connection() {
  const int peer = ::accept(tcp_, nullptr, nullptr);
  for (;;) {
    unsigned char length[2];
    if (::recv(peer, length, 2, MSG_WAITALL) != 2) break;
    std::string question(static_cast<std::size_t>(length[0] << 8 | length[1]), '\0');
    if (::recv(peer, question.data(), question.size(), MSG_WAITALL) != static_cast<ssize_t>(question.size())) break;
    const std::string reply = answer(question, true);
    std::string framed;
    append_16(framed, static_cast<unsigned>(reply.size()));
    framed += reply;
    if (::send(peer, framed.data(), framed.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::close(peer);
}

std::string name_server::answer(const std::string& question, bool by_tcp) {
  std::size_t end = 0;
  const std::string name = name_of(question, end);
  const bool for_ipv4 = question[end + 1] == 1;
  const bool for_ipv6 = question[end + 1] == 28;
  std::function<void()> asked;
  entry about;
  std::vector<std::string> addresses;
  bool exists = false;
  {
    const std::lock_guard lock{mutex_};
    if (by_tcp) ++by_tcp_;
    if (const auto found = ignored_.find(name); found != ignored_.end()) {
      asked = std::exchange(found->second, [] {});
    } else if (const auto known = known_.find(name); known != known_.end()) {
      exists = true;
      if (for_ipv4) ++known->second.questions;
      about = known->second;
      addresses = about.alias_of.empty() ? about.addresses : known_[about.alias_of].addresses;
    }
  }
  if (asked) {
    asked();
    return {};
  }
  if (for_ipv6 && about.ipv6_ignored) return {};
  std::this_thread::sleep_for(about.delay);
  const bool truncated = about.truncated && !by_tcp;
  if (truncated) addresses.clear();
  std::erase_if(addresses,
                [&](const std::string& each) { return each.find(':') == std::string::npos ? !for_ipv4 : !for_ipv6; });
  const bool aliased = !about.alias_of.empty() && !truncated;
  std::string out = question.substr(0, 2);
  // An answer with authority; 2 in the second digit: truncated; 3 in the last: no such name.
  append_16(out, (exists ? 0x8580U : 0x8583U) | (truncated ? 0x0200U : 0U));
  append_16(out, 1);
  append_16(out, static_cast<unsigned>(addresses.size()) + (aliased ? 1U : 0U));
  append_16(out, 0);
  append_16(out, 0);
  out += question.substr(header_size, end + 4 - header_size);
  unsigned owner = 0xc00c;  // the name in the question
  if (aliased) {
    const std::string target = encoded(about.alias_of);
    append_record(out, owner, 5, about.seconds, target);
    owner = 0xc000U | static_cast<unsigned>(out.size() - target.size());
  }
  for (const auto& each : addresses) {
    std::array<char, 16> bytes{};
    ::inet_pton(for_ipv4 ? AF_INET : AF_INET6, each.c_str(), bytes.data());
    append_record(out, owner, for_ipv4 ? 1 : 28, aliased ? 300 : about.seconds,
                  {bytes.data(), for_ipv4 ? std::size_t{4} : bytes.size()});
  }
  return out;
}

}  // namespace test
