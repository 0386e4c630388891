#include "protocol/json_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <mwaa_serverless/json_text.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "protocol/aws_json.hpp"
#include "strings/date_time.hpp"

using namespace mwaa_serverless::protocol;
using mwaa_serverless::json_text;
using mwaa_serverless::text;
using mwaa_serverless::strings::parse_timestamp;

namespace {

// A structure with every kind of member that a description has.
struct inner {
  text name;
  std::optional<std::int32_t> count;
  friend bool operator==(const inner&, const inner&) = default;
};
struct outer {
  text label;
  std::string copied;
  std::optional<std::int32_t> count;
  std::optional<std::chrono::seconds> lasting;
  std::optional<bool> latest;
  std::optional<std::chrono::system_clock::time_point> when;
  inner one;
  std::optional<inner> maybe;
  std::vector<inner> many;
  std::vector<text> names;
  std::map<text, std::string> tags;
  json_text anything;
  friend bool operator==(const outer&, const outer&) = default;
};

}  // namespace

// Of this file alone, as the types are.
namespace mwaa_serverless::protocol {

template <>
const structure described<inner>::value;
template <>
const structure described<outer>::value;

namespace {

constexpr std::array inner_members{
    member<&inner::name>("Name"),
    member<&inner::count>("Count"),
};
constexpr std::array outer_members{
    member<&outer::label>("Label"),     member<&outer::copied>("Copied"), member<&outer::count>("Count"),
    member<&outer::lasting>("Lasting"), member<&outer::latest>("Latest"), member<&outer::when>("When"),
    member<&outer::one>("One"),         member<&outer::maybe>("Maybe"),   member<&outer::many>("Many"),
    member<&outer::names>("Names"),     member<&outer::tags>("Tags"),     member<&outer::anything>("Anything"),
};

}  // namespace

template <>
const structure described<inner>::value{inner_members};
template <>
const structure described<outer>::value{outer_members};

}  // namespace mwaa_serverless::protocol

namespace {

outer read(std::string_view json, strictness how = strictness::strict) {
  outer out;
  const auto wrong = read_json(json, described<outer>::value, &out, how);
  if (wrong) FAIL(std::string{json} << " is refused: " << wrong->message());
  return out;
}

std::string repeated(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace

TEST_CASE("json_reader: every kind of member arrives") {
  const outer got = read(R"({
    "Label": "a label", "Copied": "c\u0041\n", "Count": -2147483648, "Lasting": 90, "Latest": true,
    "When": "2025-11-17T12:00:00.5Z", "One": {"Name": "one", "Count": 1}, "Maybe": {},
    "Many": [{"Name": "first"}, {"Name": "second", "Count": 2147483647}],
    "Names": ["x", "", "x"], "Tags": {"stage": "beta", "": "empty"}})");
  CHECK(got.label == "a label");
  CHECK(got.copied == "cA\n");
  CHECK(got.count == -2147483647 - 1);
  CHECK(got.lasting == std::chrono::seconds{90});
  CHECK(got.latest == true);
  CHECK(got.when == parse_timestamp("2025-11-17T12:00:00.500Z"));
  CHECK(got.one.name == "one");
  CHECK(got.one.count == 1);
  REQUIRE(got.maybe.has_value());
  CHECK_FALSE(got.maybe->name.present());
  REQUIRE(got.many.size() == 2);
  CHECK(got.many[0].name == "first");
  CHECK_FALSE(got.many[0].count.has_value());
  CHECK(got.many[1].name == "second");
  CHECK(got.many[1].count == 2147483647);
  REQUIRE(got.names.size() == 3);
  CHECK(got.names[0] == "x");
  CHECK(got.names[1].present());
  CHECK(got.names[1].empty());
  CHECK(got.names[2].view().data() == got.names[0].view().data());  // stored once
  REQUIRE(got.tags.size() == 2);
  CHECK(got.tags.at(text{"stage"}) == "beta");
  CHECK(got.tags.at(text{""}) == "empty");
}

TEST_CASE("json_reader: null is ignored") {
  const outer got = read(R"({"Label": null, "Copied": null, "Count": null, "Lasting": null, "Latest": null,
    "When": null, "One": null, "Maybe": null, "Many": [null, {"Name": null, "Count": 5}, null],
    "Names": [null, "kept", null], "Tags": {"gone": null, "stays": "here"}})");
  CHECK_FALSE(got.label.present());
  CHECK_FALSE(got.count.has_value());
  CHECK_FALSE(got.lasting.has_value());
  CHECK_FALSE(got.latest.has_value());
  CHECK_FALSE(got.when.has_value());
  CHECK_FALSE(got.maybe.has_value());
  REQUIRE(got.many.size() == 1);
  CHECK(got.many[0].count == 5);
  REQUIRE(got.names.size() == 1);
  CHECK(got.names[0] == "kept");
  REQUIRE(got.tags.size() == 1);
  CHECK(got.tags.begin()->first == "stays");
  CHECK(read(R"({"Many": null, "Names": null, "Tags": null})").many.empty());
}

TEST_CASE("json_reader: unknown members are skipped, whatever they hold") {
  for (const char* value : {"1", "-1.5e300", "18446744073709551615", "\"text\"", "\"\\u00e9\\ud83d\\ude00\"", "true",
                            "null", "{}", "[]", R"({"Label": "not this", "Many": [{"Name": "nor this"}]})",
                            R"([[["Label"], {"Count": "x"}], null, 5, {"Names": 1}])"}) {
    CAPTURE(value);
    const outer got = read(R"({"Before": )" + std::string{value} + R"(, "Label": "this", "After": )" + value +
                           R"(, "Many": [{"New": )" + value + R"(, "Count": 7, "__type": "x"}], "Count": 3})");
    CHECK(got.label == "this");
    CHECK(got.count == 3);
    REQUIRE(got.many.size() == 1);
    CHECK(got.many[0].count == 7);
    CHECK(got.names.empty());
  }
}

TEST_CASE("json_reader: of a repeated member the last counts") {
  const outer got = read(R"({"Label": "old and long enough to lie apart", "Many": [{"Name": "a"}, {"Name": "b"}],
    "Maybe": {"Count": 1}, "Names": ["p"], "Tags": {"k": "v"},
    "Label": "new", "Many": [{"Name": "c"}], "Maybe": {"Name": "m"}, "Names": ["q", "r"], "Tags": {}})");
  CHECK(got.label == "new");
  REQUIRE(got.many.size() == 1);
  CHECK(got.many[0].name == "c");
  CHECK_FALSE(got.maybe->count.has_value());
  CHECK(got.maybe->name == "m");
  CHECK(got.names.size() == 2);
  CHECK(got.tags.empty());
}

TEST_CASE("json_reader: an error names the member, the byte and the problem") {
  struct row {
    std::string_view json;
    std::string_view path;
    std::string_view problem;
  };
  const row rows[]{
      {R"([])", "", "must be an object, not a list"},
      {R"("x")", "", "must be an object, not a string"},
      {R"(5)", "", "must be an object, not a number"},
      {R"(true)", "", "must be an object, not true or false"},
      {R"(null)", "", "must be an object, not null"},
      {R"({"Label": 5})", "Label", "must be a string, not a number"},
      {R"({"Label": 1.5})", "Label", "must be a string, not a number"},
      {R"({"Label": 9223372036854775808})", "Label", "must be a string, not a number"},
      {R"({"Label": true})", "Label", "must be a string, not true or false"},
      {R"({"Label": {}})", "Label", "must be a string, not an object"},
      {R"({"Label": []})", "Label", "must be a string, not a list"},
      {R"({"Count": "5"})", "Count", "must be a whole number, not a string"},
      {R"({"Count": false})", "Count", "must be a whole number, not true or false"},
      {R"({"Count": {}})", "Count", "must be a whole number, not an object"},
      {R"({"Count": [1]})", "Count", "must be a whole number, not a list"},
      {R"({"Count": 12.5})", "Count", "must be a whole number, not a number with a fraction"},
      {R"({"Count": 125e-1})", "Count", "must be a whole number, not a number with a fraction"},
      {R"({"Count": 1e10})", "Count", "must be a whole number of 32 bits"},
      {R"({"Count": 2147483648})", "Count", "must be a whole number of 32 bits"},
      {R"({"Count": -2147483649})", "Count", "must be a whole number of 32 bits"},
      {R"({"Count": 9223372036854775808})", "Count", "must be a whole number of 32 bits"},
      {R"({"Latest": "true"})", "Latest", "must be true or false, not a string"},
      {R"({"When": "yesterday"})", "When", "must be a date and time in ISO 8601, not other text"},
      {R"({"One": "x"})", "One", "must be an object, not a string"},
      {R"({"One": []})", "One", "must be an object, not a list"},
      {R"({"One": {"Count": "x"}})", "One.Count", "must be a whole number, not a string"},
      {R"({"Many": {}})", "Many", "must be a list, not an object"},
      {R"({"Many": "x"})", "Many", "must be a list, not a string"},
      {R"({"Many": ["x"]})", "Many[0]", "must be an object, not a string"},
      {R"({"Many": [{}, [], {}]})", "Many[1]", "must be an object, not a list"},
      {R"({"Many": [{}, null, {"Name": "n"}, {"Count": "x"}]})", "Many[3].Count",
       "must be a whole number, not a string"},
      {R"({"Names": ["a", 5]})", "Names[1]", "must be a string, not a number"},
      {R"({"Tags": []})", "Tags", "must be an object, not a list"},
      {R"({"Tags": {"a": "b", "c": 5}})", "Tags['c']", "must be a string, not a number"},
      {R"({"Many": [{"Name": "n"}, {"Name": "x)", "Many[1].Name", "incomplete JSON"},
      {R"({"Label": "a" "Count": 1})", "", "syntax error"},
      {R"({"Label": "a"} x)", "", "extra data"},
      {R"({"Label": tru})", "Label", "syntax error"},
      {R"({"Label": "\x"})", "Label", "syntax error"},
      {R"({"Label": "\ud8zz"})", "Label", "expected hex digit"},
      {"{\"Label\": \"a\nb\"}", "Label", "syntax error"},
      {"\xef\xbb\xbf{}", "", "syntax error"},
      {"  ", "", "incomplete JSON"},
  };
  for (const row& each : rows) {
    CAPTURE(each.json);
    outer out;
    out.label = text{"untouched"};
    const auto wrong = read_json(each.json, described<outer>::value, &out);
    REQUIRE(wrong.has_value());
    CHECK(wrong->path == each.path);
    CHECK(wrong->problem == each.problem);
    CHECK(wrong->offset <= each.json.size());
    CHECK(out.label == "untouched");
    CHECK(out.many.empty());
  }
}

TEST_CASE("json_reader: the byte is where the value that does not fit ends") {
  outer out;
  const auto wrong = read_json(R"({"Label": "fits", "Count": "does not"})", described<outer>::value, &out);
  REQUIRE(wrong.has_value());
  CHECK(wrong->offset == 36);
  CHECK(wrong->message() == "Count: must be a whole number, not a string (at byte 36)");
  const auto broken = read_json(R"({"Label": x})", described<outer>::value, &out);
  REQUIRE(broken.has_value());
  CHECK(broken->message() == "Label: syntax error (at byte 10)");
}

TEST_CASE("json_reader: invalid UTF-8 is refused, in values, keys and what is skipped") {
  for (const char* bytes :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    const std::string bad{bytes};
    for (const std::string& json :
         {"{\"Label\": \"" + bad + "\"}", "{\"" + bad + "\": 1}", "{\"X\": [\"" + bad + "\"]}"}) {
      CAPTURE(json);
      outer out;
      CHECK(read_json(json, described<outer>::value, &out).has_value());
    }
  }
  CHECK(read("{\"Label\": \"\xf0\x9f\x98\x80 \xe6\x9d\xb1\"}").label == "😀 東");
}

TEST_CASE("json_reader: whole numbers with a fraction of zeros, or an exponent") {
  struct row {
    std::string_view number;
    std::optional<std::int32_t> value;  // nullopt: refused
  };
  const row rows[]{
      {"12.0", 12},
      {"12.000", 12},
      {"-12.0", -12},
      {"0.0", 0},
      {"-0.0", 0},
      {"-0", 0},
      {"1.2e1", 12},
      {"1.2E+1", 12},
      {"120e-1", 12},
      {"0.0012e4", 12},
      {"12e0", 12},
      {"100.50e2", 10050},
      {"2147483647.0", 2147483647},
      {"-2147483648.0", -2147483647 - 1},
      {"2.147483647e9", 2147483647},
      {"0e2147483647", 0},  // Boost.JSON's own value is NaN
      {"0.000e-99999", 0},
      {"1000000000000000000000e-20", 10},
      {"12.00000000000000000000000000000000000000000000000000", 12},
      {"12.5", std::nullopt},
      {"0.1", std::nullopt},
      {"-1.5", std::nullopt},
      {"1e-1", std::nullopt},
      {"1e-400", std::nullopt},  // not 0, though a double has nothing nearer
      {"12.00000000000000000000000000000000000000000000000001", std::nullopt},
      {"12345678901234567890.5e-19", std::nullopt},
      {"2147483648.0", std::nullopt},
      {"-2147483649.0", std::nullopt},
      {"1e10", std::nullopt},
      {"1e400", std::nullopt},
      {"9007199254740993.0", std::nullopt},
      {"1.0000000000000000000000000000000000000000000000000e300", std::nullopt},
  };
  for (const row& each : rows) {
    CAPTURE(each.number);
    const std::string json = R"({"Count": )" + std::string{each.number} + R"(, "Lasting": )" +
                             std::string{each.number} + R"(, "X": )" + std::string{each.number} + "}";
    outer out;
    const auto wrong = read_json(json, described<outer>::value, &out);
    CHECK(wrong.has_value() != each.value.has_value());
    CHECK(out.count == each.value);
    if (each.value) CHECK(out.lasting == std::chrono::seconds{*each.value});
    const outer lenient = read(json, strictness::lenient);
    CHECK(lenient.count == each.value);
    CHECK_FALSE(read_json(R"({"X": )" + std::string{each.number} + "}", described<outer>::value, &out).has_value());
  }
  const std::string long_one = "1" + repeated("0", 2000) + ".0e-2000";
  outer out;
  const auto wrong = read_json(R"({"Count": )" + long_one + "}", described<outer>::value, &out);
  REQUIRE(wrong.has_value());
  CHECK(wrong->problem == "must be a whole number, not a number of more than 1000 characters");
}

TEST_CASE("json_reader: half a surrogate pair is U+FFFD, and loses nothing else") {
  struct row {
    std::string_view escaped;
    std::string_view read;
  };
  const row rows[]{
      {R"(\ud800)", "\xef\xbf\xbd"},
      {R"(\uDFFF)", "\xef\xbf\xbd"},
      {R"(a\uD83Db)",
       "a\xef\xbf\xbd"
       "b"},
      {R"(\ud83d\ude00)", "\xf0\x9f\x98\x80"},
      {R"(\ude00\ud83d)", "\xef\xbf\xbd\xef\xbf\xbd"},
      {R"(\ud83d\ud83d\ude00)", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      {R"(\ud83d\n)", "\xef\xbf\xbd\n"},
      {R"(\ud83d\u0041)",
       "\xef\xbf\xbd"
       "A"},
      {R"(\\ud83d)", "\\ud83d"},  // an escaped backslash, and text
      {R"(\\\ud83d)", "\\\xef\xbf\xbd"},
      {R"(\ud83d\\ude00)", "\xef\xbf\xbd\\ude00"},
      {R"(\ud7ff\ue000)", "\xed\x9f\xbf\xee\x80\x80"},
  };
  for (const row& each : rows) {
    CAPTURE(each.escaped);
    const std::string value = '"' + std::string{each.escaped} + '"';
    const outer got = read(R"({"X": )" + value + R"(, "Y": [{)" + value + ": " + value + R"(}], "Label": )" + value +
                           R"(, "Copied": )" + value + R"(, "Tags": {)" + value + R"(: "x"}, "Count": 1})");
    CHECK(got.label == each.read);
    CHECK(got.copied == each.read);
    REQUIRE(got.tags.size() == 1);
    CHECK(got.tags.begin()->first == each.read);
    CHECK(got.count == 1);
  }
  for (const char* wrong : {R"("\ud83)", R"("\ud83d)", R"("\ud83d\u)", R"("\)", R"("\ud83d\)", R"("\ug800")"}) {
    CAPTURE(wrong);
    outer out;
    CHECK(read_json(std::string{R"({"X": )"} + wrong, described<outer>::value, &out).has_value());
  }
}

TEST_CASE("json_reader: in slices it reads the same, wherever they end") {
  // Around the end of the first slice stands, in turn, every byte of values of every kind.
  const std::string values =
      R"("Label": "\ud83d\ude00 \ud83d \\ \u00e9 é", "Count": 1.20e1, "Latest": true, "Tags": {"a\tb": "c\\"},)"
      R"( "X": {"y": [null, -1.5e3, "\ude00"]}, "Names": ["é", "\n"])";
  const outer whole = read("{" + values + "}");
  for (std::size_t before = 0; before <= values.size() + 2; ++before) {
    const std::string padding(json_reading::slice_bytes - before, ' ');
    const std::string json = padding + "{" + values + "}" + std::string(json_reading::slice_bytes, ' ');
    CAPTURE(before);
    outer got;
    json_reading reading{json, described<outer>::value, &got};
    while (reading.step()) {
    }
    if (reading.wrong()) FAIL(reading.wrong()->message());
    CHECK(got.label == whole.label);
    CHECK(got.count == 12);
    CHECK(got.latest == true);
    CHECK(got.tags == whole.tags);
    CHECK(got.names == whole.names);
  }
  const std::string names = repeated(R"("0123456789abcdef",)", 9'000);
  const std::string page = R"({"Names": [)" + names + R"("last"], "Label": ")" + repeated("long ", 40'000) + R"("})";
  outer got;
  json_reading reading{page, described<outer>::value, &got};
  std::size_t steps = 1;
  while (reading.step()) ++steps;
  CHECK_FALSE(reading.wrong().has_value());
  CHECK(steps == (page.size() + json_reading::slice_bytes - 1) / json_reading::slice_bytes);
  CHECK(got.names.size() == 9'001);
  CHECK(got.label.view().size() == 200'000);
  // What follows the object is found in whatever slice.
  for (const std::size_t blanks :
       {std::size_t{0}, std::size_t{10}, json_reading::slice_bytes, 3 * json_reading::slice_bytes}) {
    const std::string more = page + std::string(blanks, ' ') + "x";
    outer out;
    const auto wrong = read_json(more, described<outer>::value, &out);
    REQUIRE(wrong.has_value());
    CHECK(wrong->problem == "extra data");
    CHECK(wrong->offset == page.size() + blanks);
    CHECK(out.names.empty());
    CHECK(read_json(page.substr(0, page.size() - 1) + std::string(blanks, ' '), described<outer>::value, &out)
              .has_value());
  }
}

TEST_CASE("json_reader: plain JSON reads as by the parser, and what is not so plain goes to it") {
  const std::string texts[]{
      R"({})",
      " { } \n",
      R"({"Label":"a","Copied":"b","Count":12,"Lasting":-7,"Latest":true,"One":{"Name":"c"},"Maybe":{},"Many":[]})",
      " {\t\"Label\" :\r\n\"a\" , \"Count\": 1 ,\"Many\":[ { \"Name\" : \"x\" } , {} ] } ",
      R"({"Many":[{"Name":"same"},{"Name":"same"},{"Name":"other"},{"Name":"same"},{"Name":""},{"Name":""}]})",
      R"({"Many":[{"Name":"same"},{"Name":"sam\u0065"},{"Name":"same"}]})",
      R"({"Many":[{"Name":"same"},{"Name" :"same"},{ "Name":"same" }]})",
      R"({"Many":[null,{"Name":null},{"Name":"x","Name":"y"},{"Name":"x","Name":null}]})",
      R"({"Names":["a","","a",null,"b"],"Label":null})",
      R"({"Tags":{"a":"b"},"Label":"x"})",
      R"({"Anything":{"a":[1,2.5,"\n"]},"Label":"x"})",
      R"({"When":"2026-01-31T10:00:00Z","Label":"x"})",
      R"({"When":1769853600,"Label":"x"})",
      R"({"X":"unknown","Y":12,"Z":true,"V":false,"W":null,"Label":"x"})",
      R"({"X":{"Label":"not this"},"Y":["Label"],"Label":"x"})",
      R"({"Label":"an emoji \ud83d\ude00, half of one \ud83d"})",
      "{\"Label\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",\"Names\":[\"\xc3\xa4\",\"\xc3\xa4\"]}",
      R"({"Label":"the label is as long as needed for several words of sixteen bytes","Copied":"0123456789abcdef"})",
      R"({"Count":12.0,"Lasting":1e3})",
      R"({"Count":2147483647,"Lasting":-2147483648})",
      R"({"Count":-0})",
      R"({"label":"not the same name","Label":"x","Labe":"y","Labels":"z"})",
  };
  for (const std::string& json : texts) {
    CAPTURE(json);
    const outer at_once = read(json);
    // A text of more than one slice is left to the parser.
    const outer parsed = read(json + std::string(mwaa_serverless::protocol::json_reading::slice_bytes, ' '));
    CHECK(at_once == parsed);
  }
  const std::string refused[]{
      R"({"Label":"a",})",
      R"({"Label" "a"})",
      R"({"Label":"a"}})",
      R"({"Label":"a"]})",
      R"({"Label":"a"} x})",
      R"({,"Label":"a"})",
      R"({"Names":["a",]})",
      R"({"Names":[,"a"]})",
      R"({"Names":["a"})",
      R"({"Names":["a" "b"]})",
      R"({"Count":01})",
      R"({"Count":-})",
      R"({"Count":+1})",
      R"({"Count":1.5})",
      R"({"Count":2147483648})",
      R"({"Count":1x})",
      R"({"Count":nul})",
      R"({"Count":nullx})",
      R"({"X":tru})",
      R"({"X":truex})",
      "{\"Label\":\"a\tb\"}",
      "{\"Label\":\"\xff\"}",
      "{\"Label\":\"\xc3\"}",
      "{\"Label\":\"a\x00\"}",
      R"({"Label":"a)",
      R"({"Label":"a"})"
      "\v",
      "\xef\xbb\xbf{}",
      R"([{"Label":"a"}])",
      R"({"Label":12})",
      R"({"Count":"12"})",
      R"({"One":[]})",
      R"({"Many":{}})",
  };
  for (const std::string& json : refused) {
    CAPTURE(json);
    outer out;
    CHECK(read_json(json, described<outer>::value, &out).has_value());
    CHECK(out == outer{});
  }
}

TEST_CASE("json_reader: plain JSON of many small items, and what comes to the parser after them") {
  const std::string items = R"({"Many":[)" + repeated(R"({"Name":"a","Count":1},)", 300) + R"({"Name":"z"}])";
  for (const char* const end : {"}", R"(,"Label":"x"})", R"(,"Label":"\u0041"})", R"(,"Anything":{"a":[]}})"}) {
    const std::string json = items + end;
    CAPTURE(end);
    const outer at_once = read(json);
    CHECK(at_once.many.size() == 301);
    CHECK(at_once.many[299].count == 1);
    CHECK(at_once == read(json + std::string(mwaa_serverless::protocol::json_reading::slice_bytes, ' ')));
  }
}

TEST_CASE("json_reader: plain JSON of items that repeat in part, in any order") {
  using mwaa_serverless::protocol::decode;
  std::minstd_rand random{1};
  const auto one_of = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const std::array<std::string, 8> names{"WorkflowArn", "WorkflowVersion", "RunId",        "TaskInstanceId",
                                         "Status",      "Unknown",         "OperatorName", "DurationInSeconds"};
  for (std::size_t page = 0; page < 200; ++page) {
    std::string json = R"({"TaskInstances":[)";
    for (int item = 0; item < 40; ++item) {
      json += item == 0 ? "{" : ",{";
      const std::size_t first = page % 4 == 0 ? one_of(names.size()) : 0;
      const std::size_t members = one_of(names.size() + 1);
      for (std::size_t i = 0; i < members; ++i) {
        if (i > 0) json += one_of(20) == 0 ? " , " : ",";
        const std::string& name = names[page % 5 == 0 ? one_of(names.size()) : (first + i) % names.size()];
        json += '"' + name + "\":";
        const std::string value = std::to_string(one_of(10) == 0 ? one_of(3) : 7);
        json += name == names.back() ? value : '"' + name + value + '"';
      }
      json += '}';
    }
    json += "]}";
    CAPTURE(json);
    const auto at_once = decode<mwaa_serverless::list_task_instances_request>(json);
    json.append(mwaa_serverless::protocol::json_reading::slice_bytes, ' ');
    const auto parsed = decode<mwaa_serverless::list_task_instances_request>(json);
    REQUIRE((at_once && parsed));
    CHECK(at_once->task_instances == parsed->task_instances);
  }
}

TEST_CASE("json_reader: what ends the plain form may be anywhere") {
  const std::string item = R"({"Name":"0123456789abcdef0123456789abcdef"})";
  const std::string page = R"({"Label":"x","Many":[)" + item + ',' + item + ',' + item + R"(],"Names":["a","b"]})";
  const outer whole = read(page);
  REQUIRE(whole.many.size() == 3);
  for (std::size_t at = 0; at < page.size(); ++at) {
    CAPTURE(at);
    outer out;
    CHECK(read_json(page.substr(0, at), described<outer>::value, &out).has_value() == (at > 0));
    for (const char odd : {'\\', '\x01', '\xff', '"', '}', ']', ',', ':', '{', '['}) {
      std::string other = page;
      other[at] = odd;
      if (other == page) continue;
      outer once;
      outer parsed;
      const auto wrong = read_json(other, described<outer>::value, &once);
      const auto wrong_parsed =
          read_json(other + std::string(mwaa_serverless::protocol::json_reading::slice_bytes, ' '),
                    described<outer>::value, &parsed);
      CHECK(wrong.has_value() == wrong_parsed.has_value());
      CHECK(once == parsed);
    }
  }
}

TEST_CASE("json_reader: elements are bounded, in all lists and maps together") {
  const auto many = [](std::string_view one, int times) {
    return repeated(std::string{one} + ",", times - 1) + std::string{one};
  };
  const std::string name = R"("a name that is long enough")";
  CHECK(read(R"({"Names": [)" + many(name, 10'000) + "]}").names.size() == 10'000);
  struct row {
    std::string json;
    std::string path;
  };
  const row rows[]{
      {R"({"Names": [)" + many(name, 10'001) + "]}", "Names[10000]"},
      {R"({"Names": [)" + many(name, 6'000) + R"(], "Names": [)" + many(name, 6'000) + "]}", "Names[4000]"},
      {R"({"Many": [)" + many(R"({"Name": "a name that is long enough, too"})", 10'001) + "]}", "Many[10000]"},
      {R"({"Tags": {)" + many(R"("a key that is long enough": "and a value that is long as well")", 10'001) + "}}",
       "Tags['a key that is long enough']"},
  };
  for (const row& each : rows) {
    CAPTURE(each.path);
    outer out;
    for (const auto how : {strictness::strict, strictness::lenient}) {
      const auto wrong = read_json(each.json, described<outer>::value, &out, how);
      REQUIRE(wrong.has_value());
      CHECK(wrong->problem == "holds more than 10000 elements");
      CHECK(wrong->path == each.path);
    }
  }
  // What nobody expects, and nulls, are no elements.
  CHECK(read(R"({"X": [)" + many("{}", 100'000) + R"(], "Names": [)" + many("null", 100'000) + "]}").names.empty());
}

TEST_CASE("json_reader: depth is bounded, for members and for what is skipped") {
  const auto nested = [](int levels, std::string_view open, std::string_view close) {
    return "{\"X\": " + repeated(open, levels) + repeated(close, levels) + ", \"Label\": \"in reach\"}";
  };
  CHECK(read(nested(31, "[", "]")).label == "in reach");  // and the object around: 32
  CHECK(read("{\"X\": " + repeated("{\"X\": ", 31) + "1" + repeated("}", 31) + ", \"Label\": \"in reach\"}").label ==
        "in reach");
  for (const std::string& bomb : {nested(32, "[", "]"), repeated("[", 1'000'000), repeated("{\"Many\": [", 1'000'000),
                                  repeated("{\"One\": ", 1'000'000), "{\"Names\": " + repeated("[", 1'000'000)}) {
    outer out;
    for (const auto how : {strictness::strict, strictness::lenient})
      CHECK(read_json(bomb, described<outer>::value, &out, how).has_value());
  }
}

TEST_CASE("json_reader: long keys and strings that come in parts") {
  // Escapes make the parser hand out a key or string in parts.
  const std::string filler = repeated("0123456789", 1000);
  const outer got = read("{\"" + filler + "\\n\": 1, \"La\\u0062el\": \"" + filler + "\\u00e9" + filler +
                         "\", \"Label2\": \"\\n\", \"Copied\": \"\\\\\", \"Tags\": {\"a\\tb\": \"c\\td\"}}");
  CHECK(got.label == filler + "é" + filler);
  CHECK(got.copied == "\\");
  REQUIRE(got.tags.size() == 1);
  CHECK(got.tags.at(text{"a\tb"}) == "c\td");
}

TEST_CASE("json_reader: lenient reading leaves out what does not fit") {
  const outer got = read(R"({"Label": 5, "Copied": {"x": [1]}, "Count": "5", "Lasting": 1.5, "Latest": 1,
    "When": "no date", "One": "x", "Maybe": [], "Many": [1, {"Name": "stays", "Count": "x"}, [], "x"],
    "Names": [1, "stays", {}], "Tags": {"a": 1, "b": "stays"}, "Count": 99999999999})",
                         strictness::lenient);
  CHECK_FALSE(got.label.present());
  CHECK(got.copied.empty());
  CHECK_FALSE(got.count.has_value());
  CHECK_FALSE(got.lasting.has_value());
  CHECK_FALSE(got.latest.has_value());
  CHECK_FALSE(got.when.has_value());
  CHECK_FALSE(got.maybe.has_value());
  REQUIRE(got.many.size() == 1);
  CHECK(got.many[0].name == "stays");
  REQUIRE(got.names.size() == 1);
  CHECK(got.names[0] == "stays");
  REQUIRE(got.tags.size() == 1);
  CHECK(got.tags.begin()->first == "b");
  // What is no JSON object stays an error.
  outer out;
  CHECK(read_json("[]", described<outer>::value, &out, strictness::lenient).has_value());
  CHECK(read_json("<html>", described<outer>::value, &out, strictness::lenient).has_value());
}

TEST_CASE("json_reader: an empty text is an object without members") {
  CHECK_FALSE(read("").label.present());
  CHECK_FALSE(read("{}").label.present());
  CHECK(read(" \t\r\n{ } \n").many.empty());
}

TEST_CASE("json_reader: dates and times") {
  using namespace std::chrono;
  const auto noon = sys_days{2025y / November / 17} + 12h;
  struct row {
    std::string_view text;
    std::optional<system_clock::time_point> value;
  };
  const row rows[]{
      {"2025-11-17T12:00:00Z", noon},
      {"2025-11-17T12:00:00.123Z", noon + 123ms},
      {"2025-11-17T12:00:00.123456789999Z", noon + 123456789ns},
      {"2025-11-17T13:00:00+01:00", noon},
      {"2025-11-17T06:30:00-05:30", noon},
      {"2024-02-29T00:00:00Z", sys_days{2024y / February / 29}},
      {"1969-12-31T23:59:59Z", system_clock::time_point{-1s}},
      {"2016-12-31T23:59:60Z", sys_days{2017y / January / 1}},
      {"2025-02-29T00:00:00Z", std::nullopt},
      {"2025-13-01T00:00:00Z", std::nullopt},
      {"2025-00-01T00:00:00Z", std::nullopt},
      {"2025-11-17T24:00:00Z", std::nullopt},
      {"2025-11-17T12:60:00Z", std::nullopt},
      {"2025-11-17T12:00:61Z", std::nullopt},
      {"2025-11-17T12:00:00", std::nullopt},
      {"2025-11-17T12:00:00.Z", std::nullopt},
      {"2025-11-17T12:00:00+24:00", std::nullopt},
      {"2025-11-17T12:00:00+0100", std::nullopt},
      {"2025-11-17T12:00:00Zx", std::nullopt},
      {"2025-11-17 12:00:00Z", std::nullopt},
      {"20251117T120000Z", std::nullopt},
      {"9999-12-31T00:00:00Z", std::nullopt},  // beyond what a time_point of nanoseconds holds
      {"", std::nullopt},
      {"2025-11-1", std::nullopt},
  };
  for (const row& each : rows) {
    CAPTURE(each.text);
    CHECK((parse_timestamp(each.text) == each.value));
  }
}

TEST_CASE("json_reader: a document is kept as JSON text, whatever it holds") {
  const std::pair<const char*, const char*> rows[]{
      {R"({"a": [1, -2.50, 1e3, true, false, null, "x"], "b": {"c": {}, "d": []}})",
       R"({"a":[1,-2.50,1e3,true,false,null,"x"],"b":{"c":{},"d":[]}})"},
      {R"("text \"quoted\" \u00e9\n\/")", R"("text \"quoted\" é\n/")"},
      {"7", "7"},
      {"12345678901234567890123", "12345678901234567890123"},
      {"true", "true"},
      {"[]", "[]"},
      {R"([[], [[]], {"": ""}])", R"([[],[[]],{"":""}])"},
  };
  for (const auto& [sent, kept] : rows) {
    CAPTURE(sent);
    const outer got = read(std::string{R"({"Label": "before", "Anything": )"} + sent + R"(, "Count": 3})");
    CHECK(got.anything.view() == kept);
    CHECK(got.label == "before");
    CHECK(got.count == 3);
  }
  CHECK(read(R"({"Anything": null})").anything.view().empty());
  const std::string long_text(300'000, 'x');
  CHECK(read(R"({"Anything": [")" + long_text + R"("]})").anything.view() == R"([")" + long_text + R"("])");
}

TEST_CASE("json_reader: a document in slices is the same") {
  const std::string json = R"({"Anything": {"k\u00e9y": ["a\tb", 12.5, {"x": null}], "z": ")" +
                           std::string(100'000, 'y') + R"("}, "Label": "after"})";
  outer out;
  json_reading reading{json, described<outer>::value, &out};
  int slices = 1;
  while (reading.step()) ++slices;
  CHECK_FALSE(reading.wrong().has_value());
  CHECK(slices > 1);
  CHECK(out.anything.view() == R"({"kéy":["a\tb",12.5,{"x":null}],"z":")" + std::string(100'000, 'y') + R"("})");
  CHECK(out.label == "after");
}

TEST_CASE("json_reader: a timestamp may be a number of seconds since 1970") {
  using namespace std::chrono;
  const auto at = [](const char* sent) { return read(std::string{R"({"When": )"} + sent + "}").when; };
  CHECK(at("1763380800") == system_clock::time_point{seconds{1763380800}});
  CHECK(at("1763380800.5") == system_clock::time_point{milliseconds{1763380800500}});
  CHECK(at("1.7633808e9") == system_clock::time_point{seconds{1763380800}});
  CHECK(at("-1.25") == system_clock::time_point{milliseconds{-1250}});
  for (const char* far : {"9300000000", "-9300000000", "1e300", "18446744073709551615"}) {
    CAPTURE(far);
    outer out;
    const auto wrong = read_json(std::string{R"({"When": )"} + far + "}", described<outer>::value, &out);
    REQUIRE(wrong.has_value());
    CHECK(wrong->path == "When");
    CHECK(wrong->problem == "must be a date and time in ISO 8601, not a number of seconds out of range");
  }
}
