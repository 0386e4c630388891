// An operation of the client, whatever its request.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/error.hpp>
#include <utility>

#include "client/call.hpp"
#include "client/client_state.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless {

/// A free function, so that the awaitable owns everything and outlives the client object that made it.
template <class Request>
boost::asio::awaitable<typename Request::response_type> perform(std::shared_ptr<client_state> state, Request request,
                                                                call_options options) {
  typename Request::response_type response;
  const protocol::structure_place given{request};
  const protocol::structure_place wanted{response};
  maybe_error failure = co_await call::perform(*state, protocol::operation_of<Request>::value, given, options, wanted,
                                               response.request_id);
  if (failure) call::raise(std::move(failure));
  co_return std::move(response);
}

}  // namespace mwaa_serverless
