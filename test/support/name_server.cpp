#include "support/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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

}  // namespace

name_server::name_server() {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("bind");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { serve(); }};
}

name_server::~name_server() {
  // An empty datagram ends serve().
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  ::sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  thread_.join();
  ::close(socket_);
}

void name_server::add(const std::string& name, std::vector<std::string> addresses) {
  const std::lock_guard lock{mutex_};
  known_[name] = std::move(addresses);
}

void name_server::ignore(const std::string& name, std::function<void()> asked) {
  const std::lock_guard lock{mutex_};
  ignored_[name] = std::move(asked);
}

std::string name_server::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void name_server::serve() {
  for (;;) {
    char buffer[1500];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    const std::string reply = answer({buffer, static_cast<std::size_t>(got)});
    if (!reply.empty()) ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

std::string name_server::answer(const std::string& question) {
  std::size_t end = 0;
  const std::string name = name_of(question, end);
  std::function<void()> asked;
  std::vector<std::string> addresses;
  bool exists = false;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = ignored_.find(name); found != ignored_.end()) {
      asked = std::exchange(found->second, [] {});
    } else if (const auto entry = known_.find(name); entry != known_.end()) {
      exists = true;
      addresses = entry->second;
    }
  }
  if (asked) {
    asked();
    return {};
  }
  const bool for_ipv4 = question[end + 1] == 1;
  if (!for_ipv4) addresses.clear();
  std::string out = question.substr(0, 2);
  append_16(out, exists ? 0x8580 : 0x8583);  // an answer with authority; 3: no such name
  append_16(out, 1);
  append_16(out, static_cast<unsigned>(addresses.size()));
  append_16(out, 0);
  append_16(out, 0);
  out += question.substr(header_size, end + 4 - header_size);
  for (const auto& each : addresses) {
    append_16(out, 0xc00c);  // the name in the question
    append_16(out, 1);       // A
    append_16(out, 1);       // IN
    append_16(out, 0);
    append_16(out, 60);  // seconds to live
    append_16(out, 4);
    in_addr bytes{};
    ::inet_pton(AF_INET, each.c_str(), &bytes);
    out.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  }
  return out;
}

}  // namespace test
