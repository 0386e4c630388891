// Host names to addresses, on the caller's loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <vector>

#include "async/process_mark.hpp"
#include "net/name_cache.hpp"
#include "net/name_lookup.hpp"

namespace mwaa_serverless::net {

/// Through c-ares, without a thread: Asio's own resolver starts one, queues every lookup behind a stuck one and holds
/// up the end of the program for as long. However many ask for a name, one lookup is under way; its answer serves
/// until its time to live is over. Failures are not kept. Thread-safe.
class resolver {
 public:
  /// `io` is where the sockets of the lookups live. `name_servers` and `hosts_file` as for name_lookup.
  resolver(boost::asio::any_io_executor io, std::string name_servers, std::string hosts_file);

  /// The addresses of a host, best first (RFC 6724). Addresses and `localhost` need no lookup (RFC 6761, section 6.3).
  /// Fails with errc::resolve_failed, or with errc::connect_timeout at `deadline`. Cancelled through Asio: throws
  /// system_error(operation_aborted); a lookup that nobody waits for any more is ended.
  [[nodiscard]] boost::asio::awaitable<result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(
      std::string host, unsigned short port, clock::time_point deadline);
  /// No address of the host was of use: the next resolve() asks again.
  void forget(const std::string& host);
  /// The context of the lookups ends: those who wait for one get an error, and none may be asked for any more.
  void context_ended() noexcept;
  /// Questions asked since the start.
  [[nodiscard]] std::uint64_t lookups() const;

 private:
  class waiter;
  struct flight {
    std::shared_ptr<name_lookup> lookup;
    std::size_t waiting = 0;
    async::process_mark process;  // that waits
  };
  std::shared_ptr<name_lookup> join(const std::string& host, clock::time_point deadline);
  void leave(const std::string& host, name_lookup& lookup) noexcept;
  void keep_answer(const std::string& host, const name_lookup& lookup) noexcept;

  boost::asio::any_io_executor io_;
  const std::string name_servers_;
  const std::string hosts_file_;
  mutable std::mutex mutex_;  // guards what follows; may be held while a lookup's own is taken
  name_cache<std::vector<boost::asio::ip::tcp::endpoint>> cache_;
  std::map<std::string, flight> flights_;
  std::uint64_t lookups_ = 0;
};

}  // namespace mwaa_serverless::net
