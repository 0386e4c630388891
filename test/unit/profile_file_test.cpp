// The grammar of ~/.aws/config and ~/.aws/credentials: the behaviour of AWS's SDKs, case by case.
#include <doctest/doctest.h>

#include <map>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

#include "credentials/profile_file.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::profiles::file_kind;
using mwaa_serverless::profiles::find;
using mwaa_serverless::profiles::profile_set;

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
      {"white space around", "[ profile \t foo \t]  \n name_of_nothing", {{"foo", {}}}},
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
      {"the last of a name counts", "[profile foo]\na = 1\na = 2", {{"foo", {{"a", "2"}}}}},
      {"sections of one name are one",
       "[profile foo]\na = 1\nb = 1\n[profile foo]\nb = 2",
       {{"foo", {{"a", "1"}, {"b", "2"}}}}},
      {"comments of their own line",
       "# one\n[profile foo]\n; two\n#three\nname = value",
       {{"foo", {{"name", "value"}}}}},
      {"comments behind a section",
       "[profile foo]; one\nname = value\n[profile bar] # two",
       {{"bar", {}}, {"foo", {{"name", "value"}}}}},
      {"comments behind a value need white space",
       "[profile foo]\na = v#1\nb = v;2\nc = v # 3\nd = v\t; 4\ne = v ;5",
       {{"foo", {{"a", "v#1"}, {"b", "v;2"}, {"c", "v"}, {"d", "v"}, {"e", "v"}}}}},
      {"a continued value",
       "[profile foo]\nname = value\n  -continued\n\tagain",
       {{"foo", {{"name", "value\n-continued\nagain"}}}}},
      {"comments in a continuation are part of it",
       "[profile foo]\nname = value\n -more ; not a comment",
       {{"foo", {{"name", "value\n-more ; not a comment"}}}}},
      {"empty lines in between", "\n \n[profile foo]\n\t\nname = value\n\n", {{"foo", {{"name", "value"}}}}},
      {"[default]", "[default]\nname = value", {{"default", {{"name", "value"}}}}},
      {"an empty [default]", "[default]", {{"default", {}}}},
      {"[profile default]", "[profile default]\nname = value", {{"default", {{"name", "value"}}}}},
      {"[profile default] before [default]",
       "[profile default]\na = 1\n[default]\na = 2\nb = 2",
       {{"default", {{"a", "1"}}}}},
      {"[default] first makes no difference",
       "[default]\na = 2\nb = 2\n[profile default]\na = 1",
       {{"default", {{"a", "1"}}}}},
      {"sections without a type are left out",
       "[foo]\nname = value\n[profile bar]\nname = value2",
       {{"bar", {{"name", "value2"}}}}},
      {"sections of other types are left out", "[preview]\na = 1\n[plugins x]\na = 1\n[profile bar]", {{"bar", {}}}},
      {"names that are none are left out",
       "[profile foo bar]\na = 1\n[profile in'valid]\na = 1\n[profile ]\na = 1\n[profile bar]",
       {{"bar", {}}}},
      {"all characters of names",
       "[profile A_b-1/2.3%4@5:6+7]\nname = value",
       {{"A_b-1/2.3%4@5:6+7", {{"name", "value"}}}}},
      {"settings whose names are none are left out",
       "[profile foo]\nin valid = value\nname = value",
       {{"foo", {{"name", "value"}}}}},
      {"a continuation of what is left out is left out",
       "[profile foo]\na = 1\nin valid = value\n more\n[bar]\nb = 1\n more",
       {{"foo", {{"a", "1"}}}}},
      {"a secret with all it may hold",
       "[default]\naws_secret_access_key = a/b+c=#;d",
       {{"default", {{"aws_secret_access_key", "a/b+c=#;d"}}}}},
  };
  for (const row& each : rows) {
    CAPTURE(each.title);
    if (std::string{each.title} == "white space around") {
      profile_set set;
      CHECK(set.add(file_kind::config, each.text, "config"));  // a continuation of nothing
      continue;
    }
    CHECK(read(each.text) == each.expected);
  }
}

TEST_CASE("profiles: what a credentials file says, and both together") {
  CHECK(read("", "[foo]\na = 1\n[default]\nb = 2") == plain{{"default", {{"b", "2"}}}, {"foo", {{"a", "1"}}}});
  CHECK(read("", "[profile foo]\na = 1") == plain{});
  CHECK(read("", "[sso-session foo]\na = 1") == plain{});
  CHECK(read("[profile foo]\na = 1\nb = 1", "[foo]\nb = 2\nc = 2") ==
        plain{{"foo", {{"a", "1"}, {"b", "2"}, {"c", "2"}}}});
  CHECK(read("[profile default]\na = 1", "[default]\na = 2") == plain{{"default", {{"a", "2"}}}});
  CHECK(read("[default]\na = 1\nb = 1", "[default]\na = 2") == plain{{"default", {{"a", "2"}, {"b", "1"}}}});
}

TEST_CASE("profiles: settings below others, sso sessions and services") {
  profile_set set;
  REQUIRE_FALSE(set.add(file_kind::config,
                        "[profile foo]\nservices = dev\ns3 =\n  Max_Requests = 10\n  other = a # comment\n"
                        "[sso-session corp]\nsso_region = eu-west-1\n"
                        "[services dev]\nmwaa_serverless =\n  endpoint_url = http://localhost:1234\n",
                        "config"));
  REQUIRE(set.profile("foo") != nullptr);
  const auto* nested = &set.profile("foo")->at("s3").nested;
  CHECK(nested->at("max_requests") == "10");
  CHECK(nested->at("other") == "a");
  CHECK(find(set.sso_session("corp"), "sso_region")->value == "eu-west-1");
  CHECK(set.services("dev")->at("mwaa_serverless").nested.at("endpoint_url") == "http://localhost:1234");
  CHECK(set.profile("corp") == nullptr);
  CHECK(set.services("corp") == nullptr);
}

TEST_CASE("profiles: a setting knows where it stands, and blank is absent") {
  profile_set set;
  REQUIRE_FALSE(set.add(file_kind::config, "\n[default]\nregion = eu-west-1\noutput =\n", "/config"));
  const auto* region = find(set.profile("default"), "region");
  REQUIRE(region != nullptr);
  CHECK(region->file == "/config");
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
      {" name = value", "line 1, column 1", "continue"},
      {"[profile foo]\n name = value", "line 2, column 1", "follows a section"},
      {"[profile foo]\ns3cret", "line 2, column 7", "'='"},
      {"[profile foo]\nname = value\n[profile bar\na = 1", "line 3, column 12", "']'"},
      {"[profile foo] s3cret", "line 1, column 20", "']'"},
      {"[profile foo]\n= s3cret", "line 2, column 1", "no name"},
      {"[profile foo]\ns3 =\n  s3cret", "line 3, column 3", "'='"},
      {"[profile foo]\ns3 =\n  = s3cret", "line 3, column 3", "no name"},
  };
  for (const row& each : rows) {
    CAPTURE(each.text);
    const std::string message = refusal(each.text);
    CHECK(message.starts_with(std::string{"/home/u/.aws/config, "} + each.where + ": "));
    CHECK(message.find(each.rule) != std::string::npos);
    CHECK(message.find("s3cret") == std::string::npos);
  }
}
