#include "config/settings.hpp"

#include <algorithm>
#include <iterator>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <utility>

#include "config/lookup.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::config {

namespace {

/// What is read beside the table: sources of credentials, and where things are.
constexpr const char* other_names[]{"AWS_ACCESS_KEY_ID",
                                    "AWS_CONFIG_FILE",
                                    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                    "AWS_EC2_METADATA_DISABLED",
                                    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                    "AWS_ENDPOINT_URL_SSO",
                                    "AWS_ENDPOINT_URL_SSO_OIDC",
                                    "AWS_ENDPOINT_URL_STS",
                                    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                    "AWS_METADATA_SERVICE_TIMEOUT",
                                    "AWS_ROLE_ARN",
                                    "AWS_ROLE_SESSION_NAME",
                                    "AWS_SECRET_ACCESS_KEY",
                                    "AWS_SECURITY_TOKEN",
                                    "AWS_SESSION_TOKEN",
                                    "AWS_SHARED_CREDENTIALS_FILE",
                                    "AWS_WEB_IDENTITY_TOKEN_FILE",
                                    "HOME",
                                    "HOMEDRIVE",
                                    "HOMEPATH",
                                    "REQUEST_METHOD",
                                    "USERPROFILE"};

bool is_name_part(char c) noexcept {
  return strings::is_letter(c) || strings::is_digit(c) || c == '_';
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

/// Refuses what the value must not be, and leaves what the member has.
std::optional<error> settle(value_kind kind, found_value& given) {
  if (given.empty()) return std::nullopt;
  if (kind == value_kind::line) return check_one_line({&given});
  if (kind == value_kind::truth || kind == value_kind::negation) {
    bool value = false;
    if (auto wrong = parse(given, value)) return wrong;
    given.value = value == (kind == value_kind::truth) ? "true" : "false";
  } else if (kind == value_kind::count) {
    std::optional<int> value;
    if (auto wrong = parse(given, value)) return wrong;
    given.value = std::to_string(*value);
  } else if (kind == value_kind::retry_mode) {
    const auto mode = parse_retry_mode(given.text());
    if (!mode) return given.refuse("must be standard or adaptive");
    given.value = to_string(*mode);
  }
  return std::nullopt;
}

}  // namespace

std::vector<const char*> variable_names() {
  std::vector<const char*> out{std::begin(other_names), std::end(other_names)};
  for (const setting& each : setting_table)
    for (const char* name : each.variables)
      if (name != nullptr) out.push_back(name);
  return out;
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
  const profile_choice chosen{environment, wanted};
  const section* const profile = files.profile(chosen.name.text());
  if (chosen.named && profile == nullptr) return no_such_profile(chosen.name.text(), files);
  const lookup from{environment, profile};
  settings out;
  for (const setting& each : setting_table) {
    auto given = each.name == "endpoint_url" ? from.endpoint_url(files, "MWAA_SERVERLESS", "mwaa_serverless")
                 : each.name == "profile"    ? chosen.name
                                             : from.of(each.name);
    if (!given) return std::move(given).error();
    if (each.name == "region" && given->empty())
      if (auto wrong = check_indented_region(profile)) return *std::move(wrong);
    if (auto wrong = settle(each.kind, *given)) return *std::move(wrong);
    out.emplace(each.name, *std::move(given));
  }
  return out;
}

}  // namespace mwaa_serverless::config

mwaa_serverless::configured_value::configured_value(std::string name_value, std::string value_value,
                                                    setting_origin origin_value, std::string place_value)
    : name(std::move(name_value)),
      value(std::move(value_value)),
      origin(origin_value),
      place(origin == setting_origin::by_default ? "default"
            : origin == setting_origin::code     ? "code"
                                                 : std::move(place_value)) {}
