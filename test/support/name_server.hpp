// A name server on loopback that answers what a test tells it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// Answers questions for IPv4 addresses; to those for others it has no data. A name it does not know does not exist.
class name_server {
 public:
  name_server();
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;
  ~name_server();

  void add(const std::string& name, std::vector<std::string> addresses);
  /// Questions about `name` get no answer; `asked` runs, on the server's thread, with the first.
  void ignore(const std::string& name, std::function<void()> asked);
  /// For pooled_transport_options::name_servers.
  [[nodiscard]] std::string address() const;

 private:
  void serve();
  std::string answer(const std::string& question);

  int socket_ = -1;
  unsigned short port_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> known_;
  std::map<std::string, std::function<void()>> ignored_;
  std::thread thread_;
};

}  // namespace test
