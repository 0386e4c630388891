#include <algorithm>
#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "client/config_loader.hpp"
#include "config/settings.hpp"
#include "protocol/url.hpp"
#include "sources/cached_credentials.hpp"
#include "sources/default_credentials.hpp"
#include "sources/fetch.hpp"
#include "sources/plan.hpp"
#include "sources/read_sources.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless {

namespace {

std::string to_text(bool value) {
  return value ? "true" : "false";
}
std::string to_text(std::chrono::milliseconds value) {
  return std::to_string(value.count()) + " ms";
}
template <class T>
std::string set_or_not(const std::shared_ptr<T>& value) {
  return value ? "set" : "";
}

/// The settings of a configuration as text, `credentials` apart.
std::vector<std::pair<std::string, std::string>> texts_of(const client_config& config) {
  return {{"region", config.region},
          {"endpoint_url", protocol::showable_url(config.endpoint_url)},
          {"use_fips", to_text(config.use_fips)},
          {"retry.mode", std::string{to_string(config.retry.mode)}},
          {"retry.max_attempts", std::to_string(config.retry.max_attempts)},
          {"connect_timeout", to_text(config.connect_timeout)},
          {"attempt_timeout", to_text(config.attempt_timeout)},
          {"read_timeout", config.read_timeout ? to_text(*config.read_timeout) : ""},
          {"operation_timeout", config.operation_timeout ? to_text(*config.operation_timeout) : ""},
          {"max_connections", std::to_string(config.max_connections)},
          {"max_waiting", config.max_waiting ? std::to_string(*config.max_waiting) : ""},
          {"acquire_timeout", config.acquire_timeout ? to_text(*config.acquire_timeout) : ""},
          {"max_connection_age", to_text(config.max_connection_age)},
          {"max_idle_time", to_text(config.max_idle_time)},
          {"max_response_bytes", std::to_string(config.max_response_bytes)},
          {"ca_bundle", config.ca_bundle},
          {"client_certificate", config.client_certificate},
          {"client_key", config.client_key},
          {"verify_tls", config.verify_tls ? "true" : "false, ANY CERTIFICATE IS ACCEPTED"},
          {"tls_context", set_or_not(config.tls_context)},
          {"https_proxy", protocol::showable_url(config.https_proxy)},
          {"http_proxy", protocol::showable_url(config.http_proxy)},
          {"no_proxy", config.no_proxy},
          {"app_id", config.app_id},
          {"correct_clock_skew", to_text(config.correct_clock_skew)},
          {"observer", set_or_not(config.observer)},
          {"attempt_gate", set_or_not(config.attempt_gate)}};
}

const configured_value* find(const std::vector<configured_value>& in, std::string_view name) {
  const auto found = std::ranges::find(in, name, &configured_value::name);
  return found == in.end() ? nullptr : &*found;
}

}  // namespace

configured_value::configured_value(std::string name_value, std::string value_value, std::string origin_value)
    : name(std::move(name_value)), value(std::move(value_value)), origin(std::move(origin_value)) {}

client_config::client_config() = default;

client_config client_config::from_environment(std::string_view profile, provider_options options) {
  return config_loader{}.from_environment(profile, std::move(options));
}

boost::asio::awaitable<client_config> client_config::load(std::string profile, provider_options options) {
  const config_loader from;
  co_return co_await from.load(std::move(profile), std::move(options));
}

config_loader::config_loader() : environment_(sources::read_environment()) {
  auto files = sources::read_files(environment_);
  if (!files) throw exception(std::move(files).error());
  files_ = std::make_shared<const config::profile_set>(*std::move(files));
}

client_config config_loader::from_environment(std::string_view profile, provider_options options) const {
  auto found = config::resolve_settings(environment_, *files_, profile);
  if (!found) throw exception(std::move(found).error());
  // Read again for each fetch; here, what cannot be used is found out before the first call.
  const auto plan = sources::plan_credentials(environment_, *files_, profile);
  if (!plan) throw exception(plan.error());

  client_config config;
  config.region = found->region.text();
  config.endpoint_url = found->endpoint_url.text();
  config.use_fips = found->use_fips.value;
  config.ca_bundle = found->ca_bundle.text();
  config.app_id = found->app_id.text();
  config.correct_clock_skew = !found->no_clock_skew_correction.value;
  if (found->mode.value) config.retry.mode = *found->mode.value;
  if (found->max_attempts.value) config.retry.max_attempts = *found->max_attempts.value;
  config.https_proxy = found->https_proxy.text();
  config.http_proxy = found->http_proxy.text();
  config.no_proxy = found->no_proxy.text();
  if (options.ca_bundle.empty()) options.ca_bundle = config.ca_bundle;
  if (options.https_proxy.empty()) options.https_proxy = config.https_proxy;
  if (options.http_proxy.empty()) options.http_proxy = config.http_proxy;
  if (options.no_proxy.empty()) options.no_proxy = config.no_proxy;
  config.credentials = sources::make_default_from(environment_, files_, std::string{profile}, std::move(options));
  config.loaded_credentials_ = config.credentials;

  const auto texts = texts_of(config);
  const auto note = [&](std::string_view name, const config::found_value& from) {
    if (from.empty()) return;
    const auto text = std::ranges::find(texts, name, &std::pair<std::string, std::string>::first);
    config.loaded_.emplace_back(std::string{name}, text->second, from.place);
  };
  note("region", found->region);
  note("endpoint_url", found->endpoint_url);
  note("use_fips", found->use_fips.from);
  note("ca_bundle", found->ca_bundle);
  note("https_proxy", found->https_proxy);
  note("http_proxy", found->http_proxy);
  note("no_proxy", found->no_proxy);
  note("app_id", found->app_id);
  note("correct_clock_skew", found->no_clock_skew_correction.from);
  note("retry.mode", found->mode.from);
  note("retry.max_attempts", found->max_attempts.from);
  config.loaded_.emplace_back("profile", found->profile.text(),
                              found->profile.kind == config::origin_kind::none   ? "default"
                              : found->profile.kind == config::origin_kind::code ? "code"
                                                                                 : found->profile.place);
  if (!found->output.empty()) config.loaded_.emplace_back("output", found->output.text(), found->output.place);
  config.loaded_.emplace_back("credentials", plan->name, plan->place.empty() ? "default" : plan->place);
  return config;
}

boost::asio::awaitable<client_config> config_loader::load(std::string profile, provider_options options) const {
  client_config config = from_environment(profile, options);
  if (!config.region.empty()) co_return std::move(config);
  const auto where = sources::plan_instance(environment_, *files_, profile);
  if (!where) throw exception(where.error());
  sources::fetch_context with{sources::checked(std::move(options))};
  const auto& metadata = std::get<sources::instance>(where->source);
  const auto limit = with.options.time->now() + with.options.fetch_timeout;
  const auto region = co_await sources::fetch_region(metadata, with, limit);
  if (region) {
    config.region = *region;
    config.loaded_.emplace_back("region", *region, "instance metadata (" + metadata.endpoint_url + ")");
  }
  co_return std::move(config);
}

std::vector<configured_value> client_config::describe() const {
  std::vector<configured_value> out;
  // What belongs to no member.
  for (const char* name : {"profile", "output"})
    if (const configured_value* const found = find(loaded_, name)) out.push_back(*found);
  const auto defaults = texts_of(client_config{});
  std::size_t position = 0;
  for (auto& [name, value] : texts_of(*this)) {
    const configured_value* const loaded = find(loaded_, name);
    const bool unchanged = value == defaults[position++].second;
    std::string origin = loaded != nullptr && loaded->value == value ? loaded->origin : unchanged ? "default" : "code";
    out.emplace_back(std::move(name), std::move(value), std::move(origin));
    if (out.back().name != "use_fips") continue;
    const configured_value* const found = find(loaded_, "credentials");
    if (!credentials) {
      out.emplace_back("credentials", "", found != nullptr ? "code" : "default");
    } else if (found != nullptr && credentials == loaded_credentials_.lock()) {
      out.push_back(*found);
    } else {
      out.emplace_back("credentials", "set", "code");
    }
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const client_config& config) {
  for (const configured_value& each : config.describe())
    out << each.name << " = " << (each.value.empty() ? "(none)" : strings::printable(each.value)) << "  # "
        << strings::printable(each.origin) << '\n';
  return out;
}

call_options::call_options() = default;

}  // namespace mwaa_serverless
