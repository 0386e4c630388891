// A listing that ends early, keeps its place, and goes on where it stopped, here in bounded steps of 100 items.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<void> in_steps(mwaa::client client, std::string workflow_arn, std::string run_id) {
  std::string place;
  std::size_t total = 0;
  do {
    auto listing = client.paginate_list_task_instances({workflow_arn, run_id}).with_page_size(40).with_max_items(100);
    if (!place.empty()) listing.with_starting_token(place);
    const auto tasks = co_await mwaa::collect(listing.items(), 100);
    total += tasks.size();
    place = listing.resume_token();  // could be stored, and taken up by another process
    std::cout << tasks.size() << " items, " << (place.empty() ? "complete" : "resume at " + place) << '\n';
  } while (!place.empty());
  std::cout << total << " items in all\n";
}

int main() {
  asio::io_context io;
  mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(io,
                 in_steps(client, "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",
                          "run-finished"),
                 [](std::exception_ptr e) {
                   if (e) std::rethrow_exception(e);
                 });
  io.run();
}
