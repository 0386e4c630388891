// What the ground floor does with text: case, blanks, hexadecimal, base64, percent-encoding, UTF-8, hosts.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "strings/ascii_case.hpp"
#include "strings/base64.hpp"
#include "strings/hex.hpp"
#include "strings/host_port.hpp"
#include "strings/percent.hpp"
#include "strings/redact.hpp"
#include "strings/trim.hpp"
#include "strings/utf8.hpp"

using namespace mwaa_serverless::strings;

TEST_CASE("strings: the case of ASCII letters, and of nothing else") {
  CHECK(lower_case("AZaz@[`{09 \xC3\x84") == "azaz@[`{09 \xC3\x84");
  CHECK(equal_ignoring_case("X-Amz-DATE", "x-amz-date"));
  CHECK(equal_ignoring_case("", ""));
  CHECK_FALSE(equal_ignoring_case("ab", "abc"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
  CHECK_FALSE(equal_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

TEST_CASE("strings: what surrounds a text goes") {
  CHECK(trimmed("\t a b \t") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed(" \t ").empty());
  CHECK(trimmed("").empty());
  CHECK(trimmed("\r\na\n") == "\r\na\n");
  CHECK(trimmed("\r\na\n", "\r\n") == "a");
}

TEST_CASE("strings: hexadecimal") {
  std::string out;
  append_hex(out, 0x1b, 4);
  append_hex(out += ' ', 0xABCDEF, 2);
  append_hex(out += ' ', 0xFEDCBA9876543210, 16);
  CHECK(out == "001b ef fedcba9876543210");
  const std::array<unsigned char, 3> bytes{0x00, 0x9f, 0xff};
  CHECK(to_hex(bytes) == "009fff");
  out.clear();
  append_hex(out, bytes);
  CHECK(out == "009fff");
  CHECK(hex_value('0') == 0);
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  for (const char c : {'g', 'G', '/', ':', '@', '`', '\0', '\xff'}) CHECK(hex_value(c) == -1);
}

TEST_CASE("strings: base64 there and back") {
  struct row {
    std::string_view plain;
    std::string_view encoded;
  };
  // RFC 4648, section 10.
  constexpr row rows[]{{"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const row& each : rows) {
    CAPTURE(each.plain);
    CHECK(to_base64(each.plain) == each.encoded);
    CHECK(from_base64(each.encoded) == std::string{each.plain});
  }
  CHECK(to_base64("").empty());
  for (const char* const wrong : {"", "Zg", "Zg=", "Zg==Zg", "Z!=="}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
}

TEST_CASE("strings: percent-encoding there and back") {
  CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encoded("a b/%\xC3\xA4\n") == "a%20b%2F%25%C3%A4%0A");
  std::string path;
  append_percent_encoded(path, "/a b/%", '/');
  CHECK(path == "/a%20b/%25");
  CHECK(percent_decoded("a%20b%2f%2F%25") == "a b//%");
  CHECK(percent_decoded("%") == "%");
  CHECK(percent_decoded("%2") == "%2");
  CHECK(percent_decoded("%2g%zz%%41") == "%2g%zz%A");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(percent_decoded(percent_encoded(all)) == all);
}

TEST_CASE("strings: where UTF-8 ends") {
  CHECK(first_not_utf8("") == 0);
  CHECK(is_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  struct row {
    std::string_view text;
    std::size_t at;
  };
  constexpr row rows[]{
      {"ab\xff", 2},           {"\xC0\x80", 0},         {"\xC1\xBF", 0},  {"a\xE0\x9F\x80", 1}, {"\xED\xA0\x80", 0},
      {"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x90\x80\x80", 0}, {"a\xE2\x82", 1}, {"\xC3(", 0},         {"\x80", 0},
      {"\xF5\x80\x80\x80", 0}};
  for (const row& each : rows) {
    CAPTURE(each.text.size());
    CHECK(first_not_utf8(each.text) == each.at);
    CHECK_FALSE(is_utf8(each.text));
  }
}

TEST_CASE("strings: a host before a port") {
  CHECK(host_port("h.example", 443) == "h.example:443");
  CHECK(host_port("127.0.0.1", 80) == "127.0.0.1:80");
  CHECK(host_port("::1", 8080) == "[::1]:8080");
  CHECK(bracketed("h") == "h");
}

TEST_CASE("strings: a secret in what a server says is not shown") {
  std::string text = "the token s3cr3t-t0k3n, again s3cr3t-t0k3n.";
  redact(text, "s3cr3t-t0k3n");
  CHECK(text == "the token (not shown), again (not shown).");
  redact(text, "again");  // too short to be told from other text
  CHECK(text == "the token (not shown), again (not shown).");
}
