// Credentials fetched once for all who ask.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/result.hpp>
#include <string_view>

namespace mwaa_serverless::sources {

/// A provider of this library's: ends by its deadline and returns keys or an error. Any other may do anything.
class own_provider : public credentials_provider {
 public:
  /// What get() would return without waiting or fetching; null when only get() can tell.
  [[nodiscard]] virtual std::shared_ptr<const credentials> at_hand() = 0;
};

/// What `from` returns by `deadline`, also when it is a user's and does not keep to its contract. `who` has static
/// lifetime and names it in errors.
[[nodiscard]] boost::asio::awaitable<result<std::shared_ptr<const credentials>>> ask_provider(
    std::string_view who, std::shared_ptr<credentials_provider> from, std::shared_ptr<clock> time,
    clock::time_point deadline);

/// Fetches anew each time. The deadline is by provider_options::time. Errors whose codes the client would retry are
/// transient, see is_transient().
using fetch_function =
    std::function<boost::asio::awaitable<result<std::shared_ptr<const credentials>>>(clock::time_point deadline)>;

/// Throws exception(errc::invalid_configuration) naming an option. `options` with its defaults filled in.
[[nodiscard]] provider_options checked(provider_options options);

/// `options` as checked() returned them.
[[nodiscard]] std::shared_ptr<credentials_provider> make_cached(fetch_function fetch, const provider_options& options);

}  // namespace mwaa_serverless::sources
