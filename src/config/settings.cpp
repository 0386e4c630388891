#include "config/settings.hpp"

#include <array>
#include <utility>

#include "config/lookup.hpp"

namespace mwaa_serverless::config {

namespace {

constexpr std::array names{"AWS_ACCESS_KEY_ID",
                           "AWS_CA_BUNDLE",
                           "AWS_CONFIG_FILE",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                           "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                           "AWS_DEFAULT_OUTPUT",
                           "AWS_DEFAULT_PROFILE",
                           "AWS_DEFAULT_REGION",
                           "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
                           "AWS_EC2_METADATA_DISABLED",
                           "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                           "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                           "AWS_ENDPOINT_URL",
                           "AWS_ENDPOINT_URL_MWAA_SERVERLESS",
                           "AWS_ENDPOINT_URL_SSO",
                           "AWS_ENDPOINT_URL_SSO_OIDC",
                           "AWS_ENDPOINT_URL_STS",
                           "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                           "AWS_MAX_ATTEMPTS",
                           "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                           "AWS_METADATA_SERVICE_TIMEOUT",
                           "AWS_PROFILE",
                           "AWS_REGION",
                           "AWS_RETRY_MODE",
                           "AWS_ROLE_ARN",
                           "AWS_ROLE_SESSION_NAME",
                           "AWS_SDK_UA_APP_ID",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SECURITY_TOKEN",
                           "AWS_SESSION_TOKEN",
                           "AWS_SHARED_CREDENTIALS_FILE",
                           "AWS_USE_FIPS_ENDPOINT",
                           "AWS_WEB_IDENTITY_TOKEN_FILE",
                           "HOME",
                           "HOMEDRIVE",
                           "HOMEPATH",
                           "HTTPS_PROXY",
                           "HTTP_PROXY",
                           "NO_PROXY",
                           "REQUEST_METHOD",
                           "USERPROFILE",
                           "http_proxy",
                           "https_proxy",
                           "no_proxy"};

bool is_name_part(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Calls `variable(name, whole)` for each `$name` and `${name}` of `text`, and `other` with what is between them.
template <class Variable, class Other>
void split_variables(std::string_view text, Variable variable, Other other) {
  while (!text.empty()) {
    const auto sign = std::min(text.find('$'), text.size());
    other(text.substr(0, sign));
    text.remove_prefix(sign);
    if (text.empty()) return;
    std::size_t length = 1;
    if (text.substr(1).starts_with('{')) {
      length = text.find('}');
      length = length == std::string_view::npos ? 1 : length + 1;
    } else {
      while (length < text.size() && is_name_part(text[length])) ++length;
    }
    const std::string_view whole = text.substr(0, length);
    if (length == 1)
      other(whole);
    else
      variable(whole[1] == '{' ? whole.substr(2, length - 3) : whole.substr(1), whole);
    text.remove_prefix(length);
  }
}

/// With the values of the variables that it names, those that are not set left as they are (Python's expandvars).
std::string expanded(const variables& environment, std::string_view text) {
  std::string out;
  split_variables(
      text,
      [&](std::string_view name, std::string_view whole) {
        const auto found = environment.find(name);
        out += found == environment.end() ? whole : view(found->second);
      },
      [&](std::string_view other) { out += other; });
  return out;
}

std::string path_of(const variables& environment, std::string_view name, std::string_view file) {
  const std::string own = home(environment);
  std::string path = expanded(environment, view(variable(environment, name)));
  if (path.empty()) return own.empty() ? std::string{} : own + "/.aws/" + std::string{file};
  if (!own.empty() && (path == "~" || path.starts_with("~/"))) path.replace(0, 1, own);
  return path;
}

}  // namespace

std::span<const char* const> variable_names() noexcept {
  return names;
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> out;
  split_variables(
      text, [&](std::string_view name, std::string_view) { out.emplace_back(name); }, [](std::string_view) {});
  return out;
}

std::string home(const variables& environment) {
  for (const char* name : {"HOME", "USERPROFILE"})
    if (const strings::secret_string value = variable(environment, name); !value.empty())
      return std::string{view(value)};
  const strings::secret_string drive = variable(environment, "HOMEDRIVE");
  const strings::secret_string path = variable(environment, "HOMEPATH");
  return drive.empty() || path.empty() ? std::string{} : std::string{view(drive)}.append(view(path));
}

std::string config_path(const variables& environment) {
  return path_of(environment, "AWS_CONFIG_FILE", "config");
}
std::string credentials_path(const variables& environment) {
  return path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
}

result<settings> resolve_settings(const variables& environment, const profile_set& files, std::string_view wanted) {
  settings out;
  profile_choice chosen{environment, wanted};
  const section* const profile = files.profile(chosen.name.text());
  if (chosen.named && profile == nullptr) return no_such_profile(chosen.name.text(), files);
  out.profile = std::move(chosen.name);

  const lookup from{environment, profile};
  out.region = from.in_environment("AWS_REGION");
  if (out.region.empty()) out.region = from.first("AWS_DEFAULT_REGION", "region");
  if (out.region.empty())
    if (auto wrong = check_indented_region(profile)) return *std::move(wrong);
  out.ca_bundle = from.first("AWS_CA_BUNDLE", "ca_bundle");
  out.app_id = from.first("AWS_SDK_UA_APP_ID", "sdk_ua_app_id");
  out.output = from.first("AWS_DEFAULT_OUTPUT", "output");
  // In lower case first, as everybody else does.
  const auto either = [&](const char* low, const char* high) {
    found_value found = from.in_environment(low);
    return found.empty() ? from.in_environment(high) : found;
  };
  out.https_proxy = either("https_proxy", "HTTPS_PROXY");
  // In a CGI program HTTP_PROXY is what a client has sent as its header `Proxy` (https://httpoxy.org).
  const bool cgi = !variable(environment, "REQUEST_METHOD").empty();
  out.http_proxy = either("http_proxy", cgi ? "http_proxy" : "HTTP_PROXY");
  out.no_proxy = either("no_proxy", "NO_PROXY");
  auto endpoint = from.endpoint_url(files, "MWAA_SERVERLESS", "mwaa_serverless");
  if (!endpoint) return std::move(endpoint).error();
  out.endpoint_url = *std::move(endpoint);

  std::optional<error> wrong = check_one_line({&out.region, &out.ca_bundle, &out.app_id});
  const auto read = [&](auto& into, std::string_view name, std::string_view setting) {
    into.from = from.first(name, setting);
    if (!wrong) wrong = parse(into.from, into.value);
  };
  read(out.use_fips, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  read(out.no_clock_skew_correction, "AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction");
  read(out.max_attempts, "AWS_MAX_ATTEMPTS", "max_attempts");
  read(out.mode, "AWS_RETRY_MODE", "retry_mode");
  if (wrong) return *std::move(wrong);
  return out;
}

}  // namespace mwaa_serverless::config
