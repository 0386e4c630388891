// HTTP for those who fetch credentials.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/read_file.hpp"

namespace mwaa_serverless::sources {

/// Whether a text could end a header line, or do other harm in one.
[[nodiscard]] bool has_control_character(std::string_view text) noexcept;

using web_header = std::pair<std::string_view, std::string_view>;

/// One request: `target` is path and query. Host, User-Agent and (with POST and PUT) Content-Length are added. Values
/// hold no line breaks: the caller has seen to it.
[[nodiscard]] http_request make_request(std::string_view method, const std::shared_ptr<const origin>& to,
                                        std::string_view target, const std::vector<web_header>& headers,
                                        std::string_view body = {});

/// How often and how long.
class retry_schedule {
 public:
  retry_schedule(int attempts_value, std::chrono::milliseconds timeout_value, std::chrono::milliseconds pause_value)
      : attempts(attempts_value), timeout(timeout_value), pause(pause_value) {}

  int attempts;                       ///< From 1.
  std::chrono::milliseconds timeout;  ///< Of each.
  std::chrono::milliseconds pause;    ///< Between two.
};

/// The HTTP client of one fetch.
class http_client {
 public:
  /// No response needs more; a longer one is an error.
  static constexpr std::size_t max_body_bytes = std::size_t{64} * 1024;

  enum class route : std::uint8_t { direct, by_proxy };

  explicit http_client(const provider_options& options, route by = route::direct) : options_(options), by_(by) {}

  /// Another attempt after faults of the network, a status of 5xx, 408 or 429. The last response, whatever its status,
  /// or the last error. At the latest at `deadline`.
  [[nodiscard]] boost::asio::awaitable<result<http_response>> send(http_request request, retry_schedule with,
                                                                   clock::time_point deadline);

  [[nodiscard]] clock& time() const noexcept { return *options_.time; }

 private:
  const provider_options& options_;
  const route by_;
  std::shared_ptr<transport> network_;
};

/// `what`, such as `container credentials (http://...)`, failed for the reason `why`: transient when that is, else for
/// good.
[[nodiscard]] error failed(std::string_view what, const error& why);
/// The same for a response that is none of success. `detail` is what it says for itself, may be empty.
[[nodiscard]] error failed(std::string_view what, const http_response& response, std::string_view detail = {});

/// A file of 64 KiB at most. errc::credentials_failed with the path and the system's reason. Of a pipe or a device all
/// that comes within 5 seconds. Its memory is overwritten on release.
[[nodiscard]] boost::asio::awaitable<result<file_text>> read_small_file(std::string path, clock& time,
                                                                        clock::time_point deadline);

}  // namespace mwaa_serverless::sources
