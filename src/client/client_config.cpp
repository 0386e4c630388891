#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/lookup.hpp"
#include "config/settings.hpp"
#include "protocol/url.hpp"
#include "sources/cached_credentials.hpp"
#include "sources/fetch.hpp"
#include "sources/plan.hpp"
#include "sources/read_sources.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless {

namespace {

std::string to_text(const std::string& value) {
  return value;
}
std::string to_text(bool value) {
  return value ? "true" : "false";
}
template <class T>
  requires std::is_integral_v<T>
std::string to_text(T value) {
  return std::to_string(value);
}
std::string to_text(std::chrono::milliseconds value) {
  return std::to_string(value.count()) + " ms";
}
std::string to_text(retry_mode value) {
  return std::string{to_string(value)};
}
template <class T>
std::string to_text(const std::optional<T>& value) {
  return value ? to_text(*value) : "";
}
template <class T>
std::string to_text(const std::shared_ptr<T>& value) {
  return value ? "set" : "";
}

// Of what config::resolve_settings() has approved.
void set(std::string& into, std::string_view text) {
  into = text;
}
void set(bool& into, std::string_view text) {
  into = text == "true";
}
void set(int& into, std::string_view text) {
  into = std::stoi(std::string{text});
}
void set(retry_mode& into, std::string_view text) {
  into = parse_retry_mode(text).value_or(into);
}

/// A member of client_config, by the name that config::setting_table and describe() know.
class member {
 public:
  std::string_view name;
  std::string (*text)(const client_config& config);
  void (*set)(client_config& config, std::string_view text);  ///< Null: by code only.
};

template <auto... Path>
constexpr member at(std::string_view name) {
  member out{name, [](const client_config& config) { return to_text((config.*....*Path)); }, nullptr};
  if constexpr (requires(client_config& config, std::string_view text) { set((config.*....*Path), text); })
    out.set = [](client_config& config, std::string_view text) { set((config.*....*Path), text); };
  return out;
}

constexpr std::array members{
    at<&client_config::region>("region"),
    at<&client_config::endpoint_url>("endpoint_url"),
    at<&client_config::use_fips>("use_fips"),
    at<&client_config::credentials>("credentials"),
    at<&client_config::retry, &retry_options::mode>("retry.mode"),
    at<&client_config::retry, &retry_options::max_attempts>("retry.max_attempts"),
    at<&client_config::connect_timeout>("connect_timeout"),
    at<&client_config::attempt_timeout>("attempt_timeout"),
    at<&client_config::read_timeout>("read_timeout"),
    at<&client_config::operation_timeout>("operation_timeout"),
    at<&client_config::max_connections>("max_connections"),
    at<&client_config::max_waiting>("max_waiting"),
    at<&client_config::acquire_timeout>("acquire_timeout"),
    at<&client_config::max_connection_age>("max_connection_age"),
    at<&client_config::max_idle_time>("max_idle_time"),
    at<&client_config::max_response_bytes>("max_response_bytes"),
    at<&client_config::ca_bundle>("ca_bundle"),
    at<&client_config::client_certificate>("client_certificate"),
    at<&client_config::client_key>("client_key"),
    at<&client_config::verify_tls>("verify_tls"),
    at<&client_config::tls_context>("tls_context"),
    at<&client_config::https_proxy>("https_proxy"),
    at<&client_config::http_proxy>("http_proxy"),
    at<&client_config::no_proxy>("no_proxy"),
    at<&client_config::app_id>("app_id"),
    at<&client_config::correct_clock_skew>("correct_clock_skew"),
    at<&client_config::attempt_observer>("attempt_observer"),
    at<&client_config::attempt_limiter>("attempt_limiter"),
};
static_assert(std::ranges::all_of(config::setting_table, [](const config::setting& row) {
  if (row.name == "profile" || row.name == "output") return true;
  const auto* const found = std::ranges::find(members, row.name, &member::name);
  return found != members.end() && found->set != nullptr;
}));

std::string shown(const member& which, const client_config& config) {
  std::string text = which.text(config);
  const config::setting* const row = config::find_setting(which.name);
  if (row != nullptr && row->kind == config::value_kind::url) return protocol::showable_url(text);
  return which.name == "verify_tls" && !config.verify_tls ? text + ", ANY CERTIFICATE IS ACCEPTED" : text;
}

const configured_value* find(const std::vector<configured_value>& in, std::string_view name) {
  const auto found = std::ranges::find(in, name, &configured_value::name);
  return found == in.end() ? nullptr : &*found;
}

}  // namespace

/// Environment and files, read once: from a pipe they come once only.
class config_loader {
 public:
  config_loader() {
    auto read = sources::read_files(environment);
    if (!read) throw exception(std::move(read).error());
    files = std::make_shared<const config::profile_set>(*std::move(read));
  }

  [[nodiscard]] client_config load(std::string_view profile, provider_options options) const;

  config::variables environment = sources::read_environment();
  std::shared_ptr<const config::profile_set> files;
};

client_config::client_config() = default;

client_config client_config::from_environment(std::string_view profile, provider_options options) {
  return config_loader{}.load(profile, std::move(options));
}

client_config config_loader::load(std::string_view profile, provider_options options) const {
  const auto found = config::resolve_settings(environment, *files, profile);
  if (!found) throw exception(found.error());
  // Read again for each fetch; here, what cannot be used is found out before the first call.
  const auto plan = sources::plan_credentials(environment, *files, profile);
  if (!plan) throw exception(plan.error());

  client_config config;
  for (const auto& [name, given] : *found) {
    if (given.empty()) continue;
    const auto* const to = std::ranges::find(members, name, &member::name);
    const bool ours = to != members.end();
    if (ours) to->set(config, view(given.value));
    config.loaded_.emplace_back(std::string{name}, ours ? shown(*to, config) : given.text(), given.kind, given.place);
  }
  config.loaded_.emplace_back("credentials", plan->name, plan->origin, plan->place);
  for (const config::unread_file& each : files->unread())
    config.loaded_.emplace_back("unread_file", each.failure,
                                each.variable.empty() ? setting_origin::by_default : setting_origin::environment,
                                "environment variable " + each.variable);
  // A profile that is named has to be there.
  const config::profile_choice chosen{environment, profile};
  for (std::string& each : config::sections_meant(chosen.name.text(), *files))
    config.loaded_.emplace_back("unread_section", std::move(each), setting_origin::by_default);
  for (const auto each : {&egress_options::ca_bundle, &egress_options::https_proxy, &egress_options::http_proxy,
                          &egress_options::no_proxy})
    if ((options.*each).empty()) options.*each = config.*each;
  config.credentials = sources::make_default_from(environment, files, std::string{profile}, std::move(options));
  config.loaded_credentials_ = config.credentials;
  return config;
}

boost::asio::awaitable<client_config> client_config::load(std::string profile, provider_options options) {
  const config_loader from;
  client_config config = from.load(profile, options);
  if (!config.region.empty()) co_return std::move(config);
  const auto where = sources::plan_instance(from.environment, *from.files, profile);
  if (!where) throw exception(where.error());
  sources::fetch_context with{sources::checked(std::move(options))};
  const auto& metadata = std::get<sources::instance>(where->source);
  const auto limit = with.options.time->now() + with.options.fetch_timeout;
  const auto region = co_await sources::fetch_region(metadata, with, limit);
  if (region) {
    config.region = *region;
    config.loaded_.emplace_back("region", *region, setting_origin::instance_metadata,
                                "instance metadata (" + metadata.endpoint_url + ")");
  }
  co_return std::move(config);
}

std::vector<configured_value> client_config::describe() const {
  std::vector<configured_value> out;
  // What belongs to no member.
  for (const char* name : {"profile", "output"})
    if (const configured_value* const found = find(loaded_, name)) out.push_back(*found);
  std::ranges::copy_if(loaded_, std::back_inserter(out),
                       [](const auto& each) { return each.name.starts_with("unread_"); });
  const client_config defaults;
  for (const member& each : members) {
    std::string value = shown(each, *this);
    const configured_value* const loaded = find(loaded_, each.name);
    const bool same = each.name == "credentials" ? credentials && credentials == loaded_credentials_.lock()
                                                 : loaded != nullptr && loaded->value == value;
    if (loaded != nullptr && same) {
      out.push_back(*loaded);
    } else {
      const bool changed = loaded != nullptr || value != shown(each, defaults);
      out.emplace_back(std::string{each.name}, std::move(value),
                       changed ? setting_origin::code : setting_origin::by_default);
    }
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const client_config& config) {
  for (const configured_value& each : config.describe())
    out << each.name << " = " << (each.value.empty() ? "(none)" : strings::printable(each.value)) << "  # "
        << strings::printable(each.place) << '\n';
  return out;
}

call_options::call_options() = default;

}  // namespace mwaa_serverless
