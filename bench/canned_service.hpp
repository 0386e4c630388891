// A server that gives every request the same response, in a process of its own: its CPU time and memory are not the
// client's.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

namespace bench {

enum class canned_manner : std::uint8_t {
  answers,
  answers_and_closes,  // each response is the last of its connection
  answers_once,        // and reads what a connection requests after that, without an answer
};

struct canned_options {
  bool tls = false;
  canned_manner manner = canned_manner::answers;
  std::string body;
  std::size_t connections = 64;  // at once, at the most
};

/// Listens on a free loopback port from construction to destruction. With two processors or more it is on the first one
/// that this process may use, and this process on the last one.
class canned_service {
 public:
  /// This process has one thread.
  explicit canned_service(const canned_options& options);
  canned_service(const canned_service&) = delete;
  canned_service& operator=(const canned_service&) = delete;
  ~canned_service();

  /// By name, or by address.
  [[nodiscard]] std::string endpoint_url(const std::string& host = "localhost") const;
  /// A PEM file with what to trust, with TLS.
  [[nodiscard]] const std::filesystem::path& ca_bundle() const noexcept { return ca_bundle_; }
  /// Complete ones that have come so far.
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_->load(); }

 private:
  bool tls_;
  std::uint16_t port_ = 0;
  std::filesystem::path ca_bundle_;
  std::atomic<std::uint64_t>* requests_;  // in memory that both processes share
  pid_t process_ = -1;
};

}  // namespace bench
