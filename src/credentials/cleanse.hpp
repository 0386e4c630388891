// Text that must not stay in memory.
#pragma once

#include <openssl/crypto.h>

#include <string>

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

}  // namespace mwaa_serverless::sources
