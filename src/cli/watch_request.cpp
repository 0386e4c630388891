#include "cli/watch_request.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <string_view>
#include <system_error>

#include "cli/failure.hpp"
#include "cli/parameter_check.hpp"
#include "protocol/describe.hpp"
#include "protocol/operation.hpp"
#include "strings/date_time.hpp"

namespace mwaa_serverless::cli {

namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr std::string_view workflow_flag = "--workflow-arn";
constexpr std::string_view run_flag = "--run-id";
constexpr std::string_view active_flag = "--active";
constexpr std::string_view since_flag = "--since";
constexpr std::string_view checkpoint_flag = "--checkpoint";
constexpr std::string_view share_flag = "--share";
constexpr std::string_view staleness_flag = "--max-staleness";

// Of `90s`, `30m`, `2h`, `7d`; nullopt for anything else, and for what is longer than ten thousand days.
std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc{} || end + 1 != text.data() + text.size()) return std::nullopt;
  constexpr std::int64_t most = std::int64_t{10'000} * 86'400;
  const std::int64_t unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3'600 : *end == 'd' ? 86'400 : 0;
  if (unit == 0 || count * unit > most) return std::nullopt;
  return std::chrono::seconds{count * unit};
}

time_point read_since(const std::string& text, time_point now) {
  if (const auto length = parse_duration(text)) return now - *length;
  if (const auto when = strings::parse_timestamp(text.size() == 10 ? text + "T00:00:00Z" : text)) return *when;
  throw failure::parameter(std::string{since_flag} + ": '" + text +
                           "' is neither a time such as 2026-11-30T06:00:00Z or 2026-11-30 (UTC), nor a duration such "
                           "as 90s, 30m, 2h or 7d");
}

double read_share(const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || !(value > 0 && value <= 1))
    throw failure::parameter(std::string{share_flag} + ": '" + text + "' is no number from above 0 to 1");
  return value;
}

// As the commands of the operations check them.
void check(const watch_request& asked) {
  std::string wrong;
  const auto note = [&](const std::string& found) {
    if (!found.empty() && wrong.find(found) == std::string::npos) wrong += (wrong.empty() ? "" : "\n") + found;
  };
  for (const std::string& arn : asked.workflow_arns)
    note(check_parameters({{"WorkflowArn", arn}}, protocol::described<get_workflow_request>::value));
  for (const std::string& id : asked.run_ids)
    note(check_parameters({{"WorkflowArn", asked.workflow_arns.front()}, {"RunId", id}},
                          protocol::described<get_workflow_run_request>::value));
  if (!wrong.empty()) throw failure::parameter("Parameter validation failed:\n" + wrong);
}

parameter of_type(std::string_view flag, const protocol::value_type& type, std::string_view help) {
  parameter out;
  out.flag = flag;
  out.type = &type;
  out.help = help;
  return out;
}

}  // namespace

std::vector<parameter> watch_parameters() {
  const auto& text = protocol::describing::type_of<std::string>;
  std::vector<parameter> out{
      of_type(workflow_flag, text,
              "ARN of a workflow whose runs are watched; may be given several times. Default: all."),
      of_type(run_flag, text, "Watch this run of the one workflow; may be given several times."),
      of_type(active_flag, protocol::describing::type_of<bool>,
              "Only runs that have not ended now; the watch ends with the last of them."),
      of_type(since_flag, text, "Runs that have ended too, when made since: 2026-11-30T06:00:00Z, 90s, 30m, 2h, 7d."),
      of_type(checkpoint_flag, text, "File to go on from, and to keep the place in."),
      of_type(share_flag, text, "Part of the account's request quota to use, above 0 to 1. Default 0.9."),
      of_type(staleness_flag, protocol::describing::type_of<std::int32_t>,
              "Seconds that what is known of a run may be old. Default: what the quota allows."),
  };
  out[0].repeated = out[1].repeated = true;
  out[2].only_yes = true;
  out[4].takes_file = true;
  return out;
}

watch_request read_watch_request(const arguments& given, time_point now) {
  watch_request out;
  out.workflow_arns = given.texts(workflow_flag);
  out.run_ids = given.texts(run_flag);
  out.only_active = given.text(active_flag) == "true";
  if (const auto since = given.text(since_flag)) out.since = read_since(*since, now);
  if (const auto file = given.text(checkpoint_flag)) {
    if (file->empty()) throw failure::parameter(std::string{checkpoint_flag} + " must name a file");
    out.checkpoint = *file;
  }
  if (const auto share = given.text(share_flag)) out.options.share = read_share(*share);
  if (const auto seconds = given.integer(staleness_flag)) {
    if (*seconds < 1) throw failure::parameter(std::string{staleness_flag} + " must be at least 1");
    out.options.max_staleness = std::chrono::seconds{*seconds};
  }
  if (!out.run_ids.empty()) {
    if (out.workflow_arns.size() != 1)
      throw failure::usage(std::string{run_flag} + " needs one " + std::string{workflow_flag} + ", that of the runs");
    if (out.only_active || out.since)
      throw failure::usage("argument " + std::string{out.only_active ? active_flag : since_flag} +
                           ": not allowed with " + std::string{run_flag});
  }
  check(out);
  return out;
}

}  // namespace mwaa_serverless::cli
