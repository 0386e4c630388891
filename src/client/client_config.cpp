#include <charconv>
#include <cstdlib>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <string_view>

namespace mwaa_serverless {

namespace {

// A blank variable counts as unset, as in AWS's own tools.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

std::string first_of(const char* one, const char* other) {
  std::string value = variable(one);
  return value.empty() ? variable(other) : value;
}

[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string_view rule) {
  throw exception(error(errc::invalid_configuration, "environment variable " + std::string{name} + "='" +
                                                         std::string{value.substr(0, 60)} + "': " + std::string{rule}));
}

bool switched_on(const char* name) {
  const std::string value = variable(name);
  std::string lower;
  for (const char c : value) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (lower.empty() || lower == "false") return false;
  if (lower == "true") return true;
  refuse(name, value, "must be true or false");
}

}  // namespace

client_config::client_config() = default;

client_config client_config::from_environment() {
  client_config config;
  config.region = first_of("AWS_REGION", "AWS_DEFAULT_REGION");
  if (!switched_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
    config.endpoint_url = first_of("AWS_ENDPOINT_URL_MWAA_SERVERLESS", "AWS_ENDPOINT_URL");
  config.use_fips = switched_on("AWS_USE_FIPS_ENDPOINT");
  config.ca_bundle = variable("AWS_CA_BUNDLE");
  config.app_id = variable("AWS_SDK_UA_APP_ID");

  const std::string key = variable("AWS_ACCESS_KEY_ID");
  const std::string secret = variable("AWS_SECRET_ACCESS_KEY");
  if (key.empty() != secret.empty()) {
    throw exception(error(errc::invalid_configuration,
                          "half a key pair in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go "
                          "together, and " +
                              std::string{key.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"} +
                              " is not set"));
  }
  if (!key.empty()) {
    config.credentials =
        make_static_credentials(mwaa_serverless::credentials(key, secret, variable("AWS_SESSION_TOKEN")));
  }

  config.correct_clock_skew = !switched_on("AWS_DISABLE_CLOCK_SKEW_CORRECTION");
  if (const std::string mode = variable("AWS_RETRY_MODE"); !mode.empty()) {
    const auto known = parse_retry_mode(mode);
    if (!known) refuse("AWS_RETRY_MODE", mode, "must be standard or adaptive");
    config.retry.mode = *known;
  }
  if (const std::string attempts = variable("AWS_MAX_ATTEMPTS"); !attempts.empty()) {
    const char* const end = attempts.data() + attempts.size();
    const auto [stop, code] = std::from_chars(attempts.data(), end, config.retry.max_attempts);
    if (code != std::errc{} || stop != end || config.retry.max_attempts < 1)
      refuse("AWS_MAX_ATTEMPTS", attempts, "must be a whole number from 1");
  }
  return config;
}

call_options::call_options() = default;

}  // namespace mwaa_serverless
