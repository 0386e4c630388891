#include "strings/printable.hpp"

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <sstream>
#include <string>

#include "doctest/doctest.h"
#include "protocol/aws_json.hpp"

namespace mwaa = mwaa_serverless;
using mwaa::strings::printable;

namespace {

// In UTF-8.
std::string character(unsigned c) {
  const auto low = [](unsigned bits) { return static_cast<char>(0x80U | (bits & 0x3fU)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0U | c >> 6), low(c)};
  return {static_cast<char>(0xe0U | c >> 12), low(c >> 6), low(c)};
}

std::string escape(unsigned c) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[c >> shift & 0xfU];
  return out;
}

// ESC, CSI as C1, OSC with BEL, CR, LF, a right-to-left override, a byte that is no UTF-8.
const std::string hostile =
    "a\x1b[31mb\xc2\x9b"
    "2Jc\x1b]0;title\x07"
    "d\r\nforged\xe2\x80\xae\xff";
const std::string shown = "a\\u001b[31mb\\u009b2Jc\\u001b]0;title\\u0007d\\r\\nforged\\u202e\\xff";

}  // namespace

TEST_CASE("every control character is escaped, alone and inside text") {
  for (unsigned c = 0; c < 0xa0; ++c) {
    if (c >= 0x20 && c < 0x7f) continue;
    CAPTURE(c);
    const std::string wanted = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : escape(c);
    CHECK(printable(character(c)) == wanted);
    CHECK(printable("x" + character(c) + "y") == "x" + wanted + "y");
  }
}

TEST_CASE("what else reorders or breaks a line") {
  for (const unsigned c : {0x61cU, 0x200eU, 0x200fU, 0x2028U, 0x2029U, 0x202aU, 0x202bU, 0x202cU, 0x202dU, 0x202eU,
                           0x2066U, 0x2067U, 0x2068U, 0x2069U}) {
    CAPTURE(c);
    CHECK(printable(character(c)) == escape(c));
  }
}

TEST_CASE("other text stays as it is") {
  for (const char* text :
       {"", "plain",
        "Gr\xc3\xbc\xc3\x9f"
        "e",
        "\xc2\xa0", "\xe2\x80\x8d", "\xe2\x80\xaf", "\xe2\x81\xaa", "\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a",
        "\xf0\x9f\x9a\x80", "\xf4\x8f\xbf\xbf", "back\\slash \\n \\u001b"}) {
    CAPTURE(text);
    CHECK(printable(text) == text);
  }
}

TEST_CASE("bytes that are no UTF-8") {
  struct row {
    const char* text;
    const char* wanted;
  };
  for (const row& each : {row{"\x9b"
                              "2J",
                              "\\x9b2J"},
                          row{"\xc2", "\\xc2"}, row{"\xc2\x1b", "\\xc2\\u001b"}, row{"\xc0\x9b", "\\xc0\\x9b"},
                          row{"\xe0\x82\x9b", "\\xe0\\x82\\x9b"}, row{"\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b"},
                          row{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
                          row{"\xf8\x88\x80\x80", "\\xf8\\x88\\x80\\x80"}, row{"a\xe2\x80", "a\\xe2\\x80"}}) {
    CAPTURE(each.wanted);
    CHECK(printable(each.text) == each.wanted);
  }
}

TEST_CASE("what is kept, and what was escaped before") {
  CHECK(printable("a\nb\tc\x1b", "\n\t") == "a\nb\tc\\u001b");
  CHECK(printable(hostile) == shown);
  CHECK(printable(printable(hostile)) == shown);
}

TEST_CASE("an error's message is safe wherever its text comes from") {
  CHECK(mwaa::error(mwaa::errc::credentials_failed, hostile).message == shown);
  CHECK(mwaa::error(make_error_code(mwaa::errc::connect_failed), hostile).message == shown);

  // Members that somebody has set.
  mwaa::error set;
  set.code = make_error_code(mwaa::errc::throttled);
  set.message = set.aws_code = set.request_id = set.operation = hostile;
  std::ostringstream out;
  out << set;
  for (const std::string& text : {out.str(), std::string{mwaa::exception{set}.what()}}) {
    CHECK(text.find_first_of("\x1b\r\n\x07") == std::string::npos);
    CHECK(text.find(shown) != std::string::npos);
  }
}

TEST_CASE("no member of a service's error holds control characters") {
  mwaa::http_response response;
  response.status = 400;
  const std::string text = R"("a\u001b[31mb\u009b2Jc\u001b]0;title\u0007d\r\nforged\u202e")";
  const std::string wanted = shown.substr(0, shown.size() - 4);
  response.body = "{\"__type\":" + text + ",\"message\":" + text + ",\"ServiceCode\":" + text +
                  ",\"QuotaCode\":" + text + ",\"ResourceId\":" + text + ",\"ResourceType\":" + text +
                  ",\"Reason\":" + text + ",\"FieldList\":[{\"Name\":" + text + ",\"Message\":" + text + "}]}";
  const mwaa::error got = mwaa::protocol::decode_error(response);
  CHECK(got.message == wanted);
  for (const std::string* each :
       {&got.service_code, &got.quota_code, &got.resource_id, &got.resource_type, &got.reason})
    CHECK(*each == wanted);
  CHECK(got.aws_code == "a\\u001b[31mb\\u009b2Jc\\u001b]0;title\\u0007d\\r\\nforged\\u202e");
  REQUIRE(got.field_list.size() == 1);
  CHECK(got.field_list[0].name == wanted);
  CHECK(got.field_list[0].message == wanted);

  // A page of a proxy.
  response.body = "<html>" + hostile;
  const std::string page = mwaa::protocol::decode_error(response).message;
  CHECK(page.find_first_of("\x1b\r\n\x07\xff") == std::string::npos);
  CHECK(page.find("\\u009b2Jc") != std::string::npos);
}
