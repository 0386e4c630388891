#include "net/options.hpp"

#include <chrono>
#include <string>

namespace mwaa_serverless::net {

std::optional<error> validate(const network_options& options, std::string_view owner) {
  const auto refuse = [&](std::string_view member, std::string_view rule) {
    return error{errc::invalid_configuration, std::string{owner}.append(member).append(" must be ").append(rule)};
  };
  using limit = std::optional<std::chrono::milliseconds>;
  // A year is as good as no limit, and sums with it do not overflow.
  const auto usable = [](const limit& value) {
    return !value || (value->count() > 0 && *value <= std::chrono::hours{24 * 366});
  };
  if (!usable(options.connect_timeout)) return refuse("connect_timeout", "positive and at most a year");
  if (!usable(options.read_timeout))
    return refuse("read_timeout", "positive and at most a year; leave it out for no limit of its own");
  if (options.max_connections < 1) return refuse("max_connections", "at least 1");
  if (!usable(options.acquire_timeout))
    return refuse("acquire_timeout", "positive and at most a year; leave it out for the attempt's own limit");
  if (!usable(options.max_connection_age)) return refuse("max_connection_age", "positive and at most a year");
  if (!usable(options.max_idle_time)) return refuse("max_idle_time", "positive and at most a year");
  if (options.max_response_bytes < 1024) return refuse("max_response_bytes", "at least 1024");
  return std::nullopt;
}

}  // namespace mwaa_serverless::net

mwaa_serverless::egress_options::egress_options() = default;
mwaa_serverless::network_options::network_options() = default;
