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

// RFC 2104, over the context that is here anyway.
digest sha256::hmac(std::span<const unsigned char> key, std::string_view text) {
  constexpr std::size_t block = 64;
  std::array<unsigned char, block> pad{};
  digest short_key{};
  if (key.size() > block) {
    short_key = hash({reinterpret_cast<const char*>(key.data()), key.size()});
    key = short_key;
  }
  for (std::size_t i = 0; i < block; ++i) pad[i] = static_cast<unsigned char>((i < key.size() ? key[i] : 0) ^ 0x36);
  begin();
  add(pad.data(), pad.size());
  add(text.data(), text.size());
  const digest inner = end();
  for (unsigned char& byte : pad) byte ^= 0x36 ^ 0x5c;
  begin();
  add(pad.data(), pad.size());
  add(inner.data(), inner.size());
  ::OPENSSL_cleanse(pad.data(), pad.size());
  ::OPENSSL_cleanse(short_key.data(), short_key.size());
  return end();
}

}  // namespace mwaa_serverless::signing
