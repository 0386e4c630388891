// The keys that sign requests.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

/// An access key pair and its session token. The memory of the secrets is overwritten on release; printing shows the
/// access key id only.
class credentials {
 public:
  /// Throws exception(errc::invalid_configuration) when either key is empty, or when the key id or the token could not
  /// stand in a header (anything but printable ASCII, blanks included). No message repeats a secret.
  credentials(std::string access_key_id, std::string secret_access_key, std::string session_token = {},
              std::optional<std::chrono::system_clock::time_point> expiration = std::nullopt);
  credentials(const credentials&);
  credentials(credentials&&) noexcept;
  credentials& operator=(const credentials&);
  credentials& operator=(credentials&&) noexcept;
  ~credentials();

  [[nodiscard]] const std::string& access_key_id() const noexcept { return access_key_id_; }
  [[nodiscard]] const std::string& secret_access_key() const noexcept { return secret_access_key_; }
  /// Empty for long-term keys.
  [[nodiscard]] const std::string& session_token() const noexcept { return session_token_; }
  /// Absent for keys that do not expire.
  [[nodiscard]] std::optional<std::chrono::system_clock::time_point> expiration() const noexcept { return expiration_; }

  friend std::ostream& operator<<(std::ostream& out, const credentials& value);

 private:
  void cleanse() noexcept;

  std::string access_key_id_;
  std::string secret_access_key_;
  std::string session_token_;
  std::optional<std::chrono::system_clock::time_point> expiration_;
};
static_assert(!std::is_aggregate_v<credentials>);

}  // namespace mwaa_serverless
