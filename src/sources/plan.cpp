#include "sources/plan.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/lookup.hpp"
#include "strings/ascii_case.hpp"
#include "strings/hex.hpp"

namespace mwaa_serverless::sources {

namespace {

using config::check_one_line;
using config::file_kind;
using config::found_value;
using config::lookup;
using config::profile_set;
using config::section;
using config::shown;
using config::variables;

error refused(std::string message) {
  return {errc::invalid_configuration, std::move(message)};
}

result<std::optional<plan>> plan_keys(const found_value& key, const found_value& secret, const found_value& token,
                                      std::string_view key_name, std::string_view secret_name, std::string source) {
  if (key.empty() && secret.empty()) return std::optional<plan>{};
  if (key.empty() || secret.empty()) {
    return refused("half a key pair: " + (key.empty() ? secret : key).place + " is set, and " +
                   std::string{key.empty() ? key_name : secret_name} + " is not set; the two go together");
  }
  if (auto wrong = check_one_line({&key, &secret, &token})) return *std::move(wrong);
  try {
    auto keys = credentials{key.text(), secret.text(), token.text()}.with_source(source);
    return std::optional<plan>{plan{static_keys{std::move(keys)}, std::move(source), key}};
  } catch (const exception& wrong) {
    return refused(key.place + ": " + wrong.details().message);
  }
}

/// Reads the plan out of profiles.
class planner {
 public:
  planner(const variables& environment, const profile_set& files, std::string_view wanted)
      : environment_(environment), files_(files), chosen_(environment, wanted) {}

  result<plan> run(scope within) {
    const std::string name = chosen_.name.text();
    const section* const profile = files_.profile(name);
    if (profile == nullptr && (chosen_.named || within == scope::profile_only))
      return config::no_such_profile(name, files_);
    std::optional<plan> found;
    std::optional<error> wrong;
    const auto take = [&](result<std::optional<plan>> looked) {
      if (!looked)
        wrong = std::move(looked).error();
      else
        found = *std::move(looked);
    };
    const bool with_environment = within == scope::all && !chosen_.explicit_;
    if (with_environment) {
      take(plan_environment(environment_));
      if (!found && !wrong) note("environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    } else if (within == scope::all) {
      note("environment: does not count, as the profile " + shown(name) + " was given");
    }
    if (!found && !wrong) take(of_profile(name, with_environment));
    if (wrong) return *std::move(wrong);
    if (!found) note_profile(name, profile, with_environment);
    if (!found && within == scope::profile_only)
      return error{errc::no_credentials, "no credentials: " + passed_over_.front()};
    if (!found) {
      found = plan_container(environment_);
      if (!found) {
        note("container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
        auto metadata = plan_instance(environment_, files_, name);
        if (!metadata) return std::move(metadata).error();
        found = *std::move(metadata);
      }
      found->refusal = refusal_of_the_machine(name);
    }
    found->passed_over = std::move(passed_over_);
    return *std::move(found);
  }

 private:
  // What was meant to say who to be, and does not.
  std::string refusal_of_the_machine(const std::string& name) const {
    if (files_.named_unread()) {
      std::string out;
      for (const auto& each : files_.unread()) out += (out.empty() ? "" : "; ") + each.reason();
      return out;
    }
    if (const auto meant = config::sections_meant(name, files_); !meant.empty()) return meant.front();
    const found_value session = lookup{environment_, files_.profile(name)}.in_profile("sso_session");
    const section* const named = session.empty() ? nullptr : files_.sso_session(session.text());
    if (!config::has(named, "sso_account_id") && !config::has(named, "sso_role_name")) return {};
    return session.place +
           ": sso_account_id and sso_role_name are in the section [sso-session] only; at least one must be "
           "in the profile " +
           shown(name);
  }

  // The sources of a profile, in the order of AWS's CLI (botocore: create_credential_resolver).
  result<std::optional<plan>> of_profile(const std::string& name, bool with_environment) {
    const section* const profile = files_.profile(name);
    const lookup from{environment_, profile};
    if (is_role(profile)) return of_role(name, from);
    return of_profile_itself(name, from, with_environment);
  }

  static bool is_role(const section* profile) {
    return config::has(profile, "role_arn") && !config::has(profile, "web_identity_token_file");
  }
  static bool has_keys(const section* profile) {
    return config::has(profile, "aws_access_key_id") || config::has(profile, "aws_secret_access_key");
  }
  static std::optional<error> check_not_blank(const section* profile, const char* setting) {
    if (!config::has(profile, setting) || find(profile, setting) != nullptr) return std::nullopt;
    return refused(config::place_of(profile->at(setting), setting) + ": must not be blank");
  }

  result<std::optional<plan>> of_profile_itself(const std::string& name, const lookup& from, bool with_environment) {
    const section* const profile = files_.profile(name);
    auto found = of_web_identity(name, from, with_environment);
    if (!found || *found) return found;
    if (auto wrong = config::check_indented_identity(profile)) return *std::move(wrong);
    found = of_sso(name, from);
    if (!found || *found) return found;
    found = of_keys(name, file_kind::credentials, "shared-credentials-file");
    if (!found || *found) return found;
    if (const found_value login = from.in_profile("login_session"); !login.empty())
      return std::optional<plan>{plan{login_session{shown(name)}, "login", login}};
    if (auto wrong = check_not_blank(profile, "credential_process")) return *std::move(wrong);
    if (const found_value command = from.in_profile("credential_process"); !command.empty())
      return std::optional<plan>{plan{credential_process{command.text()}, "custom-process", command}};
    found = of_keys(name, file_kind::config, "config-file");
    const found_value secret = from.in_profile("aws_secret_access_key");
    if (!found || *found || secret.empty()) return found;
    return plan_keys({}, secret, {}, "aws_access_key_id", "aws_secret_access_key", {});
  }

  // Key, secret and token go together in one file, and the key tells that it is this one.
  result<std::optional<plan>> of_keys(const std::string& name, file_kind kind, const char* source) {
    const auto look = [&](const char* setting) {
      return config::value_of(files_.setting_in(kind, name, setting), setting);
    };
    const found_value key = look("aws_access_key_id");
    const found_value secret = look("aws_secret_access_key");
    if (key.kind == setting_origin::by_default) return std::optional<plan>{};
    for (const found_value* each : {&key, &secret})
      if (each->empty() && each->kind != setting_origin::by_default)
        return refused(each->place + ": must not be blank");
    found_value token = look("aws_security_token");  // the older name, and the first that the AWS CLI looks for
    if (token.kind == setting_origin::by_default)
      token = look("aws_session_token");  // a blank one means no token, as there
    return plan_keys(key, secret, token, "aws_access_key_id", "aws_secret_access_key", source);
  }

  result<std::optional<plan>> of_role(const std::string& name, const lookup& from) {
    const section* const profile = files_.profile(name);
    if (auto wrong = check_not_blank(profile, "role_arn")) return *std::move(wrong);
    if (auto wrong = config::check_indented_identity(profile)) return *std::move(wrong);
    const found_value arn = from.in_profile("role_arn");
    const found_value source_profile = from.in_profile("source_profile");
    const found_value source = from.in_profile("credential_source");
    if (!source_profile.empty() && !source.empty())
      return refused(source.place + ": profile " + shown(name) +
                     " has source_profile too, and only one of them can count");
    if (source_profile.empty() && source.empty())
      return refused(arn.place + ": profile " + shown(name) + " needs source_profile or credential_source beside it");

    assume_role out;
    if (auto wrong = read_role(out.what, arn, from)) return *std::move(wrong);
    constexpr std::size_t most_roles = 100;  // each is a call of STS
    if (visited_.size() >= most_roles)
      return refused(arn.place + ": more than " + std::to_string(most_roles) +
                     " roles, each taken on with the one behind it, from profile " + shown(visited_.front()));
    visited_.push_back(name);
    auto base = source.empty() ? of_source_profile(name, source_profile) : of_credential_source(source);
    if (!base) return std::move(base).error();
    out.base = std::make_shared<const plan>(*std::move(base));
    return std::optional<plan>{plan{std::move(out), "assume-role", arn}};
  }

  std::optional<error> read_role(assume_role_options& into, const found_value& arn, const lookup& from) {
    const found_value external_id = from.in_profile("external_id");
    const found_value mfa_serial = from.in_profile("mfa_serial");
    const found_value session_name = from.in_profile("role_session_name");
    if (auto wrong = check_one_line({&arn, &external_id, &mfa_serial, &session_name})) return wrong;
    into.role_arn = arn.text();
    into.external_id = external_id.text();
    into.mfa_serial = mfa_serial.text();
    into.session_name = session_name.text();
    const found_value duration = from.in_profile("duration_seconds");
    std::optional<int> seconds;
    if (auto wrong = config::parse(duration, seconds)) return wrong;
    if (seconds) into.duration = std::chrono::seconds{*seconds};
    return read_sts(into);
  }

  // Where STS is: as the profile in use says, whichever profile the role is from.
  std::optional<error> read_sts(assume_role_options& into) const {
    const lookup from{environment_, files_.profile(chosen_.name.text())};
    const found_value region = from.of("region");
    if (auto wrong = check_one_line({&region})) return wrong;
    into.region = region.text();
    if (auto wrong = config::parse(from.of("use_fips"), into.use_fips)) return wrong;
    auto endpoint = from.endpoint_url(files_, "STS", "sts");
    if (!endpoint) return std::move(endpoint).error();
    into.endpoint_url = endpoint->text();
    return std::nullopt;
  }

  result<plan> of_source_profile(const std::string& name, const found_value& reference) {
    const std::string next = reference.text();
    const section* const profile = files_.profile(next);
    if (profile == nullptr) {
      error missing = config::no_such_profile(next, files_);
      missing.code = make_error_code(errc::invalid_configuration);
      missing.message = reference.place + ": " + missing.message;
      return missing;
    }
    const bool seen = std::find(visited_.begin(), visited_.end(), next) != visited_.end();
    // A profile may name itself to use its own keys.
    if (seen && (next != name || !has_keys(profile))) {
      std::string path;
      for (const std::string& each : visited_) path += shown(each) + " -> ";
      return refused(reference.place + ": the source profiles go round in a loop: " + path + shown(next));
    }
    const lookup from{environment_, profile};
    auto found = has_keys(profile) || !is_role(profile) ? of_profile_itself(next, from, false) : of_role(next, from);
    if (!found) return std::move(found).error();
    if (!*found) return refused(reference.place + ": the profile " + shown(next) + " has no credentials");
    return **std::move(found);
  }

  result<plan> of_credential_source(const found_value& source) {
    if (source.text() == "Environment") {
      auto keys = plan_environment(environment_);
      if (!keys) return std::move(keys).error();
      if (*keys) return **std::move(keys);
      return refused(source.refuse("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set").message);
    }
    if (source.text() == "EcsContainer") {
      if (auto found = plan_container(environment_)) return *std::move(found);
      return source.refuse("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
    }
    if (source.text() == "Ec2InstanceMetadata") return plan_instance(environment_, files_, chosen_.name.text());
    return source.refuse("must be Environment, EcsContainer or Ec2InstanceMetadata");
  }

  result<std::optional<plan>> of_web_identity(const std::string& name, const lookup& from, bool with_environment) {
    const auto look = [&](const char* variable, const char* setting) {
      found_value out = with_environment ? from.in_environment(variable) : found_value{};
      return out.empty() ? from.in_profile(setting) : out;
    };
    const found_value file = look("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (file.empty()) {
      if (auto wrong = check_not_blank(files_.profile(name), "web_identity_token_file")) return *std::move(wrong);
      return std::optional<plan>{};
    }
    const found_value arn = look("AWS_ROLE_ARN", "role_arn");
    if (arn.empty()) {
      return refused(file.place + " is set, and " +
                     (with_environment ? "AWS_ROLE_ARN" : "role_arn in profile " + shown(name)) +
                     " is not set; the two go together");
    }
    const found_value session_name = look("AWS_ROLE_SESSION_NAME", "role_session_name");
    if (auto wrong = check_one_line({&file, &arn, &session_name})) return *std::move(wrong);
    web_identity out;
    out.token_file = file.text();
    out.what.role_arn = arn.text();
    out.what.session_name = session_name.text();
    if (auto wrong = read_sts(out.what)) return *std::move(wrong);
    return std::optional<plan>{plan{std::move(out), "assume-role-with-web-identity", file}};
  }

  result<std::optional<plan>> of_sso(const std::string& name, const lookup& from) {
    const found_value account = from.in_profile("sso_account_id");
    const found_value role_name = from.in_profile("sso_role_name");
    if (account.empty() && role_name.empty()) return std::optional<plan>{};
    const found_value session = from.in_profile("sso_session");
    const section* const named = session.empty() ? nullptr : files_.sso_session(session.text());
    if (!session.empty() && named == nullptr) return session.refuse("there is no section [sso-session] of that name");
    const lookup in_session{environment_, named};
    std::string missing;
    const auto need = [&](const char* setting) {
      found_value own = from.in_profile(setting);
      const found_value shared = in_session.in_profile(setting);
      if (own.empty()) own = shared;
      if (own.empty()) missing += (missing.empty() ? "" : ", ") + std::string{setting};
      return own;
    };
    const found_value start_url = need("sso_start_url");
    const found_value region = need("sso_region");
    const found_value account_id = need("sso_account_id");
    const found_value role = need("sso_role_name");
    const found_value& place = account.empty() ? role_name : account;
    if (!missing.empty()) return refused(place.place + ": profile " + shown(name) + " uses SSO and lacks " + missing);
    for (const char* setting : {"sso_start_url", "sso_region"}) {
      const found_value own = from.in_profile(setting);
      const found_value shared = in_session.in_profile(setting);
      if (!own.empty() && !shared.empty() && own.value != shared.value)
        return own.refuse("the sso-session " + shown(session.text()) + " has another: '" + shown(view(shared.value)) +
                          "'");
    }
    if (auto wrong = check_one_line({&start_url, &region, &account_id, &role})) return *std::move(wrong);
    sso out;
    out.start_url = start_url.text();
    out.region = region.text();
    out.account_id = account_id.text();
    out.role_name = role.text();
    out.session = session.text();
    out.profile = shown(name);
    out.token_path = sso_token_path(environment_, session.empty() ? start_url.text() : session.text());
    const lookup active{environment_, files_.profile(chosen_.name.text())};
    if (auto wrong = config::parse(active.of("use_fips"), out.use_fips)) return *std::move(wrong);
    auto portal = active.endpoint_url(files_, "SSO", "sso");
    if (!portal) return std::move(portal).error();
    auto oidc = active.endpoint_url(files_, "SSO_OIDC", "sso_oidc");
    if (!oidc) return std::move(oidc).error();
    out.portal_url = portal->text();
    out.oidc_url = oidc->text();
    return std::optional<plan>{plan{std::move(out), "sso", place}};
  }

  void note(std::string text) { passed_over_.push_back(std::move(text)); }

  void note_profile(const std::string& name, const section* profile, bool with_environment) {
    const std::string config = config::config_path(environment_);
    const std::string credentials = config::credentials_path(environment_);
    const std::string where = config.empty() && credentials.empty() ? "no home directory to look for files in"
                                                                    : config + " and " + credentials;
    std::string text = "profile " + shown(name) + " (" + where + "): ";
    text += profile == nullptr ? "not there"
                               : "has none of aws_access_key_id, role_arn, web_identity_token_file, sso_account_id, "
                                 "login_session, credential_process";
    note(std::move(text));
    for (const auto& each : files_.unread()) note(each.reason());
    if (with_environment) note("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  }

  const variables& environment_;
  const profile_set& files_;
  const config::profile_choice chosen_;
  std::vector<std::string> visited_;  // profiles whose role is taken on
  std::vector<std::string> passed_over_;
};

}  // namespace

result<plan> plan_credentials(const variables& environment, const profile_set& files, std::string_view wanted,
                              scope within) {
  return planner{environment, files, wanted}.run(within);
}

result<std::optional<plan>> plan_environment(const variables& environment) {
  const lookup from{environment, nullptr};
  found_value token = from.in_environment("AWS_SECURITY_TOKEN");  // as of_keys() does
  if (token.empty()) token = from.in_environment("AWS_SESSION_TOKEN");
  return plan_keys(from.in_environment("AWS_ACCESS_KEY_ID"), from.in_environment("AWS_SECRET_ACCESS_KEY"), token,
                   "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "env");
}

std::optional<plan> plan_container(const variables& environment) {
  const lookup from{environment, nullptr};
  container out;
  const found_value relative = from.in_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const found_value full = from.in_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) return std::nullopt;
  out.uri = relative.empty() ? full.text() : "http://169.254.170.2" + relative.text();
  out.uri_place = (relative.empty() ? full : relative).place;
  out.token = from.in_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value;
  out.token_file = from.in_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").text();
  return plan{std::move(out), "container-role", relative.empty() ? full : relative};
}

result<plan> plan_instance(const variables& environment, const profile_set& files, std::string_view wanted) {
  const lookup from{environment, files.profile(config::profile_choice{environment, wanted}.name.value)};
  instance out;
  if (auto wrong = config::parse(from.in_environment("AWS_EC2_METADATA_DISABLED"), out.disabled))
    return *std::move(wrong);
  const found_value mode = from.first("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
  const std::string lower = strings::lower_case(mode.text());
  if (!lower.empty() && lower != "ipv4" && lower != "ipv6") return mode.refuse("must be IPv4 or IPv6");
  out.endpoint_place = mode.place;
  if (lower == "ipv6") out.endpoint_url = "http://[fd00:ec2::254]";
  if (const found_value url = from.first("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
      !url.empty()) {
    if (auto wrong = check_one_line({&url})) return *std::move(wrong);
    out.endpoint_url = url.text();
    out.endpoint_place = url.place;
  }
  std::optional<int> timeout;
  std::optional<int> attempts;
  if (auto wrong = config::parse(from.first("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"), timeout))
    return *std::move(wrong);
  if (auto wrong =
          config::parse(from.first("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), attempts))
    return *std::move(wrong);
  if (timeout) out.timeout = std::chrono::seconds{*timeout};
  if (attempts) out.attempts = *attempts;
  return plan{std::move(out), "iam-role", {}};
}

std::string sso_token_path(const variables& environment, std::string_view session_or_url) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(session_or_url.data(), session_or_url.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    size = 0;
  std::string name;
  strings::append_hex(name, {digest.data(), size});
  return config::home(environment) + "/.aws/sso/cache/" + name + ".json";
}

}  // namespace mwaa_serverless::sources

namespace mwaa_serverless {

assume_role_options::assume_role_options(std::string role_arn_value, std::string region_value)
    : role_arn(std::move(role_arn_value)), region(std::move(region_value)) {}

sso_options::sso_options(std::string start_url_value, std::string region_value, std::string account_id_value,
                         std::string role_name_value)
    : start_url(std::move(start_url_value)),
      region(std::move(region_value)),
      account_id(std::move(account_id_value)),
      role_name(std::move(role_name_value)) {}

}  // namespace mwaa_serverless
