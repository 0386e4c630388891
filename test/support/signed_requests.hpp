// Requests to the emulator, signed by hand, so that a test can get any part of them wrong.
#pragma once

#include <algorithm>
#include <chrono>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signing/sigv4.hpp"
#include "strings/ascii_case.hpp"
#include "strings/date_time.hpp"
#include "strings/hex.hpp"

namespace test {

/// A request in the making. Its members are right for an emulator of default options; spoil them before make(), or
/// the finished bytes after it.
class request_draft {
 public:
  explicit request_draft(std::string body_value, std::chrono::system_clock::time_point now)
      : body(std::move(body_value)), date(mwaa_serverless::strings::format_signing_time(now)) {}

  std::string method = "POST";
  std::string path = "/";
  std::string query;         ///< As it is sent.
  std::string signed_query;  ///< As it is signed, when that differs.
  std::string operation = "ListTaskInstances";
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/x-amz-json-1.0"},
                                                           {"Host", "localhost:1"}};
  std::string body;
  std::string date;
  std::string access_key_id = "AKIDEMULATOR";
  std::string secret_access_key = "emulator-secret-key";
  std::string session_token;
  std::string region = "us-east-1";
  std::string service = "airflow-serverless";
  std::vector<std::string> unsigned_headers;  ///< Lower-case names of headers that are sent but not signed.
  std::string authorization;                  ///< In place of the right one when not empty; "none" sends none.

  [[nodiscard]] mwaa_serverless::http_request make() const {
    namespace signing = mwaa_serverless::signing;
    auto all = headers;
    if (!operation.empty()) all.emplace_back("X-Amz-Target", "AmazonMWAAServerless." + operation);
    if (!date.empty()) all.emplace_back("X-Amz-Date", date);
    if (!session_token.empty()) all.emplace_back("X-Amz-Security-Token", session_token);
    std::vector<signing::header> to_sign;
    for (const auto& [name, value] : all) {
      const std::string lowered = mwaa_serverless::strings::lower_case(name);
      if (std::find(unsigned_headers.begin(), unsigned_headers.end(), lowered) == unsigned_headers.end())
        to_sign.emplace_back(name, value);
    }
    signing::signer signer{region, service};
    signing::sha256 hasher{signer.algorithm()};
    const auto canonical =
        signing::make_canonical_request(method, path, signed_query.empty() ? query : signed_query, to_sign,
                                        mwaa_serverless::strings::to_hex(hasher.hash(body)));
    const std::string signed_date = date.size() < 8 ? "20260101T000000Z" : date;
    const std::string genuine = signer.authorization(hasher, access_key_id, secret_access_key, signed_date,
                                                     canonical.text, canonical.signed_headers);
    if (authorization != "none") all.emplace_back("Authorization", authorization.empty() ? genuine : authorization);
    std::string head = method + " " + path + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\n";
    for (const auto& [name, value] : all) head += name + ": " + value + "\r\n";
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    const std::size_t head_size = head.size();
    static const auto nowhere = std::make_shared<const mwaa_serverless::origin>(false, "localhost", std::uint16_t{1});
    return {nowhere, std::move(head) + body, head_size};
  }
};

/// `{"WorkflowArn":…,"RunId":run_id` and `more` members.
inline std::string list_body(std::string_view run_id, std::string_view more = {}) {
  std::string out = R"({"WorkflowArn":")";
  out.append(mwaa_serverless::testing::emulator::default_workflow_arn);
  return out.append(R"(","RunId":")").append(run_id).append("\"").append(more).append("}");
}

}  // namespace test
