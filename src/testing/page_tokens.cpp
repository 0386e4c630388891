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

constexpr std::size_t time_digits = 16;
constexpr std::size_t mac_bytes = 16;

std::uint64_t milliseconds_of(clock::wall_time_point when) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count());
}

}  // namespace

page_tokens::page_tokens(std::uint64_t seed, std::chrono::milliseconds life)
    : key_("page tokens of seed " + std::to_string(seed)), life_(life) {}

// The time and the key, and a code that authenticates them together with the listing, in hexadecimal.
std::string page_tokens::make(std::string_view listing, std::string_view key, std::uint64_t made) const {
  std::string out;
  strings::append_hex(out, made, static_cast<int>(time_digits));
  for (const char c : key) strings::append_hex(out, static_cast<unsigned char>(c), 2);
  std::string signed_text = out;
  signed_text.append("\n").append(listing);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(),
           &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 failed");
  strings::append_hex(out, {mac.data(), mac_bytes});
  return out;
}

std::string page_tokens::make(std::string_view listing, std::string_view key, clock::wall_time_point now) const {
  // Without a limit the time would only make tokens of one page differ.
  return make(listing, key, life_.count() > 0 ? milliseconds_of(now) : 0);
}

std::optional<std::string> page_tokens::read(std::string_view listing, std::string_view token,
                                             clock::wall_time_point now) const {
  if (token.size() < time_digits + 2 * mac_bytes || token.size() % 2 != 0) return std::nullopt;
  std::uint64_t made = 0;
  std::from_chars(token.data(), token.data() + time_digits, made, 16);
  std::string key;
  for (std::size_t i = time_digits; i < token.size() - 2 * mac_bytes; i += 2)
    key += static_cast<char>(16 * strings::hex_value(token[i]) + strings::hex_value(token[i + 1]));
  // Whatever was no digit gives another token than this one.
  const std::string genuine = make(listing, key, made);
  if (genuine.size() != token.size() || CRYPTO_memcmp(genuine.data(), token.data(), token.size()) != 0)
    return std::nullopt;
  if (life_.count() > 0 && milliseconds_of(now) > made + static_cast<std::uint64_t>(life_.count())) return std::nullopt;
  return key;
}

}  // namespace mwaa_serverless::testing
