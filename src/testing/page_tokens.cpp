#include "testing/page_tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <stdexcept>

#include "strings/hex.hpp"

namespace mwaa_serverless::testing {

namespace {

constexpr int offset_digits = 8;
constexpr std::size_t mac_bytes = 16;

}  // namespace

page_tokens::page_tokens(std::uint64_t seed) : key_("page tokens of seed " + std::to_string(seed)) {}

// The offset and a code that authenticates it together with the listing, in hexadecimal.
std::string page_tokens::make(std::string_view listing, std::uint32_t offset) const {
  std::string out;
  strings::append_hex(out, offset, offset_digits);
  std::string signed_text = out;
  signed_text.append(listing);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(),
           &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 failed");
  strings::append_hex(out, {mac.data(), mac_bytes});
  return out;
}

std::optional<std::uint32_t> page_tokens::read(std::string_view listing, std::string_view token) const {
  if (token.size() != std::size_t{offset_digits} + 2 * mac_bytes) return std::nullopt;
  std::uint32_t offset = 0;
  const char* end = token.data() + offset_digits;
  const auto [stop, failure] = std::from_chars(token.data(), end, offset, 16);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  const std::string genuine = make(listing, offset);
  if (CRYPTO_memcmp(genuine.data(), token.data(), token.size()) != 0) return std::nullopt;
  return offset;
}

}  // namespace mwaa_serverless::testing
