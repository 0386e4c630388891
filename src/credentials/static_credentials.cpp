#include <mwaa_serverless/credentials_provider.hpp>
#include <utility>

#include "credentials/cached_credentials.hpp"

namespace mwaa_serverless {

namespace {

class static_credentials final : public sources::own_provider {
 public:
  explicit static_credentials(credentials value) : value_(std::make_shared<const credentials>(std::move(value))) {}

  boost::asio::awaitable<result<std::shared_ptr<const credentials>>> get(clock::time_point /*deadline*/) override {
    co_return value_;
  }

 private:
  std::shared_ptr<const credentials> value_;
};

}  // namespace

std::shared_ptr<credentials_provider> make_static_credentials(credentials value) {
  if (value.access_key_id().empty() || value.secret_access_key().empty())
    throw exception(error(errc::invalid_configuration,
                          "make_static_credentials: the credentials are empty; they were moved from before"));
  return std::make_shared<static_credentials>(std::move(value));
}

}  // namespace mwaa_serverless
