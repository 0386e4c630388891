#include "protocol/user_agent.hpp"

namespace mwaa_serverless::protocol {

namespace {

constexpr std::string_view operating_system =
#if defined(__linux__)
    "linux";
#elif defined(__APPLE__)
    "macos";
#else
    "other";
#endif

constexpr std::string_view machine =
#if defined(__x86_64__)
    "x86_64";
#elif defined(__aarch64__)
    "aarch64";
#else
    "other";
#endif

constexpr std::string_view compiler =
#if defined(__clang__)
    "clang#" __clang_version__;
#elif defined(__GNUC__)
    "gcc#" __VERSION__;
#else
    "other";
#endif

// What botocore (useragent.py) lets through in the name of a component.
bool allowed(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view{"!$%&'*+-.^_`|~,"}.find(c) != std::string_view::npos;
}

std::string sanitised(std::string_view value) {
  std::string out{value};
  for (char& c : out)
    if (!allowed(c)) c = '-';
  return out;
}

}  // namespace

std::string user_agent(std::string_view app_id) {
  std::string out = "mwaa-serverless-cpp/" MWAA_SERVERLESS_VERSION " ua/2.1 os/";
  out += operating_system;
  out += " md/arch#";
  out += machine;
  out += " md/";
  // "19.1.7 (3~deb12u1)": only the number.
  out += compiler.substr(0, compiler.find(' '));
  out += " lang/c++#20 cfg/retry-mode#standard";
  if (!app_id.empty()) out += " app/" + sanitised(app_id);
  return out;
}

}  // namespace mwaa_serverless::protocol
