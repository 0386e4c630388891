#include "signing/sigv4.hpp"
#include "strings/hex.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace mwaa_serverless::signing;
using mwaa_serverless::strings::to_hex;

namespace {

constexpr std::string_view access_key = "AKIDEXAMPLE";
constexpr std::string_view secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view date_time = "20150830T123600Z";
constexpr std::string_view empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string hex_of(std::string_view text) {
  const sha256_algorithm algorithm;
  return to_hex(sha256{algorithm}.hash(text));
}

// The canonical request's lines of path and query.
std::string canonical_path(std::string_view path) {
  std::string out;
  append_canonical_path(out, path);
  return out;
}
std::string canonical_query(std::string_view query) {
  const std::string text = make_canonical_request("GET", "/", query, {}, empty_hash).text;
  const auto begin = text.find("/\n") + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

// Names and signatures of the "aws-sig-v4-test-suite" that AWS published.
TEST_CASE("sigv4: AWS's test suite") {
  struct row {
    const char* name;
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::vector<header> headers;
    std::string_view body;
    std::string_view signed_headers;
    std::string_view signature;
  };
  const row rows[]{
      {"get-vanilla",
       "GET",
       "/",
       "",
       {},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/",
       "Param2=value2&Param1=value1",
       {},
       "",
       "host;x-amz-date",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-header-key-duplicate",
       "GET",
       "/",
       "",
       {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
       "",
       "host;my-header1;x-amz-date",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order",
       "GET",
       "/",
       "",
       {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}},
       "",
       "host;my-header1;x-amz-date",
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim",
       "GET",
       "/",
       "",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-utf8",
       "GET",
       "/ሴ",
       "",
       {},
       "",
       "host;x-amz-date",
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-unreserved",
       "GET",
       "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       "",
       {},
       "",
       "host;x-amz-date",
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-relative",
       "GET",
       "/example/..",
       "",
       {},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-dot-slash",
       "GET",
       "/./",
       "",
       {},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slash-pointless-dot",
       "GET",
       "/./example",
       "",
       {},
       "",
       "host;x-amz-date",
       "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
      {"get-slashes",
       "GET",
       "//example//",
       "",
       {},
       "",
       "host;x-amz-date",
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"get-space",
       "GET",
       "/example space/",
       "",
       {},
       "",
       "host;x-amz-date",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"post-vanilla",
       "POST",
       "/",
       "",
       {},
       "",
       "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-vanilla-query",
       "POST",
       "/",
       "Param1=value1",
       {},
       "",
       "host;x-amz-date",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-header-key-sort",
       "POST",
       "/",
       "",
       {{"My-Header1", "value1"}},
       "",
       "host;my-header1;x-amz-date",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case",
       "POST",
       "/",
       "",
       {{"My-Header1", "VALUE1"}},
       "",
       "host;my-header1;x-amz-date",
       "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       "",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       "Param1=value1",
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  signer with{"us-east-1", "service"};
  sha256 hasher{with.algorithm()};
  for (const row& each : rows) {
    CAPTURE(each.name);
    std::vector<header> headers = each.headers;
    headers.insert(headers.begin(), {"X-Amz-Date", date_time});
    headers.emplace_back("Host", "example.amazonaws.com");
    const auto canonical =
        make_canonical_request(each.method, each.path, each.query, headers, to_hex(hasher.hash(each.body)));
    CHECK(with.authorization(hasher, access_key, secret_key, date_time, canonical.text, canonical.signed_headers) ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
              std::string{each.signed_headers} + ", Signature=" + std::string{each.signature});
  }
}

TEST_CASE("sigv4: the texts on the way to a signature") {
  const auto canonical = make_canonical_request(
      "GET", "/", "", {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", date_time}}, empty_hash);
  CHECK(canonical.text == "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" +
                              std::string{empty_hash});
  CHECK(canonical.signed_headers == "host;x-amz-date");
  CHECK(scope("20150830", "us-east-1", "service") == "20150830/us-east-1/service/aws4_request");
  CHECK(string_to_sign(date_time, "20150830/us-east-1/service/aws4_request", hex_of(canonical.text)) ==
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
}

TEST_CASE("sigv4: SHA-256, HMAC and the key of the day") {
  const sha256_algorithm algorithm;
  sha256 hasher{algorithm};
  CHECK(to_hex(hasher.hash("")) == empty_hash);
  CHECK(to_hex(hasher.hash("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  // RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
  const auto bytes = [](std::string_view text) {
    return std::span{reinterpret_cast<const unsigned char*>(text.data()), text.size()};
  };
  CHECK(to_hex(hasher.hmac(bytes("Jefe"), "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(
      to_hex(hasher.hmac(bytes(std::string(131, '\xaa')), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // From AWS's documentation of signing keys.
  CHECK(to_hex(derive_key(hasher, secret_key, "20150830", "us-east-1", "iam")) ==
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

// Expected values of this and the next two cases: botocore's SigV4Auth, which is also asked by test/interop.
TEST_CASE("sigv4: paths") {
  struct row {
    std::string_view path;
    std::string_view canonical;
  };
  const row rows[]{
      {"", "/"},
      {"/", "/"},
      {"//", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"/a//b///c", "/a/b/c"},
      {"/./a/./b/.", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/..", "/"},
      {"/../../a", "/a"},
      {"/a/b/../../..", "/"},
      {"/..a/b..", "/..a/b.."},
      {"/a b", "/a%20b"},
      {"/a%20b", "/a%2520b"},  // encoded once more
      {"/a+b=c:d@e", "/a%2Bb%3Dc%3Ad%40e"},
      {"/\xc3\xa9", "/%C3%A9"},
      {"/-._~", "/-._~"},
  };
  for (const row& each : rows) {
    CAPTURE(each.path);
    CHECK(canonical_path(each.path) == each.canonical);
  }
}

TEST_CASE("sigv4: queries") {
  struct row {
    std::string_view query;
    std::string_view canonical;
  };
  const row rows[]{
      {"", ""},
      {"a", "a="},
      {"a=", "a="},
      {"b=1&a=2", "a=2&b=1"},
      {"a=2&a=1&a", "a=&a=1&a=2"},
      {"a=b=c", "a=b=c"},
      {"A=1&a=1&B=1", "A=1&B=1&a=1"},
      {"a=%20&a=%2F", "a=%20&a=%2F"},
      {"a&&b", "=&a=&b="},
      {"a&", "=&a="},
      {"&", "=&="},
  };
  for (const row& each : rows) {
    CAPTURE(each.query);
    CHECK(canonical_query(each.query) == each.canonical);
  }
}

TEST_CASE("sigv4: header values and the order of names") {
  struct row {
    std::string_view value;
    std::string_view canonical;
  };
  const row rows[]{
      {"", ""}, {" \t ", ""}, {"a", "a"}, {"  a  b\t\tc  ", "a b c"}, {"\"a   b\"", "\"a b\""}, {"a,b , c", "a,b , c"},
  };
  for (const row& each : rows) {
    CAPTURE(each.value);
    std::string out;
    append_canonical_value(out, each.value);
    CHECK(out == each.canonical);
  }
  const auto canonical = make_canonical_request(
      "POST", "/", "", {{"X-B", "2"}, {"x-a", " 1 "}, {"X-b", "3  4"}, {"Host", "h"}, {"X-B-C", ""}}, "hash");
  CHECK(canonical.text == "POST\n/\n\nhost:h\nx-a:1\nx-b:2,3 4\nx-b-c:\n\nhost;x-a;x-b;x-b-c\nhash");
}

TEST_CASE("sigv4: a signer follows the day and the keys") {
  signer kept{"us-east-1", "service"};
  sha256 hasher{kept.algorithm()};
  struct row {
    std::string_view secret;
    std::string_view date_time;
  };
  const row rows[]{
      {"first", "20250101T000000Z"},  {"first", "20250101T235959Z"}, {"first", "20250102T000000Z"},
      {"second", "20250102T000001Z"}, {"first", "20250102T000002Z"}, {"first and more", "20250102T000003Z"},
      {"", "20250102T000004Z"},       {"first", "20250101T000000Z"},
  };
  for (const row& each : rows) {
    signer fresh{"us-east-1", "service"};
    CHECK(kept.authorization(hasher, access_key, each.secret, each.date_time, "text", "host") ==
          fresh.authorization(hasher, access_key, each.secret, each.date_time, "text", "host"));
  }
  signer elsewhere{"eu-west-1", "service"};
  CHECK(elsewhere.authorization(hasher, access_key, "first", "20250101T000000Z", "text", "host") !=
        kept.authorization(hasher, access_key, "first", "20250101T000000Z", "text", "host"));
}

TEST_CASE("sigv4: threads may share a signer") {
  signer shared{"us-east-1", "service"};
  const auto sign = [&shared](std::string_view secret, std::string_view when) {
    sha256 hasher{shared.algorithm()};
    return shared.authorization(hasher, access_key, secret, when, "text", "host");
  };
  const std::string first = sign("one", "20250101T000000Z");
  const std::string second = sign("two", "20250102T000000Z");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        if (sign("one", "20250101T000000Z") != first) ++wrong[i];
        if (sign("two", "20250102T000000Z") != second) ++wrong[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}
