// Hours of listings under random faults, and what must hold after each of them.
#include <malloc.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <mwaa_serverless/client.hpp>
#include <random>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "testing/local_service.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// Which operations the service has applied or throttled: an error of any other has no excuse.
class excuses final : public mwaa::observer {
 public:
  void applied(const testing::request_record& record) {
    if (record.fault.empty() && record.code.empty()) return;
    const std::lock_guard lock{mutex_};
    if (!record.fault.empty()) ++faults_;
    by_invocation_[record.invocation] = steady::now();
  }
  void operation_ended(const operation_id& operation, std::chrono::nanoseconds /*took*/,
                       const mwaa::error* failure) noexcept override {
    const std::lock_guard lock{mutex_};
    const bool excused = by_invocation_.erase(std::string{operation.invocation}) > 0;
    if (failure == nullptr) return;
    ++errors_;
    if (!excused) unexplained_.push_back(failure->message);
  }
  /// Those of operations that were cancelled, whose end nobody tells.
  void forget_old() {
    const std::lock_guard lock{mutex_};
    std::erase_if(by_invocation_, [now = steady::now()](const auto& each) { return now - each.second > 2min; });
  }
  [[nodiscard]] std::uint64_t faults() const { return locked(faults_); }
  [[nodiscard]] std::uint64_t errors() const { return locked(errors_); }
  [[nodiscard]] std::vector<std::string> unexplained() const { return locked(unexplained_); }

 private:
  template <class T>
  T locked(const T& value) const {
    const std::lock_guard lock{mutex_};
    return value;
  }
  mutable std::mutex mutex_;
  std::map<std::string, steady::time_point> by_invocation_;
  std::uint64_t faults_ = 0;
  std::uint64_t errors_ = 0;
  std::vector<std::string> unexplained_;
};

/// One of each kind but throttles, which the emulator's own quota brings: at random, they would teach the client's gate
/// a rate that is too low, as they say that the quota is used up when it is not.
std::vector<testing::fault> faults() {
  std::vector<testing::fault> out = testing::all_faults();
  std::erase_if(out, [](const testing::fault& each) { return each.what == testing::fault::kind::throttle; });
  return out;
}

struct work {
  std::vector<std::string> expected;  // ids of the run's tasks
  std::mt19937_64 random;
  bool stopping = false;
  std::uint64_t listings = 0;
  std::uint64_t items = 0;
  std::uint64_t resumed = 0;              // listings taken up after an error or a cancellation
  std::vector<steady::time_point> moved;  // by poller: when it last had an item
  std::vector<std::string> wrong;
};

mwaa::paginator<mwaa::list_task_instances_request> listing_of(const mwaa::client& client, work& of) {
  return client.paginate_list_task_instances({testing::emulator::default_workflow_arn, testing::emulator::run_finished})
      .with_page_size(static_cast<std::int32_t>(10 + of.random() % 91))
      .with_prefetch(of.random() % 2 == 0);
}

/// Goes on with a listing until it is complete or something comes in between; true when complete.
asio::awaitable<bool> go_on(mwaa::paginator<mwaa::list_task_instances_request> listing, std::vector<std::string>& seen,
                            steady::time_point& moved) {
  try {
    auto items = listing.items();
    while (auto task = co_await items.next()) {
      seen.emplace_back(task->task_instance_id.view());
      moved = steady::now();
    }
    co_return true;
  } catch (const mwaa::exception&) {
    co_return false;  // excuses judges it
  }
}

/// The same, but some are cancelled at a random moment.
asio::awaitable<bool> go_on_or_be_cancelled(mwaa::paginator<mwaa::list_task_instances_request> listing,
                                            std::vector<std::string>& seen, work& of, steady::time_point& moved) {
  using namespace asio::experimental::awaitable_operators;
  if (of.random() % 20 != 0) co_return co_await go_on(listing, seen, moved);
  asio::steady_timer moment{co_await asio::this_coro::executor, std::chrono::microseconds(of.random() % 20'000)};
  auto either = go_on(listing, seen, moved) || moment.async_wait(asio::use_awaitable);
  const auto ended = co_await std::move(either);
  co_return ended.index() == 0 && std::get<0>(ended);
}

asio::awaitable<void> poll_on(mwaa::client client, work& of, std::size_t number) {
  asio::steady_timer pause{co_await asio::this_coro::executor};
  while (!of.stopping) {
    std::vector<std::string> seen;
    auto listing = listing_of(client, of);
    bool complete = co_await go_on_or_be_cancelled(listing, seen, of, of.moved[number]);
    while (!complete && !of.stopping) {
      ++of.resumed;
      complete = co_await go_on_or_be_cancelled(listing, seen, of, of.moved[number]);
    }
    of.items += seen.size();
    if (complete) {
      ++of.listings;
      if (seen != of.expected)
        of.wrong.push_back("a listing had " + std::to_string(seen.size()) + " items in place of " +
                           std::to_string(of.expected.size()) + ", or others, or in another order");
    }
    pause.expires_after(std::chrono::milliseconds(of.random() % 200));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

std::size_t resident_kib() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// Prints a line now and then, and looks whether memory or descriptors grow.
class watch {
 public:
  watch(const soak_options& options, steady::time_point started, std::size_t descriptors_before)
      : options_(options), started_(started), descriptors_before_(descriptors_before) {}

  void look(const mwaa::client& client, const excuses& said, const work& of) {
    ::malloc_trim(0);  // what is free is not growth
    const auto metrics = client.metrics().transport;
    const std::size_t resident = resident_kib();
    const std::size_t descriptors = open_descriptors();
    const auto slowest = *std::min_element(of.moved.begin(), of.moved.end());
    if (steady::now() - slowest > time_limit) problems_.emplace_back("a poller has had no item for two minutes");
    const double minutes = std::chrono::duration<double, std::ratio<60>>(steady::now() - started_).count();
    std::printf(
        "%6.1f min  %llu listings, %llu items, %llu taken up again; %llu throttled, %llu errors of %llu faults, %zu "
        "unexplained; %llu connections, %llu reused, %llu replaced, %llu resumed; %zu KiB resident, %zu descriptors\n",
        minutes, static_cast<unsigned long long>(of.listings), static_cast<unsigned long long>(of.items),
        static_cast<unsigned long long>(of.resumed), static_cast<unsigned long long>(client.metrics().throttled),
        static_cast<unsigned long long>(said.errors()), static_cast<unsigned long long>(said.faults()),
        said.unexplained().size(), static_cast<unsigned long long>(metrics.connections_opened),
        static_cast<unsigned long long>(metrics.connections_reused),
        static_cast<unsigned long long>(metrics.connections_replaced),
        static_cast<unsigned long long>(metrics.tls_resumptions), resident, descriptors);
    std::fflush(stdout);
    resident_.push_back(resident);
    // Both ends of each connection are this process's; those of the server may take a moment to go.
    const std::size_t most = descriptors_before_ + 4 * options_.connections + 16;
    if (descriptors > most) problems_.push_back(std::to_string(descriptors) + " descriptors are open");
  }
  /// The first fifth is warming up; what comes after must not grow.
  void judge() {
    const std::size_t warm = std::max<std::size_t>(1, resident_.size() / 5);
    if (resident_.size() < warm + 2) {
      problems_.emplace_back("too short to see whether memory grows");
      return;
    }
    const std::size_t before = resident_[warm];
    const std::size_t after = resident_.back();
    if (after > before + options_.max_growth_kib)
      problems_.push_back("resident memory grew from " + std::to_string(before) + " to " + std::to_string(after) +
                          " KiB");
  }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  static constexpr auto time_limit = 2min;

  const soak_options& options_;
  const steady::time_point started_;
  const std::size_t descriptors_before_;
  std::vector<std::size_t> resident_;
  std::vector<std::string> problems_;
};

asio::awaitable<void> report(mwaa::client client, const soak_options& options, watch& over, excuses& said, work& of) {
  const auto length =
      std::chrono::duration_cast<steady::duration>(std::chrono::duration<double, std::ratio<60>>(options.minutes));
  const auto interval = std::min<steady::duration>(1min, length / 10);
  const auto end = steady::now() + length;
  asio::steady_timer next{co_await asio::this_coro::executor, steady::now()};
  while (steady::now() < end && of.wrong.empty() && said.unexplained().empty() && over.problems().empty()) {
    next.expires_at(std::min(next.expiry() + interval, end));
    co_await next.async_wait(asio::use_awaitable);
    said.forget_old();
    over.look(client, said, of);
  }
  of.stopping = true;
}

std::vector<std::string> ids_of_the_run(const mwaa::client_config& config) {
  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), config};
  std::vector<std::string> out;
  steady::time_point moved{};
  asio::co_spawn(io,
                 go_on(client.paginate_list_task_instances(
                           {testing::emulator::default_workflow_arn, testing::emulator::run_finished}),
                       out, moved),
                 [](std::exception_ptr e, bool) {
                   if (e) std::rethrow_exception(e);
                 });
  io.run();
  return out;
}

std::vector<std::string> run(const soak_options& options, std::size_t descriptors_before) {
  const auto said = std::make_shared<excuses>();
  testing::emulator_options emulated;
  emulated.log_capacity = 1;
  emulated.rate_limit = options.rate_limit;
  emulated.seed = options.seed;
  emulated.on_request = [said](const testing::request_record& record) { said->applied(record); };
  testing::local_service service{emulated, options.tls};
  work of;
  of.random.seed(options.seed);
  of.expected = ids_of_the_run(service.config());
  if (of.expected.size() != 250) return {"the emulator's run has not its 250 tasks"};
  service.emulator.strike_randomly(options.fault_rate, faults());

  auto config = service.config();
  config.max_connections = options.connections;
  config.attempt_timeout = 5s;
  config.max_connection_age = 30s;
  config.attempt_observer = said;
  asio::io_context io{1};
  mwaa::client client{io.get_executor(), std::move(config)};
  watch over{options, steady::now(), descriptors_before};
  const auto rethrow = [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  };
  of.moved.assign(options.pollers, steady::now());
  for (std::size_t i = 0; i < options.pollers; ++i) asio::co_spawn(io, poll_on(client, of, i), rethrow);
  asio::co_spawn(io, report(client, options, over, *said, of), rethrow);
  io.run();
  io.restart();
  asio::co_spawn(io, client.close(), rethrow);
  io.run();

  over.judge();
  std::vector<std::string> problems = over.problems();
  for (const std::string& each : said->unexplained()) problems.push_back("unexplained: " + each);
  problems.insert(problems.end(), of.wrong.begin(), of.wrong.end());
  if (of.listings == 0) problems.emplace_back("no listing was complete");
  if (said->faults() == 0) problems.emplace_back("no fault applied");
  if (client.metrics().transport.open != 0) problems.emplace_back("a connection is left open");
  return problems;
}

}  // namespace

int soak(const soak_options& options) {
  const std::size_t descriptors_before = open_descriptors();
  std::vector<std::string> problems = run(options, descriptors_before);
  const std::size_t descriptors_after = open_descriptors();
  if (descriptors_after != descriptors_before)
    problems.push_back(std::to_string(descriptors_before) + " descriptors before, " +
                       std::to_string(descriptors_after) + " after");
  for (const std::string& each : problems) std::cerr << "mwaa-serverless-bench: " << each << '\n';
  return problems.empty() ? 0 : 1;
}

}  // namespace bench
