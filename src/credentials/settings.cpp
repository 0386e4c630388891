#include "credentials/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

namespace mwaa_serverless::profiles {

namespace {

constexpr std::array names{"AWS_ACCESS_KEY_ID",
                           "AWS_CA_BUNDLE",
                           "AWS_CONFIG_FILE",
                           "AWS_DEFAULT_PROFILE",
                           "AWS_DEFAULT_REGION",
                           "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
                           "AWS_ENDPOINT_URL",
                           "AWS_ENDPOINT_URL_MWAA_SERVERLESS",
                           "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                           "AWS_MAX_ATTEMPTS",
                           "AWS_PROFILE",
                           "AWS_REGION",
                           "AWS_RETRY_MODE",
                           "AWS_SDK_UA_APP_ID",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN",
                           "AWS_SHARED_CREDENTIALS_FILE",
                           "AWS_USE_FIPS_ENDPOINT",
                           "HOME",
                           "HOMEDRIVE",
                           "HOMEPATH",
                           "USERPROFILE"};

std::string variable(const variables& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string{} : found->second;
}

std::string home(const variables& environment) {
  for (const char* name : {"HOME", "USERPROFILE"})
    if (std::string value = variable(environment, name); !value.empty()) return value;
  const std::string drive = variable(environment, "HOMEDRIVE");
  const std::string path = variable(environment, "HOMEPATH");
  return drive.empty() || path.empty() ? std::string{} : drive + path;
}

std::string path_of(const variables& environment, std::string_view name, std::string_view file) {
  const std::string own = home(environment);
  std::string path = variable(environment, name);
  if (path.empty()) return own.empty() ? std::string{} : own + "/.aws/" + std::string{file};
  if (!own.empty() && (path == "~" || path.starts_with("~/"))) path.replace(0, 1, own);
  return path;
}

/// A value with where it stands, for messages.
class found_value {
 public:
  found_value() {}

  std::string value;
  std::string place;

  [[nodiscard]] bool empty() const noexcept { return value.empty(); }
  [[nodiscard]] error refuse(std::string_view rule) const {
    return {errc::invalid_configuration, place + "='" + value.substr(0, 60) + "': " + std::string{rule}};
  }
};

std::string place_of(const property& where, std::string_view setting) {
  return where.file + ", line " + std::to_string(where.line) + ": " + std::string{setting};
}

/// Looks settings up in the environment and then in a profile.
class lookup {
 public:
  lookup(const variables& environment, const section* profile) : environment_(environment), profile_(profile) {}

  [[nodiscard]] found_value in_environment(std::string_view name) const {
    found_value out;
    out.value = variable(environment_, name);
    out.place = "environment variable " + std::string{name};
    return out;
  }
  [[nodiscard]] found_value in_profile(std::string_view setting) const {
    found_value out;
    if (const property* found = find(profile_, setting)) {
      out.value = found->value;
      out.place = place_of(*found, setting);
    }
    return out;
  }
  [[nodiscard]] found_value first(std::string_view name, std::string_view setting) const {
    found_value out = in_environment(name);
    return out.empty() ? in_profile(setting) : out;
  }

  std::optional<error> read(bool& into, std::string_view name, std::string_view setting) const {
    const found_value given = first(name, setting);
    if (given.empty()) return std::nullopt;
    std::string lower = given.value;
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (lower != "true" && lower != "false") return given.refuse("must be true or false");
    into = lower == "true";
    return std::nullopt;
  }
  std::optional<error> read(std::optional<int>& into, std::string_view name, std::string_view setting) const {
    const found_value given = first(name, setting);
    if (given.empty()) return std::nullopt;
    int value = 0;
    const char* const end = given.value.data() + given.value.size();
    const auto [stop, code] = std::from_chars(given.value.data(), end, value);
    if (code != std::errc{} || stop != end || value < 1) return given.refuse("must be a whole number from 1");
    into = value;
    return std::nullopt;
  }
  std::optional<error> read(std::optional<retry_mode>& into, std::string_view name, std::string_view setting) const {
    const found_value given = first(name, setting);
    if (given.empty()) return std::nullopt;
    into = parse_retry_mode(given.value);
    if (!into) return given.refuse("must be standard or adaptive");
    return std::nullopt;
  }

 private:
  const variables& environment_;
  const section* profile_;
};

/// How many letters differ (Levenshtein), for names spelled alike.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t other = std::min(row[j], row[j + 1]) + 1;
      diagonal = std::exchange(row[j + 1], std::min(diagonal + (a[i] == b[j] ? 0 : 1), other));
    }
  }
  return row.back();
}

error no_such_profile(const std::string& name, const profile_set& files) {
  std::string message = "The config profile (" + name + ") could not be found";
  std::string alike;
  for (const std::string& known : files.profile_names())
    if (distance(name, known) <= 2) alike += (alike.empty() ? "" : ", ") + known;
  if (!alike.empty()) message += "; there is " + alike;
  return {errc::no_profile, std::move(message)};
}

std::optional<error> read_keys(settings& into, const found_value& key, const found_value& secret,
                               const found_value& token, std::string_view key_name, std::string_view secret_name) {
  if (key.empty() && secret.empty()) return std::nullopt;
  if (key.empty() || secret.empty()) {
    return error{errc::invalid_configuration, "half a key pair: " + (key.empty() ? secret : key).place +
                                                  " is set, and " + std::string{key.empty() ? key_name : secret_name} +
                                                  " is not set; the two go together"};
  }
  try {
    into.keys.emplace(key.value, secret.value, token.value);
  } catch (const exception& wrong) {
    return error{errc::invalid_configuration, key.place + ": " + wrong.details().message};
  }
  return std::nullopt;
}

// In the order in which AWS's CLI looks; static keys of the profile come after all but the last two.
std::string other_source_of(const section* profile, bool has_keys) {
  for (const char* setting : {"role_arn", "sso_session", "sso_start_url"})
    if (const property* found = find(profile, setting)) return place_of(*found, setting);
  if (has_keys) return {};
  for (const char* setting : {"login_session", "credential_process"})
    if (const property* found = find(profile, setting)) return place_of(*found, setting);
  return {};
}

result<std::string> endpoint_of(const lookup& from, const section* profile, const profile_set& files) {
  for (const char* name : {"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "AWS_ENDPOINT_URL"})
    if (found_value given = from.in_environment(name); !given.empty()) return std::move(given.value);
  if (const property* services = find(profile, "services")) {
    const section* const named = files.services(services->value);
    if (named == nullptr) return from.in_profile("services").refuse("there is no section [services] of that name");
    const auto ours = named->find("mwaa_serverless");
    if (ours != named->end()) {
      const auto url = ours->second.nested.find("endpoint_url");
      if (url != ours->second.nested.end() && !url->second.empty()) return url->second;
    }
  }
  return from.in_profile("endpoint_url").value;
}

}  // namespace

std::span<const char* const> variable_names() noexcept {
  return names;
}

std::string config_path(const variables& environment) {
  return path_of(environment, "AWS_CONFIG_FILE", "config");
}
std::string credentials_path(const variables& environment) {
  return path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
}

result<settings> resolve_settings(const variables& environment, const profile_set& files, std::string_view wanted) {
  settings out;
  out.profile = wanted;
  for (const char* name : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"})
    if (out.profile.empty()) out.profile = variable(environment, name);
  const bool named = !out.profile.empty();
  if (!named) out.profile = "default";
  const section* const profile = files.profile(out.profile);
  if (named && profile == nullptr) return no_such_profile(out.profile, files);

  const lookup from{environment, profile};
  found_value region = from.in_environment("AWS_REGION");
  if (region.empty()) region = from.first("AWS_DEFAULT_REGION", "region");
  out.region = std::move(region.value);
  out.ca_bundle = from.first("AWS_CA_BUNDLE", "ca_bundle").value;
  out.app_id = from.first("AWS_SDK_UA_APP_ID", "sdk_ua_app_id").value;

  bool ignore_endpoints = false;
  bool no_correction = false;
  std::optional<error> wrong =
      from.read(ignore_endpoints, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
  if (!wrong) wrong = from.read(out.use_fips, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  if (!wrong) wrong = from.read(no_correction, "AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction");
  if (!wrong) wrong = from.read(out.max_attempts, "AWS_MAX_ATTEMPTS", "max_attempts");
  if (!wrong) wrong = from.read(out.mode, "AWS_RETRY_MODE", "retry_mode");
  if (!wrong && wanted.empty()) {
    wrong = read_keys(out, from.in_environment("AWS_ACCESS_KEY_ID"), from.in_environment("AWS_SECRET_ACCESS_KEY"),
                      from.in_environment("AWS_SESSION_TOKEN"), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
  }
  if (!wrong && !out.keys) {
    // A token goes with the keys of its own file.
    const property* const key = find(profile, "aws_access_key_id");
    const property* const token = find(profile, "aws_session_token");
    const bool together = key != nullptr && token != nullptr && key->file == token->file;
    wrong = read_keys(out, from.in_profile("aws_access_key_id"), from.in_profile("aws_secret_access_key"),
                      together ? from.in_profile("aws_session_token") : found_value{}, "aws_access_key_id",
                      "aws_secret_access_key");
    out.other_source = other_source_of(profile, out.keys.has_value());
    if (!out.other_source.empty()) out.keys.reset();
  }
  if (wrong) return *std::move(wrong);
  out.correct_clock_skew = !no_correction;
  if (!ignore_endpoints) {
    auto endpoint = endpoint_of(from, profile, files);
    if (!endpoint) return std::move(endpoint).error();
    out.endpoint_url = *std::move(endpoint);
  }
  return out;
}

}  // namespace mwaa_serverless::profiles
