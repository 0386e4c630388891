#include "emulator/settings.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mwaa_serverless/error.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace mwaa_serverless::emulator {

namespace {

constexpr int usage_error = 2;

/// `-` is standard input.
std::string read_scenario(const std::string& path) {
  std::ifstream file;
  const bool from_file = path != "-";
  if (from_file) file.open(path, std::ios::binary);
  std::istream& in = from_file ? file : std::cin;
  const std::string name = from_file ? path : "standard input";
  std::string out{std::istreambuf_iterator<char>{in}, {}};
  if (!in.good() && !in.eof()) throw CLI::ValidationError("--scenario", "cannot read " + name);
  if (out.empty()) throw CLI::ValidationError("--scenario", name + " is empty");
  return out;
}

template <class Value>
using named_values = std::vector<std::pair<std::string, Value>>;

const named_values<testing::listing_order> orders{{"oldest-first", testing::listing_order::oldest_first},
                                                  {"newest-first", testing::listing_order::newest_first},
                                                  {"by-id", testing::listing_order::by_id}};
const named_values<testing::over_run_quota> over_run_quotas{{"refused", testing::over_run_quota::refused},
                                                            {"queued", testing::over_run_quota::queued}};

template <class Value>
std::vector<std::string> names_of(const named_values<Value>& of) {
  std::vector<std::string> out;
  for (const auto& [name, value] : of) out.push_back(name);
  return out;
}
template <class Value>
Value value_of(const named_values<Value>& of, const std::string& name) {
  return std::find_if(of.begin(), of.end(), [&](const auto& each) { return each.first == name; })->second;
}

/// `NAME=RPS` or `NAME=RPS/BURST`.
void read_operation_limit(const std::string& spelling, testing::emulator_options& to) {
  const auto wrong = [&](const std::string& why) {
    return CLI::ValidationError("--operation-rate-limit", "'" + spelling + "' " + why);
  };
  const auto equals = spelling.find('=');
  if (equals == std::string::npos) throw wrong("is not NAME=RPS[/BURST]");
  testing::request_quota quota;
  const std::string rate = spelling.substr(equals + 1);
  const auto slash = rate.find('/');
  if (!CLI::detail::lexical_cast(rate.substr(0, slash), quota.rate) ||
      (slash != std::string::npos && !CLI::detail::lexical_cast(rate.substr(slash + 1), quota.burst)))
    throw wrong("has a number that is not valid");
  to.operation_rate_limits[spelling.substr(0, equals)] = quota;
}

}  // namespace

std::optional<settings> read_command_line(int argc, char** argv, int& exit_code) {
  settings out;
  std::string scenario_file;
  std::vector<std::string> fault_spellings;
  int throttle_first = 0;
  std::int64_t latency = 0;
  std::int64_t page_token_life = 0;
  std::int64_t client_token_life =
      std::chrono::duration_cast<std::chrono::seconds>(out.service.client_token_life).count();
  std::int64_t stopping_time = out.service.stopping_time.count();
  std::int64_t deletion_time = out.service.deletion_time.count();
  std::vector<std::string> operation_limits;
  std::string order = "oldest-first";
  std::string over_run_quota = "refused";

  CLI::App app{"Emulates Amazon MWAA Serverless on this machine.", "mwaa-serverless-emulator"};
  app.set_version_flag("--version", "mwaa-serverless-emulator " MWAA_SERVERLESS_VERSION);
  app.add_option("--address", out.server.address, "IP address to listen on")
      ->check(CLI::ValidIPV4 | CLI::Validator{[](std::string& text) {
                                                return text.find(':') == std::string::npos ? "not an IP address" : "";
                                              },
                                              "IPV6"})
      ->capture_default_str();
  app.add_option("--port", out.server.port, "port to listen on; 0: any free port")->check(CLI::Range(0, 65535));
  app.add_flag("--tls", out.server.tls, "serve HTTPS, with a certificate made at the start");
  app.add_option("--cert-out", out.certificate_file,
                 "write the certificate to trust to this file (with --tls); without: a temporary file");
  app.add_option("--access-key-id", out.service.access_key_id, "the key that requests are signed with")
      ->capture_default_str();
  app.add_option("--secret-access-key", out.service.secret_access_key, "its secret")->capture_default_str();
  app.add_option("--session-token", out.service.session_token, "session token that requests must carry");
  app.add_option("--region", out.service.region, "region of the service")->capture_default_str();
  app.add_option("--account", out.service.account, "account of the default scenario")->capture_default_str();
  app.add_option("--scenario", scenario_file,
                 "JSON file of workflows, runs and tasks (docs/emulator.md); -: standard input");
  app.add_option("--rate-limit", out.service.rate_limit, "requests a second before throttling; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--burst", out.service.burst, "requests at once before throttling (with --rate-limit)")
      ->check(CLI::PositiveNumber)
      ->needs("--rate-limit");
  app.add_option("--operation-rate-limit", operation_limits,
                 "a quota of one operation beside the shared one: NAME=RPS[/BURST]; repeatable")
      ->take_all();
  app.add_flag("!--no-retry-after", out.service.retry_after, "leave RetryAfterSeconds out of these throttles");
  app.add_option("--order", order, "order of listings")->check(CLI::IsMember(names_of(orders)))->capture_default_str();
  app.add_option("--page-token-life", page_token_life, "seconds that a page token is valid; 0: without a limit")
      ->check(CLI::Range(0, 86'400'000));
  app.add_option("--client-token-life", client_token_life,
                 "seconds that a client token is known; 28800 by default; 0: without a limit")
      ->check(CLI::Range(0, 86'400'000));
  auto& quotas = out.service.quotas;
  for (const auto& [name, member, what] :
       {std::tuple{"--max-workflows", &quotas.workflows, "workflows of the account"},
        std::tuple{"--max-versions", &quotas.versions_per_workflow, "versions of a workflow"},
        std::tuple{"--max-runs", &quotas.concurrent_runs, "runs of the account at once"},
        std::tuple{"--max-runs-per-workflow", &quotas.concurrent_runs_per_workflow, "runs of a workflow at once"}})
    app.add_option(name, *member, what)->capture_default_str();
  app.add_option("--over-run-quota", over_run_quota, "what becomes of runs over these")
      ->check(CLI::IsMember(names_of(over_run_quotas)))
      ->capture_default_str();
  app.add_option("--stopping-time", stopping_time, "milliseconds from STOPPING to STOPPED; 3000 by default")
      ->check(CLI::Range(0, 3'600'000));
  app.add_option("--deletion-time", deletion_time, "milliseconds that a workflow is DELETING; 5000 by default")
      ->check(CLI::Range(0, 3'600'000));
  app.add_option("--latency", latency, "milliseconds added to every answer")->check(CLI::Range(0, 3'600'000));
  app.add_option("--seed", out.service.seed, "decides everything random")->capture_default_str();
  app.add_option("--signature-error-status", out.service.signature_error_status,
                 "HTTP status of signature errors: 400 or 403")
      ->check(CLI::IsMember({400, 403}))
      ->capture_default_str();
  app.add_option("--throttle-first", throttle_first, "throttle the first N requests")
      ->check(CLI::Range(0, 1'000'000'000));
  app.add_option("--fault", fault_spellings,
                 "strike the next requests with faults, in order: KIND[=VALUE][*TIMES]; repeatable")
      ->take_all();
  app.add_option("--fault-probability", out.fault_probability, "strike every request with this probability")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--verbose,-v", out.verbose,
               "print a line for each request to standard error: time, operation, run, request id, status");

  try {
    app.parse(argc, argv);
    if (!out.certificate_file.empty() && !out.server.tls)
      throw CLI::ValidationError("--cert-out", "there is no certificate without --tls");
    if (!scenario_file.empty()) out.service.scenario_json = read_scenario(scenario_file);
    if (throttle_first > 0) out.faults.push_back(testing::fault::throttle().with_times(throttle_first));
    for (const std::string& each : operation_limits) read_operation_limit(each, out.service);
    for (const std::string& each : fault_spellings) out.faults.push_back(testing::fault::parse(each));
  } catch (const CLI::Success& e) {  // --help, --version
    exit_code = app.exit(e);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.what() << '\n';
    exit_code = usage_error;
    return std::nullopt;
  } catch (const exception& e) {
    std::cerr << "mwaa-serverless-emulator: " << e.details().message << '\n';
    exit_code = usage_error;
    return std::nullopt;
  }
  out.service.latency = std::chrono::milliseconds{latency};
  out.service.order = value_of(orders, order);
  out.service.quotas.over_concurrent_runs = value_of(over_run_quotas, over_run_quota);
  out.service.page_token_life = std::chrono::seconds{page_token_life};
  out.service.client_token_life = std::chrono::seconds{client_token_life};
  out.service.stopping_time = std::chrono::milliseconds{stopping_time};
  out.service.deletion_time = std::chrono::milliseconds{deletion_time};
  return out;
}

}  // namespace mwaa_serverless::emulator
