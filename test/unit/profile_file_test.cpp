// The grammar of ~/.aws/config and ~/.aws/credentials: what the AWS CLI reads in them, case by case. (The differential
// test test/interop/settings_test.py compares with botocore on random files.)
#include <doctest/doctest.h>

#include <map>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

#include "config/profile_file.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::config::file_kind;
using mwaa_serverless::config::find;
using mwaa_serverless::config::profile_set;

namespace {

/// profile -> setting -> value.
using plain = std::map<std::string, std::map<std::string, std::string>>;

plain plain_of(const profile_set& set) {
  plain out;
  for (const std::string& name : set.profile_names()) {
    auto& settings = out[name];
    for (const auto& [key, value] : *set.profile(name)) settings[key] = value.value;
  }
  return out;
}

plain read(const std::string& config, const std::string& credentials = {}) {
  profile_set set;
  const auto first = set.add(file_kind::config, config, "config");
  REQUIRE_MESSAGE(!first, (first ? first->message : ""));
  const auto second = set.add(file_kind::credentials, credentials, "credentials");
  REQUIRE_MESSAGE(!second, (second ? second->message : ""));
  return plain_of(set);
}

std::string refusal(const std::string& config) {
  profile_set set;
  const auto wrong = set.add(file_kind::config, config, "/home/u/.aws/config");
  if (!wrong) return "accepted";
  CHECK(wrong->code == errc::invalid_configuration);
  return wrong->message;
}

}  // namespace

TEST_CASE("profiles: what a config file says") {
  struct row {
    const char* title;
    const char* text;
    plain expected;
  };
  const std::vector<row> rows{
      {"nothing", "", {}},
      {"an empty profile", "[profile foo]", {{"foo", {}}}},
      {"settings", "[profile foo]\nname = value\nname2 = value2", {{"foo", {{"name", "value"}, {"name2", "value2"}}}}},
      {"Windows line ends", "[profile foo]\r\nname = value\r\n", {{"foo", {{"name", "value"}}}}},
      {"a byte order mark", "\xEF\xBB\xBF[profile foo]\nname = value", {{"foo", {{"name", "value"}}}}},
      {"white space in a setting",
       "[profile foo]\nname  \t=  value with  blanks \t",
       {{"foo", {{"name", "value with  blanks"}}}}},
      {"tabs between type and name", "[profile\tfoo]\nname = value", {{"foo", {{"name", "value"}}}}},
      {"equals signs in a value", "[profile foo]\nname = val=ue=", {{"foo", {{"name", "val=ue="}}}}},
      {"an empty value", "[profile foo]\nname =", {{"foo", {{"name", ""}}}}},
      {"letters of other alphabets in a value",
       "[profile foo]\nname = \xF0\x9F\x98\x82",
       {{"foo", {{"name", "\xF0\x9F\x98\x82"}}}}},
      {"names of settings in lower case", "[profile foo]\nNaMe = Value", {{"foo", {{"name", "Value"}}}}},
      {"names of profiles as they are",
       "[profile Foo]\na = 1\n[profile foo]\na = 2",
       {{"Foo", {{"a", "1"}}}, {"foo", {{"a", "2"}}}}},
      {"comments of their own line",
       "# one\n[profile foo]\n; two\n#three\nname = value",
       {{"foo", {{"name", "value"}}}}},
      {"what follows a section is ignored",
       "[profile foo]; one\nname = value\n[profile bar] # two\n[default] /* three */\na = 1",
       {{"bar", {}}, {"default", {{"a", "1"}}}, {"foo", {{"name", "value"}}}}},
      {"a section ends at the last bracket of its line",
       "[profile foo] # [x]\na = 1\n[profile a]b]\nb = 1",
       {{"a]b", {{"b", "1"}}}}},
      {"a # in a value is part of it",
       "[profile foo]\na = v#1\nb = v;2\nc = v # 3\nd = #4",
       {{"foo", {{"a", "v#1"}, {"b", "v;2"}, {"c", "v # 3"}, {"d", "#4"}}}}},
      {"a colon does for the equals sign, whichever is first",
       "[profile foo]\na: 1\nb = c:d\nc : d=e\nd:= x",
       {{"foo", {{"a", "1"}, {"b", "c:d"}, {"c", "d=e"}, {"d", "= x"}}}}},
      {"all of a section indented, blank lines and comments between",
       "[default]\nregion = us-east-1\n\n[profile dev]\n  region = eu-west-1\n\n  # keys\n  aws_access_key_id = K\n",
       {{"default", {{"region", "us-east-1"}}}, {"dev", {{"aws_access_key_id", "K"}, {"region", "eu-west-1"}}}}},
      {"indented less and less",
       "[profile foo]\n    a = 1\n  b = 2\nc = 3",
       {{"foo", {{"a", "1"}, {"b", "2"}, {"c", "3"}}}}},
      {"an indented section", "[profile foo]\n  [profile bar]\n  a = 1", {{"bar", {{"a", "1"}}}, {"foo", {}}}},
      {"the indentation of non-breaking and wide blanks",
       "[profile foo]\n\xC2\xA0\xE3\x80\x80"
       "a = 1\n\xC2\xA0\xC2\xA0"
       "b = 2\xE2\x80\xA8",
       {{"foo", {{"a", "1"}, {"b", "2"}}}}},
      {"a continued value",
       "[profile foo]\nname = value\n  -continued\n\tagain",
       {{"foo", {{"name", "value\n-continued\nagain"}}}}},
      {"a comment in a continued value is no part of it, blank lines are",
       "[profile foo]\nname = value\n # not this\n -more ; but this\n\n ; nor this\n end\n\n",
       {{"foo", {{"name", "value\n-more ; but this\n\nend"}}}}},
      {"a section that is indented below a setting is part of its value",
       "[profile foo]\na = 1\n [profile bar]\n b = 2",
       {{"foo", {{"a", "1\n[profile bar]\nb = 2"}}}}},
      {"empty lines in between", "\n \n[profile foo]\n\t\nname = value\n\n", {{"foo", {{"name", "value"}}}}},
      {"[default]", "[default]\nname = value", {{"default", {{"name", "value"}}}}},
      {"an empty [default]", "[default]", {{"default", {}}}},
      {"[profile default]", "[profile default]\nname = value", {{"default", {{"name", "value"}}}}},
      {"of [default] and [profile default] the later",
       "[profile default]\na = 1\n[default]\na = 2\nb = 2",
       {{"default", {{"a", "2"}, {"b", "2"}}}}},
      {"the other way round", "[default]\na = 2\nb = 2\n[profile default]\na = 1", {{"default", {{"a", "1"}}}}},
      {"names in quotes, as the AWS CLI writes them",
       "[profile 'My Team']\na = 1\n[profile \"it's\"]\nb = 1\n[profile a\\ b]\nc = 1",
       {{"My Team", {{"a", "1"}}}, {"a b", {{"c", "1"}}}, {"it's", {{"b", "1"}}}}},
      {"names with accents",
       "[profile Jos\xC3\xA9]\na = 1\nn\xC3\xA4me = 2",
       {{"Jos\xC3\xA9", {{"a", "1"}, {"n\xC3\xA4me", "2"}}}}},
      {"of two headers that make one name the later",
       "[profile foo]\na = 1\nb = 1\n[profile  'foo']\na = 2",
       {{"foo", {{"a", "2"}}}}},
      {"[DEFAULT] is in all sections of its file",
       "[profile foo]\na = 1\n[DEFAULT]\na = 2\nb = 2\n[profile bar]\n[DEFAULT]\nc = 3",
       {{"bar", {{"a", "2"}, {"b", "2"}, {"c", "3"}}}, {"foo", {{"a", "1"}, {"b", "2"}, {"c", "3"}}}}},
      {"[DEFAULT] is no profile", "[DEFAULT]\na = 2\n", {}},
      {"other sections, and names of no or several words, are left out",
       "[foo]\na = 1\n[preview]\na = 1\n[plugins x]\na = 1\n[ default ]\na = 1\n[profile]\na = 1\n[profile a b]\na = "
       "1\n"
       "[profile in'valid]\na = 1\n[profile bar]\nname = value2",
       {{"bar", {{"name", "value2"}}}}},
      {"a header that has no end is a setting like any other", "[profile foo]\n[bar = 1", {{"foo", {{"[bar", "1"}}}}},
      {"all ends of lines", "[profile foo]\ra = 1\r\nb = 2\n\rc = 3", {{"foo", {{"a", "1"}, {"b", "2"}, {"c", "3"}}}}},
      {"a secret with all it may hold",
       "[default]\naws_secret_access_key = a/b+c=#;d",
       {{"default", {{"aws_secret_access_key", "a/b+c=#;d"}}}}},
  };
  for (const row& each : rows) {
    CAPTURE(each.title);
    CHECK(read(each.text) == each.expected);
  }
}

TEST_CASE("profiles: what a credentials file says, and both together") {
  CHECK(read("", "[foo]\na = 1\n[default]\nb = 2") == plain{{"default", {{"b", "2"}}}, {"foo", {{"a", "1"}}}});
  CHECK(read("", "[profile foo]\na = 1") == plain{{"profile foo", {{"a", "1"}}}});
  CHECK(read("", "[My Team]\na = 1\n['b c']\na = 2") == plain{{"'b c'", {{"a", "2"}}}, {"My Team", {{"a", "1"}}}});
  CHECK(read("[profile foo]\na = 1\nb = 1", "[foo]\nb = 2\nc = 2") ==
        plain{{"foo", {{"a", "1"}, {"b", "2"}, {"c", "2"}}}});
  CHECK(read("[profile default]\na = 1", "[default]\na = 2") == plain{{"default", {{"a", "2"}}}});
  CHECK(read("[default]\na = 1\nb = 1", "[default]\na = 2") == plain{{"default", {{"a", "2"}, {"b", "1"}}}});
}

TEST_CASE("profiles: settings below others, sso sessions and services") {
  profile_set set;
  REQUIRE_FALSE(
      set.add(file_kind::config,
              "[profile foo]\nservices = dev\ns3 =\n  # speed\n  Max_Requests = 10\n\n  other = a:b # c\n  = x\n"
              "[sso-session 'My Corp Ltd']\nsso_region = eu-west-1\n"
              "[services dev]\nmwaa_serverless =\n  endpoint_url = http://localhost:1234\n",
              "config"));
  REQUIRE(set.profile("foo") != nullptr);
  const auto* nested = &set.profile("foo")->at("s3").nested;
  CHECK(nested->at("Max_Requests") == "10");
  CHECK(nested->at("other") == "a:b # c");
  CHECK(find(set.sso_session("My Corp Ltd"), "sso_region")->value == "eu-west-1");
  CHECK(set.services("dev")->at("mwaa_serverless").nested.at("endpoint_url") == "http://localhost:1234");
  CHECK(set.profile("corp") == nullptr);
  CHECK(set.services("corp") == nullptr);
}

TEST_CASE("profiles: a setting knows where it stands, and blank is absent") {
  profile_set set;
  REQUIRE_FALSE(set.add(file_kind::config, "\n[default]\nregion = eu-west-1\noutput =\n", "/config"));
  const auto* region = find(set.profile("default"), "region");
  REQUIRE(region != nullptr);
  CHECK(*region->file == "/config");
  CHECK(region->line == 3);
  CHECK(find(set.profile("default"), "output") == nullptr);
  CHECK(find(set.profile("default"), "other") == nullptr);
  CHECK(find(nullptr, "region") == nullptr);
}

TEST_CASE("profiles: what cannot be read is refused with file, line and column, and without the value") {
  struct row {
    const char* text;
    const char* where;
    const char* rule;
  };
  const row rows[] = {
      {"name = value", "line 1, column 1", "in a section"},
      {"\n\nname = s3cret", "line 3, column 1", "in a section"},
      {" name = value", "line 1, column 2", "in a section"},
      {"[profile foo]\ns3cret", "line 2, column 7", "'='"},
      {"[profile foo]\n  s3cret", "line 2, column 9", "'='"},
      {"[profile foo]\nname = value\n[profile bar\na = 1", "line 3, column 13", "']'"},
      {"[profile foo]\n[]\na = 1", "line 2, column 3", "']'"},
      {"[profile foo]\n= s3cret", "line 2, column 1", "no name"},
      {"[profile foo]\n : s3cret", "line 2, column 2", "no name"},
      {"[profile foo]\ns3 =\n  s3cret", "line 3, column 3", "'='"},
      {"[profile foo]\ns3 =\n  s3cret: a", "line 3, column 3", "'='"},
      {"[profile foo]\na = 1\n[profile foo]\nb = s3cret", "line 3, column 1", "twice, first in line 1"},
      {"[profile foo]\na = 1\nb = 1\n A = s3cret", "", ""},
      {"[profile foo]\na = 1\nA: s3cret", "line 3, column 1", "twice, first in line 2"},
      {"[DEFAULT]\na = 1\n[DEFAULT]\na = s3cret", "line 4, column 1", "twice, first in line 2"},
      {"[profile foo]\n# \xE9"
       "s3cret",
       "line 2, column 3", "UTF-8"},
      {"\xFF\xFE[\0d", "line 1, column 1", "UTF-8"},
      {"[DEFAULT]\ns3 =\n  s3cret\n[profile foo]\n", "line 3, column 3", "'='"},
  };
  for (const row& each : rows) {
    CAPTURE(each.text);
    const std::string message = refusal(each.text);
    if (*each.where == 0) {
      CHECK(message == "accepted");
      continue;
    }
    CHECK(message.starts_with(std::string{"/home/u/.aws/config, "} + each.where + ": "));
    CHECK(message.find(each.rule) != std::string::npos);
    CHECK(message.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("profiles: what an unused [DEFAULT] says is no error, as nobody inherits it") {
  CHECK(refusal("[DEFAULT]\ns3 =\n  word") == "accepted");
  CHECK(refusal("[DEFAULT]\ns3 =\n  word\n[profile a]\ns3 = x\n") == "accepted");
}

TEST_CASE("profiles: keys stay with the file that they are in") {
  profile_set set;
  REQUIRE_FALSE(
      set.add(file_kind::config, "[default]\naws_access_key_id = C\naws_secret_access_key =\nregion = r", "/c"));
  REQUIRE_FALSE(set.add(file_kind::credentials, "[default]\naws_access_key_id = K", "/k"));
  CHECK(find(set.profile("default"), "aws_access_key_id")->value == "K");
  CHECK(set.setting_in(file_kind::config, "default", "aws_access_key_id")->value == "C");
  CHECK(set.setting_in(file_kind::credentials, "default", "aws_access_key_id")->value == "K");
  CHECK(set.setting_in(file_kind::config, "default", "aws_secret_access_key")->value.empty());
  CHECK(set.setting_in(file_kind::credentials, "default", "aws_secret_access_key") == nullptr);
  CHECK(set.setting_in(file_kind::credentials, "default", "region") == nullptr);
  CHECK(set.setting_in(file_kind::config, "other", "region") == nullptr);
}

TEST_CASE("profiles: sections that are left out are known, with their place") {
  profile_set set;
  REQUIRE_FALSE(set.add(file_kind::config, "[dev]\n[profile a b]\n", "/c"));
  REQUIRE(set.sections_left_out().size() == 2);
  CHECK(set.sections_left_out()[1] == mwaa_serverless::config::left_out{"profile a b", "/c, line 2"});
}
