// The benchmarks of mwaa-serverless-bench. Each prints its figures to standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/retry.hpp>
#include <string>

namespace bench {

enum class format : std::uint8_t { text, json };

struct poll_options {
  std::string client = "library";  // or "beast", "epoll": see poll_client.hpp
  int rounds = 0;                  // with all three in turn; 0: one run of `client`
  std::string endpoint_url;        // empty: a canned service of its own
  std::size_t items = 100;         // a page of the canned service
  bool tls = false;                // of the canned service
  std::string region = "us-east-1";
  std::string workflow_arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";
  std::string run_id = "run-finished";
  std::string ca_bundle;
  bool verify_tls = true;
  int concurrency = 16;
  int connections = 0;  // of the library, at the most; 0: as many as `concurrency`
  int max_results = 100;
  std::uint64_t requests = 10'000;
  std::uint64_t warm_up = 0;
  format output = format::text;
};

struct throttle_options {
  mwaa_serverless::retry_mode mode = mwaa_serverless::retry_mode::standard;
  int callers = 500;
  int seconds = 600;
  int round_trip_ms = 50;
  double rate_limit = 50;
  double burst = 50;
  bool hints = true;
  std::uint64_t seed = 1;
  // What the run must come to; exceeding a limit is exit code 1.
  double max_throttled = 1;
  double max_throttled_settled = 1;
  double min_used = 0;
  double max_call_seconds = 1e9;
  format output = format::text;
};

/// Throttles that say nothing about the rate: the service has no limit, and throttles at random for a minute.
struct stray_options {
  double share = 0.01;  // of the requests
  int callers = 20;
  double wanted = 100;  // requests a second over all callers
  int round_trip_ms = 50;
  std::uint64_t seed = 1;
  int seeds = 1;  // runs, each with the next seed
  // What every run must come to.
  double min_during = 0;
  int max_recovery_seconds = 1'000;
  format output = format::text;
};

struct soak_options {
  double minutes = 30;
  std::size_t pollers = 64;
  std::size_t connections = 16;
  double rate_limit = 300;
  double fault_rate = 0.05;
  bool tls = false;
  std::size_t max_growth_kib = 4096;
  std::uint64_t seed = 1;
};

enum class listing_order : std::uint8_t { random, newest_first, oldest_first };

/// What a watcher of many runs shows how late, and its rivals: issue 14.
struct watch_options {
  std::string mixes = "ABCDE";
  double hours = 1;  // of virtual time
  std::uint64_t seed = 1;
  int seeds = 3;  // runs, each with the next seed; the figures are their medians
  listing_order order = listing_order::random;
  bool per_operation = false;  // a quota for each operation; otherwise they share one
  bool quota_given = false;    // told to the watcher; otherwise it learns the quota
  bool discover = false;       // the watcher finds the runs of given workflows; otherwise it is given the runs
  double rate_limit = 10;
  double burst = 10;
  double share = 1;
  int round_trip_ms = 50;
  bool rivals = false;
  bool ideal_rivals = false;  // their requests take no time
  bool limits = false;        // exit code 1 when a goal is missed
  bool percentiles = false;   // of all delays, in JSON
  format output = format::text;
};

/// `concurrency` coroutines on one thread call list_task_instances back to back until `requests` calls have ended; or a
/// raw client exchanges the same bytes; or all do, in `rounds` of `requests` each. Figures are then medians of the
/// rounds. Returns the exit code: 1 when every request of a client failed.
int poll(const poll_options& options);

/// The memory of each of `polls` polls whose response has not come, beside that of a raw connection, over TLS with
/// OpenSSL's. Returns the exit code: 1 when `limits` are asked for and one was not kept.
int idle(std::size_t polls, bool limits, format output);

/// The cost of one next() whose item is already here: median of `rounds` pages of 100 items.
int items(int rounds, format output);

/// Reading a page of 100 task instances, beside Boost.JSON's parser with a handler that does nothing: medians of
/// `rounds`.
int decode(int rounds, format output);

/// Making and signing a request with a warm key, beside hashing what its signature covers: medians of `rounds`.
int sign(int rounds, format output);

/// `callers` coroutines call back to back through one client, library defaults, for `seconds` of virtual time; the
/// emulated service grants `rate_limit` requests a second. Returns the exit code: 1 when a call failed or a limit
/// of the options was not kept.
int throttle(const throttle_options& options);

/// `callers` coroutines share `wanted` requests a second through one client, library defaults; after 10 s the emulated
/// service throttles `share` of the requests for 60 s, with a hint of 1 s each. How much of what is wanted is accepted
/// during that minute, and how long after it 95 % are not accepted in every second. Returns the exit code: 1 when a run
/// did not keep the limits of the options.
int strays(const stray_options& options);

/// The library's watcher, and what else one might write, over mixes of runs.
/// Returns the exit code: 1 when limits are asked for and one was not kept, or when what was told was not true.
int watch(const watch_options& options);

/// CPU time and memory of the watcher at 100, 1,000 and 10,000 runs. Returns the exit code: 1 when limits are asked for
/// and one was not kept.
int watch_cost(bool limits, format output);

/// The scheduling decisions of a watcher of 1,000 runs, whose instructions callgrind counts.
int watch_decisions(format output);

/// Calls over a kept connection, first calls of a client, by address and by name and over TLS, and calls that take up a
/// TLS session in a new connection: time and CPU time, beside blocking ones that exchange the same bytes, `calls` each.
/// Returns the exit code, or throws when the connections were not as the rows say.
int cold(int calls, format output);

/// Pollers list a run of 250 tasks again and again, through an emulator of their own that grants `rate_limit` requests
/// a second and strikes requests at random; some are cancelled at random. Prints a line a minute. Returns the exit
/// code: 1 when an item was lost or doubled, an error had no fault to explain it, a poller had no item for two minutes,
/// resident memory grew after the first fifth of the time by more than `max_growth_kib`, or descriptors are not back at
/// their number in the end.
int soak(const soak_options& options);

}  // namespace bench
