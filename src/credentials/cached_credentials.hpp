// Credentials fetched once for all who ask.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mwaa_serverless/credentials_provider.hpp>

namespace mwaa_serverless::sources {

/// Fetches anew each time. The deadline is by provider_options::time. Errors whose codes the client would retry are
/// passing, see is_passing().
using fetch_function =
    std::function<boost::asio::awaitable<result<std::shared_ptr<const credentials>>>(clock::time_point deadline)>;

/// Throws exception(errc::invalid_configuration) naming an option. `options` with its defaults filled in.
[[nodiscard]] provider_options checked(provider_options options);

/// `options` as checked() returned them.
[[nodiscard]] std::shared_ptr<credentials_provider> make_cached(fetch_function fetch, const provider_options& options);

}  // namespace mwaa_serverless::sources
