// Whom the transport trusts, and what it tells the peer.
#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "support/scripted_server.hpp"
#include "support/transport_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using mwaa_serverless::network_options;
using test::certificate;
using test::errc;
using test::peer;

struct verdict {
  std::string name;
  certificate shown;    // by the server
  certificate trusted;  // by the client
  std::string host;     // that the client asks for
  std::string refusal;  // in the error's message; empty: accepted
};

const certificate& local() {
  static const certificate made{{"localhost", "127.0.0.1"}};
  return made;
}

// An environment variable for as long as the object lives; absent with nullopt.
class variable {
 public:
  variable(std::string name, const std::optional<std::string>& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) {
    value ? ::setenv(name_.c_str(), value->c_str(), 1) : ::unsetenv(name_.c_str());
  }

  std::string name_;
  std::optional<std::string> before_;
};

std::string encrypted_key() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
  unsigned char passphrase[] = "open sesame";
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), passphrase, 11, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

network_options trusting(const test::temporary_file& bundle) {
  network_options options;
  options.ca_bundle = bundle.path();
  return options;
}

}  // namespace

TEST_CASE("transport: certificates are checked, and a refusal says which check failed on which name") {
  const certificate elsewhere{{"elsewhere.example", "192.0.2.1"}};
  const certificate wildcard{{"*.wild.localhost"}};
  const certificate expired{{"localhost", "127.0.0.1"}, -1};
  const certificate weak{{"localhost"}, 2, 1024};
  const certificate strong{{"localhost"}, 2, 2048};
  const certificate name_in_subject{{"localhost"}, 2, 0, false};
  const certificate address_in_subject{{"127.0.0.1"}, 2, 0, false};
  const certificate wildcard_in_subject{{"*.wild.localhost"}, 2, 0, false};
  const certificate other_alternative{{"localhost", "127.0.0.2"}, 2, 0, true};
  const verdict verdicts[] = {
      {"right name", local(), local(), "localhost", ""},
      {"right name in another case", local(), local(), "LocalHost", ""},
      {"right name with a final dot", local(), local(), "localhost.", ""},
      {"right address", local(), local(), "127.0.0.1", ""},
      {"wildcard", wildcard, wildcard, "service.wild.localhost", ""},
      {"wrong name", elsewhere, elsewhere, "localhost", "certificate for localhost was refused: hostname mismatch"},
      {"wrong address", elsewhere, elsewhere, "127.0.0.1",
       "certificate for 127.0.0.1 was refused: IP address mismatch"},
      {"wildcard for the bare domain", wildcard, wildcard, "wild.localhost", "hostname mismatch"},
      {"expired", expired, expired, "localhost", "certificate for localhost was refused: certificate has expired"},
      {"RSA of 2048 bits", strong, strong, "localhost", ""},
      {"RSA of 1024 bits", weak, weak, "localhost",
       "certificate for localhost was refused: EE certificate key too weak"},
      // RFC 9525, section 2: the subject's CN is no name, also when nothing else is.
      {"name in the subject only", name_in_subject, name_in_subject, "localhost",
       "certificate for localhost was refused: hostname mismatch"},
      {"wildcard in the subject only", wildcard_in_subject, wildcard_in_subject, "service.wild.localhost",
       "hostname mismatch"},
      {"address in the subject only", address_in_subject, address_in_subject, "127.0.0.1", "IP address mismatch"},
      {"an address that is not among the alternatives", other_alternative, other_alternative, "127.0.0.1",
       "IP address mismatch"},
      {"unknown issuer", local(), elsewhere, "localhost",
       "certificate for localhost was refused: self-signed certificate"},
  };
  for (const auto& each : verdicts) {
    CAPTURE(each.name);
    test::scripted_server server{each.shown};
    const test::temporary_file bundle{each.trusted.pem};
    test::fixture client{trusting(bundle)};
    const auto got = client.send(server.at(each.host));
    CHECK(got.has_value() == each.refusal.empty());
    if (got) continue;
    CHECK(got.error().code == errc::tls_failed);
    CHECK(got.error().phase == test::operation_phase::tls_handshake);
    CHECK_FALSE(got.error().may_have_reached_service);
    CAPTURE(got.error().message);
    CHECK(got.error().message.find(each.refusal) != std::string::npos);
    CHECK(got.error().message.find(each.host + ":" + std::to_string(server.port())) != std::string::npos);
    CHECK(client.net->metrics().open == 0);
    for (const auto& event : server.log()) CHECK(event != "1 request");
  }
}

TEST_CASE("transport: verify_tls off accepts anything") {
  const certificate wrong{{"elsewhere.example"}, -1};
  test::scripted_server server{wrong};
  network_options options;
  options.verify_tls = false;
  test::fixture client{options};
  CHECK(client.send(server.at()).has_value());
  CHECK(client.net->metrics().tls_unverified == 1);
}

TEST_CASE("transport: a client certificate, for servers that ask for one") {
  const certificate mine{{"client.example"}};
  const certificate other{{"stranger.example"}};
  const test::temporary_file bundle{local().pem};
  const test::temporary_file chain{mine.pem};
  const test::temporary_file key{mine.key_pem};
  const test::temporary_file both{mine.pem + mine.key_pem};
  const test::temporary_file wrong{other.pem + other.key_pem};
  const auto send_with = [&](int version, const std::string& certificate_file, const std::string& key_file) {
    test::scripted_server server{local()};
    server.limit_protocol(version);
    server.require_client(mine);
    auto options = trusting(bundle);
    options.client_certificate = certificate_file;
    options.client_key = key_file;
    test::fixture client{options};
    auto got = client.send(server.at());
    if (got) CHECK(client.net->metrics().tls_unverified == 0);
    return got;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    CHECK(send_with(version, chain.path(), key.path()).has_value());
    CHECK(send_with(version, both.path(), "").has_value());
    for (const std::string& shown : {std::string{}, wrong.path()}) {
      const auto got = send_with(version, shown, "");
      const std::string none_shown = version == TLS1_2_VERSION ? "handshake failure" : "certificate required";
      const std::string alert = shown.empty() ? none_shown : "unknown ca";
      REQUIRE(got.has_error());
      CHECK(got.error().code == errc::tls_failed);
      CHECK(got.error().message.find(alert) != std::string::npos);
    }
  }
}

TEST_CASE("transport: new keys while a connection is idle") {
  const test::temporary_file bundle{local().pem};
  test::scripted_server server{local()};
  server.on_connection([](peer& p) {
    p.read_request();
    p.send(test::ok("first"));
    p.update_keys();
    p.serve("second");
  });
  test::fixture client{trusting(bundle)};
  CHECK(client.send(server.at())->body == "first");
  server.wait_until("1 new keys");
  const auto got = client.send(server.at());
  REQUIRE(got.has_value());
  CHECK(got->body == "second");
  CHECK(got->connection_reused);
}

TEST_CASE("transport: the system's certificates do not include one made a moment ago") {
  test::scripted_server server{local()};
  test::fixture client;
  const auto got = client.send(server.at());
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::tls_failed);
}

TEST_CASE("transport: the system's certificates are OpenSSL's: a file, or a directory of hashed names") {
  const auto accepted = [] {
    test::scripted_server server{local()};
    return test::fixture{}.send(server.at()).has_value();
  };
  const test::temporary_file file{local().pem};
  const test::temporary_file nothing{""};
  {
    const variable chosen_file{"SSL_CERT_FILE", file.path()};
    CHECK(accepted());
  }
  const auto directory = std::filesystem::path{nothing.path() + ".d"};
  std::filesystem::create_directory(directory);
  char hash[16];
  std::snprintf(hash, sizeof hash, "%08lx.0", local().subject_hash);
  std::filesystem::copy_file(file.path(), directory / hash);
  {
    const variable no_file{"SSL_CERT_FILE", std::nullopt};
    const variable chosen_directory{"SSL_CERT_DIR", directory.string()};
    CHECK(accepted());
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("transport: a caller's own context is used, and the name is still checked when it verifies") {
  test::scripted_server server{local()};
  const auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  context->add_certificate_authority(boost::asio::buffer(local().pem));
  network_options options;
  options.tls_context = context;
  options.verify_tls = false;  // has no say here

  context->set_verify_mode(boost::asio::ssl::verify_peer);
  CHECK(test::fixture{options}.send(server.at("localhost")).has_value());
  const auto refused = test::fixture{options}.send(server.at("other.localhost"));
  REQUIRE(refused.has_error());
  CHECK(refused.error().message.find("hostname mismatch") != std::string::npos);

  const certificate name_in_subject{{"subject.localhost"}, 2, 0, false};
  test::scripted_server unnamed{name_in_subject};
  context->add_certificate_authority(boost::asio::buffer(name_in_subject.pem));
  const auto no_name = test::fixture{options}.send(unnamed.at("subject.localhost"));
  REQUIRE(no_name.has_error());
  CHECK(no_name.error().message.find("hostname mismatch") != std::string::npos);

  context->set_verify_mode(boost::asio::ssl::verify_none);
  CHECK(test::fixture{options}.send(server.at("other.localhost")).has_value());
}

TEST_CASE("transport: the server is told the name, but not an address, and HTTP/1.1") {
  const test::temporary_file bundle{local().pem};
  std::string name;
  std::string protocol;
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    test::scripted_server server{local()};
    server.on_connection([&](peer& p) {
      p.read_request();
      name = p.server_name();
      protocol = p.protocol();
      p.send(test::ok());
    });
    test::fixture client{trusting(bundle)};
    REQUIRE(client.send(server.at(host)).has_value());
    CHECK(name == (host == "localhost" ? "localhost" : ""));
    CHECK(protocol == "http/1.1");
  }
}

TEST_CASE("transport: TLS 1.2 is spoken, TLS 1.1 is not") {
  const test::temporary_file bundle{local().pem};
  for (const int version : {TLS1_2_VERSION, TLS1_1_VERSION}) {
    CAPTURE(version);
    test::scripted_server server{local()};
    server.limit_protocol(version);
    test::fixture client{trusting(bundle)};
    const auto got = client.send(server.at());
    CHECK(got.has_value() == (version == TLS1_2_VERSION));
    if (!got) CHECK(got.error().code == errc::tls_failed);
  }
}

TEST_CASE("transport: a later connection resumes the session of an earlier one, and each session is used once") {
  const test::temporary_file bundle{local().pem};
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    test::scripted_server server{local()};
    server.limit_protocol(version);
    std::vector<bool> resumed;
    for (int i = 0; i < 3; ++i)
      server.on_connection([&](peer& p) {
        p.read_request();
        resumed.push_back(p.session_was_resumed());
        p.send(test::ok("ok", "Connection: close\r\n"));
        p.wait_for_close();
      });
    test::fixture client{trusting(bundle)};
    CHECK(client.send(server.at()).has_value());
    server.wait_until("1 closed by client");
    CHECK(client.send(server.at()).has_value());
    server.wait_until("2 closed by client");
    CHECK(client.send(server.at()).has_value());
    // In TLS 1.3 a resumed connection brings a new session, in 1.2 it does not: then there is none left.
    const bool again = version == TLS1_3_VERSION;
    CHECK(resumed == std::vector<bool>{false, true, again});
    CHECK(client.net->metrics().tls_handshakes == 3);
    CHECK(client.net->metrics().tls_resumptions == (again ? 2 : 1));
  }
}

TEST_CASE("transport: a peer that does not speak TLS") {
  test::scripted_server server;  // plain
  server.on_connection([](peer& p) {
    p.wait_for_bytes();
    p.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    p.wait_for_close();
  });
  test::fixture client;
  const auto got = client.send(std::make_shared<const mwaa_serverless::origin>(true, "127.0.0.1", server.port()));
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::tls_failed);
  CHECK(got.error().phase == test::operation_phase::tls_handshake);
}

TEST_CASE("transport: a peer that closes during the handshake") {
  test::scripted_server server{local()};
  server.on_accept([](peer& p) {
    p.wait_for_bytes();
    p.cut();
  });
  test::fixture client;
  const auto got = client.send(server.at());
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::connection_lost);
  CHECK(got.error().phase == test::operation_phase::tls_handshake);
  CHECK_FALSE(got.error().may_have_reached_service);
}

TEST_CASE("transport: settings that cannot be used are refused by name") {
  const auto refusal = [](network_options options) -> std::string {
    try {
      test::fixture{std::move(options)};
    } catch (const mwaa_serverless::exception& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.details().message;
    }
    return "accepted";
  };
  network_options options;
  CHECK(refusal(options) == "accepted");
  options.ca_bundle = "/nowhere/at/all.pem";
  CHECK(refusal(options).find("ca_bundle") == 0);
  CHECK(refusal(options).find("/nowhere/at/all.pem: No such file or directory") != std::string::npos);
  const test::temporary_file nonsense{"no certificate"};
  options.ca_bundle = nonsense.path();
  CHECK(refusal(options).find("ca_bundle") == 0);
  const certificate mine{{"client.example"}};
  const test::temporary_file chain{mine.pem};
  const test::temporary_file other_key{certificate{{"stranger.example"}}.key_pem};
  const test::temporary_file encrypted{encrypted_key()};
  options = {};
  options.client_key = "key.pem";
  CHECK(refusal(options) == "client_key: there is no client_certificate for it");
  options.client_certificate = nonsense.path();
  CHECK(refusal(options).find("client_certificate: no certificate could be read from " + nonsense.path()) == 0);
  options.client_certificate = chain.path();
  CHECK(refusal(options).find("client_key: no key could be used from key.pem") == 0);
  options.client_key = other_key.path();
  CHECK(refusal(options).find("key values mismatch") != std::string::npos);
  options.client_key = encrypted.path();
  CHECK(refusal(options).find("is encrypted") != std::string::npos);
  options.client_key = "";
  CHECK(refusal(options).find("client_key: no key could be used from " + chain.path()) == 0);
  options = {};
  options.read_timeout = 0ms;
  CHECK(refusal(options).find("read_timeout") == 0);
  options = {};
  options.max_connections = 0;
  CHECK(refusal(options).find("max_connections") == 0);
  options = {};
  options.max_idle_time = {};
  CHECK(refusal(options).find("max_idle_time") == 0);
  options = {};
  options.connect_timeout = {};
  CHECK(refusal(options).find("connect_timeout") == 0);
  options = {};
  options.max_response_bytes = 0;
  CHECK(refusal(options).find("max_response_bytes") == 0);
}
