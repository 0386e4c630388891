#include "protocol/user_agent.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using mwaa_serverless::protocol::user_agent;

TEST_CASE("user_agent: the form that AWS's SDKs share") {
  std::istringstream in{user_agent("")};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  REQUIRE(words.size() == 7);
  CHECK(words[0].starts_with("mwaa-serverless-cpp/"));
  const std::string version = words[0].substr(words[0].find('/') + 1);
  CHECK(version.find_first_not_of("0123456789.") == std::string::npos);
  CHECK_FALSE(version.empty());
  CHECK(words[1] == "ua/2.1");
  CHECK(words[2].starts_with("os/"));
  CHECK(words[3].starts_with("md/arch#"));
  CHECK(words[4].starts_with("md/"));
  CHECK(words[4].find('#') != std::string::npos);  // the compiler and its version
  CHECK(words[5] == "lang/c++#20");
  CHECK(words[6] == "cfg/retry-mode#standard");
}

TEST_CASE("user_agent: an application's id cannot leave its place") {
  const std::string alone = user_agent("");
  CHECK(user_agent("my-app") == alone + " app/my-app");
  // As botocore's sanitize_user_agent_string_component() replaces them.
  CHECK(user_agent("a b/c#d\r\nX: y(z)é") == alone + " app/a-b-c-d--X--y-z---");
  CHECK(user_agent("AZaz09!$%&'*+-.^_`|~,") == alone + " app/AZaz09!$%&'*+-.^_`|~,");
}
