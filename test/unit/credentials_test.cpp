#include <doctest/doctest.h>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <sstream>
#include <string>
#include <utility>

using mwaa_serverless::credentials;
using mwaa_serverless::errc;

namespace {

std::string refusal(std::string id, std::string secret, std::string token = {}) {
  try {
    (void)credentials{std::move(id), std::move(secret), std::move(token)};
  } catch (const mwaa_serverless::exception& failure) {
    CHECK(failure.code() == errc::invalid_configuration);
    return failure.details().message;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("credentials: half a pair, and what could not stand in a header, is refused without showing a secret") {
  for (const std::string& message :
       {refusal("", "s3cret-key"), refusal("AKID", ""), refusal("AK\r\nX: y", "s3cret-key"),
        refusal("AK ID", "s3cret-key"), refusal("AKID", "s3cret-key", "t0ken\nX: y"),
        refusal("AKID", "s3cret-key", "t0ken\x80")}) {
    CAPTURE(message);
    CHECK(message != "accepted");
    CHECK(message.find("s3cret") == std::string::npos);
    CHECK(message.find("t0ken") == std::string::npos);
  }
  CHECK(refusal("AKID", "any/thing+goes here") == "accepted");
}

TEST_CASE("credentials: print without their secrets, and move without leaving them behind") {
  credentials keys{"AKIDEXAMPLE", "s3cret-key", "t0ken"};
  std::ostringstream out;
  out << keys;
  CHECK(out.str() == "credentials(AKIDEXAMPLE, secret not shown)");

  const credentials copy = keys;
  CHECK(copy.secret_access_key() == "s3cret-key");
  const credentials moved = std::move(keys);
  CHECK(moved.session_token() == "t0ken");
  CHECK(keys.secret_access_key().empty());  // NOLINT: short strings too must not stay behind
  CHECK(keys.session_token().empty());
}
