#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <vector>

#include "benchmarks.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using steady = std::chrono::steady_clock;

namespace {

constexpr int page_items = 100;

/// A service that answers at once, with the same full page forever.
class one_page_for_ever final : public mwaa::transport {
 public:
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    mwaa::http_response response;
    response.status = 200;
    response.body = body();
    co_return response;
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

 private:
  std::string body() {
    std::string out = R"({"NextToken":"page-)" + std::to_string(++pages_) + R"(","TaskInstances":[)";
    for (int i = 0; i < page_items; ++i) {
      if (i > 0) out += ',';
      out +=
          R"({"WorkflowArn":"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",)"
          R"("WorkflowVersion":"3f2a9c1d5e7b48609a1b2c3d4e5f6071","RunId":"run-finished","TaskInstanceId":"load_table_)" +
          std::to_string(1000 + i) + R"(","Status":"SUCCESS","DurationInSeconds":42,"OperatorName":"GlueJobOperator"})";
    }
    return out + "]}";
  }
  std::uint64_t pages_ = 0;
};

asio::awaitable<void> iterate(mwaa::client client, int rounds, std::vector<double>& ns_per_item) {
  auto tasks =
      client.paginate_list_task_instances({"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/w", "r"})
          .items();
  for (int round = 0; round < rounds; ++round) {
    (void)co_await tasks.next();  // fetches the page
    std::size_t sum = 0;
    const auto started = steady::now();
    for (int i = 1; i < page_items; ++i) {
      const auto task = co_await tasks.next();
      sum += task->task_instance_id.size();
    }
    const std::chrono::duration<double, std::nano> took = steady::now() - started;
    if (sum == 0) std::terminate();  // the items must be used, or the compiler may drop them
    ns_per_item.push_back(took.count() / (page_items - 1));
  }
}

}  // namespace

int items(int rounds, format output) {
  mwaa::client_config config;
  config.region = "us-east-1";
  config.credentials = mwaa::make_static_credentials({"AKID", "secret"});
  config.network = std::make_shared<one_page_for_ever>();
  asio::io_context io{1};
  std::vector<double> ns_per_item;
  std::exception_ptr failure;
  asio::co_spawn(io, iterate(mwaa::client{io.get_executor(), config}, rounds, ns_per_item),
                 [&](std::exception_ptr e) { failure = e; });
  io.run();
  if (failure) std::rethrow_exception(failure);
  std::sort(ns_per_item.begin(), ns_per_item.end());
  const boost::json::object figures{
      {"benchmark", "items"},
      {"rounds", rounds},
      {"items_per_round", page_items - 1},
      {"p50_ns_per_item", ns_per_item[ns_per_item.size() / 2]},
      {"p99_ns_per_item", ns_per_item[ns_per_item.size() * 99 / 100]},
  };
  if (output == format::json) {
    std::cout << boost::json::serialize(figures) << '\n';
  } else {
    for (const auto& figure : figures) std::cout << figure.key() << ": " << figure.value() << '\n';
  }
  return 0;
}

}  // namespace bench
