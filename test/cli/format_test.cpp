// Output against what the AWS CLI v2 prints for the same response: golden/make.py wrote the expectations with that
// program's own formatters.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

#include "cli/display_width.hpp"
#include "cli/format.hpp"
#include "doctest/doctest.h"
#include "support/source_folder.hpp"

namespace cli = mwaa_serverless::cli;

namespace {

std::string file(const std::string& name) {
  const auto path = test::source_folder() / "test/cli/golden" / name;
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

boost::json::value document(const char* text) {
  return boost::json::parse(text);
}

}  // namespace

TEST_CASE("the formats print what the AWS CLI prints") {
  for (const std::string name : {"several", "cut", "one", "narrow", "empty", "without_members", "odd_text", "nested",
                                 "workflow", "run", "tags"}) {
    CAPTURE(name);
    const boost::json::value response = boost::json::parse(file(name + ".json.in"));
    CHECK(cli::format_json(response) + '\n' == file(name + ".json"));
    CHECK(cli::format_text(response) == file(name + ".text"));
    CHECK(cli::format_table("ListTaskInstances", response, {}) == file(name + ".table"));
    CHECK(cli::format_yaml(response) == file(name + ".yaml"));
  }
}

TEST_CASE("an empty response leaves no table") {
  CHECK(cli::format_table("ListTaskInstances", document("{}"), {}).empty());
}

TEST_CASE("rows of a table that differ in length have blank cells") {
  // A list of scalars, lists and structures, which a document may hold. (The AWS CLI fails.)
  CHECK(cli::format_table("T", document(R"({"a":[[1,2],[3],4,{"b":5,"c":6,"d":7}]})"), {}) ==
        "-------------------\n"
        "|        T        |\n"
        "+-----------------+\n"
        "||       a       ||\n"
        "|+---+-----+-----+|\n"
        "|| b |  c  |  d  ||\n"
        "|+---+-----+-----+|\n"
        "||  1|  2  |     ||\n"
        "||  3|     |     ||\n"
        "||  4|     |     ||\n"
        "||  5|  6  |  7  ||\n"
        "|+---+-----+-----+|\n");
}

TEST_CASE("any document can be printed in each format") {
  std::uint32_t seed = 20261130;
  const auto random = [&](std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
  };
  const std::function<boost::json::value(int)> value = [&](int depth) -> boost::json::value {
    switch (random(depth > 4 ? 4 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return random(2) == 0;
      case 2:
        return random(1000);
      case 3:
        return boost::json::value(boost::json::string(random(9), random(5) == 0 ? '\n' : 'x'));
      case 4:
      case 5: {
        boost::json::object out;
        for (auto i = random(4); i > 0; --i) out[std::string(1 + random(3), "ab:"[random(3)])] = value(depth + 1);
        return out;
      }
      default: {
        boost::json::array out;
        for (auto i = random(5); i > 0; --i) out.push_back(value(depth + 1));
        return out;
      }
    }
  };
  for (int i = 0; i < 3000; ++i) {
    boost::json::object document;
    document["Document"] = value(0);
    const boost::json::value whole = document;
    CAPTURE(boost::json::serialize(whole));
    for (const int width : {20, 200}) {
      cli::table_style style;
      style.terminal_width = width;
      CHECK_NOTHROW((void)cli::format_table("Title", whole, style));
    }
    CHECK_NOTHROW((void)cli::format_text(whole));
    CHECK_NOTHROW((void)cli::format_yaml(whole));
    CHECK(boost::json::parse(cli::format_json(whole)) == whole);
  }
}

TEST_CASE("a section of one row lies down only where the terminal is too narrow") {
  const auto response = document(R"({"TaskInstances":[{"A":"1","B":"2"}]})");
  cli::table_style wide;
  cli::table_style narrow;
  narrow.terminal_width = 20;
  const std::string upright = cli::format_table("ListTaskInstances", response, wide);
  const std::string turned = cli::format_table("ListTaskInstances", response, narrow);
  CHECK(upright.find("||   A  |") != std::string::npos);
  CHECK(upright == turned);  // 19 columns fit into both

  narrow.terminal_width = 10;
  CHECK(cli::format_table("ListTaskInstances", response, narrow) ==
        "-------------------\n"
        "|ListTaskInstances|\n"
        "+-----------------+\n"
        "|| TaskInstances ||\n"
        "|+------+--------+|\n"
        "||  A   |  1     ||\n"
        "||  B   |  2     ||\n"
        "|+------+--------+|\n");
}

TEST_CASE("colours mark cells and the bars of nested sections, and take no room") {
  const auto response = document(R"({"TaskInstances":[{"A":"x"}]})");
  cli::table_style style;
  style.color = true;
  std::string colored = cli::format_table("T", response, style);
  CHECK(colored.find("\x1b[1m\x1b[34mx\x1b[0m") != std::string::npos);
  CHECK(colored.find("\x1b[2m\x1b[33m|\x1b[0m|") != std::string::npos);
  for (std::size_t at = 0; (at = colored.find('\x1b')) != std::string::npos;)
    colored.erase(at, colored.find('m', at) - at + 1);
  CHECK(colored == cli::format_table("T", response, {}));
}

TEST_CASE("display width counts wide and ambiguous characters twice") {
  CHECK(cli::display_width("") == 0);
  CHECK(cli::display_width("ab c") == 4);
  CHECK(cli::display_width("漢字") == 4);
  CHECK(cli::display_width("é") == 2);  // ambiguous
  CHECK(cli::display_width("ﾊ") == 1);  // halfwidth
  CHECK(cli::display_width("😀a") == 3);
  CHECK(cli::display_width("\u00a0\u00a1\u00a2") == 4);
  CHECK(cli::display_width("\xf0\x9f") == 1);  // cut off: whatever, but inside the text
}

TEST_CASE("YAML quotes what would read as something else") {
  const auto yaml = [](const char* text) { return cli::format_yaml(document(text)); };
  CHECK(yaml(R"({"B":"text with spaces","A":12})") == "A: 12\nB: text with spaces\n");
  CHECK(yaml(R"({"M":"a: b"})") == "M: 'a: b'\n");
  CHECK(yaml(R"({"M":"it's: x"})") == "M: 'it''s: x'\n");
  CHECK(yaml(R"({"M":"12"})") == "M: '12'\n");
  CHECK(yaml(R"({"M":""})") == "M: ''\n");
  CHECK(yaml(R"({"M":"True"})") == "M: 'True'\n");
  CHECK(yaml(R"({"M":"a #b"})") == "M: 'a #b'\n");
  CHECK(yaml(R"({"M":"two\nlines"})") == "M: 'two\n\n  lines'\n");
  CHECK(yaml(R"({"M":"a\tb"})") == "M: \"a\\tb\"\n");
  CHECK(yaml(R"({"M":true,"L":[],"O":{}})") == "L: []\nM: true\nO: {}\n");
  CHECK(yaml(R"({"L":[{"Name":"x","Message":"m"},{"Name":"z"}]})") == "L:\n- Message: m\n  Name: x\n- Name: z\n");
  CHECK(yaml(R"({"L":["one","2"],"O":{"P":{"Q":1}}})") == "L:\n- one\n- '2'\nO:\n  P:\n    Q: 1\n");
}

TEST_CASE("numbers and booleans print as Python prints them") {
  CHECK(cli::scalar_text(document("true")) == "True");
  CHECK(cli::scalar_text(document("false")) == "False");
  CHECK(cli::scalar_text(document("null")) == "None");
  CHECK(cli::scalar_text(document("-5")) == "-5");
  CHECK(cli::scalar_text(document("18446744073709551615")) == "18446744073709551615");
  CHECK(cli::scalar_text(document("1.0")) == "1.0");
  CHECK(cli::scalar_text(document("0.1")) == "0.1");
  CHECK(cli::format_json(document(R"([true,null,1.5])")) == "[\n    true,\n    null,\n    1.5\n]");
}
