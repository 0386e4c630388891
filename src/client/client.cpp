#include <mwaa_serverless/client.hpp>
#include <utility>

#include "client/client_state.hpp"
#include "protocol/aws_json.hpp"

namespace mwaa_serverless {

namespace {

template <class Response>
void set_request_id(void* out, std::string id) {
  static_cast<Response*>(out)->request_id = std::move(id);
}

// A free function, so that the awaitable owns everything and outlives the client object that made it.
boost::asio::awaitable<list_task_instances_response> call_list_task_instances(std::shared_ptr<client_state> state,
                                                                              list_task_instances_request request,
                                                                              call_options options) {
  if (auto wrong = protocol::validate(request)) {
    wrong->operation = protocol::list_task_instances.name;
    throw exception(*std::move(wrong));
  }
  const std::string body = protocol::encode(request);
  list_task_instances_response response;
  const client_state::decoder decode{protocol::list_task_instances_response_format,
                                     &set_request_id<list_task_instances_response>};
  auto failure = co_await state->perform(protocol::list_task_instances, body, options, decode, &response);
  if (failure) throw exception(*std::move(failure));
  co_return std::move(response);
}

boost::asio::awaitable<void> call_prewarm(std::shared_ptr<client_state> state, std::size_t connections) {
  auto failure = co_await state->prewarm(connections);
  if (failure) throw exception(*std::move(failure));
}

boost::asio::awaitable<void> call_close(std::shared_ptr<client_state> state) {
  co_await state->close();
}

}  // namespace

gate_metrics::gate_metrics() = default;
client_metrics::client_metrics() = default;

client::client(boost::asio::any_io_executor executor, client_config config)
    : state_(std::make_shared<client_state>(std::move(executor), std::move(config))) {}

boost::asio::awaitable<list_task_instances_response> client::list_task_instances(list_task_instances_request request,
                                                                                 call_options options) const {
  return call_list_task_instances(state_, std::move(request), std::move(options));
}

list_task_instances_paginator client::paginate_list_task_instances(list_task_instances_request request,
                                                                   call_options options) const {
  return {*this, std::move(request), std::move(options)};
}

boost::asio::awaitable<void> client::prewarm(std::size_t connections) const {
  return call_prewarm(state_, connections);
}

boost::asio::awaitable<void> client::close() const {
  return call_close(state_);
}

void client::reset_throttling() const {
  state_->reset_throttling();
}

client_metrics client::metrics() const {
  return state_->metrics();
}

}  // namespace mwaa_serverless
