// Sources of credentials over connections of their own, without a redirection in between.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/aws_environment.hpp"
#include "support/certificates.hpp"
#include "support/open_descriptors.hpp"
#include "support/scripted_server.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

using keys_result = mwaa::result<std::shared_ptr<const mwaa::credentials>>;
constexpr auto no_limit = mwaa::clock::time_point::max();

keys_result get(const std::shared_ptr<mwaa::credentials_provider>& from, mwaa::clock::time_point deadline = no_limit) {
  asio::io_context io;
  std::optional<keys_result> got;
  asio::co_spawn(io, from->get(deadline), [&](const std::exception_ptr& failure, keys_result value) {
    REQUIRE_FALSE(failure);
    got.emplace(std::move(value));
  });
  io.run();
  REQUIRE(got);
  return *std::move(got);
}

const std::string agent_keys = R"({"AccessKeyId":"ASIAAGENT","SecretAccessKey":"s","Token":"t",)"
                               R"("Expiration":"2100-01-01T00:00:00Z"})";
std::string sts_keys(const std::string& action) {
  return "<" + action + "Response><" + action +
         "Result><Credentials><AccessKeyId>ASIASTS</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
         "<SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

std::string url_of(const test::scripted_server& server) {
  return (server.tls() ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server.port());
}

}  // namespace

TEST_CASE("credentials over the network: a container's agent, and nothing is left open") {
  test::scripted_server agent;
  agent.on_connection([](test::peer& client) { client.serve(agent_keys); });
  const test::aws_environment set{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url_of(agent) + "/keys"}}};
  const auto provider = mwaa::make_container_credentials();
  const std::size_t before = test::open_descriptors();
  const auto got = get(provider);
  REQUIRE(got.has_value());
  CHECK((*got)->access_key_id() == "ASIAAGENT");
  agent.wait_until("1 closed by client");
  CHECK(test::open_descriptors() == before);
  // Kept: a provider serves one io_context after another.
  CHECK((*get(provider))->access_key_id() == "ASIAAGENT");
  CHECK(agent.log().size() == 3);  // accepted, request, closed
}

TEST_CASE("credentials over the network: TLS is checked, by the bundle that was given") {
  const test::certificate identity{{"127.0.0.1"}};
  const test::temporary_file bundle{identity.pem};
  test::scripted_server agent{identity};
  agent.on_connection([](test::peer&) {});
  agent.on_connection([](test::peer& client) { client.serve(agent_keys); });
  const test::aws_environment set{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url_of(agent) + "/keys"}}};
  const auto untrusted = get(mwaa::make_container_credentials());
  REQUIRE(untrusted.has_error());
  CHECK(untrusted.error().code == mwaa::errc::credentials_failed);
  CHECK(untrusted.error().message.find("certificate") != std::string::npos);
  mwaa::provider_options options;
  options.ca_bundle = bundle.path();
  CHECK((*get(mwaa::make_container_credentials(options)))->access_key_id() == "ASIAAGENT");
  options.ca_bundle = "/nowhere.pem";
  CHECK(get(mwaa::make_container_credentials(options)).error().message.find("/nowhere.pem") != std::string::npos);
}

TEST_CASE("credentials over the network: a metadata service that accepts and never answers") {
  test::scripted_server service;
  service.on_connection([](test::peer& client) { client.wait_for_close(); });
  const test::aws_environment set{
      {{"AWS_EC2_METADATA_DISABLED", "false"}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT", url_of(service)}}};
  const auto got = get(mwaa::make_default_credentials());
  REQUIRE(got.has_error());
  CHECK(got.error().code == mwaa::errc::no_credentials);
  CHECK(got.error().message.find("instance metadata (" + url_of(service) + ")") != std::string::npos);
  CHECK(got.error().message.find("environment: AWS_ACCESS_KEY_ID") != std::string::npos);
}

TEST_CASE("credentials over the network: a metadata service that is not there") {
  test::silent_address nobody;
  const test::aws_environment set{
      {{"AWS_EC2_METADATA_DISABLED", "false"},
       {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:" + std::to_string(nobody.port())}}};
  const auto got = get(mwaa::make_instance_credentials());
  REQUIRE(got.has_error());
  CHECK(got.error().code == mwaa::errc::no_credentials);
}

TEST_CASE("credentials over the network: the region of the instance, when there is no other") {
  test::scripted_server service;
  service.on_connection([](test::peer& client) {
    CHECK(client.read_request().starts_with("PUT /latest/api/token "));
    client.send(test::ok("token"));
    const std::string asked = client.read_request();
    CHECK(asked.starts_with("GET /latest/meta-data/placement/region "));
    CHECK(asked.find("x-aws-ec2-metadata-token: token\r\n") != std::string::npos);
    client.send(test::ok("eu-north-1"));
    client.wait_for_close();
  });
  const std::map<std::string, std::string> environment{{"AWS_EC2_METADATA_DISABLED", "false"},
                                                       {"AWS_EC2_METADATA_SERVICE_ENDPOINT", url_of(service)}};
  const auto load = [](const std::map<std::string, std::string>& variables) {
    const test::aws_environment set{variables};
    asio::io_context io;
    mwaa::client_config config;
    asio::co_spawn(io, mwaa::client_config::load(), [&](const std::exception_ptr& failure, mwaa::client_config got) {
      REQUIRE_FALSE(failure);
      config = std::move(got);
    });
    io.run();
    return config;
  };
  const auto config = load(environment);
  CHECK(config.region == "eu-north-1");
  service.wait_until("1 closed by client");
  const auto described = config.describe();
  const auto region =
      std::find_if(described.begin(), described.end(), [](const auto& each) { return each.name == "region"; });
  REQUIRE(region != described.end());
  CHECK(region->origin == mwaa::setting_origin::instance_metadata);
  CHECK(region->place == "instance metadata (" + url_of(service) + ")");

  auto with_region = environment;
  with_region["AWS_REGION"] = "us-east-1";
  CHECK(load(with_region).region == "us-east-1");
  CHECK(load({}).region.empty());
  CHECK(service.log() ==
        std::vector<std::string>{"1 accepted", "1 request", "1 request", "1 closed by client"});  // nobody asked again
}

TEST_CASE("credentials over the network: roles, taken on with any other provider") {
  test::scripted_server sts;
  sts.on_connection([](test::peer& client) {
    const std::string asked = client.read_request();
    CHECK(asked.find("Credential=AKIDBASE/") != std::string::npos);
    CHECK(asked.find("/eu-west-1/sts/aws4_request") != std::string::npos);
    CHECK(asked.find("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&DurationSeconds=900&ExternalId=x") !=
          std::string::npos);
    client.send(test::ok(sts_keys("AssumeRole")));
    client.wait_for_close();
  });
  mwaa::assume_role_options role{"arn:aws:iam::1:role/r", "eu-west-1"};
  role.session_name = "me";
  role.external_id = "x";
  role.duration = 15min;
  role.endpoint_url = url_of(sts);
  const auto got = get(mwaa::make_assume_role_credentials(mwaa::make_static_credentials({"AKIDBASE", "secret"}), role));
  REQUIRE(got.has_value());
  CHECK((*got)->access_key_id() == "ASIASTS");
  CHECK((*got)->source() == "assume-role");
  CHECK_THROWS_AS((void)mwaa::make_assume_role_credentials(nullptr, role), mwaa::exception);

  mwaa::provider_options options;
  const auto none = get(mwaa::make_assume_role_credentials(mwaa::make_environment_credentials(options), role));
  REQUIRE(none.has_error());
  CHECK(none.error().message.starts_with("for the role arn:aws:iam::1:role/r: environment: "));
}

TEST_CASE("credentials over the network: a web identity, whose token is read anew for each fetch") {
  test::scripted_server sts;
  for (const char* token : {"first", "second"}) {
    sts.on_connection([token](test::peer& client) {
      CHECK(client.read_request().ends_with("&WebIdentityToken=" + std::string{token}));
      client.send(test::ok(sts_keys("AssumeRoleWithWebIdentity")));
      client.wait_for_close();
    });
  }
  mwaa::assume_role_options role{"arn:aws:iam::1:role/r", "eu-west-1"};
  role.endpoint_url = url_of(sts);
  const auto file = std::filesystem::temp_directory_path() / ("mwaa_web_identity." + std::to_string(sts.port()));
  const auto write = [&](const char* token) { std::ofstream{file} << token; };
  write("first");
  const auto provider = mwaa::make_web_identity_credentials(file.string(), role);
  const auto first = get(provider);
  REQUIRE(first.has_value());
  write("second");
  CHECK(provider->rejected(**first));
  const auto second = get(provider);
  REQUIRE(second.has_value());
  CHECK(*first != *second);
  std::filesystem::remove(file);
}

TEST_CASE("credentials over the network: a process, made in code") {
  const auto got = get(mwaa::make_process_credentials(
      R"(sh -c 'echo "{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":\"s\"}"')"));
  REQUIRE_MESSAGE(got.has_value(), got.error().message);
  CHECK((*got)->access_key_id() == "AKIDPROC");
  mwaa::provider_options options;
  options.fetch_timeout = 200ms;
  const auto hangs = get(mwaa::make_process_credentials("sleep 1000", options));
  REQUIRE(hangs.has_error());
  CHECK(hangs.error().message.find("sleep did not end within") != std::string::npos);
}

TEST_CASE("credentials over the network: SSO made in code says what to do without a login") {
  const test::aws_environment set{{{"HOME", "/nowhere"}}};
  const auto got = get(mwaa::make_sso_credentials({"https://s.test/start", "eu-west-1", "1", "r"}));
  REQUIRE(got.has_error());
  CHECK(got.error().message.find("/nowhere/.aws/sso/cache/") != std::string::npos);
  CHECK(got.error().message.find("`aws sso login`") != std::string::npos);
}

TEST_CASE("credentials over the network: a caller that is cancelled leaves nothing behind") {
  test::scripted_server agent;
  agent.on_connection([](test::peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  const test::aws_environment set{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url_of(agent)}}};
  const auto provider = mwaa::make_container_credentials();
  const std::size_t before = test::open_descriptors();
  {
    asio::io_context io;
    asio::cancellation_signal stop;
    boost::system::error_code code;
    asio::co_spawn(
        io, provider->get(no_limit),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& failure, const keys_result&) {
          REQUIRE(failure);
          try {
            std::rethrow_exception(failure);
          } catch (const boost::system::system_error& problem) {
            code = problem.code();
          }
        }));
    agent.when("1 request", [&] { asio::post(io, [&] { stop.emit(asio::cancellation_type::terminal); }); });
    io.run();  // ends: there is no pending work
    CHECK(code == asio::error::operation_aborted);
  }
  agent.wait_until("1 closed by client");
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("credentials over the network: four threads and 1,000 coroutines share one fetch") {
  test::scripted_server agent;
  agent.on_connection([](test::peer& client) {
    client.read_request();
    client.wait_for("all have asked");
    client.send(test::ok(agent_keys));
    client.wait_for_close();
  });
  const test::aws_environment set{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url_of(agent)}}};
  const auto provider = mwaa::make_container_credentials();
  asio::io_context io;
  std::atomic<int> asked{0};
  std::atomic<int> got{0};
  const auto ask = [&](std::shared_ptr<mwaa::credentials_provider> from) -> asio::awaitable<void> {
    if (++asked == 1000) agent.open("all have asked");
    const auto keys = co_await from->get(no_limit);
    if (keys && (*keys)->access_key_id() == "ASIAAGENT") ++got;
  };
  for (int i = 0; i < 1000; ++i) {
    asio::co_spawn(io, ask(provider), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run(); });
  for (auto& each : threads) each.join();
  CHECK(got == 1000);
  const auto log = agent.log();
  CHECK(std::count(log.begin(), log.end(), "1 request") == 1);
  CHECK(std::count(log.begin(), log.end(), "2 accepted") == 0);
}
