// SHA-256 and HMAC-SHA-256 by OpenSSL.
#pragma once

#include <openssl/types.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mwaa_serverless::signing {

using digest = std::array<unsigned char, 32>;

struct free_context {
  void operator()(EVP_MD_CTX* context) const noexcept;
};
/// A hash that is being made. OpenSSL overwrites it when it goes or another takes its place.
using hash_context = std::unique_ptr<EVP_MD_CTX, free_context>;

/// OpenSSL's implementation of SHA-256, looked up once: looking it up for each hash costs more than the hash of a
/// request. For any threads at once.
class sha256_algorithm {
 public:
  sha256_algorithm();

 private:
  friend class sha256;
  friend class hmac_key;
  hash_context begun_;  // of nothing yet: to copy it takes less time than to begin
};

/// A key as HMAC uses it: two hashes of the blocks that it begins with. To copy them takes OpenSSL less time than to
/// hash the blocks for each message. For any threads at once.
class hmac_key {
 public:
  hmac_key(const sha256_algorithm& algorithm, std::span<const unsigned char> key);

 private:
  friend class sha256;
  hash_context inner_;
  hash_context outer_;
};

/// Hashes one thing after the other. For one thread; `algorithm` outlives it.
class sha256 {
 public:
  explicit sha256(const sha256_algorithm& algorithm);

  [[nodiscard]] digest hash(std::string_view text);
  [[nodiscard]] digest hmac(const hmac_key& key, std::string_view text);
  [[nodiscard]] digest hmac(std::span<const unsigned char> key, std::string_view text);

 private:
  friend class hmac_key;
  void begin_as(const hash_context& begun);
  void add(const void* bytes, std::size_t size);
  digest end();

  const sha256_algorithm& algorithm_;
  hash_context context_;
};

}  // namespace mwaa_serverless::signing
