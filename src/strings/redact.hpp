// Secrets in what servers say.
#pragma once

#include <string>
#include <string_view>

#include "strings/secret_memory.hpp"

namespace mwaa_serverless::strings {

/// Takes a secret out of what a server has said: refusals of signatures repeat the canonical request, with the session
/// token in it. One too short to be told from other text is left.
inline void redact(std::string& text, std::string_view secret) {
  constexpr std::string_view instead = "(not shown)";
  if (secret.size() < 8 || text.find(secret) == std::string::npos) return;
  std::string out;
  out.reserve(text.size() + instead.size());
  std::string_view rest = text;
  for (auto at = rest.find(secret); at != std::string_view::npos; at = rest.find(secret)) {
    out.append(rest.substr(0, at)).append(instead);
    rest.remove_prefix(at + secret.size());
  }
  out.append(rest);
  text.swap(out);
  cleanse(out);
}

}  // namespace mwaa_serverless::strings
