// mwaa-serverless-bench: measures this library on this machine.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "task_page.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Measures the mwaa_serverless library"};
  app.name("mwaa-serverless-bench");
  app.require_subcommand(1);
  // As text: CLI11 prints the value of an enumerator in help and in messages, as the character that it is none of.
  std::string format{"text"};

  bench::poll_options poll;
  bool no_verify = false;
  int poll_rounds = 5;
  auto* poll_command = app.add_subcommand("poll", "N coroutines on one thread call list_task_instances back to back");
  auto* endpoint = poll_command->add_option("--endpoint-url", poll.endpoint_url,
                                            "Any server that answers; one in a process of its own when left out");
  poll_command->add_option("--items", poll.items, "Items a page of the own server")
      ->excludes(endpoint)
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  poll_command->add_flag("--tls", poll.tls, "The own server's")->excludes(endpoint);
  auto* client =
      poll_command->add_option("--client", poll.client, "The library, or a raw client that exchanges the same bytes")
          ->check(CLI::IsMember({"library", "beast", "epoll"}))
          ->capture_default_str();
  bool rivals = false;
  auto* rivals_flag = poll_command->add_flag("--rivals", rivals, "All three clients in turn, with ratios of CPU time")
                          ->excludes(client);
  poll_command->add_option("--rounds", poll_rounds, "With --rivals: of --requests each; figures are their medians")
      ->needs(rivals_flag)
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  poll_command->add_option("--concurrency", poll.concurrency, "Coroutines, each with its connection")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  poll_command->add_option("--connections", poll.connections, "That the coroutines of the library share instead")
      ->excludes(client)
      ->excludes(rivals_flag)
      ->check(CLI::Range(1, 65'536));
  poll_command->add_option("--requests", poll.requests, "Requests over all")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  poll_command->add_option("--warm-up", poll.warm_up, "Requests before the measurement")->capture_default_str();
  poll_command->add_option("--region", poll.region)->capture_default_str();
  poll_command->add_option("--workflow-arn", poll.workflow_arn)->capture_default_str();
  poll_command->add_option("--run-id", poll.run_id)->capture_default_str();
  poll_command->add_option("--max-results", poll.max_results, "What a request asks for")->capture_default_str();
  poll_command->add_option("--ca-bundle", poll.ca_bundle, "PEM file to trust, for https");
  poll_command->add_flag("--no-verify-ssl", no_verify, "Accept any certificate, for https");

  std::size_t idle_polls = 10'000;
  bool idle_limits = false;
  auto* idle_command = app.add_subcommand("idle", "The memory of polls that wait for their response");
  idle_command->add_option("--polls", idle_polls)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  idle_command->add_flag("--limits", idle_limits, "Fail when a goal is missed");

  int rounds = 20'000;
  auto* items_command = app.add_subcommand("items", "The cost of one next() whose item is already here");
  items_command->add_option("--rounds", rounds, "Pages of 100 items")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();

  int decode_rounds = 201;
  auto* decode_command =
      app.add_subcommand("decode", "A page of 100 task instances, beside a JSON parser whose handler does nothing");
  decode_command->add_option("--rounds", decode_rounds, "Of 20 pages each way")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();

  int sign_rounds = 201;
  auto* sign_command =
      app.add_subcommand("sign", "A request signed with a key that is known, beside hashing the same bytes");
  sign_command->add_option("--rounds", sign_rounds, "Of 100 requests each way")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();

  bench::throttle_options throttle;
  bool no_hints = false;
  std::string mode{to_string(throttle.mode)};
  auto* throttle_command = app.add_subcommand("throttle", "Many callers under one quota, in virtual time");
  throttle_command->add_option("--mode", mode)->check(CLI::IsMember({"standard", "adaptive"}))->capture_default_str();
  throttle_command->add_option("--callers", throttle.callers)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  throttle_command->add_option("--seconds", throttle.seconds, "Virtual time")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  throttle_command->add_option("--round-trip", throttle.round_trip_ms, "Milliseconds")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  throttle_command->add_option("--rate-limit", throttle.rate_limit, "Requests a second that the service grants")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  throttle_command->add_option("--burst", throttle.burst, "And how many at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  throttle_command->add_option("--seed", throttle.seed)->capture_default_str();
  throttle_command->add_flag("--no-hints", no_hints, "The service leaves RetryAfterSeconds out");

  throttle_command->add_option("--max-throttled", throttle.max_throttled, "Fail above this share of requests");
  throttle_command->add_option("--max-throttled-settled", throttle.max_throttled_settled, "The same after 10 s");
  throttle_command->add_option("--min-used", throttle.min_used, "Fail below this share of the limit");
  throttle_command->add_option("--max-call-seconds", throttle.max_call_seconds,
                               "Fail when a call after 20 s took longer");

  bench::stray_options strays;
  auto* at_random = throttle_command->add_option("--at-random", strays.share,
                                                 "No limit, but this share of requests throttled for a minute");
  at_random->check(CLI::Range(0.0, 1.0));
  throttle_command->add_option("--wanted", strays.wanted, "With --at-random: requests a second over all callers")
      ->needs(at_random)
      ->check(CLI::Range(1.0, 100'000.0))
      ->capture_default_str();
  throttle_command->add_option("--seeds", strays.seeds, "With --at-random: runs, each with the next seed")
      ->needs(at_random)
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  throttle_command->add_option("--min-during", strays.min_during, "Fail below this many accepted a second meanwhile")
      ->needs(at_random);
  throttle_command
      ->add_option("--max-recovery", strays.max_recovery_seconds,
                   "Fail when 95 % are accepted again after more seconds than that")
      ->needs(at_random);

  auto* page_command =
      app.add_subcommand("page", "Prints the page of 100 task instances of decode, for servers that always give one");

  int calls = 500;
  auto* cold_command = app.add_subcommand("cold", "The first call of a client, and what a TLS session saves");
  cold_command->add_option("--calls", calls, "Of each kind")->check(CLI::Range(1, 1'000'000))->capture_default_str();

  bench::soak_options soak;
  auto* soak_command = app.add_subcommand("soak", "Listings under random faults: nothing lost, doubled or leaked");
  soak_command->add_option("--minutes", soak.minutes)->check(CLI::Range(0.1, 100'000.0))->capture_default_str();
  soak_command->add_option("--pollers", soak.pollers)->check(CLI::Range(1, 65'536))->capture_default_str();
  soak_command->add_option("--connections", soak.connections, "At the most")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  soak_command->add_option("--rate-limit", soak.rate_limit, "Requests a second that the service grants")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  soak_command->add_option("--fault-rate", soak.fault_rate, "Share of requests that a fault strikes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  soak_command->add_flag("--tls", soak.tls, "Over HTTPS");
  soak_command->add_option("--max-growth-kib", soak.max_growth_kib, "Fail when resident memory grows by more")
      ->capture_default_str();
  soak_command->add_option("--seed", soak.seed)->capture_default_str();

  bench::watch_options watch;
  std::vector<std::string> mixes;
  std::string order{"random"};
  std::string quota{"shared"};
  bool cost = false;
  bool decisions = false;
  auto* watch_command = app.add_subcommand("watch", "A thousand runs watched under one quota, in virtual time");
  watch_command->add_option("--mix", mixes, "Of A, B, C, D and E; all when left out")
      ->delimiter(',')
      ->check(CLI::IsMember({"A", "B", "C", "D", "E"}));
  watch_command->add_option("--hours", watch.hours, "Virtual time")
      ->check(CLI::Range(0.001, 1'000.0))
      ->capture_default_str();
  watch_command->add_option("--seed", watch.seed, "Of the first run")->capture_default_str();
  watch_command->add_option("--seeds", watch.seeds, "Runs, each with the next seed; figures are their medians")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  watch_command->add_option("--order", order, "Of listings of runs")
      ->check(CLI::IsMember({"random", "newest", "oldest"}))
      ->capture_default_str();
  watch_command->add_option("--quota", quota, "One for all operations, or one each")
      ->check(CLI::IsMember({"shared", "per-operation"}))
      ->capture_default_str();
  watch_command->add_option("--rate-limit", watch.rate_limit, "Requests a second that the service grants")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  watch_command->add_option("--burst", watch.burst, "And how many at once")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  watch_command->add_option("--share", watch.share, "Of the quota, that is used")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  watch_command->add_option("--round-trip", watch.round_trip_ms, "Milliseconds")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  watch_command->add_flag("--given-quota", watch.quota_given, "The watcher is told the quota, and does not learn it");
  watch_command->add_flag("--discover", watch.discover, "The watcher is given workflows, and finds their runs");
  watch_command->add_flag("--rivals", watch.rivals, "And what else one might write");
  watch_command->add_flag("--ideal", watch.ideal_rivals, "The rivals' requests take no time and are never throttled");
  watch_command->add_flag("--cost", cost, "CPU time and memory instead");
  watch_command->add_flag("--decisions", decisions, "The allocations of scheduling decisions instead");
  watch_command->add_flag("--percentiles", watch.percentiles, "Of all delays, from 0 to 100, in JSON");
  watch_command->add_flag("--limits", watch.limits, "Fail when a goal is missed; implies --rivals");

  for (auto* command : {poll_command, idle_command, items_command, decode_command, sign_command, throttle_command,
                        cold_command, watch_command})
    command->add_option("--format", format)->check(CLI::IsMember({"text", "json"}))->capture_default_str();

  CLI11_PARSE(app, argc, argv);
  const bench::format output = format == "json" ? bench::format::json : bench::format::text;
  try {
    if (page_command->parsed()) {
      std::cout << bench::task_page();
      return 0;
    }
    if (idle_command->parsed()) return bench::idle(idle_polls, idle_limits, output);
    if (items_command->parsed()) return bench::items(rounds, output);
    if (decode_command->parsed()) return bench::decode(decode_rounds, output);
    if (sign_command->parsed()) return bench::sign(sign_rounds, output);
    if (cold_command->parsed()) return bench::cold(calls, output);
    if (soak_command->parsed()) return bench::soak(soak);
    if (watch_command->parsed()) {
      if (decisions) return bench::watch_decisions(output);
      if (cost) return bench::watch_cost(watch.limits, output);
      if (!mixes.empty()) watch.mixes.clear();
      for (const auto& each : mixes) watch.mixes += each;
      watch.order = order == "newest"   ? bench::listing_order::newest_first
                    : order == "oldest" ? bench::listing_order::oldest_first
                                        : bench::listing_order::random;
      watch.per_operation = quota == "per-operation";
      watch.output = output;
      return bench::watch(watch);
    }
    if (*at_random) {
      if (throttle_command->count("--callers") > 0) strays.callers = throttle.callers;
      strays.round_trip_ms = throttle.round_trip_ms;
      strays.seed = throttle.seed;
      strays.output = output;
      return bench::strays(strays);
    }
    if (throttle_command->parsed()) {
      throttle.hints = !no_hints;
      throttle.mode = *mwaa_serverless::parse_retry_mode(mode);
      throttle.output = output;
      return bench::throttle(throttle);
    }
    poll.output = output;
    poll.verify_tls = !no_verify;
    if (rivals) poll.rounds = poll_rounds;
    return bench::poll(poll);
  } catch (const std::exception& e) {
    std::cerr << "mwaa-serverless-bench: " << e.what() << '\n';
    return 1;
  }
}
