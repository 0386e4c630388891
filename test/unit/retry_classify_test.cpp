// The table of verdicts against its documentation, the list of error codes, and how a response is read.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/aws_json.hpp"
#include "retry/classify.hpp"
#include "support/source_folder.hpp"

using mwaa_serverless::condition;
using mwaa_serverless::errc;
using mwaa_serverless::error;
using mwaa_serverless::http_response;
using mwaa_serverless::retry::classify;
using mwaa_serverless::retry::verdict;
using mwaa_serverless::retry::verdict_row;
using mwaa_serverless::retry::verdict_table;
using kind = verdict::kind;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file{test::source_folder() / path};
  REQUIRE_MESSAGE(file, "cannot read ", path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The enumerators of errc by value, read from the header: a new one must be judged too.
std::map<errc, std::string> names_of_codes() {
  std::istringstream header{contents("include/mwaa_serverless/error.hpp")};
  std::map<errc, std::string> names;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    if (line.starts_with("enum class errc")) inside = true;
    if (inside && line == "};") break;
    const auto begin = line.find_first_not_of(' ');
    if (!inside || begin == std::string::npos || line[begin] < 'a' || line[begin] > 'z' || line.starts_with("enum"))
      continue;
    const auto end = line.find_first_of(" ,", begin);
    names.emplace(static_cast<errc>(names.size() + 1), line.substr(begin, end - begin));
  }
  return names;
}

std::string text_of(kind value) {
  return value == kind::throttling ? "throttling" : value == kind::transient ? "transient" : "fatal";
}

std::string documented(const verdict_row& row, const std::map<errc, std::string>& names) {
  std::string line = "| ";
  if (!row.name.empty()) {
    line += "`" + std::string{row.name} + "`";
  } else if (row.status != 0) {
    line +=
        row.status < 10 ? "HTTP " + std::to_string(row.status) + "xx, any other" : "HTTP " + std::to_string(row.status);
  } else {
    line += "`errc::" + names.at(row.code) + "`";
  }
  line += " | " + text_of(row.judgement.what) + " | ";
  if (row.judgement.retryable()) line += std::to_string(row.judgement.cost()) + " ";
  return line + "| " + std::string{row.judgement.reason} + " |";
}

error of_service(std::string name, int status) {
  error failure{errc::other_service_error, "made up"};
  failure.aws_code = std::move(name);
  failure.http_status = status;
  return failure;
}

error read(int status, std::string fields, std::string body) {
  http_response response;
  response.status = status;
  response.fields = std::move(fields);
  response.body = std::move(body);
  return mwaa_serverless::protocol::decode_error(response);
}

}  // namespace

TEST_CASE("verdicts: the table is the one in docs/retry-verdicts.md, line by line") {
  const auto names = names_of_codes();
  std::istringstream page{contents("docs/retry-verdicts.md")};
  std::vector<std::string> lines;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `") || line.starts_with("| HTTP")) lines.push_back(line);
  REQUIRE(lines.size() == verdict_table().size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == documented(verdict_table()[i], names));
}

TEST_CASE("verdicts: every line says what it is about, once, and why") {
  std::set<std::string> seen;
  const auto names = names_of_codes();
  for (const verdict_row& row : verdict_table()) {
    const std::string line = documented(row, names);
    CAPTURE(line);
    CHECK((row.name.empty() ? 0 : 1) + (row.status == 0 ? 0 : 1) + (row.code == errc{} ? 0 : 1) == 1);
    CHECK(seen.insert(line.substr(0, line.find('|', 2))).second);
    CHECK_FALSE(row.judgement.reason.empty());
  }
}

TEST_CASE("verdicts: every error code of this side has a line") {
  const auto names = names_of_codes();
  REQUIRE(names.at(errc::throttled) == "throttled");  // the header was read as it stands
  REQUIRE(names.at(errc::client_closed) == "client_closed");
  REQUIRE(names.rbegin()->first == errc::client_closed);
  std::set<errc> judged;
  for (const verdict_row& row : verdict_table()) judged.insert(row.code);
  for (const auto& [code, name] : names) {
    CAPTURE(name);
    // What the service answers is judged by its name or status.
    CHECK(judged.contains(code) == (code > errc::other_service_error));
  }
}

TEST_CASE("verdicts: classify() answers with the line") {
  for (const verdict_row& row : verdict_table()) {
    error failure;
    if (!row.name.empty()) {
      failure = of_service(std::string{row.name}, 400);
    } else if (row.status != 0) {
      failure = of_service("", row.status < 10 ? row.status * 100 + 99 : row.status);
    } else {
      failure = error{row.code, "made up"};
    }
    const verdict judged = classify(failure);
    CAPTURE(row.name);
    CAPTURE(row.status);
    CAPTURE(static_cast<int>(row.code));
    CHECK(judged.what == row.judgement.what);
    CHECK(judged.reason == row.judgement.reason);
  }
}

TEST_CASE("verdicts: the costs are those of AWS's standard mode of 2026") {
  // botocore retries/standard.py, _RETRY_COST_V2 and _THROTTLING_RETRY_COST; aws-smithy-runtime's token_bucket.rs.
  CHECK(verdict{kind::throttling, ""}.cost() == 5);
  CHECK(verdict{kind::transient, ""}.cost() == 14);
  CHECK(verdict{kind::fatal, ""}.cost() == 0);
  CHECK(verdict{kind::throttling, ""}.retryable());
  CHECK(verdict{kind::transient, ""}.retryable());
  CHECK_FALSE(verdict{kind::fatal, ""}.retryable());
}

TEST_CASE("verdicts: the name counts before the status") {
  CHECK(classify(of_service("ThrottlingException", 503)).what == kind::throttling);
  CHECK(classify(of_service("SlowDown", 503)).what == kind::throttling);
  CHECK(classify(of_service("AccessDeniedException", 500)).what == kind::fatal);
  CHECK(classify(of_service("InternalServerException", 400)).what == kind::transient);
}

TEST_CASE("verdicts: a name that is not listed leaves the status to decide") {
  CHECK(classify(of_service("SomethingNew", 503)).what == kind::transient);
  CHECK(classify(of_service("SomethingNew", 429)).what == kind::throttling);
  CHECK(classify(of_service("SomethingNew", 400)).what == kind::fatal);
  // Names are matched exactly.
  CHECK(classify(of_service("throttlingexception", 400)).what == kind::fatal);
  CHECK(classify(of_service("Slow", 400)).what == kind::fatal);
  CHECK(classify(of_service("SlowDowns", 400)).what == kind::fatal);
}

TEST_CASE("verdicts: of the bare statuses only the six are retried") {
  const std::map<int, kind> retried{{408, kind::transient}, {429, kind::throttling}, {500, kind::transient},
                                    {502, kind::transient}, {503, kind::transient},  {504, kind::transient}};
  for (int status = 300; status < 600; ++status) {
    CAPTURE(status);
    const auto found = retried.find(status);
    CHECK(classify(of_service("", status)).what == (found == retried.end() ? kind::fatal : found->second));
  }
}

TEST_CASE("verdicts: an unreadable 200 is judged by its code, not by its status") {
  error failure{errc::malformed_response, "broken"};
  failure.http_status = 200;
  CHECK(classify(failure).what == kind::fatal);
  error lost{errc::connection_lost, "cut short"};
  lost.http_status = 200;
  CHECK(classify(lost).what == kind::transient);
}

TEST_CASE("verdicts: codes of others are fatal") {
  CHECK(classify(error{}).what == kind::fatal);
  CHECK(classify(error{boost::system::errc::make_error_code(boost::system::errc::connection_reset), "foreign"}).what ==
        kind::fatal);
}

TEST_CASE("verdicts: responses as they come") {
  struct response_case {
    const char* title;
    int status;
    const char* fields;
    const char* body;
    kind expected;
  };
  const response_case cases[] = {
      {"the service throttles", 429, "", R"({"__type":"ThrottlingException","Message":"m","RetryAfterSeconds":1})",
       kind::throttling},
      {"a namespace before the name", 400, "", R"({"__type":"com.amazon.coral.service#ThrottlingException"})",
       kind::throttling},
      {"the name in the header, with a URL", 503, "x-amzn-ErrorType: SlowDown:http://internal.amazon.com/\r\n", "{}",
       kind::throttling},
      {"the name in code", 400, "", R"({"code":"RequestTimeout"})", kind::transient},
      {"a proxy's page", 502, "Content-Type: text/html\r\n", "<html><h1>502 Bad Gateway</h1></html>", kind::transient},
      {"a proxy's refusal", 403, "Content-Type: text/html\r\n", "<html>Forbidden</html>", kind::fatal},
      {"a proxy that wants a password", 407, "Proxy-Authenticate: Basic realm=x\r\n", "", kind::fatal},
      {"an empty 503", 503, "", "", kind::transient},
      {"an empty 429", 429, "", "", kind::throttling},
      {"a redirection", 302, "Location: https://example.com/\r\n", "", kind::fatal},
      {"half a body", 500, "", R"({"__type":"Intern)", kind::transient},
      {"the operation timed out there", 504, "", R"({"__type":"OperationTimeoutException"})", kind::transient},
      {"a wrong key", 400, "", R"({"__type":"UnrecognizedClientException","message":"m"})", kind::fatal},
  };
  for (const response_case& each : cases) {
    CAPTURE(each.title);
    CHECK(classify(read(each.status, each.fields, each.body)).what == each.expected);
  }
}

TEST_CASE("verdicts: condition::retryable and condition::throttled say the same to the user") {
  for (const verdict_row& row : verdict_table()) {
    CAPTURE(row.name);
    CAPTURE(row.status);
    CAPTURE(static_cast<int>(row.code));
    error failure{row.code, "made up"};
    if (row.code == errc{}) {
      const std::string fields = row.name.empty() ? "" : "x-amzn-ErrorType: " + std::string{row.name} + "\r\n";
      failure = read(row.status == 0 ? 400 : row.status, fields, "{}");
    }
    CHECK((failure.code == condition::retryable) == row.judgement.retryable());
    CHECK((failure.code == condition::throttled) == (row.judgement.what == kind::throttling));
  }
}

TEST_CASE("conditions: each code belongs to those that the header's table says, and to no other") {
  const std::map<std::string, condition> conditions{
      {"throttled", condition::throttled},     {"retryable", condition::retryable},   {"timeout", condition::timeout},
      {"credentials", condition::credentials}, {"connection", condition::connection}, {"service", condition::service},
      {"caller", condition::caller},           {"permanent", condition::permanent}};
  std::istringstream header{contents("include/mwaa_serverless/error.hpp")};
  std::map<std::string, std::string> documented_conditions;
  for (std::string line; std::getline(header, line);) {
    if (!line.starts_with("/// | `")) continue;
    const auto name = line.substr(7, line.find('`', 7) - 7);
    documented_conditions[name] = line.substr(line.find("` |") + 3);
  }
  const auto names = names_of_codes();
  CHECK(documented_conditions.size() == names.size());
  for (const auto& [code, name] : names) {
    CAPTURE(name);
    REQUIRE(documented_conditions.contains(name));
    std::set<std::string> wanted;
    std::istringstream words{documented_conditions.at(name)};
    for (std::string word; words >> word;)
      if (word != "|") wanted.insert(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
    for (const auto& [text, group] : conditions) CHECK((make_error_code(code) == group) == wanted.contains(text));
    CHECK_FALSE((make_error_code(code) == condition::permanent && make_error_code(code) == condition::retryable));
    CHECK(make_error_code(code).message() != "unknown error");
  }
  CHECK(make_error_code(static_cast<errc>(1000)).message() == "unknown error");
  CHECK_FALSE(make_error_code(static_cast<errc>(1000)) == condition::permanent);
}
