// Nothing that a client says repeats a secret.
#include <doctest/doctest.h>

#include <mwaa_serverless/client.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

/// Everything that an observer is told, as one text.
class listener final : public mwaa::observer {
 public:
  void attempt_started(const operation_id& operation, int number) noexcept override {
    text << operation.name << operation.invocation << number << '\n';
  }
  void attempt_ended(const operation_id& operation, const mwaa::attempt_record& attempt) noexcept override {
    text << operation.name << attempt.code.message() << attempt.aws_code << attempt.request_id << attempt.hint_note
         << attempt.reason << '\n';
  }
  void operation_ended(const operation_id& operation, std::chrono::nanoseconds,
                       const mwaa::error* failure) noexcept override {
    text << operation.name << '\n';
    if (failure != nullptr) text << *failure << '\n';
  }

  std::ostringstream text;
};

const std::string secret = "S3CRET-key-of-forty-characters-0123456789";
const std::string token = "S3CRET-session-token";

/// A source whose answers are the script of a network of its own.
std::shared_ptr<mwaa::credentials_provider> role_over(const std::shared_ptr<mwaa::transport>& network,
                                                      const std::shared_ptr<mwaa::clock>& time) {
  mwaa::provider_options options;
  options.network = network;
  options.time = time;
  return mwaa::make_assume_role_credentials(mwaa::make_static_credentials({"AKIDBASE", secret, token}),
                                            mwaa::assume_role_options{"arn:aws:iam::1:role/r", "us-east-1"}, options);
}

}  // namespace

TEST_CASE("secrets: in no observer record, error, exception or printed configuration") {
  test::canned_service service;
  const auto heard = std::make_shared<listener>();
  service.config.attempt_observer = heard;
  service.config.retry.max_attempts = 2;
  service.config.credentials = mwaa::make_static_credentials({"AKIDEXAMPLE", secret, token});
  service.config.endpoint_url = "https://user:S3CRET-password@host";
  std::ostringstream said;
  said << service.config;
  try {
    (void)service.make_client();
  } catch (const mwaa::exception& wrong) {
    said << wrong.what() << wrong.details();
  }
  service.config.endpoint_url.clear();

  const std::string echo =
      R"({"__type":"InvalidSignatureException","message":"should have been x-amz-security-token:)" + token + " " +
      secret + R"("})";
  const std::vector<test::canned_answer> answers{
      test::response(403, echo),
      test::throttle(2),
      test::internal_error(),
      test::response(200, "{\"TaskInstances\":[" + std::string{"1"}),
      mwaa::error(mwaa::errc::connection_lost, "reset"),
      test::response(403, R"({"__type":"ExpiredTokenException","message":"expired"})"),
      test::page({"x"})};
  const auto client = service.make_client();
  for (const test::canned_answer& each : answers) {
    service.network->script.push_back(each);
    service.network->script.push_back(each);
    const auto outcome = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
    if (!outcome) said << outcome.error() << mwaa::exception{outcome.error()}.what();
    service.network->script.clear();
  }
  CHECK(said.str().find("x-amz-security-token:(not shown) (not shown)") != std::string::npos);

  // A role: what its source says of itself is in the errors of calls.
  const auto sts = std::make_shared<test::canned_transport>(service.time);
  service.config.credentials = role_over(sts, service.time);
  const auto with_role = service.make_client();
  const std::vector<test::canned_answer> refusals{
      test::response(403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>" + token + " " + secret +
                              "</Message></Error></ErrorResponse>"),
      test::response(200, "<SecretAccessKey>" + secret), test::response(500, secret),
      mwaa::error(mwaa::errc::connect_failed, "refused")};
  for (const test::canned_answer& each : refusals) {
    for (int i = 0; i < 3; ++i) sts->script.push_back(each);
    const auto outcome = service.run(mwaa::as_result(with_role.list_task_instances({"arn", "run"})));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == mwaa::errc::credentials_failed);
    said << outcome.error();
    sts->script.clear();
    service.time->run_until(service.io, service.time->now() + 10s);
  }
  said << mwaa::credentials{"AKIDEXAMPLE", secret, token};

  CHECK(said.str().size() > 2000);
  CHECK(said.str().find("S3CRET") == std::string::npos);
  CHECK(heard->text.str().size() > 2000);
  CHECK(heard->text.str().find("S3CRET") == std::string::npos);
}
