// A name server on loopback that answers what a test tells it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// Answers questions for IPv4 and IPv6 addresses. A name it does not know does not exist.
class name_server {
 public:
  name_server();
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;
  ~name_server();

  /// Addresses of both families. `seconds`: how long a client may keep the answer.
  void add(const std::string& name, std::vector<std::string> addresses, unsigned seconds = 60);
  /// `name` is another name of `target`.
  void alias(const std::string& name, const std::string& target, unsigned seconds);
  /// Questions about `name` get no answer; `asked` runs, on the server's thread, with the first.
  void ignore(const std::string& name, std::function<void()> asked);
  /// Over UDP, answers about `name` say that they do not fit: the client has to come by TCP.
  void truncate(const std::string& name);
  /// Questions for IPv6 addresses of `name` get no answer.
  void ignore_ipv6(const std::string& name);
  /// Answers about `name`, and those in line behind them, take so long.
  void delay(const std::string& name, std::chrono::milliseconds time);
  /// For internal_options::name_servers.
  [[nodiscard]] std::string address() const;
  /// Questions for the IPv4 addresses of `name` so far.
  [[nodiscard]] std::size_t asked_for(const std::string& name) const;
  /// Questions that came by TCP.
  [[nodiscard]] std::size_t asked_by_tcp() const;

 private:
  struct entry {
    std::vector<std::string> addresses;
    std::string alias_of;
    unsigned seconds = 60;
    bool truncated = false;
    bool ipv6_ignored = false;
    std::chrono::milliseconds delay{0};
    std::size_t questions = 0;
  };

  void serve();
  bool answer_datagram();
  void answer_connection();
  std::string answer(const std::string& question, bool by_tcp);

  int udp_ = -1;
  int tcp_ = -1;
  unsigned short port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, entry> known_;
  std::map<std::string, std::function<void()>> ignored_;
  std::size_t by_tcp_ = 0;
  std::thread thread_;
};

}  // namespace test
