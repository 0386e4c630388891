#include <mwaa_serverless/credentials_provider.hpp>
#include <utility>

namespace mwaa_serverless {

namespace {

class static_credentials final : public credentials_provider {
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
  return std::make_shared<static_credentials>(std::move(value));
}

}  // namespace mwaa_serverless
