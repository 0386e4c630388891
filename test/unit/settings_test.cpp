// What environment and files say together.
#include <doctest/doctest.h>

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <vector>

#include "config/settings.hpp"

using mwaa_serverless::errc;
using namespace mwaa_serverless::config;

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
  CHECK(got->at("profile").value == "default");
  CHECK(got->at("region").value.empty());
  CHECK(got->at("endpoint_url").value.empty());
  CHECK(got->at("retry.mode").empty());
  CHECK(got->at("retry.max_attempts").empty());
  CHECK(got->at("correct_clock_skew").empty());
}

TEST_CASE("settings: which profile") {
  const std::string config = "[default]\nregion = d\n[profile a]\nregion = a\n[profile b]\nregion = b\n";
  CHECK(resolve({}, config)->at("region").value == "d");
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config)->at("region").value == "a");
  CHECK(resolve({{"AWS_PROFILE", ""}}, config)->at("region").value == "d");
  CHECK(resolve({{"AWS_PROFILE", "a"}, {"AWS_DEFAULT_PROFILE", "b"}}, config)->at("region").value == "a");
  CHECK(resolve({{"AWS_DEFAULT_PROFILE", "b"}}, config)->at("region").value == "b");
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config, {}, "b")->at("region").value == "b");
  CHECK(resolve({{"AWS_PROFILE", "a"}}, config)->at("profile").value == "a");
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
      "disable_clock_skew_correction = true\nmax_attempts = 4\nretry_mode = adaptive\n";
  const auto file = resolve({}, config);
  REQUIRE(file.has_value());
  CHECK(file->at("region").value == "file");
  CHECK(file->at("ca_bundle").value == "/file.pem");
  CHECK(file->at("app_id").value == "file");
  CHECK(file->at("use_fips").value == "true");
  CHECK(file->at("correct_clock_skew").value == "false");
  CHECK(file->at("retry.max_attempts").value == "4");
  CHECK(file->at("retry.mode").value == "adaptive");

  const auto both = resolve({{"AWS_REGION", "env"},
                             {"AWS_DEFAULT_REGION", "other"},
                             {"AWS_CA_BUNDLE", "/env.pem"},
                             {"AWS_SDK_UA_APP_ID", "env"},
                             {"AWS_USE_FIPS_ENDPOINT", "false"},
                             {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "FALSE"},
                             {"AWS_MAX_ATTEMPTS", "9"},
                             {"AWS_RETRY_MODE", "Standard"}},
                            config);
  REQUIRE(both.has_value());
  CHECK(both->at("region").value == "env");
  CHECK(both->at("ca_bundle").value == "/env.pem");
  CHECK(both->at("app_id").value == "env");
  CHECK(both->at("use_fips").value == "false");
  CHECK(both->at("correct_clock_skew").value == "true");
  CHECK(both->at("retry.max_attempts").value == "9");
  CHECK(both->at("retry.mode").value == "standard");
  CHECK(resolve({{"AWS_DEFAULT_REGION", "other"}}, config)->at("region").value == "other");
}

TEST_CASE("settings: endpoints, from the most to the least special") {
  const std::string config =
      "[default]\nservices = dev\nendpoint_url = http://profile\n"
      "[services dev]\nmwaa_serverless =\n  endpoint_url = http://service\ns3 =\n  endpoint_url = http://s3\n";
  CHECK(resolve({{"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "http://a"}, {"AWS_ENDPOINT_URL", "http://b"}}, config)
            ->at("endpoint_url")
            .value == "http://a");
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, config)->at("endpoint_url").value == "http://b");
  CHECK(resolve({}, config)->at("endpoint_url").value == "http://service");
  CHECK(resolve({}, "[default]\nservices = s3\nendpoint_url = http://profile\n[services s3]\n")
            ->at("endpoint_url")
            .value == "http://profile");
  CHECK(refusal({}, "[default]\nservices = none\n") ==
        "/config, line 2: services='none': there is no section [services] of that name");
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, "[default]\nservices = none\n")->at("endpoint_url").value ==
        "http://b");
  CHECK(resolve({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}, {"AWS_ENDPOINT_URL", "http://b"}}, config)
            ->at("endpoint_url")
            .value.empty());
  CHECK(resolve({{"AWS_ENDPOINT_URL", "http://b"}}, "[default]\nignore_configured_endpoint_urls = true\n")
            ->at("endpoint_url")
            .value.empty());
}

TEST_CASE("settings: what cannot be used is refused with its place and rule, and no secret") {
  CHECK(refusal({{"AWS_MAX_ATTEMPTS", "0"}}) ==
        "environment variable AWS_MAX_ATTEMPTS='0': must be a whole number from 1");
  CHECK(refusal({}, "[default]\nmax_attempts = three\n") ==
        "/config, line 2: max_attempts='three': must be a whole number from 1");
  CHECK(refusal({}, "[default]\nretry_mode = legacy\n").find("must be standard or adaptive") != std::string::npos);
  CHECK(refusal({}, "[default]\nuse_fips_endpoint = yes\n").find("must be true or false") != std::string::npos);
}

TEST_CASE("settings: proxies, in lower case first") {
  const auto both =
      resolve({{"https_proxy", "low"}, {"HTTPS_PROXY", "high"}, {"HTTP_PROXY", "plain"}, {"NO_PROXY", "x"}});
  CHECK(both->at("https_proxy").value == "low");
  CHECK(both->at("http_proxy").value == "plain");
  CHECK(both->at("no_proxy").value == "x");
  CHECK(both->at("no_proxy").place == "environment variable NO_PROXY");
  // https://httpoxy.org
  CHECK(resolve({{"HTTP_PROXY", "evil"}, {"REQUEST_METHOD", "GET"}})->at("http_proxy").value.empty());
  CHECK(resolve({{"http_proxy", "fine"}, {"REQUEST_METHOD", "GET"}})->at("http_proxy").value == "fine");
}

TEST_CASE("settings: a key below another setting, indented by mistake, is in no message and no value") {
  const std::string key = "\n  aws_secret_access_key = s3cret\n";
  CHECK(refusal({}, "[default]\nmax_attempts = 3" + key) ==
        "/config, line 2: max_attempts='3...': must be a whole number from 1");
  CHECK(refusal({}, "[default]\nretry_mode =" + key) ==
        "/config, line 2: retry_mode='...': must be standard or adaptive");
  CHECK(refusal({}, "[default]\nservices = dev" + key) ==
        "/config, line 2: services='dev...': there is no section [services] of that name");
  for (const std::string setting : {"region", "ca_bundle", "sdk_ua_app_id", "endpoint_url"}) {
    CHECK(refusal({}, "[default]\n" + setting + " = x" + key) ==
          "/config, line 2: " + setting + ": must be one line: is a line below it indented that should not be?");
  }
  CHECK(refusal({{"AWS_ENDPOINT_URL", "http://u:s3cret@h\n"}})
            .starts_with("environment variable AWS_ENDPOINT_URL: must not have a line end"));
  CHECK(refusal({{"AWS_PROFILE", "a\x1B[2J"}}) == "The config profile (a...) could not be found");
  const std::string sixty(60, 'x');
  CHECK(refusal({{"AWS_RETRY_MODE", sixty.c_str()}}).find("='" + sixty + "'") != std::string::npos);
  CHECK(refusal({{"AWS_RETRY_MODE", (sixty + "x").c_str()}}).find("='" + sixty + "...'") != std::string::npos);
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
  struct row {
    const char* given;
    const char* path;
  };
  for (const auto& [given, path] :
       {row{"$HOME/.aws/config", "/h/.aws/config"}, row{"${HOME}/x", "/h/x"}, row{"$X/$HOME/$BLANK/y", "~z//h//y"},
        row{"$X", "~z"}, row{"$TILDE/x", "/h/x"}, row{"$UNSET/x", "$UNSET/x"}, row{"${UNSET}${HOME", "${UNSET}${HOME"},
        row{"a$", "a$"}, row{"$$HOME", "$/h"}, row{"${}/$-", "${}/$-"}})
    CHECK(config_path({{"HOME", "/h"}, {"X", "~z"}, {"TILDE", "~"}, {"BLANK", ""}, {"AWS_CONFIG_FILE", given}}) ==
          path);
  CHECK(variables_in("$A/${B}/$$C-${D") == std::vector<std::string>{"A", "B", "C"});
}

TEST_CASE("settings: a region with a line end is refused by name, and a swallowed one") {
  CHECK(refusal({{"AWS_REGION", "us-east-1\n"}}) ==
        "environment variable AWS_REGION: must not have a line end or another control character in it");
  CHECK(refusal({}, "[default]\noutput = json\n  region = eu-west-1\n") ==
        "/config, line 2: output: region below it is indented further and so is part of its value: indent both alike");
  CHECK(
      resolve({{"AWS_REGION", "us-east-1"}}, "[default]\noutput = json\n  region = eu-west-1\n")->at("region").value ==
      "us-east-1");
  CHECK(resolve({}, "[default]\nregion = eu-west-1 # Ireland\nca_bundle = /a #b\n")->at("region").value == "eu-west-1");
  CHECK(resolve({}, "[default]\nca_bundle = /a #b\n")->at("ca_bundle").value == "/a #b");
}

TEST_CASE("settings: sections that may be meant are named") {
  CHECK(refusal({}, "[dev]\n", "dev")
            .ends_with("; /config, line 1: [dev] is no profile in the config file: write [profile dev]"));
  CHECK(refusal({}, "[ profile dev ]\n", "dev").find("[ profile dev ] is no profile") != std::string::npos);
  CHECK(refusal({}, "[profile My Team]\n", "My Team").ends_with("write [profile \"My Team\"]"));
  const auto got = resolve({}, "", "[profile dev]\n", "dev");
  REQUIRE(got.has_error());
  CHECK(got.error().message.find("there is [profile dev] in the credentials file: there write [dev]") !=
        std::string::npos);
}
