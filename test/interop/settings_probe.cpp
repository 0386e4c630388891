// Prints what client_config::from_environment() makes of its environment and files, as JSON, for settings_test.py.
// usage: settings_probe [PROFILE]
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;
namespace mwaa = mwaa_serverless;

namespace {

asio::awaitable<void> fetch(std::shared_ptr<mwaa::credentials_provider> from, json::object& into) {
  const auto keys = co_await from->get(mwaa::clock::time_point::max());
  if (!keys) {
    if (keys.error().code != mwaa::errc::no_credentials) into["error"] = keys.error().message;
    co_return;
  }
  into["access_key"] = (*keys)->access_key_id();
  into["secret_key"] = (*keys)->secret_access_key();
  into["token"] = (*keys)->session_token();
  into["source"] = (*keys)->source();
}

}  // namespace

int main(int argc, char** argv) {
  json::object out;
  try {
    const auto config = mwaa::client_config::from_environment(argc > 1 ? argv[1] : "");
    out["region"] = config.region;
    out["mode"] = std::string{to_string(config.retry.mode)};
    out["attempts"] = config.retry.max_attempts;
    out["endpoint"] = config.endpoint_url;
    if (config.credentials) {
      asio::io_context io;
      asio::co_spawn(io, fetch(config.credentials, out), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
      });
      io.run();
    }
  } catch (const mwaa::exception& e) {
    out["error"] = e.details().message;
  }
  std::cout << json::serialize(out) << '\n';
}
