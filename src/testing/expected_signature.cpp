#include "testing/expected_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <stdexcept>

#include "testing/operations.hpp"

namespace mwaa_serverless::testing {

namespace {

using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string_view bytes_of(const digest& value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

digest sha256(std::string_view text) {
  digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

digest hmac(std::string_view key, std::string_view text) {
  digest out{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), out.data(), &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 failed");
  return out;
}

std::string hex(const digest& value) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : value) {
    out.push_back(digits[c >> 4U]);
    out.push_back(digits[c & 15U]);
  }
  return out;
}

bool same_name(std::string_view sent, std::string_view lowered) {
  if (sent.size() != lowered.size()) return false;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const char c = sent[i] >= 'A' && sent[i] <= 'Z' ? static_cast<char>(sent[i] - 'A' + 'a') : sent[i];
    if (c != lowered[i]) return false;
  }
  return true;
}

/// Appends `value` with runs of white space as one space.
void append_collapsed(std::string& out, std::string_view value) {
  bool space = false;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) out.push_back(c);
    if (blank && !space) out.push_back(' ');
    space = blank;
  }
}

}  // namespace

// Task by task as AWS documents it: "Create a signed AWS API request".
expected_signature::expected_signature(const incoming_request& request,
                                       const std::vector<std::string_view>& signed_headers, std::string_view amz_date,
                                       std::string_view region, std::string_view secret_access_key) {
  std::string names;
  canonical_request.append(request.method).append("\n/\n\n");  // the only path, and no query: judged before
  for (const std::string_view name : signed_headers) {
    if (!names.empty()) names.push_back(';');
    names.append(name);
    canonical_request.append(name).push_back(':');
    bool first = true;
    for (const auto& [sent, value] : request.headers) {
      if (!same_name(sent, name)) continue;
      if (!first) canonical_request.push_back(',');
      append_collapsed(canonical_request, value);
      first = false;
    }
    canonical_request.push_back('\n');
  }
  canonical_request.append("\n").append(names).append("\n").append(hex(sha256(request.body)));

  const std::string_view day = amz_date.substr(0, 8);
  string_to_sign.append("AWS4-HMAC-SHA256\n").append(amz_date).append("\n").append(day).append("/");
  string_to_sign.append(region).append("/").append(signing_name).append("/aws4_request\n");
  string_to_sign.append(hex(sha256(canonical_request)));

  const digest date_key = hmac("AWS4" + std::string{secret_access_key}, day);
  const digest region_key = hmac(bytes_of(date_key), region);
  const digest service_key = hmac(bytes_of(region_key), signing_name);
  const digest signing_key = hmac(bytes_of(service_key), "aws4_request");
  signature = hex(hmac(bytes_of(signing_key), string_to_sign));
}

}  // namespace mwaa_serverless::testing
