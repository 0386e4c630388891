#include "protocol/json_writer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::literals;
using mwaa_serverless::protocol::append_json_string;

TEST_CASE("json_writer: strings escape what JSON requires and nothing else") {
  struct row {
    std::string_view value;
    std::string_view written;
  };
  const row rows[]{
      {""sv, R"("")"},
      {"plain"sv, R"("plain")"},
      {"\"quoted\" and \\"sv, R"("\"quoted\" and \\")"},
      {"\b\f\n\r\t"sv, R"("\b\f\n\r\t")"},
      {"\0\x01\x1f"sv, R"("\u0000\u0001\u001f")"},
      {"a/b\x7f"sv, "\"a/b\x7f\""},
      {"Zürich 東京 😀"sv, R"("Zürich 東京 😀")"},
      {"begin\nmiddle\"end"sv, R"("begin\nmiddle\"end")"},
  };
  for (const row& each : rows) {
    CAPTURE(each.written);
    std::string out = "<";
    append_json_string(out, each.value);
    CHECK(out == "<" + std::string{each.written});  // appended, not assigned
  }
}
