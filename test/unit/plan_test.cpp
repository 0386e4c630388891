// Which source of credentials is the one.
#include <doctest/doctest.h>

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "sources/plan.hpp"

using mwaa_serverless::errc;
using namespace mwaa_serverless::config;
namespace sources = mwaa_serverless::sources;

namespace {

mwaa_serverless::result<sources::plan> plan_of(const variables& environment, const std::string& config = {},
                                               const std::string& credentials = {}, const std::string& wanted = {},
                                               sources::scope within = sources::scope::all) {
  profile_set files;
  REQUIRE_FALSE(files.add(file_kind::config, config, "/config"));
  REQUIRE_FALSE(files.add(file_kind::credentials, credentials, "/credentials"));
  return sources::plan_credentials(environment, files, wanted, within);
}

/// A plan in a few words: what it is, and what it is made of.
struct told {
  std::string operator()(const sources::static_keys& from) const {
    return from.keys.access_key_id() + (from.keys.session_token().empty() ? "" : "+" + from.keys.session_token());
  }
  std::string operator()(const sources::assume_role& from) const {
    std::string out = from.what.role_arn;
    if (!from.what.session_name.empty()) out += " session " + from.what.session_name;
    if (!from.what.external_id.empty()) out += " external " + from.what.external_id;
    if (!from.what.mfa_serial.empty()) out += " mfa " + from.what.mfa_serial;
    if (from.what.duration) out += " for " + std::to_string(from.what.duration->count());
    if (!from.what.region.empty()) out += " in " + from.what.region;
    if (!from.what.endpoint_url.empty()) out += " at " + from.what.endpoint_url;
    if (from.what.use_fips) out += " fips";
    return out + " <- " + from.base->name + " " + std::visit(told{}, from.base->source);
  }
  std::string operator()(const sources::web_identity& from) const {
    return from.what.role_arn + " " + from.token_file +
           (from.what.session_name.empty() ? "" : " session " + from.what.session_name);
  }
  std::string operator()(const sources::sso& from) const {
    return from.start_url + " " + from.region + " " + from.account_id + " " + from.role_name + " '" + from.session +
           "' " + from.token_path + from.portal_url + from.oidc_url;
  }
  std::string operator()(const sources::login_session& from) const { return from.profile; }
  std::string operator()(const sources::credential_process& from) const { return from.command; }
  std::string operator()(const sources::container& from) const {
    return from.uri + (from.token.empty() ? "" : " token") +
           (from.token_file.empty() ? "" : " from " + from.token_file);
  }
  std::string operator()(const sources::instance& from) const {
    return from.endpoint_url + " " + std::to_string(from.timeout.count()) + " s x" + std::to_string(from.attempts) +
           (from.disabled ? " disabled" : "");
  }
};

std::string tell(const mwaa_serverless::result<sources::plan>& got) {
  if (!got) return "error: " + got.error().message;
  return got->name + " " + std::visit(told{}, got->source);
}

std::string planned(const variables& environment, const std::string& config = {}, const std::string& credentials = {},
                    const std::string& wanted = {}) {
  return tell(plan_of(environment, config, credentials, wanted));
}

const std::string keys = "aws_access_key_id = K\naws_secret_access_key = s\n";

}  // namespace

TEST_CASE("plan: nothing is configured: the instance is asked, and the plan tells what was passed over") {
  const auto got = plan_of({{"HOME", "/h"}});
  CHECK(tell(got) == "iam-role http://169.254.169.254 1 s x1");
  REQUIRE(got->passed_over.size() == 4);
  CHECK(got->passed_over[0] == "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
  CHECK(got->passed_over[1] == "profile default (/h/.aws/config and /h/.aws/credentials): not there");
  CHECK(got->passed_over[2] == "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  CHECK(got->passed_over[3] ==
        "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
  const auto named = plan_of({}, "[profile p]\nregion = r\n", {}, "p");
  CHECK(named->passed_over[0] == "environment: does not count, as the profile p was given");
  CHECK(named->passed_over[1].find("has none of aws_access_key_id, role_arn") != std::string::npos);
}

TEST_CASE("plan: the order of the sources, each taken away from the top") {
  variables environment{{"AWS_ACCESS_KEY_ID", "E"},
                        {"AWS_SECRET_ACCESS_KEY", "s"},
                        {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                        {"AWS_ROLE_ARN", "arn:web"},
                        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds"}};
  std::string config = "[default]\n" + keys + "login_session = l\ncredential_process = /bin/x\n";
  const std::string sso = "sso_account_id = 1\nsso_role_name = r\nsso_start_url = https://s\nsso_region = us-east-1\n";
  const std::string role = "role_arn = arn:role\ncredential_source = Ec2InstanceMetadata\n";
  const std::string credentials = "[default]\naws_access_key_id = C\naws_secret_access_key = s\n";

  CHECK(planned(environment, config + role + sso, credentials) == "env E");
  environment.erase("AWS_ACCESS_KEY_ID");
  environment.erase("AWS_SECRET_ACCESS_KEY");
  CHECK(planned(environment, config + role + sso, credentials) ==
        "assume-role arn:role <- iam-role http://169.254.169.254 1 s x1");
  CHECK(planned(environment, config + sso, credentials) == "assume-role-with-web-identity arn:web /token");
  environment.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  CHECK(planned(environment, config + sso, credentials).starts_with("sso https://s us-east-1 1 r ''"));
  CHECK(planned(environment, config, credentials) == "shared-credentials-file C");
  CHECK(planned(environment, config) == "login default");
  config = "[default]\n" + keys + "credential_process = /bin/x\n";
  CHECK(planned(environment, config) == "custom-process /bin/x");
  config = "[default]\n" + keys;
  CHECK(planned(environment, config) == "config-file K");
  CHECK(planned(environment) == "container-role http://169.254.170.2/creds");
  environment.clear();
  CHECK(planned(environment) == "iam-role http://169.254.169.254 1 s x1");
}

TEST_CASE("plan: keys go in pairs, and a token with the keys of its own file") {
  CHECK(planned({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}}) == "env E+t");
  CHECK(planned({}, "[default]\n" + keys + "aws_session_token = t\n") == "config-file K+t");
  CHECK(planned({}, "[default]\n" + keys + "aws_session_token = t\n", "[default]\n" + keys) ==
        "shared-credentials-file K");
  CHECK(planned({{"AWS_ACCESS_KEY_ID", "K"}}) ==
        "error: half a key pair: environment variable AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not set; "
        "the two go together");
  CHECK(planned({}, "[default]\naws_secret_access_key = s3cret\n") ==
        "error: half a key pair: /config, line 2: aws_secret_access_key is set, and aws_access_key_id is not set; the "
        "two go together");
  const std::string token =
      planned({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "s3cret"}, {"AWS_SESSION_TOKEN", "s3cret\nx"}});
  CHECK(token.find("AWS_SESSION_TOKEN") != std::string::npos);
  CHECK(token.find("s3cret") == std::string::npos);
}

TEST_CASE("plan: a profile given in code or on the command line keeps the environment's keys and tokens out") {
  const variables environment{{"AWS_ACCESS_KEY_ID", "E"},
                              {"AWS_SECRET_ACCESS_KEY", "s"},
                              {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                              {"AWS_ROLE_ARN", "arn:web"},
                              {"AWS_PROFILE", "p"}};
  const std::string config = "[profile p]\n" + keys;
  CHECK(planned(environment, config) == "env E");
  CHECK(planned(environment, config, {}, "p") == "config-file K");
  CHECK(planned(environment, "[profile p]\n", {}, "p").starts_with("iam-role"));
  CHECK(plan_of(environment, config, {}, "q").error().code == errc::no_profile);
}

TEST_CASE("plan: the profile alone") {
  const variables environment{
      {"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds"}};
  CHECK(tell(plan_of(environment, "[profile p]\n" + keys, {}, "p", sources::scope::profile_only)) == "config-file K");
  const auto none = plan_of(environment, "[profile p]\n", {}, "p", sources::scope::profile_only);
  REQUIRE(none.has_error());
  CHECK(none.error().code == errc::no_credentials);
  CHECK(none.error().message.starts_with("no credentials: profile p ("));
  CHECK(plan_of({}, {}, {}, "p", sources::scope::profile_only).error().code == errc::no_profile);
}

TEST_CASE("plan: roles and where their first credentials come from") {
  const std::string base = "[profile base]\n" + keys;
  CHECK(planned({{"AWS_PROFILE", "r"}}, base + "[profile r]\nrole_arn = arn:r\nsource_profile = base\n") ==
        "assume-role arn:r <- config-file K");
  CHECK(planned({{"AWS_PROFILE", "r"}},
                base + "[profile r]\nrole_arn = arn:r\nsource_profile = base\nrole_session_name = me\n"
                       "external_id = x\nmfa_serial = m\nduration_seconds = 900\nregion = eu-west-1\n"
                       "use_fips_endpoint = true\nservices = s\n[services s]\nsts =\n  endpoint_url = http://sts\n") ==
        "assume-role arn:r session me external x mfa m for 900 in eu-west-1 at http://sts fips <- config-file K");
  CHECK(planned({{"AWS_PROFILE", "a"}}, base + "[profile a]\nrole_arn = arn:a\nsource_profile = b\n"
                                               "[profile b]\nrole_arn = arn:b\nsource_profile = base\n") ==
        "assume-role arn:a <- assume-role arn:b <- config-file K");
  // A source profile with keys of its own is not asked for its role.
  CHECK(planned({{"AWS_PROFILE", "a"}}, base + "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\n" +
                                            keys + "role_arn = arn:b\nsource_profile = base\n") ==
        "assume-role arn:a <- config-file K");
  CHECK(planned({{"AWS_PROFILE", "a"}}, "[profile a]\n" + keys + "role_arn = arn:a\nsource_profile = a\n") ==
        "assume-role arn:a <- config-file K");
  CHECK(planned({{"AWS_PROFILE", "a"}},
                "[profile a]\nrole_arn = arn:a\nsource_profile = p\n"
                "[profile p]\ncredential_process = /bin/x\n") == "assume-role arn:a <- custom-process /bin/x");
  CHECK(planned({{"AWS_PROFILE", "a"}},
                "[profile a]\nrole_arn = arn:a\nsource_profile = w\n"
                "[profile w]\nrole_arn = arn:w\nweb_identity_token_file = /t\n") ==
        "assume-role arn:a <- assume-role-with-web-identity arn:w /t");
  CHECK(planned({{"AWS_PROFILE", "a"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c"}},
                "[profile a]\nrole_arn = arn:a\ncredential_source = EcsContainer\n") ==
        "assume-role arn:a <- container-role http://localhost/c");
  // With a profile given, the keys of the environment still serve the profile that asks for them.
  CHECK(planned({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
                "[profile a]\nrole_arn = arn:a\ncredential_source = Environment\n", {},
                "a") == "assume-role arn:a <- env E");
}

TEST_CASE("plan: roles that cannot be") {
  const variables a{{"AWS_PROFILE", "a"}};
  CHECK(planned(a,
                "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\n"
                "source_profile = a\n") ==
        "error: /config, line 6: source_profile: the source profiles go round in a loop: a -> b -> a");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\nsource_profile = a\n") ==
        "error: /config, line 3: source_profile: the source profiles go round in a loop: a -> a");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\n") ==
        "error: /config, line 2: role_arn: profile a needs source_profile or credential_source beside it");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\nsource_profile = b\ncredential_source = Environment\n") ==
        "error: /config, line 4: credential_source: profile a has source_profile too, and only one of them can count");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\nsource_profile = bass\n[profile base]\n") ==
        "error: /config, line 3: source_profile: The config profile (bass) could not be found; there is base");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\n") ==
        "error: /config, line 3: source_profile: the profile b has no credentials");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\ncredential_source = Elsewhere\n") ==
        "error: /config, line 3: credential_source='Elsewhere': must be Environment, EcsContainer or "
        "Ec2InstanceMetadata");
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\ncredential_source = Environment\n").find("AWS_ACCESS_KEY_ID") !=
        std::string::npos);
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\ncredential_source = EcsContainer\n").find("FULL_URI are not set") !=
        std::string::npos);
  CHECK(planned(a, "[profile a]\nrole_arn = arn:a\ncredential_source = Ec2InstanceMetadata\nduration_seconds = 1h\n") ==
        "error: /config, line 4: duration_seconds='1h': must be a whole number from 1");
}

TEST_CASE("plan: web identity, from the environment, the profile, or part from each") {
  const variables environment{
      {"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}, {"AWS_ROLE_ARN", "arn:e"}, {"AWS_ROLE_SESSION_NAME", "s"}};
  CHECK(planned(environment) == "assume-role-with-web-identity arn:e /t session s");
  const std::string config = "[default]\nrole_arn = arn:p\nweb_identity_token_file = /p\n";
  CHECK(planned({}, config) == "assume-role-with-web-identity arn:p /p");
  CHECK(planned({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}, config) == "assume-role-with-web-identity arn:p /t");
  CHECK(planned(environment, config, {}, "default") == "assume-role-with-web-identity arn:p /p");
  CHECK(planned({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}) ==
        "error: environment variable AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not set; the two go "
        "together");
}

TEST_CASE("plan: SSO, with a session and without") {
  const variables home{{"HOME", "/h"}};
  const std::string profile = "[default]\nsso_account_id = 1\nsso_role_name = r\n";
  const std::string session = "[sso-session s]\nsso_start_url = https://s\nsso_region = eu-west-1\n";
  // The names of the files are SHA-1 of the session's name and of the start URL.
  CHECK(planned(home, profile + "sso_session = s\n" + session) ==
        "sso https://s eu-west-1 1 r 's' /h/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json");
  CHECK(planned(home, profile + "sso_start_url = https://s\nsso_region = eu-west-1\n") ==
        "sso https://s eu-west-1 1 r '' /h/.aws/sso/cache/9ea3c043881f6bad486147713ae23b0b566d0360.json");
  CHECK(planned(home, profile + "sso_session = s\nsso_region = us-east-1\n" + session) ==
        "error: /config, line 5: sso_region='us-east-1': the sso-session s has another: 'eu-west-1'");
  CHECK(planned(home, profile + "sso_session = t\n" + session) ==
        "error: /config, line 4: sso_session='t': there is no section [sso-session] of that name");
  CHECK(planned(home, "[default]\nsso_role_name = r\nsso_start_url = https://s\n") ==
        "error: /config, line 2: sso_role_name: profile default uses SSO and lacks sso_region, sso_account_id");
}

TEST_CASE("plan: SSO takes the account and the role from the session, too") {
  const std::string session = "[sso-session s]\nsso_start_url = https://s\nsso_region = eu-west-1\n";
  CHECK(planned({}, "[default]\nsso_session = s\nsso_role_name = r\n" + session + "sso_account_id = 1\n")
            .starts_with("sso https://s eu-west-1 1 r 's' "));
  CHECK(planned({}, "[default]\nsso_session = s\nsso_account_id = 1\n" + session + "sso_role_name = r\n")
            .starts_with("sso https://s eu-west-1 1 r 's' "));
}

TEST_CASE("plan: a key below another setting, indented by mistake, is in no message and goes nowhere") {
  const std::string key = "\n  aws_secret_access_key = s3cret\n";
  const std::string below =
      ": aws_secret_access_key below it is indented further and so is part of its value: indent both alike";
  const std::string rule = ": must be one line: is a line below it indented that should not be?";
  const std::string base = "[profile base]\naws_access_key_id = K\naws_secret_access_key = s\n";
  const std::string role = base + "[default]\nsource_profile = base\n";
  CHECK(planned({}, role + "role_arn = x" + key) == "error: /config, line 6: role_arn" + below);
  for (const char* setting : {"external_id", "mfa_serial", "role_session_name", "region", "endpoint_url"}) {
    CHECK(planned({}, role + "role_arn = arn\n" + setting + " = x" + key) ==
          std::string{"error: /config, line 7: "} + setting + below);
  }
  CHECK(planned({}, "[default]\nrole_arn = arn\nsource_profile = base" + key + base) ==
        "error: /config, line 3: source_profile" + below);

  for (const char* setting : {"web_identity_token_file", "role_arn", "role_session_name"}) {
    std::string others = "[default]\n";
    for (const char* other : {"web_identity_token_file", "role_arn"})
      if (std::string_view{other} != setting) others += std::string{other} + " = x\n";
    CHECK(planned({}, others + setting + " = x" + key).ends_with(std::string{": "} + setting + rule));
  }
  const std::string sso =
      "[default]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = https://s\nsso_region = eu-west-1\n";
  for (const char* setting : {"sso_account_id", "sso_role_name", "sso_start_url", "sso_region"}) {
    std::string wrong = sso;
    wrong.insert(wrong.find('\n', wrong.find(setting)), "\n  aws_secret_access_key = s3cret");
    CHECK(planned({}, wrong).ends_with(std::string{": "} + setting + below));
  }
  CHECK(planned({}, sso + "sso_session = s\n[sso-session s]\nsso_region = eu-west-1" + key) ==
        "error: /config, line 5: sso_region='eu-west-1': the sso-session s has another: 'eu-west-1...'");
  CHECK(planned({}, "[default]\nec2_metadata_service_endpoint = http://h" + key) ==
        "error: /config, line 2: ec2_metadata_service_endpoint" + below);
}

TEST_CASE("plan: containers") {
  CHECK(planned({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/r"},
                 {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://f/"},
                 {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "t"},
                 {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/f"}}) ==
        "container-role http://169.254.170.2/r token from /f");
  CHECK(planned({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://f/x"}}) == "container-role https://f/x");
}

TEST_CASE("plan: the instance's metadata service, where and how") {
  CHECK(planned({{"AWS_EC2_METADATA_DISABLED", "TRUE"}}) == "iam-role http://169.254.169.254 1 s x1 disabled");
  CHECK(planned({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}) == "iam-role http://[fd00:ec2::254] 1 s x1");
  CHECK(planned({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://m"},
                 {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6"}}) == "iam-role http://m 1 s x1");
  CHECK(planned({},
                "[default]\nec2_metadata_service_endpoint_mode = IPv6\nmetadata_service_timeout = 3\n"
                "metadata_service_num_attempts = 4\n") == "iam-role http://[fd00:ec2::254] 3 s x4");
  CHECK(planned({{"AWS_METADATA_SERVICE_TIMEOUT", "2"}, {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5"}}) ==
        "iam-role http://169.254.169.254 2 s x5");
  CHECK(planned({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipx"}}).find("must be IPv4 or IPv6") != std::string::npos);
  CHECK(planned({{"AWS_EC2_METADATA_DISABLED", "yes"}}).find("must be true or false") != std::string::npos);
}

TEST_CASE("plan: the older name of the session token, and both") {
  const std::string legacy = keys + "aws_security_token = L\n";
  CHECK(planned({}, "[default]\n" + legacy) == "config-file K+L");
  CHECK(planned({}, "", "[default]\n" + legacy) == "shared-credentials-file K+L");
  CHECK(planned({}, "", "[default]\n" + legacy + "aws_session_token = t\n") == "shared-credentials-file K+L");
  CHECK(planned({}, "", "[default]\n" + keys + "aws_security_token =\naws_session_token = t\n") ==
        "shared-credentials-file K");
  CHECK(planned({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SECURITY_TOKEN", "L"}}) ==
        "env E+L");
}

TEST_CASE("plan: key, secret and token are of one file") {
  CHECK(planned({}, "[default]\n" + keys, "[default]\naws_secret_access_key = other\naws_session_token = t\n") ==
        "config-file K");
  CHECK(planned({}, "[default]\naws_secret_access_key = s\n", "[default]\naws_access_key_id = K\n")
            .starts_with("error: half a key pair"));
}

TEST_CASE("plan: what says who to be and is blank or cannot be is refused, and nobody else is asked") {
  struct row {
    const char* config;
    const char* place;
    const char* rule;
  };
  const row rows[] = {
      {"aws_access_key_id =\naws_secret_access_key = s\n", "/config, line 2: aws_access_key_id", "blank"},
      {"aws_access_key_id = K\naws_secret_access_key =\n", "/config, line 3: aws_secret_access_key", "blank"},
      {"role_arn =\nsource_profile = x\n", "/config, line 2: role_arn", "blank"},
      {"credential_process:\n", "/config, line 2: credential_process", "blank"},
      {"role_arn = r\nweb_identity_token_file =\n", "/config, line 3: web_identity_token_file", "blank"},
      {"aws_access_key_id = K\naws_secret_access_key = s\n  aws_session_token = t\n",
       "/config, line 3: aws_secret_access_key", "aws_session_token below it is indented"},
      {"output = json\n  aws_access_key_id = K\n", "/config, line 2: output", "aws_access_key_id below it is indented"},
      {"cli_pager =\n  role_arn = K\n  Source_Profile = K\n", "/config, line 2: cli_pager",
       "role_arn below it is indented"},
      {"output = json\n  CREDENTIAL_PROCESS : K\n", "/config, line 2: output", "credential_process below it"},
  };
  for (const row& each : rows) {
    CAPTURE(each.config);
    const std::string got = planned({}, std::string{"[default]\n"} + each.config);
    CHECK(got.starts_with(std::string{"error: "} + each.place));
    CHECK(got.find(each.rule) != std::string::npos);
  }
  const std::string fine = "[default]\n" + keys + "s3 =\n  region = x\n  endpoint_url = y\n";
  CHECK(planned({}, fine) == "config-file K");
}

TEST_CASE("plan: keys with line ends are refused by name, and not repeated") {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}) {
    variables environment{{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
    environment[name] = "s3cret\n";
    const std::string got = planned(environment);
    CHECK(got == std::string{"error: environment variable "} + name +
                     ": must not have a line end or another control character in it");
  }
}

TEST_CASE("plan: a comment behind one word is none of it, in a command it is") {
  CHECK(planned({}, "[default]\naws_access_key_id = K # one\naws_secret_access_key = s\t; two\n") == "config-file K");
  CHECK(planned({}, "[default]\ncredential_process = /bin/x # y\n") == "custom-process /bin/x # y");
  CHECK(planned({}, "[default]\naws_access_key_id = K#1\naws_secret_access_key = s;t\n") == "config-file K#1");
}

TEST_CASE("plan: a chain of roles is bounded") {
  const auto chain = [](int length) {
    std::string out;
    for (int i = 0; i < length; ++i)
      out += "[profile p" + std::to_string(i) + "]\nrole_arn = r\nsource_profile = p" + std::to_string(i + 1) + "\n";
    return out + "[profile p" + std::to_string(length) + "]\n" + keys;
  };
  CHECK(planned({}, chain(100), "", "p0").starts_with("assume-role r <- assume-role r"));
  for (const int length : {101, 5000}) {
    const std::string got = planned({}, chain(length), "", "p0");
    CHECK(got.starts_with("error: /config, line 302: role_arn: more than 100 roles"));
    CHECK(got.size() < 200);
  }
}

TEST_CASE("plan: the machine's role is not taken where a file was named that is not there, or SSO is half configured") {
  profile_set files;
  files.note_unread({"AWS_CONFIG_FILE", "cannot read /x: No such file or directory"});
  const auto got = sources::plan_credentials({}, files, {});
  REQUIRE(got.has_value());
  CHECK(got->name == "iam-role");
  CHECK(got->refusal == "AWS_CONFIG_FILE: cannot read /x: No such file or directory");
  CHECK(sources::plan_credentials({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}}, files, {})
            ->refusal.empty());

  profile_set others;
  others.note_unread({"", "cannot read /h/.aws/config: Permission denied"});
  const auto passed = sources::plan_credentials({}, others, {});
  CHECK(passed->refusal.empty());
  CHECK(passed->passed_over[2] == "cannot read /h/.aws/config: Permission denied");
  const auto named = sources::plan_credentials({}, others, "dev");
  REQUIRE(named.has_error());
  CHECK(named.error().message ==
        "The config profile (dev) could not be found; cannot read /h/.aws/config: Permission denied");

  // A header that is meant as [default] and is not.
  struct row {
    const char* config;
    const char* credentials;
    const char* refusal;
  };
  for (const row& each :
       {row{"[ default ]\n", "", "/config, line 1: [ default ] is no profile in the config file: write [default]"},
        row{"[x]\n['default']\n", "", "/config, line 2: ['default'] is no profile in the config file: write [default]"},
        row{"[Default]\n", "", "/config, line 1: [Default] is no profile in the config file: write [default]"},
        row{"", "[profile default]\n", "there is [profile default] in the credentials file: there write [default]"},
        row{"[default]\n", "[Default]\n", ""},
        row{"[default]\nregion = r\n", "[profile default]\n",
            "there is [profile default] in the credentials file: there write [default]"},
        row{"[profile Default]\n[defaults]\n", "[Default]\n", ""},
        row{"", "[ default ]\n", "there is [ default ] in the credentials file: there write [default]"}}) {
    CAPTURE(each.config);
    CAPTURE(each.credentials);
    CHECK(plan_of({}, each.config, each.credentials)->refusal == each.refusal);
  }

  const auto sso = plan_of({}, "[default]\nsso_session = s\n[sso-session s]\nsso_account_id = 1\nsso_role_name = r\n");
  CHECK(sso->refusal.starts_with("/config, line 2: sso_session: sso_account_id and sso_role_name are in the section"));
}
