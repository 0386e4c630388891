// Which source gives the credentials, as environment and profiles say: decided without asking any of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/role_options.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/profile_file.hpp"
#include "config/settings.hpp"

namespace mwaa_serverless::sources {

class plan;

/// Keys that stand in the environment or a file.
struct static_keys {
  credentials keys;
};

/// A role taken on with other credentials (STS AssumeRole).
struct assume_role {
  assume_role_options what{{}, {}};
  std::shared_ptr<const plan> base;
};

/// A role taken on with a token from a file (STS AssumeRoleWithWebIdentity).
struct web_identity {
  assume_role_options what{{}, {}};
  std::string token_file;
};

/// IAM Identity Center.
struct sso : sso_options {
  explicit sso(sso_options given = {{}, {}, {}, {}}) : sso_options(std::move(given)) {}

  std::string token_path;  ///< Where AWS's CLI keeps the token.
  std::string profile;     ///< For messages; empty outside profiles.
  std::string portal_url;  ///< Empty: the region's.
  std::string oidc_url;    ///< Empty: the region's.
  bool use_fips = false;
};

/// `aws login`, which is not read.
struct login_session {
  std::string profile;
};

/// A program that prints credentials.
struct credential_process {
  std::string command;
};

/// ECS and EKS Pod Identity.
struct container {
  std::string uri;               ///< Of the container's agent.
  std::string uri_place;         ///< For messages.
  strings::secret_string token;  ///< May be empty.
  std::string token_file;        ///< Counts before `token`; may be empty.
};

/// The metadata service of an EC2 instance (IMDSv2).
struct instance {
  bool disabled = false;
  std::string endpoint_url{"http://169.254.169.254"};
  std::string endpoint_place;  ///< For messages.
  std::chrono::seconds timeout{1};
  int attempts = 1;
};

/// One source of credentials with all that it needs.
class plan {
 public:
  using any_source =
      std::variant<static_keys, assume_role, web_identity, sso, login_session, credential_process, container, instance>;

  plan(any_source value, std::string name_value, const config::found_value& from)
      : source(std::move(value)), name(std::move(name_value)), origin(from.kind), place(from.place) {}

  any_source source;
  /// As AWS's CLI names it: `env`, `shared-credentials-file`, `assume-role`, `iam-role`...
  std::string name;
  setting_origin origin;
  /// Where it is configured; empty when in code.
  std::string place;
  /// Each source that came before, what was looked for and where, and why it is not the one.
  std::vector<std::string> passed_over;
  /// Not empty: why this source must not be asked. The user named something else, which is not there; going on to the
  /// role of the machine would be another identity without a word.
  std::string refusal;
};

enum class scope : std::uint8_t {
  all,           ///< The whole chain: environment, profile, container, instance.
  profile_only,  ///< What the profile itself names.
};

/// The first source that is configured, in the order of AWS's CLI; an instance's metadata when none is. With a
/// `wanted` profile the keys and the web identity of the environment do not count.
///
/// errc::invalid_configuration: half a key pair, a loop of source profiles or more than 100 of them, a role without a
/// source or with two, SSO with settings missing...; errc::no_profile; errc::no_credentials only for
/// scope::profile_only.
[[nodiscard]] result<plan> plan_credentials(const config::variables& environment, const config::profile_set& files,
                                            std::string_view wanted, scope within = scope::all);

/// Each alone, with its settings from environment and profile. nullopt when it is not configured.
[[nodiscard]] result<std::optional<plan>> plan_environment(const config::variables& environment);
[[nodiscard]] std::optional<plan> plan_container(const config::variables& environment);
[[nodiscard]] result<plan> plan_instance(const config::variables& environment, const config::profile_set& files,
                                         std::string_view wanted);

/// Where AWS's CLI keeps the token of an SSO session, or of a start URL.
[[nodiscard]] std::string sso_token_path(const config::variables& environment, std::string_view session_or_url);

}  // namespace mwaa_serverless::sources
