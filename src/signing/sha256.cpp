#include "signing/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

namespace mwaa_serverless::signing {

namespace {

void check(int outcome) {
  if (outcome != 1) throw std::bad_alloc();  // nothing else can be missing
}

hash_context make_context() {
  hash_context out{::EVP_MD_CTX_new()};
  if (!out) throw std::bad_alloc();
  return out;
}

constexpr std::size_t block_bytes = 64;

}  // namespace

void free_context::operator()(EVP_MD_CTX* context) const noexcept {
  ::EVP_MD_CTX_free(context);
}

sha256_algorithm::sha256_algorithm() : begun_(make_context()) {
  const auto give_back = [](EVP_MD* algorithm) { ::EVP_MD_free(algorithm); };
  const std::unique_ptr<EVP_MD, decltype(give_back)> algorithm{::EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  if (!algorithm) throw std::runtime_error("OpenSSL offers no SHA-256");
  check(::EVP_DigestInit_ex2(begun_.get(), algorithm.get(), nullptr));  // which keeps it
}

sha256::sha256(const sha256_algorithm& algorithm) : algorithm_(algorithm), context_(make_context()) {}

void sha256::begin_as(const hash_context& begun) {
  check(::EVP_MD_CTX_copy_ex(context_.get(), begun.get()));
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
  begin_as(algorithm_.begun_);
  add(text.data(), text.size());
  return end();
}

// RFC 2104
digest sha256::hmac(const hmac_key& key, std::string_view text) {
  begin_as(key.inner_);
  add(text.data(), text.size());
  const digest inner = end();
  begin_as(key.outer_);
  add(inner.data(), inner.size());
  return end();
}

digest sha256::hmac(std::span<const unsigned char> key, std::string_view text) {
  return hmac(hmac_key{algorithm_, key}, text);
}

hmac_key::hmac_key(const sha256_algorithm& algorithm, std::span<const unsigned char> key)
    : inner_(make_context()), outer_(make_context()) {
  std::array<unsigned char, block_bytes> block{};
  if (key.size() <= block.size()) {
    std::copy(key.begin(), key.end(), block.begin());
  } else {
    const digest short_key = sha256{algorithm}.hash({reinterpret_cast<const char*>(key.data()), key.size()});
    std::copy(short_key.begin(), short_key.end(), block.begin());
  }
  const auto begin = [&](const hash_context& with, unsigned char mask) {
    std::array<unsigned char, block_bytes> masked;
    for (std::size_t i = 0; i < block.size(); ++i) masked[i] = block[i] ^ mask;
    const bool done = ::EVP_MD_CTX_copy_ex(with.get(), algorithm.begun_.get()) == 1 &&
                      ::EVP_DigestUpdate(with.get(), masked.data(), masked.size()) == 1;
    ::OPENSSL_cleanse(masked.data(), masked.size());
    return done;
  };
  const bool done = begin(inner_, 0x36) && begin(outer_, 0x5c);
  ::OPENSSL_cleanse(block.data(), block.size());
  check(done ? 1 : 0);
}

}  // namespace mwaa_serverless::signing
