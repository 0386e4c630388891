// Programs that print credentials:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

#include "async/machine_time.hpp"
#include "config/command_words.hpp"
#include "process/run_process.hpp"
#include "protocol/whole_number.hpp"
#include "sources/fetch.hpp"
#include "sources/secret_json.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::sources {

namespace {

// The last line of what a program complains of, as one line of text.
std::string complaint(std::string_view text) {
  constexpr std::size_t longest = 200;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const auto start = text.rfind('\n');
  if (start != std::string_view::npos) text.remove_prefix(start + 1);
  std::string out{text.substr(0, longest)};
  std::ranges::replace_if(out, strings::is_control, ' ');
  return out;
}

}  // namespace

fetched fetch_from(const credential_process& from, fetch_context& with, clock::time_point deadline) {
  auto words = config::split_command(from.command);
  if (!words) co_return failed("credential_process", words.error());
  const std::string name = "credential_process " + words->front();
  const auto limit = async::machine_time(*with.options.time, deadline);
  const auto in = with.options.share_standard_input ? process::standard_input::shared : process::standard_input::none;
  auto ended = co_await process::run_process(*std::move(words), limit, in);
  if (!ended) co_return failed(name, ended.error());
  if (ended->status != 0 && ended->status != process::process_output::unknown_status) {
    std::string message = name + " ended with status " + std::to_string(ended->status);
    if (const std::string said = complaint(ended->err); !said.empty()) message += ": " + said;
    co_return error{errc::credentials_failed, std::move(message)};
  }
  const auto document = secret_document::parse(ended->out);
  if (!document) co_return failed(name + ", its output", document.error());
  const boost::json::value* const version = document->root().if_contains("Version");
  if (version == nullptr || protocol::whole_number(*version) != 1)
    co_return error{errc::credentials_failed, name + ", its output: Version must be 1"};
  constexpr member_names names{"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};
  auto keys = read_credentials(document->root(), names, "custom-process");
  if (!keys) co_return failed(name + ", its output", keys.error());
  co_return std::move(keys);
}

}  // namespace mwaa_serverless::sources
