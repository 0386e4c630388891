#include <doctest/doctest.h>
#include <string>
#include <utility>

#include "protocol/endpoint.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::protocol::resolve_endpoint;

TEST_CASE("endpoint: every partition's dual-stack names") {
  struct row {
    const char* region;
    bool fips;
    const char* host;
  };
  const row rows[]{
      {"us-east-1", false, "airflow-serverless.us-east-1.api.aws"},
      {"us-east-1", true, "airflow-serverless-fips.us-east-1.api.aws"},
      {"il-central-1", false, "airflow-serverless.il-central-1.api.aws"},
      {"cn-north-1", false, "airflow-serverless.cn-north-1.api.amazonwebservices.com.cn"},
      {"cn-northwest-1", true, "airflow-serverless-fips.cn-northwest-1.api.amazonwebservices.com.cn"},
      {"us-gov-west-1", false, "airflow-serverless.us-gov-west-1.api.aws"},
      {"us-gov-west-1", true, "airflow-serverless-fips.us-gov-west-1.api.aws"},
      {"us-iso-east-1", false, "airflow-serverless.us-iso-east-1.api.aws.ic.gov"},
      {"us-isob-east-1", false, "airflow-serverless.us-isob-east-1.api.aws.scloud"},
      {"eu-isoe-west-1", false, "airflow-serverless.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
      {"us-isof-south-1", false, "airflow-serverless.us-isof-south-1.api.aws.hci.ic.gov"},
      {"eusc-de-east-1", false, "airflow-serverless.eusc-de-east-1.api.amazonwebservices.eu"},
      {"aws-cn-global", false, "airflow-serverless.aws-cn-global.api.amazonwebservices.com.cn"},
      {"aws-global", false, "airflow-serverless.aws-global.api.aws"},
      {"mars-north-1", false, "airflow-serverless.mars-north-1.api.aws"},  // new to us: the partition aws
      {"cn-somewhere", false, "airflow-serverless.cn-somewhere.api.aws"},  // fits no pattern
  };
  for (const row& each : rows) {
    CAPTURE(each.region);
    const auto endpoint = resolve_endpoint(each.region, each.fips, "");
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->where->host == each.host);
    CHECK(endpoint->where->tls);
    CHECK(endpoint->where->port == 443);
    CHECK(endpoint->where->authority() == each.host);
    CHECK(endpoint->path == "/");
    CHECK(endpoint->signing_region == each.region);
  }
}

TEST_CASE("endpoint: a private URL") {
  struct row {
    const char* url;
    bool tls;
    const char* host;
    int port;
    const char* path;
    const char* authority;
  };
  const row rows[]{
      {"http://127.0.0.1:8080", false, "127.0.0.1", 8080, "/", "127.0.0.1:8080"},
      {"https://Example.COM", true, "example.com", 443, "/", "example.com"},
      {"HTTPS://example.com:443/", true, "example.com", 443, "/", "example.com"},
      {"http://example.com:80/a/b", false, "example.com", 80, "/a/b", "example.com"},
      {"http://example.com:443", false, "example.com", 443, "/", "example.com:443"},
      {"https://[::1]:9/x", true, "::1", 9, "/x", "[::1]:9"},
      {"https://[2001:db8::1]", true, "2001:db8::1", 443, "/", "[2001:db8::1]"},
  };
  for (const row& each : rows) {
    CAPTURE(each.url);
    const auto endpoint = resolve_endpoint("eu-west-1", false, each.url);
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->where->tls == each.tls);
    CHECK(endpoint->where->host == each.host);
    CHECK(endpoint->where->port == each.port);
    CHECK(endpoint->path == each.path);
    CHECK(endpoint->where->authority() == each.authority);
    CHECK(endpoint->signing_region == "eu-west-1");
  }
}

TEST_CASE("endpoint: a service's path below that of the URL, with one slash between") {
  for (const auto& [url, path] :
       {std::pair{"http://h", "/token"}, std::pair{"http://h/", "/token"}, std::pair{"http://h/a", "/a/token"},
        std::pair{"http://h/a/", "/a/token"}, std::pair{"http://h//", "//token"},
        std::pair{"http://h/a%20b/..", "/a%20b/../token"}}) {
    CAPTURE(url);
    CHECK(mwaa_serverless::protocol::resolve_identity_endpoint("oidc", "eu-west-1", false, url)->below("/token") ==
          path);
  }
}

TEST_CASE("endpoint: a URL that cannot be used is named, with the rule") {
  for (const char* url : {"example.com",       "ftp://example.com", "//example.com",    "http://",
                          "http:///path",      "http://:80",        "http://host:",     "http://host:0",
                          "http://host:65536", "http://host:8o",    "http://user@host", "http://user:secret@host",
                          "http://host?x=1",   "http://host/#f",    "http://ho st",     "http://host\r\nX: y",
                          "http://[::1",       "http://[host]",     "http://[::1]x",    "http://ho%20st",
                          "http://höst"}) {
    CAPTURE(url);
    const auto endpoint = resolve_endpoint("us-east-1", false, url);
    REQUIRE(endpoint.has_error());
    CHECK(endpoint.error().code == errc::invalid_configuration);
    CHECK(endpoint.error().message.find("endpoint_url") != std::string::npos);
  }
}

TEST_CASE("endpoint: no region, a region that is none, FIPS with a URL") {
  CHECK(resolve_endpoint("", false, "").error().code == errc::no_region);
  CHECK(resolve_endpoint("", false, "http://host").error().code == errc::no_region);  // needed to sign
  for (const char* region : {"us-east-1.evil.com", "us east", "-x", "x-", "a/b", "us-east-1\r\n", "ü",
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    CAPTURE(region);
    CHECK(resolve_endpoint(region, false, "").error().code == errc::invalid_configuration);
  }
  const auto both = resolve_endpoint("us-east-1", true, "http://host");
  CHECK(both.error().message.find("FIPS and custom endpoint are not supported") != std::string::npos);
}

TEST_CASE("endpoint: a password in a URL is not repeated") {
  for (const char* url : {"http://user:secret@host", "http://user:secret@host?x", "ftp://user:secret@host",
                          "http://user:sec?ret@host", "http://user:sec/ret@host", "http://a@user:secret@host"}) {
    for (const bool fips : {false, true}) {
      CAPTURE(url);
      const auto endpoint = resolve_endpoint("us-east-1", fips, url);
      REQUIRE(endpoint.has_error());
      CHECK(endpoint.error().message.find("sec") == std::string::npos);
      CHECK(endpoint.error().message.find("host") != std::string::npos);
    }
  }
}
