// What environment and files say together.
#include <doctest/doctest.h>

#include <mwaa_serverless/error.hpp>
#include <string>

#include "credentials/settings.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::retry_mode;
using namespace mwaa_serverless::profiles;

namespace {

mwaa_serverless::result<settings> resolve(const variables& environment, const std::string& config = {},
                                          const std::string& credentials = {}, const std::string& wanted = {}) {
  profile_set files;
  REQUIRE_FALSE(files.add(file_kind::config, config, "/config"));
  REQUIRE_FALSE(files.add(file_kind::credentials, credentials, "/credentials"));
  return resolve_settings(environment, files, wanted);
}

std::string refusal(const variables& environment, const std::string& config = {}, const std::string& wanted = {}) {
  const auto got = resolve(environment, config, {}, wanted);
  REQUIRE(got.has_error());
  return got.error().message;
}

}  // namespace

TEST_CASE("settings: nothing gives the defaults") {
  const auto got = resolve({});
  REQUIRE(got.has_value());
  CHECK(got->profile == "default");
  CHECK(got->region.empty());
  CHECK(got->endpoint_url.empty());
  CHECK_FALSE(got->keys);
  CHECK(got->other_source.empty());
  CHECK_FALSE(got->mode);
  CHECK_FALSE(got->max_attempts);
  CHECK(got->correct_clock_skew);
}

TEST_CASE("settings: which profile") {
  const std::string config = "[default]\nregion = d\n[profile a]\nregion = a\n[profile b]\nregion = b\n";
  CHECK(resolve({}, config)->region == "d");
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config)->region == "a");
  CHECK(resolve({{"AWS_PROFILE", ""}}, config)->region == "d");
  CHECK(resolve({{"AWS_PROFILE", "a"}, {"AWS_DEFAULT_PROFILE", "b"}}, config)->region == "b");  // as AWS's CLI
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config, {}, "b")->region == "b");
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config)->profile == "a");
}

TEST_CASE("settings: a profile that is not there, and what it may have meant") {
  const std::string config = "[profile work]\n[profile works]\n[profile home]\n";
  const auto got = resolve({{"AWS_PROFILE", "wrok"}}, config);
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::no_profile);
  CHECK(got.error().message == "The config profile (wrok) could not be found; there is work");
  CHECK(refusal({}, config, "wor") == "The config profile (wor) could not be found; there is work, works");
  CHECK(refusal({}, config, "nothing-like-it") == "The config profile (nothing-like-it) could not be found");
  CHECK(refusal({}, "", "default").find("(default)") != std::string::npos);  // named, it must be there
}

TEST_CASE("settings: the environment counts before the profile") {
  const std::string config =
      "[default]\nregion = file\nca_bundle = /file.pem\nsdk_ua_app_id = file\nuse_fips_endpoint = true\n"
      "disable_clock_skew_correction = true\nmax_attempts = 4\nretry_mode = adaptive\n"
      "aws_access_key_id = FILEKEY\naws_secret_access_key = filesecret\naws_session_token = filetoken\n";
  const auto file = resolve({}, config);
  REQUIRE(file.has_value());
  CHECK(file->region == "file");
  CHECK(file->ca_bundle == "/file.pem");
  CHECK(file->app_id == "file");
  CHECK(file->use_fips);
  CHECK_FALSE(file->correct_clock_skew);
  CHECK(file->max_attempts == 4);
  CHECK(file->mode == retry_mode::adaptive);
  REQUIRE(file->keys);
  CHECK(file->keys->access_key_id() == "FILEKEY");
  CHECK(file->keys->session_token() == "filetoken");

  const auto both = resolve({{"AWS_REGION", "env"},
                             {"AWS_DEFAULT_REGION", "other"},
                             {"AWS_CA_BUNDLE", "/env.pem"},
                             {"AWS_SDK_UA_APP_ID", "env"},
                             {"AWS_USE_FIPS_ENDPOINT", "false"},
                             {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "FALSE"},
                             {"AWS_MAX_ATTEMPTS", "9"},
                             {"AWS_RETRY_MODE", "Standard"},
                             {"AWS_ACCESS_KEY_ID", "ENVKEY"},
                             {"AWS_SECRET_ACCESS_KEY", "envsecret"}},
                            config);
  REQUIRE(both.has_value());
  CHECK(both->region == "env");
  CHECK(both->ca_bundle == "/env.pem");
  CHECK(both->app_id == "env");
  CHECK_FALSE(both->use_fips);
  CHECK(both->correct_clock_skew);
  CHECK(both->max_attempts == 9);
  CHECK(both->mode == retry_mode::standard);
  CHECK(both->keys->access_key_id() == "ENVKEY");
  CHECK(both->keys->session_token().empty());  // a token goes with its keys
  CHECK(resolve({{"AWS_DEFAULT_REGION", "other"}}, config)->region == "other");
}

TEST_CASE("settings: a session token goes with the keys of its own file") {
  const std::string keys = "[default]\naws_access_key_id = K\naws_secret_access_key = s\n";
  CHECK(resolve({}, keys + "aws_session_token = t\n")->keys->session_token() == "t");
  CHECK(resolve({}, keys + "aws_session_token = t\n", keys)->keys->session_token().empty());
}

TEST_CASE("settings: with a profile given, the environment's keys do not count") {
  const variables keys{{"AWS_ACCESS_KEY_ID", "ENVKEY"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_PROFILE", "p"}};
  const std::string config = "[profile p]\naws_access_key_id = FILEKEY\naws_secret_access_key = s\n";
  CHECK(resolve(keys, config)->keys->access_key_id() == "ENVKEY");
  CHECK(resolve(keys, config, {}, "p")->keys->access_key_id() == "FILEKEY");
  CHECK_FALSE(resolve(keys, "[profile p]\n", {}, "p")->keys);
}

TEST_CASE("settings: endpoints, from the most to the least special") {
  const std::string config =
      "[default]\nservices = dev\nendpoint_url = http://profile\n"
      "[services dev]\nmwaa_serverless =\n  endpoint_url = http://service\ns3 =\n  endpoint_url = http://s3\n";
  CHECK(resolve({{"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "http://a"}, {"AWS_ENDPOINT_URL", "http://b"}}, config)
            ->endpoint_url == "http://a");
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, config)->endpoint_url == "http://b");
  CHECK(resolve({}, config)->endpoint_url == "http://service");
  CHECK(resolve({}, "[default]\nservices = s3\nendpoint_url = http://profile\n[services s3]\n")->endpoint_url ==
        "http://profile");
  CHECK(refusal({}, "[default]\nservices = none\n") ==
        "/config, line 2: services='none': there is no section [services] of that name");
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, "[default]\nservices = none\n")->endpoint_url == "http://b");
  CHECK(resolve({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}, {"AWS_ENDPOINT_URL", "http://b"}}, config)
            ->endpoint_url.empty());
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, "[default]\nignore_configured_endpoint_urls = true\n")
            ->endpoint_url.empty());
}

TEST_CASE("settings: sources of credentials that are not read are named, never passed over") {
  const std::string keys = "aws_access_key_id = K\naws_secret_access_key = s\n";
  CHECK(resolve({}, "[default]\nrole_arn = arn\nsource_profile = x\n")->other_source == "/config, line 2: role_arn");
  // A role counts before the profile's own keys, a process after them; the environment before both.
  const auto role = resolve({}, "[default]\nrole_arn = arn\n" + keys);
  CHECK(role->other_source == "/config, line 2: role_arn");
  CHECK_FALSE(role->keys);
  CHECK(resolve({}, "[default]\nsso_session = x\n" + keys)->other_source == "/config, line 2: sso_session");
  const auto process = resolve({}, "[default]\ncredential_process = /bin/x\n" + keys);
  CHECK(process->other_source.empty());
  CHECK(process->keys);
  CHECK(resolve({}, "[default]\ncredential_process = /bin/x\n")->other_source == "/config, line 2: credential_process");
  const auto env = resolve({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}}, "[default]\nrole_arn = arn\n");
  CHECK(env->other_source.empty());
  CHECK(env->keys->access_key_id() == "E");
}

TEST_CASE("settings: what cannot be used is refused with its place and rule, and no secret") {
  CHECK(refusal({{"AWS_MAX_ATTEMPTS", "0"}}) ==
        "environment variable AWS_MAX_ATTEMPTS='0': must be a whole number from 1");
  CHECK(refusal({}, "[default]\nmax_attempts = three\n") ==
        "/config, line 2: max_attempts='three': must be a whole number from 1");
  CHECK(refusal({}, "[default]\nretry_mode = legacy\n").find("must be standard or adaptive") != std::string::npos);
  CHECK(refusal({}, "[default]\nuse_fips_endpoint = yes\n").find("must be true or false") != std::string::npos);
  CHECK(refusal({{"AWS_ACCESS_KEY_ID", "K"}}) ==
        "half a key pair: environment variable AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not set; the two "
        "go together");
  const std::string half = refusal({}, "[default]\naws_secret_access_key = s3cret\n");
  CHECK(half.find("/config, line 2: aws_secret_access_key is set, and aws_access_key_id is not set") !=
        std::string::npos);
  CHECK(half.find("s3cret") == std::string::npos);
  const std::string token =
      refusal({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "s3cret"}, {"AWS_SESSION_TOKEN", "s3cret\nx"}});
  CHECK(token.find("session token") != std::string::npos);
  CHECK(token.find("s3cret") == std::string::npos);
}

TEST_CASE("settings: where the files are") {
  CHECK(config_path({{"HOME", "/h"}}) == "/h/.aws/config");
  CHECK(credentials_path({{"HOME", "/h"}}) == "/h/.aws/credentials");
  CHECK(config_path({{"USERPROFILE", "C:\\u"}, {"HOMEDRIVE", "D:"}, {"HOMEPATH", "\\v"}}) == "C:\\u/.aws/config");
  CHECK(config_path({{"HOMEDRIVE", "D:"}, {"HOMEPATH", "\\v"}}) == "D:\\v/.aws/config");
  CHECK(config_path({{"HOME", ""}, {"HOMEDRIVE", "D:"}}) == "");
  CHECK(config_path({{"HOME", "/h"}, {"AWS_CONFIG_FILE", "/etc/aws"}}) == "/etc/aws");
  CHECK(credentials_path({{"HOME", "/h"}, {"AWS_SHARED_CREDENTIALS_FILE", "~/keys"}}) == "/h/keys");
  CHECK(config_path({{"HOME", "/h"}, {"AWS_CONFIG_FILE", "~other/keys"}}) == "~other/keys");
}
