// Fetching the credentials of a plan, once and uncached.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>

#include "async/random_source.hpp"
#include "sources/http_client.hpp"
#include "sources/plan.hpp"

namespace mwaa_serverless::sources {

/// What a provider's fetches share.
class fetch_context {
 public:
  explicit fetch_context(provider_options options_value) : options(std::move(options_value)), random(options.random) {}

  [[nodiscard]] clock& time() const noexcept { return *options.time; }

  const provider_options options;  ///< As checked() returns them.
  async::random_source random;
};

// Each source. Their arguments outlive the awaitable. Errors: errc::credentials_failed when the source refuses or is
// not usable as configured; errc::no_credentials when it is not there or has none; those of the transport, which pass.
// No message holds a secret.
using fetched = boost::asio::awaitable<result<credentials>>;
[[nodiscard]] fetched fetch_from(const static_keys& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const assume_role& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const web_identity& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const sso& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const login_session& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const credential_process& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const container& from, fetch_context& with, clock::time_point deadline);
[[nodiscard]] fetched fetch_from(const instance& from, fetch_context& with, clock::time_point deadline);
/// With the keys of the role's base.
[[nodiscard]] fetched fetch_role(const assume_role_options& from, const credentials& base, fetch_context& with,
                                 clock::time_point deadline);

/// Whatever the plan is, its base included. When a chain ends in a source that has none, the error tells the sources
/// that came before too.
[[nodiscard]] fetched fetch(const plan& from, fetch_context& with, clock::time_point deadline);

/// The region that the instance is in.
[[nodiscard]] boost::asio::awaitable<result<std::string>> fetch_region(const instance& from, fetch_context& with,
                                                                       clock::time_point deadline);

}  // namespace mwaa_serverless::sources
