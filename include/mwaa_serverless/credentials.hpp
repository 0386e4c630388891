// The keys that sign requests.
#pragma once

#include <chrono>
#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

/// An access key pair and its session token. The memory of the secrets is overwritten on release; printing shows the
/// access key id only.
///
/// Errors: see the constructor.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API credentials {
 public:
  /// Throws exception(errc::invalid_configuration) when either key is empty, when the secret key has a line end or
  /// another control character in it, or when the key id or the token could not stand in a header (anything but
  /// printable ASCII, blanks included). No message repeats a secret.
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

  /// Where they came from, as AWS's CLI names it: `env`, `shared-credentials-file`, `config-file`, `assume-role`,
  /// `assume-role-with-web-identity`, `sso`, `custom-process`, `container-role`, `iam-role`; empty for keys made in
  /// code.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }
  credentials with_source(std::string value) && {
    source_ = std::move(value);
    return std::move(*this);
  }

  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const credentials& value);

 private:
  void cleanse() noexcept;

  std::string access_key_id_;
  std::string secret_access_key_;
  std::string session_token_;
  std::optional<std::chrono::system_clock::time_point> expiration_;
  std::string source_;
};
static_assert(!std::is_aggregate_v<credentials>);

}  // namespace mwaa_serverless
