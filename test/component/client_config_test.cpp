#include <doctest/doctest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "sources/read_sources.hpp"
#include "support/aws_environment.hpp"
#include "support/canned_transport.hpp"

namespace mwaa = mwaa_serverless;

namespace {

mwaa::client_config read(const std::map<std::string, std::string>& values) {
  const test::aws_environment set{values};
  return mwaa::client_config::from_environment();
}

std::string refusal(const std::map<std::string, std::string>& values) {
  try {
    (void)read(values);
  } catch (const mwaa::exception& failure) {
    CHECK(failure.code() == mwaa::errc::invalid_configuration);
    return failure.details().message;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("client_config: an empty environment leaves the defaults") {
  const auto config = read({});
  CHECK(config.region.empty());
  CHECK(config.endpoint_url.empty());
  CHECK(config.credentials);
  CHECK_FALSE(config.use_fips);
  CHECK(config.ca_bundle.empty());
  CHECK(config.app_id.empty());
  CHECK(config.retry.max_attempts == 3);
  CHECK(config.max_connections == 64);
}

TEST_CASE("client_config: which variable wins") {
  CHECK(read({{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "us-east-1"}}).region == "eu-west-1");
  CHECK(read({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-east-1"}}).region == "us-east-1");
  CHECK(read({{"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "http://a"}, {"AWS_ENDPOINT_URL", "http://b"}}).endpoint_url ==
        "http://a");
  CHECK(read({{"AWS_ENDPOINT_URL", "http://b"}}).endpoint_url == "http://b");
  for (const char* yes : {"true", "TRUE", "True"}) {
    CHECK(read({{"AWS_ENDPOINT_URL", "http://b"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", yes}}).endpoint_url.empty());
    CHECK(read({{"AWS_USE_FIPS_ENDPOINT", yes}}).use_fips);
  }
  CHECK(read({{"AWS_ENDPOINT_URL", "http://b"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}}).endpoint_url ==
        "http://b");
  const auto config = read({{"AWS_CA_BUNDLE", "/ca.pem"}, {"AWS_SDK_UA_APP_ID", "etl"}, {"AWS_MAX_ATTEMPTS", "7"}});
  CHECK(config.ca_bundle == "/ca.pem");
  CHECK(config.app_id == "etl");
  CHECK(config.retry.max_attempts == 7);
  CHECK(config.retry.mode == mwaa::retry_mode::standard);
  CHECK(config.correct_clock_skew);
  CHECK(read({{"AWS_RETRY_MODE", "adaptive"}}).retry.mode == mwaa::retry_mode::adaptive);
  CHECK(read({{"AWS_RETRY_MODE", "Standard"}}).retry.mode == mwaa::retry_mode::standard);
  CHECK_FALSE(read({{"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true"}}).correct_clock_skew);
}

TEST_CASE("client_config: the keys of the environment sign, with their token") {
  test::canned_service service;
  service.config.credentials =
      read({{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "tok"}})
          .credentials;
  service.network->script.emplace_back(test::page({"x"}));
  (void)service.run(service.make_client().list_task_instances({"arn", "run"}));
  REQUIRE(service.network->requests.size() == 1);
  const auto& request = service.network->requests[0];
  CHECK(request.header("x-amz-security-token") == "tok");
  CHECK(request.header("authorization").value_or("").find("Credential=AKIDENV/") != std::string_view::npos);
}

TEST_CASE("client_config: what cannot be used is refused, and the variable named") {
  CHECK(refusal({{"AWS_ACCESS_KEY_ID", "AKID"}}).find("AWS_SECRET_ACCESS_KEY is not set") != std::string::npos);
  const std::string half = refusal({{"AWS_SECRET_ACCESS_KEY", "s3cret"}});
  CHECK(half.find("AWS_ACCESS_KEY_ID is not set") != std::string::npos);
  CHECK(half.find("s3cret") == std::string::npos);
  for (const char* attempts : {"0", "-1", "three", "3.5", "99999999999", "3 "})
    CHECK(refusal({{"AWS_MAX_ATTEMPTS", attempts}}).find("AWS_MAX_ATTEMPTS") != std::string::npos);
  for (const char* mode : {"legacy", "none", " standard"})
    CHECK(refusal({{"AWS_RETRY_MODE", mode}}).find("AWS_RETRY_MODE") != std::string::npos);
  CHECK(refusal({{"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "1"}}).find("AWS_DISABLE_CLOCK_SKEW_CORRECTION") !=
        std::string::npos);
  CHECK(refusal({{"AWS_USE_FIPS_ENDPOINT", "yes"}}).find("AWS_USE_FIPS_ENDPOINT") != std::string::npos);
}

TEST_CASE("client_config: the files of the shared configuration") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("mwaa_client_config_test." + std::to_string(::getpid()));
  fs::create_directories(folder / ".aws");
  const auto write = [&](const char* name, const std::string& text) { std::ofstream{folder / name} << text; };
  const std::map<std::string, std::string> home{{"HOME", folder.string()}};

  CHECK(read(home).region.empty());  // no files
  write(".aws/config", "[default]\nregion = eu-west-1\nmax_attempts = 5\n");
  write(".aws/credentials", "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n");
  const auto config = read(home);
  CHECK(config.region == "eu-west-1");
  CHECK(config.retry.max_attempts == 5);
  REQUIRE(config.credentials);

  write(".aws/config", "[default]\nregion\n");
  CHECK(refusal(home) == (folder / ".aws/config").string() + ", line 2, column 7: a setting needs an '='");
  CHECK(read({{"AWS_CONFIG_FILE", folder.string()}}).region.empty());  // not needed yet
  write("large", std::string(5 * 1024 * 1024, '\n') + "[default]\nregion = eu-west-1\n");
  CHECK(read({{"AWS_CONFIG_FILE", (folder / "large").string()}}).region == "eu-west-1");
  CHECK(read({{"AWS_CONFIG_FILE", "/dev/null"}}).region.empty());
  CHECK(refusal({{"AWS_CONFIG_FILE", "/dev/zero"}}) == "cannot read /dev/zero: it is larger than 64 MiB");
  // A file that a variable names and that is not there stops nobody who does not need it, but it is told.
  const std::string none = (folder / "none").string();
  const auto without = read({{"AWS_CONFIG_FILE", none}, {"AWS_SHARED_CREDENTIALS_FILE", folder.string()}});
  CHECK(without.region.empty());
  std::ostringstream told;
  told << without;
  CHECK(told.str().find("unread_file = cannot read " + none +
                        ": No such file or directory  # environment variable AWS_CONFIG_FILE\n") != std::string::npos);
  CHECK(told.str().find(": Is a directory  # environment variable AWS_SHARED_CREDENTIALS_FILE\n") != std::string::npos);
  boost::asio::io_context io;
  try {
    const mwaa::client made{io.get_executor(), without};
    FAIL("made");
  } catch (const mwaa::exception& e) {
    CHECK(e.code() == mwaa::errc::no_region);
    CHECK(e.details().message.find("cannot read " + none) != std::string::npos);
  }
  CHECK(read({{"AWS_REGION", "eu-west-1"}, {"AWS_CONFIG_FILE", none}}).region == "eu-west-1");
  write("spelled", "[Default]\nregion = eu-west-1\n");
  told.str({});
  told << read({{"AWS_CONFIG_FILE", (folder / "spelled").string()}});
  CHECK(told.str().find("unread_section = " + (folder / "spelled").string() +
                        ", line 1: [Default] is no profile in the config file: write [default]  # default\n") !=
        std::string::npos);

  write(".aws/config", "[profile role]\nlogin_session = x\n");
  test::canned_service service;
  service.config.credentials = read({{"HOME", folder.string()}, {"AWS_PROFILE", "role"}}).credentials;
  const auto outcome = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"})));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().code == mwaa::errc::credentials_failed);
  CHECK(outcome.error().message.find("line 2: login_session") != std::string::npos);
  CHECK(service.network->requests.empty());
  fs::remove_all(folder);
}

TEST_CASE("client_config: without HOME the home directory is that of the user database") {
  const passwd* const own = ::getpwuid(::getuid());
  REQUIRE(own != nullptr);
  const test::aws_environment set{{{"HOME", ""}}};
  CHECK(view(mwaa::sources::read_environment().at("HOME")) == own->pw_dir);
  ::unsetenv("HOME");  // put back by `set`
  CHECK(view(mwaa::sources::read_environment().at("HOME")) == own->pw_dir);
  ::setenv("HOME", "/h", 1);
  CHECK(view(mwaa::sources::read_environment().at("HOME")) == "/h");
}

TEST_CASE("client_config: tells every value with its origin") {
  const auto origin_of = [](const mwaa::client_config& config, std::string_view name) {
    for (const mwaa::configured_value& each : config.describe())
      if (each.name == name) return each.value + " # " + each.place;
    return std::string{"not told"};
  };
  mwaa::client_config config = read({{"AWS_REGION", "eu-west-1"},
                                     {"AWS_ACCESS_KEY_ID", "AKID"},
                                     {"AWS_SECRET_ACCESS_KEY", "s3cret"},
                                     {"AWS_MAX_ATTEMPTS", "3"},
                                     {"AWS_ENDPOINT_URL", "http://h"}});
  CHECK(origin_of(config, "profile") == "default # default");
  CHECK(origin_of(config, "region") == "eu-west-1 # environment variable AWS_REGION");
  CHECK(origin_of(config, "endpoint_url") == "http://h # environment variable AWS_ENDPOINT_URL");
  CHECK(origin_of(config, "credentials") == "env # environment variable AWS_ACCESS_KEY_ID");
  CHECK(origin_of(config, "retry.max_attempts") == "3 # environment variable AWS_MAX_ATTEMPTS");
  CHECK(origin_of(config, "retry.mode") == "standard # default");
  CHECK(origin_of(config, "connect_timeout") == "3100 ms # default");
  for (const mwaa::configured_value& each : config.describe()) {
    const bool given = each.name == "region" || each.name == "endpoint_url" || each.name == "credentials" ||
                       each.name == "retry.max_attempts";
    CHECK(each.origin == (given ? mwaa::setting_origin::environment : mwaa::setting_origin::by_default));
  }
  // Overridden in code.
  config.region = "us-east-1";
  config.max_connections = 3;
  config.credentials = mwaa::make_static_credentials({"AKID", "s3cret"});
  config.attempt_observer = nullptr;
  CHECK(origin_of(config, "region") == "us-east-1 # code");
  CHECK(origin_of(config, "max_connections") == "3 # code");
  config.retry.max_attempts = 4;
  CHECK(origin_of(config, "retry.max_attempts") == "4 # code");
  CHECK(origin_of(config, "credentials") == "set # code");
  config.credentials.reset();
  CHECK(origin_of(config, "credentials") == " # code");
  CHECK(origin_of(mwaa::client_config{}, "credentials") == " # default");
  CHECK(origin_of(mwaa::client_config{}, "profile") == "not told");
  std::ostringstream text;
  text << config;
  CHECK(text.str().find("region = us-east-1  # code\n") != std::string::npos);
  CHECK(text.str().find("ca_bundle = (none)  # default\n") != std::string::npos);
  CHECK(text.str().find("s3cret") == std::string::npos);
}

TEST_CASE("client_config: a pipe in place of a file is read once, and serves for all fetches") {
  namespace fs = std::filesystem;
  const fs::path pipe = fs::temp_directory_path() / ("mwaa_client_config_pipe." + std::to_string(::getpid()));
  fs::remove(pipe);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer{[&] {
    std::ofstream{pipe} << "[default]\nregion = eu-west-1\naws_access_key_id = AKIDPIPE\naws_secret_access_key = s\n";
  }};
  const auto config = read({{"AWS_SHARED_CREDENTIALS_FILE", pipe.string()}});
  writer.join();
  CHECK(config.region == "eu-west-1");
  REQUIRE(config.credentials);
  test::canned_service service;
  service.config.credentials = config.credentials;
  for (int i = 0; i < 2; ++i) {
    service.network->script.push_back(test::page({"x"}));
    const auto outcome = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"})));
    REQUIRE(outcome.has_value());
    CHECK(service.network->requests.back().head().find("Credential=AKIDPIPE/") != std::string::npos);
    const mwaa::credentials refused{"AKIDPIPE", "s"};
    // The next call fetches anew; that brings the same keys, so there is nothing to hope for after it.
    CHECK(config.credentials->rejected(refused) == (i == 0));
  }
  fs::remove(pipe);
}
