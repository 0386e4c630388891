#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signing/signed_request.hpp"
#include "strings/hex.hpp"

using namespace mwaa_serverless;
using namespace mwaa_serverless::signing;
using mwaa_serverless::strings::to_hex;
namespace protocol = mwaa_serverless::protocol;

namespace {

constexpr auto now = std::chrono::sys_days{std::chrono::year{2025} / 11 / 17} + std::chrono::hours{12};
constexpr std::string_view body = R"({"WorkflowArn":"arn","RunId":"run"})";
constexpr std::string_view invocation = "01234567-89ab-4cde-8f01-23456789abcd";

http_request made(const std::string& url, const std::string& session_token, int attempt = 1,
                  std::string_view with_body = body) {
  const auto endpoint = protocol::resolve_endpoint("eu-west-1", false, url);
  REQUIRE(endpoint.has_value());
  signer with{"eu-west-1", "airflow-serverless"};
  return make_signed_request(*endpoint, *protocol::find_operation("ListTaskInstances"), with_body,
                             std::make_shared<const credentials>("AKIDEXAMPLE", "secret", session_token), with, now,
                             invocation, attempt, 3, "agent/1");
}

// The signature that the request should carry, by the general steps, from the bytes that go out.
std::string expected_authorization(const http_request& request) {
  std::vector<header> headers;
  std::string_view lines = request.head();
  const std::string_view first = lines.substr(0, lines.find("\r\n"));
  const std::string_view path = first.substr(5, first.size() - 5 - 9);
  for (lines.remove_prefix(first.size() + 2); lines != "\r\n"; lines.remove_prefix(lines.find("\r\n") + 2)) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    const std::string_view name = line.substr(0, line.find(": "));
    // What botocore does not sign (auth.py, SIGNED_HEADERS_BLACKLIST) or adds after it signed.
    if (name != "User-Agent" && name != "Authorization" && name != "Content-Length")
      headers.emplace_back(name, line.substr(name.size() + 2));
  }
  signer with{"eu-west-1", "airflow-serverless"};
  sha256 hasher{with.algorithm()};
  const auto canonical = make_canonical_request("POST", path, "", headers, to_hex(hasher.hash(request.body())));
  return with.authorization(hasher, "AKIDEXAMPLE", "secret", *request.header("x-amz-date"), canonical.text,
                            canonical.signed_headers);
}

}  // namespace

TEST_CASE("signed_request: the bytes of a request") {
  const http_request request = made("", "");
  const std::string authorization{*request.header("Authorization")};
  CHECK(request.bytes() ==
        "POST / HTTP/1.1\r\n"
        "Host: airflow-serverless.eu-west-1.api.aws\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        "Content-Length: 35\r\n"
        "X-Amz-Target: AmazonMWAAServerless.ListTaskInstances\r\n"
        "X-Amz-Date: 20251117T120000Z\r\n"
        "amz-sdk-invocation-id: 01234567-89ab-4cde-8f01-23456789abcd\r\n"
        "amz-sdk-request: attempt=1; max=3\r\n"
        "User-Agent: agent/1\r\n"
        "Authorization: " +
            authorization + "\r\n\r\n" + std::string{body});
  CHECK(request.body() == body);
  CHECK(request.head().ends_with("\r\n\r\n"));
  CHECK(request.destination().host == "airflow-serverless.eu-west-1.api.aws");
  CHECK(request.repeatable);
  CHECK(authorization.starts_with(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251117/eu-west-1/airflow-serverless/aws4_request, SignedHeaders="
      "amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-target, Signature="));
  CHECK(authorization == expected_authorization(request));
}

TEST_CASE("signed_request: signed as the general steps sign, whatever the endpoint and the keys") {
  for (const char* url : {"", "http://127.0.0.1:8080", "https://example.com:443/base/path",
                          "http://[::1]:9/a//b/../c~%20", "http://host/..", "https://proxy.example.com/(x)/"}) {
    for (const std::string& token : {std::string{}, std::string{"session-token=="}, std::string(2000, 't')}) {
      for (const int attempt : {1, 2, 10}) {
        CAPTURE(url);
        CAPTURE(attempt);
        const http_request request = made(url, token, attempt);
        CHECK(*request.header("authorization") == expected_authorization(request));
        CHECK(request.header("amz-sdk-request") == "attempt=" + std::to_string(attempt) + "; max=3");
        CHECK(request.header("x-amz-security-token").value_or("") == token);
        CHECK(request.header("x-amz-security-token").has_value() == !token.empty());
        CHECK(request.header("host") == request.destination().authority());
      }
    }
  }
}

// Expected values: what botocore 1.44 sends and signs for a JSON operation whose own path is `/`.
TEST_CASE("signed_request: the path of the endpoint is sent as it is written, and signed without detours") {
  struct row {
    std::string url;
    std::string_view sent;
    std::string_view signed_path;
  };
  for (const row& each : {
           row{"http://h", "/", "/"},
           row{"http://h/", "/", "/"},
           row{"http://h/a", "/a", "/a"},
           row{"http://h/a/", "/a/", "/a/"},
           row{"http://h//", "//", "/"},
           row{"http://h//a//b", "//a//b", "/a/b"},
           row{"http://h/a/../b", "/a/../b", "/b"},
           row{"http://h/a/../b/.", "/a/../b/.", "/b"},
           row{"http://h/a/./b/", "/a/./b/", "/a/b/"},
           row{"http://h/..", "/..", "/"},
           row{"http://h/a%20b", "/a%20b", "/a%2520b"},
           row{"http://h/a%2fb", "/a%2fb", "/a%252fb"},
           row{"http://h/a%2Fb", "/a%2Fb", "/a%252Fb"},
           row{"http://h/%2e%2e/a", "/%2e%2e/a", "/%252e%252e/a"},
           row{"http://h/%7Ea", "/%7Ea", "/%257Ea"},
           row{"http://h/~a", "/~a", "/~a"},
           row{"http://h/a+b", "/a+b", "/a%2Bb"},
           row{"http://h/a:b@c", "/a:b@c", "/a%3Ab%40c"},
           row{"http://h/a;b=c", "/a;b=c", "/a%3Bb%3Dc"},
           row{"http://h/a'b(c)*!", "/a'b(c)*!", "/a%27b%28c%29%2A%21"},
       }) {
    CAPTURE(each.url);
    const http_request request = made(each.url, "", 1);
    CHECK(request.bytes().starts_with("POST " + std::string{each.sent} + " HTTP/1.1\r\n"));
    const auto canonical = make_canonical_request("POST", each.sent, "", {}, "");
    CHECK(canonical.text.starts_with("POST\n" + std::string{each.signed_path} + "\n"));
    CHECK(*request.header("authorization") == expected_authorization(request));
  }
}

TEST_CASE("signed_request: the length is that of the body in bytes") {
  for (const std::string& text : {std::string{"{}"}, std::string{"{\"RunId\":\"é\"}"}, std::string(100'000, 'x')}) {
    const http_request request = made("", "", 1, text);
    CHECK(request.header("content-length") == std::to_string(text.size()));
    CHECK(request.body() == text);
    CHECK(*request.header("authorization") == expected_authorization(request));
  }
}

TEST_CASE("signed_request: only reads and idempotent operations are repeatable") {
  const auto endpoint = protocol::resolve_endpoint("eu-west-1", false, "");
  signer with{"eu-west-1", "airflow-serverless"};
  using repeats = protocol::operation::repeats;
  const std::pair<protocol::operation, bool> rows[]{
      {protocol::operation{"AmazonMWAAServerless.Any", repeats::reads}, true},
      {protocol::operation{"AmazonMWAAServerless.Any", repeats::repeats_harmlessly}, true},
      {protocol::operation{"AmazonMWAAServerless.Any", repeats::acts_again}, false},
  };
  for (const auto& [operation, repeatable] : rows) {
    CHECK(operation.name == "Any");
    const http_request request =
        make_signed_request(*endpoint, operation, "{}", std::make_shared<const credentials>("AKID", "secret"), with,
                            now, invocation, 1, 3, "agent/1");
    CHECK(request.repeatable == repeatable);
    CHECK(request.header("X-Amz-Target") == "AmazonMWAAServerless.Any");
  }
}

TEST_CASE("sigv4 request: a signer keeps the key of keys that stay the same, and follows those that change") {
  const auto endpoint = protocol::resolve_endpoint("eu-west-1", false, "");
  REQUIRE(endpoint.has_value());
  const auto& operation = *protocol::find_operation("ListTaskInstances");
  const auto signature_of = [&](const std::shared_ptr<const credentials>& keys, signer& with, int day) {
    const auto request = make_signed_request(*endpoint, operation, body, keys, with, now + std::chrono::days{day},
                                             invocation, 1, 3, "agent/1");
    return std::string{*request.header("authorization")};
  };
  signer kept{"eu-west-1", "airflow-serverless"};
  const auto check = [&](const std::shared_ptr<const credentials>& keys, int day) {
    signer fresh{"eu-west-1", "airflow-serverless"};
    CHECK(signature_of(keys, kept, day) == signature_of(keys, fresh, day));
  };
  auto changing = std::make_shared<credentials>("AKID1", "secret one");
  const std::shared_ptr<const credentials> first = changing;
  const auto same_id = std::make_shared<const credentials>("AKID1", "secret two");
  for (int round = 0; round < 2; ++round) {
    check(first, 0);
    check(first, 0);
    check(first, 1);
    check(first, 0);
    check(same_id, 0);
    check(first, 0);
  }
  // In place, by a provider that keeps what it has given.
  *changing = credentials{"AKID2", "secret three"};
  check(first, 0);
  // Two that nobody owns, or one owner has.
  const std::pair<credentials, credentials> both{credentials{"AKID3", "secret"}, credentials{"AKID4", "secret four"}};
  for (const auto& owner : {std::shared_ptr<const credentials>{}, same_id}) {
    check({owner, &both.first}, 0);
    check({owner, &both.second}, 0);
    check({owner, &both.first}, 0);
  }
  const credentials other{"AKID4", "another secret"};
  check({std::shared_ptr<const credentials>{}, &both.second}, 0);
  check({std::shared_ptr<const credentials>{}, &other}, 0);
  // Where an owner was, another may be.
  for (const char* const secret : {"a", "b", "c"}) check(std::make_shared<const credentials>("AKID5", secret), 0);
}
