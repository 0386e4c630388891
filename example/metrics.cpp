// A client's attempts and operations as Prometheus metrics. Takes its settings from the environment, as report.cpp
// does.
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

namespace {

/// Labels have few values each: no run, no request id. prometheus-cpp's families may be used from all threads at once.
class prometheus_observer final : public mwaa::observer {
 public:
  explicit prometheus_observer(prometheus::Registry& registry)
      : attempts_(prometheus::BuildCounter()
                      .Name("mwaa_serverless_attempts_total")
                      .Help("Attempts, by what they ended in.")
                      .Register(registry)),
        attempt_seconds_(prometheus::BuildHistogram()
                             .Name("mwaa_serverless_attempt_seconds")
                             .Help("From asking for keys and a connection to the end of the response.")
                             .Register(registry)),
        gate_wait_seconds_(prometheus::BuildHistogram()
                               .Name("mwaa_serverless_gate_wait_seconds")
                               .Help("Waits at the throttle gate and the attempt gate, before an attempt.")
                               .Register(registry)),
        operations_(prometheus::BuildCounter()
                        .Name("mwaa_serverless_operations_total")
                        .Help("Operations, by what they ended in after all attempts.")
                        .Register(registry)),
        operation_seconds_(prometheus::BuildHistogram()
                               .Name("mwaa_serverless_operation_seconds")
                               .Help("All of an operation: waits and attempts.")
                               .Register(registry)),
        retry_quota_(prometheus::BuildGauge()
                         .Name("mwaa_serverless_retry_quota")
                         .Help("Tokens that the client has left for retries.")
                         .Register(registry)
                         .Add({})) {}

  void attempt_ended(const operation_id& operation, const mwaa::attempt_record& attempt) noexcept override try {
    const std::string name{operation.name};
    attempts_
        .Add({{"operation", name},
              {"code", outcome(attempt.code, attempt.aws_code)},
              {"http_status", std::to_string(attempt.http_status)}})
        .Increment();
    attempt_seconds_.Add({{"operation", name}}, buckets()).Observe(seconds(attempt.took));
    gate_wait_seconds_.Add({{"operation", name}}, buckets()).Observe(seconds(attempt.gate_wait));
    retry_quota_.Set(attempt.quota_after);
  } catch (const std::exception& e) {
    complain(e);
  }

  void operation_ended(const operation_id& operation, std::chrono::nanoseconds took,
                       const mwaa::error* failure) noexcept override try {
    const std::string name{operation.name};
    const std::string ended_in = failure != nullptr ? outcome(failure->code, failure->aws_code) : "ok";
    operations_.Add({{"operation", name}, {"outcome", ended_in}}).Increment();
    operation_seconds_.Add({{"operation", name}}, buckets()).Observe(seconds(took));
  } catch (const std::exception& e) {
    complain(e);
  }

 private:
  /// `ok`, the service's name of the error, or this library's words for what went wrong on the way.
  static std::string outcome(const boost::system::error_code& code, const std::string& aws_code) {
    if (!code) return "ok";
    return aws_code.empty() ? code.message() : aws_code;
  }
  static double seconds(std::chrono::nanoseconds value) { return std::chrono::duration<double>(value).count(); }
  static prometheus::Histogram::BucketBoundaries buckets() { return {0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 60}; }
  /// Out of memory, that is. A metric is lost, and not the program.
  static void complain(const std::exception& e) { std::cerr << "metrics: " << e.what() << '\n'; }

  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Histogram>& attempt_seconds_;
  prometheus::Family<prometheus::Histogram>& gate_wait_seconds_;
  prometheus::Family<prometheus::Counter>& operations_;
  prometheus::Family<prometheus::Histogram>& operation_seconds_;
  prometheus::Gauge& retry_quota_;
};

asio::awaitable<void> list_run(mwaa::client client, std::string workflow_arn, std::string run_id) {
  auto tasks = client.paginate_list_task_instances({workflow_arn, run_id}).with_page_size(25).items();
  int listed = 0;
  while (co_await tasks.next()) ++listed;
  std::cout << "# " << listed << " tasks\n";
  // A failure has its own line.
  (void)co_await mwaa::as_result(client.list_task_instances({workflow_arn, "another-run"}));
}

}  // namespace

int main() {
  prometheus::Registry registry;
  asio::io_context io;
  auto config = mwaa::client_config::from_environment();
  config.attempt_observer = std::make_shared<prometheus_observer>(registry);
  const mwaa::client client{io.get_executor(), std::move(config)};
  asio::co_spawn(io,
                 list_run(client, "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",
                          "run-finished"),
                 [](std::exception_ptr e) {
                   if (e) std::rethrow_exception(e);
                 });
  io.run();
  // A service hands its registry to prometheus::Exposer (from a thread of its own) or to the HTTP server that it has.
  prometheus::TextSerializer{}.Serialize(std::cout, registry.Collect());
}
