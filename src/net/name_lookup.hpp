// One name's addresses from the name servers, through c-ares.
#pragma once

#include <ares.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <vector>

#include "async/event.hpp"
#include "async/process_mark.hpp"

namespace mwaa_serverless::net {

using async::event;

/// A c-ares channel, whose sockets and timer are watched on the caller's loop. Held by shared_ptr; thread-safe.
///
/// The hosts file first. Then IPv6 and IPv4 are asked for by questions of their own, and once one has addresses the
/// other has 50 ms more (RFC 8305, section 3): some name servers never answer questions for IPv6.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
 public:
  class answer {
   public:
    answer();

    /// With port 0. At least one; each family in the order of RFC 6724, IPv6 first unless there is no way to it. Those
    /// of the hosts file are in its order.
    std::vector<boost::asio::ip::tcp::endpoint> addresses;
    std::chrono::seconds time_to_live{0};  ///< The shortest of all records that the answer rests on.
  };

  explicit name_lookup(boost::asio::any_io_executor io);
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;
  ~name_lookup();

  /// `name_servers`: `address:port,...` instead of the system's; empty: the system's. `hosts_file`: its path. `budget`:
  /// how long the caller will wait.
  void start(const std::string& host, const std::string& name_servers, const std::string& hosts_file,
             std::chrono::milliseconds budget);
  /// Sets `finished` when the lookup has ended; at once when it has already.
  void notify(std::shared_ptr<event> finished);
  [[nodiscard]] bool ended() const;
  /// After the end. errc::resolve_failed with the reason.
  [[nodiscard]] result<answer> outcome(const std::string& host) const;
  /// Lets go of all that lives on the caller's loop, before the end or after it. What it waits for keeps it alive
  /// until then.
  void stop() noexcept;
  /// The same, for those who wait: the lookup has ended in vain.
  void abandon() noexcept;

 private:
  class socket;
  struct question {
    name_lookup* asker = nullptr;
    bool answered = false;
    int status = ARES_SUCCESS;
    answer found;
  };

  void begin(const std::string& host, const std::string& name_servers, const std::string& hosts_file,
             std::chrono::milliseconds budget);
  void ask(const std::string& host, int family, question& about);
  [[nodiscard]] bool read_hosts_file(const std::string& path, const std::string& host);
  void consider() noexcept;
  // c-ares calls these two, which therefore cannot throw.
  static void on_socket(void* data, ares_socket_t number, int readable, int writable) noexcept;
  static void on_addresses(void* data, int status, int timeouts, ares_addrinfo* found) noexcept;
  void take(ares_addrinfo* found, answer& into);
  void watch();
  void on_ready(const socket& which, bool& waiting, bool readable) noexcept;
  void process(ares_socket_t readable, ares_socket_t writable) noexcept;
  void release() noexcept;
  void fail(int status) noexcept;
  void end() noexcept;
  void collect();

  // Guards everything, as the handlers may run on several threads; c-ares calls back only from inside its own
  // functions, so with the mutex held.
  mutable std::mutex mutex_;
  // Empty once it was stopped.
  boost::asio::any_io_executor io_;
  std::optional<boost::asio::steady_timer> timer_;
  std::optional<boost::asio::steady_timer> delay_;  // of the slower family
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<socket>> sockets_;
  std::vector<std::shared_ptr<event>> waiting_;
  question v6_;
  question v4_;
  const async::process_mark process_;  // whose sockets these are
  bool no_memory_ = false;             // c-ares has a socket that nobody watches
  bool ended_ = false;
  int status_ = ARES_SUCCESS;
  answer found_;
};

}  // namespace mwaa_serverless::net
