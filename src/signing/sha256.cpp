#include "signing/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <new>
#include <stdexcept>

namespace mwaa_serverless::signing {

namespace {

void check(int outcome) {
  if (outcome != 1) throw std::bad_alloc();  // nothing else can be missing
}

}  // namespace

sha256_algorithm::sha256_algorithm() : algorithm_(::EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
  if (!algorithm_) throw std::runtime_error("OpenSSL offers no SHA-256");
}

void sha256_algorithm::free_algorithm::operator()(EVP_MD* algorithm) const noexcept {
  ::EVP_MD_free(algorithm);
}

void sha256::free_context::operator()(EVP_MD_CTX* context) const noexcept {
  ::EVP_MD_CTX_free(context);
}

sha256::sha256(const sha256_algorithm& algorithm)
    : algorithm_(algorithm.algorithm_.get()), context_(::EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
}

void sha256::begin() {
  check(::EVP_DigestInit_ex2(context_.get(), algorithm_, nullptr));
}
void sha256::add(const void* bytes, std::size_t size) {
  check(::EVP_DigestUpdate(context_.get(), bytes, size));
}
digest sha256::end() {
  digest out;
  check(::EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
  return out;
}

digest sha256::hash(std::string_view text) {
  begin();
  add(text.data(), text.size());
  return end();
}

// RFC 2104, over the context that is here anyway. Copying a context that has hashed the block takes OpenSSL an
// allocation, which costs as much as hashing the block.
digest sha256::hmac(const hmac_key& key, std::string_view text) {
  begin();
  add(key.inner_.data(), key.inner_.size());
  add(text.data(), text.size());
  const digest inner = end();
  begin();
  add(key.outer_.data(), key.outer_.size());
  add(inner.data(), inner.size());
  return end();
}

digest sha256::hmac(std::span<const unsigned char> key, std::string_view text) {
  constexpr std::size_t block = 64;
  if (key.size() <= block) return hmac(hmac_key{key}, text);
  digest short_key = hash({reinterpret_cast<const char*>(key.data()), key.size()});
  const digest out = hmac(hmac_key{short_key}, text);
  ::OPENSSL_cleanse(short_key.data(), short_key.size());
  return out;
}

hmac_key::hmac_key(std::span<const unsigned char> key) noexcept {
  inner_.fill(0x36);
  outer_.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner_[i] ^= key[i];
    outer_[i] ^= key[i];
  }
}

hmac_key::~hmac_key() {
  ::OPENSSL_cleanse(inner_.data(), inner_.size());
  ::OPENSSL_cleanse(outer_.data(), outer_.size());
}

}  // namespace mwaa_serverless::signing
