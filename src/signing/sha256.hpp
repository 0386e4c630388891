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

/// OpenSSL's implementation of SHA-256, looked up once: looking it up for each hash costs more than the hash of a
/// request. For any threads at once.
class sha256_algorithm {
 public:
  sha256_algorithm();

 private:
  friend class sha256;
  struct free_algorithm {
    void operator()(EVP_MD* algorithm) const noexcept;
  };
  std::unique_ptr<EVP_MD, free_algorithm> algorithm_;
};

/// A key of at most a block, 64 bytes, as HMAC uses it: the two blocks that hashing begins with. Overwritten in the
/// end.
class hmac_key {
 public:
  hmac_key() noexcept : hmac_key(std::span<const unsigned char>{}) {}
  explicit hmac_key(std::span<const unsigned char> key) noexcept;
  hmac_key(const hmac_key&) = default;
  hmac_key& operator=(const hmac_key&) = default;
  ~hmac_key();

 private:
  friend class sha256;
  std::array<unsigned char, 64> inner_;
  std::array<unsigned char, 64> outer_;
};

/// Hashes one thing after the other. For one thread; `algorithm` outlives it.
class sha256 {
 public:
  explicit sha256(const sha256_algorithm& algorithm);

  [[nodiscard]] digest hash(std::string_view text);
  [[nodiscard]] digest hmac(const hmac_key& key, std::string_view text);
  [[nodiscard]] digest hmac(std::span<const unsigned char> key, std::string_view text);

 private:
  void begin();
  void add(const void* bytes, std::size_t size);
  digest end();

  struct free_context {
    void operator()(EVP_MD_CTX* context) const noexcept;
  };
  const EVP_MD* algorithm_;
  std::unique_ptr<EVP_MD_CTX, free_context> context_;
};

}  // namespace mwaa_serverless::signing
