// AWS Signature Version 4: the steps, for signing and for verifying.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <mwaa_serverless/credentials.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signing/sha256.hpp"

namespace mwaa_serverless::signing {

inline constexpr std::string_view algorithm_name = "AWS4-HMAC-SHA256";

using header = std::pair<std::string_view, std::string_view>;

/// `20260131/us-east-1/airflow-serverless/aws4_request`
[[nodiscard]] std::string scope(std::string_view date, std::string_view region, std::string_view service);

class canonical_request {
 public:
  canonical_request() {}

  std::string text;
  std::string signed_headers;  ///< Such as `content-type;host;x-amz-date`.
};

/// Appends a path in canonical form: without dot segments and empty ones, and percent-encoded (once more).
void append_canonical_path(std::string& out, std::string_view path);
/// Appends a header's value in canonical form: trimmed, each run of white space as one space.
void append_canonical_value(std::string& out, std::string_view value);

/// The request in the one form that both sides hash, as for every service but S3: the path without dot segments and
/// percent-encoded (once more), the query sorted, header names in lower case and sorted, white space in values folded.
/// `headers` are those to sign, in any order; several of one name join by commas. `payload_hash` in hexadecimal.
[[nodiscard]] canonical_request make_canonical_request(std::string_view method, std::string_view path,
                                                       std::string_view query, std::vector<header> headers,
                                                       std::string_view payload_hash);

[[nodiscard]] std::string string_to_sign(std::string_view date_time, std::string_view scope_text,
                                         std::string_view canonical_request_hash);

[[nodiscard]] digest derive_key(sha256& hasher, std::string_view secret_access_key, std::string_view date,
                                std::string_view region, std::string_view service);

/// Signs for one region and service, with the key of the day kept. For any threads at once.
class signer {
 public:
  signer(std::string region, std::string service);
  signer(const signer&) = delete;
  signer& operator=(const signer&) = delete;
  ~signer() = default;

  /// The value of `Authorization`. `date_time` as strings::format_signing_time() makes it.
  [[nodiscard]] std::string authorization(sha256& hasher, std::string_view access_key_id,
                                          std::string_view secret_access_key, std::string_view date_time,
                                          std::string_view canonical_text, std::string_view signed_headers);
  /// What signatures are worked out with, one after the other.
  class workspace {
   public:
    explicit workspace(const sha256_algorithm& algorithm) : hasher(algorithm) {}

    sha256 hasher;
    std::string text;                     ///< For the canonical request, then for what is signed.
    std::shared_ptr<const hmac_key> key;  ///< While it is lent.
  };
  /// With the key of `keys` for `date`. give_back() it, unless something was thrown: it may hold a part of the key
  /// then.
  [[nodiscard]] std::unique_ptr<workspace> lend(const std::shared_ptr<const credentials>& keys, std::string_view date);
  void give_back(std::unique_ptr<workspace> lent) noexcept;
  /// Appends the value of `Authorization` for the canonical request in the text of `with`.
  void append_authorization(std::string& out, workspace& with, std::string_view access_key_id,
                            std::string_view date_time, std::string_view signed_headers) const;
  [[nodiscard]] const sha256_algorithm& algorithm() const noexcept { return algorithm_; }

 private:
  // `owner`, when it is not null, holds the secret.
  [[nodiscard]] std::shared_ptr<const hmac_key> derived(sha256& hasher, std::string_view secret_access_key,
                                                        std::string_view date,
                                                        const std::shared_ptr<const credentials>& owner);
  void append_authorization(std::string& out, sha256& hasher, const hmac_key& key, std::string_view access_key_id,
                            std::string_view date_time, std::string& text, std::string_view signed_headers) const;

  const std::string region_;
  const std::string service_;
  const std::string scope_end_;  // what a scope has behind its date
  const sha256_algorithm algorithm_;

  std::mutex mutex_;  // guards what follows
  std::unique_ptr<workspace> free_;
  // The last key that was derived, and from what.
  digest secret_hash_{};  // not the secret itself: one copy of it is enough
  std::string date_;
  std::shared_ptr<const hmac_key> key_;
  // Whose secret that is, when it is known: to hash it each time costs a sixth of a signature. By name too, as who gave
  // them may have changed what they point to.
  std::weak_ptr<const credentials> owner_;
  std::string access_key_id_;
};

}  // namespace mwaa_serverless::signing
