#include <string>

#include "retry/retry_state.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::retry {

std::optional<error> validate(const retry_options& options) {
  using namespace std::chrono_literals;
  const auto refuse = [](const char* member, const char* rule) {
    return error(errc::invalid_configuration, std::string{"retry_options::"} + member + " " + rule);
  };
  if (options.mode != retry_mode::standard && options.mode != retry_mode::adaptive)
    return refuse("mode", "must be standard or adaptive");
  if (options.max_attempts < 1) return refuse("max_attempts", "must be at least 1");
  if (options.base_delay <= 0ms) return refuse("base_delay", "must be positive");
  if (options.throttling_base_delay <= 0ms) return refuse("throttling_base_delay", "must be positive");
  if (options.max_backoff < options.base_delay || options.max_backoff < options.throttling_base_delay)
    return refuse("max_backoff", "must not be below base_delay and throttling_base_delay");
  if (options.max_backoff > 24h) return refuse("max_backoff", "must be at most a day");
  if (options.max_hint < 0ms) return refuse("max_hint", "must not be negative");
  if (options.max_hint > 24h) return refuse("max_hint", "must be at most a day");
  if (options.max_gate_wait <= 0ms) return refuse("max_gate_wait", "must be positive");
  if (options.max_gate_wait > 24h) return refuse("max_gate_wait", "must be at most a day");
  if (options.quota < 0) return refuse("quota", "must not be negative");
  return std::nullopt;
}

}  // namespace mwaa_serverless::retry

namespace mwaa_serverless {

retry_options::retry_options() = default;

std::string_view to_string(retry_mode value) noexcept {
  return value == retry_mode::adaptive ? "adaptive" : "standard";
}

std::optional<retry_mode> parse_retry_mode(std::string_view name) noexcept {
  for (const retry_mode each : {retry_mode::standard, retry_mode::adaptive}) {
    if (strings::equal_ignoring_case(name, to_string(each))) return each;
  }
  return std::nullopt;
}

}  // namespace mwaa_serverless
