#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/result.hpp>
#include <vector>

#include "allocation/counted.hpp"
#include "benchmarks.hpp"
#include "collected.hpp"
#include "print_figures.hpp"
#include "task_page.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using steady = std::chrono::steady_clock;

namespace {

/// A service that answers at once, with the same full page forever.
class one_page_for_ever final : public mwaa::transport {
 public:
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    mwaa::http_response response;
    response.status = 200;
    response.body = task_page(++pages_);
    co_return response;
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

 private:
  std::uint64_t pages_ = 0;
};

class item_counts {
 public:
  item_counts() = default;

  std::vector<double> ns_per_item;
  std::size_t allocations = 0;
};

asio::awaitable<void> iterate(mwaa::client client, int rounds, item_counts& counts) {
  auto tasks =
      client.paginate_list_task_instances({"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/w", "r"})
          .items();
  for (int round = 0; round < rounds; ++round) {
    (void)co_await tasks.next();  // fetches the page
    std::size_t sum = 0;
    const std::size_t allocations = test::allocations();
    const auto started = steady::now();
    {
      const collected instructions;
      for (std::size_t i = 1; i < page_items; ++i) {
        const auto task = co_await tasks.next();
        sum += task->task_instance_id.size();
      }
    }
    const std::chrono::duration<double, std::nano> took = steady::now() - started;
    counts.allocations += test::allocations() - allocations;
    if (sum == 0) std::terminate();  // the items must be used, or the compiler may drop them
    counts.ns_per_item.push_back(took.count() / (page_items - 1));
  }
}

}  // namespace

int items(int rounds, format output) {
  mwaa::client_config config;
  config.region = "us-east-1";
  config.credentials = mwaa::make_static_credentials({"AKID", "secret"});
  config.network = std::make_shared<one_page_for_ever>();
  asio::io_context io{1};
  item_counts counts;
  std::exception_ptr failure;
  asio::co_spawn(io, iterate(mwaa::client{io.get_executor(), config}, rounds, counts),
                 [&](std::exception_ptr e) { failure = e; });
  io.run();
  if (failure) std::rethrow_exception(failure);
  auto& ns_per_item = counts.ns_per_item;
  std::sort(ns_per_item.begin(), ns_per_item.end());
  const boost::json::object figures{
      {"benchmark", "items"},
      {"rounds", rounds},
      {"operations", static_cast<std::size_t>(rounds) * (page_items - 1)},
      {"p50_ns_per_item", ns_per_item[ns_per_item.size() / 2]},
      {"p99_ns_per_item", ns_per_item[ns_per_item.size() * 99 / 100]},
      {"allocations", counts.allocations},
  };
  print(figures, output);
  return 0;
}

}  // namespace bench
