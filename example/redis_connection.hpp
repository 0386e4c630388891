// Redis on an Asio context: hiredis writes and reads the protocol, Asio waits. No thread, no blocking call.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// The number that Redis answered with, or why there is none.
using redis_answer = boost::system::result<long long, std::string>;

/// A connection that is opened when it is needed and again after it broke. Commands share it, from any threads.
///
/// While no command waits nothing of it is pending, so io_context::run() returns. hiredis 0.14 writes with write(2): a
/// program that uses it ignores SIGPIPE.
class redis_connection {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `address`: `IP:PORT`, or the path of a Unix socket (hiredis would block for looking up a name). A Redis that does
  /// not answer a command within `time_limit` is given up, and for a second nobody asks it again.
  redis_connection(boost::asio::any_io_executor executor, std::string address, std::chrono::milliseconds time_limit);

  /// For commands that answer with a number. Waits until `deadline` at the latest; the connection outlives it.
  /// A command that found its connection broken is repeated once, so it may be carried out twice.
  /// Cancelled through Asio: throws system_error(asio::error::operation_aborted).
  boost::asio::awaitable<redis_answer> command(std::vector<std::string> arguments, time_point deadline);

 private:
  class link;

  const boost::asio::any_io_executor executor_;
  const std::string address_;
  const std::chrono::milliseconds time_limit_;
  std::mutex mutex_;
  std::shared_ptr<link> link_;
  time_point ask_again_{};
};
