#include <mwaa_serverless/client.hpp>
#include <utility>

#include "client/client_state.hpp"
#include "client/perform.hpp"

namespace mwaa_serverless {

namespace {

// Free functions, as perform().
boost::asio::awaitable<void> call_prewarm(std::shared_ptr<client_state> state, std::size_t connections) {
  const auto opened = co_await state->prewarm(connections);
  opened.value();
}

boost::asio::awaitable<void> call_close(std::shared_ptr<client_state> state) {
  co_await state->close();
}

}  // namespace

gate_metrics::gate_metrics() = default;
client_metrics::client_metrics() = default;

client::client(boost::asio::any_io_executor executor, client_config config)
    : state_(std::make_shared<client_state>(std::move(executor), std::move(config))) {}

boost::asio::any_io_executor client::get_executor() const noexcept {
  return state_->executor();
}

template <class Request>
boost::asio::awaitable<typename Request::response_type> client::perform(Request request, call_options options) const {
  return mwaa_serverless::perform(state_, std::move(request), std::move(options));
}

template <class Request>
paginator<Request> client::paginate(Request request, call_options options) const {
  return {state_, std::move(request), std::move(options)};
}

#define MWAA_SERVERLESS_PERFORM(Name, snake, what, ...)                                                         \
  template boost::asio::awaitable<snake##_response> client::perform(snake##_request, call_options) const;       \
  boost::asio::awaitable<snake##_response> client::snake(snake##_request request, call_options options) const { \
    return mwaa_serverless::perform(state_, std::move(request), std::move(options));                            \
  }                                                                                                             \
  __VA_OPT__(template paginator<snake##_request> client::paginate(snake##_request, call_options) const;         \
             paginator<snake##_request> client::paginate_##snake(snake##_request request, call_options options) \
                 const { return {state_, std::move(request), std::move(options)}; })
MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_PERFORM)
#undef MWAA_SERVERLESS_PERFORM

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
