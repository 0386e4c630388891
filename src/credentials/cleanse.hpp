// Text that must not stay in memory.
#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>

namespace mwaa_serverless::sources {

/// Overwrites a string when it goes out of scope before it.
class cleanse_at_end {
 public:
  explicit cleanse_at_end(std::string& text) noexcept : text_(text) {}
  cleanse_at_end(const cleanse_at_end&) = delete;
  cleanse_at_end& operator=(const cleanse_at_end&) = delete;
  ~cleanse_at_end() { OPENSSL_cleanse(text_.data(), text_.size()); }

 private:
  std::string& text_;
};

/// Takes a secret out of what a server has said: refusals of signatures repeat the canonical request, with the session
/// token in it. One too short to be told from other text is left.
inline void redact(std::string& text, std::string_view secret) {
  constexpr std::string_view instead = "(not shown)";
  if (secret.size() < 8) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + instead.size()))
    text.replace(at, secret.size(), instead);
}

}  // namespace mwaa_serverless::sources
