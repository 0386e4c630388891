// An emulator on a loopback port, served by a thread of its own: for benchmarks and tests whose client has the other.
#pragma once

#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <string>
#include <thread>
#include <utility>

namespace mwaa_serverless::testing {

class local_service {
 public:
  explicit local_service(emulator_options options, bool tls = false)
      : emulator(std::move(options)), server_(io_.get_executor(), emulator, with(tls)) {
    if (tls) {
      certificate_ =
          std::filesystem::temp_directory_path() / ("mwaa_serverless_local_service." + std::to_string(::getpid()) +
                                                    "." + std::to_string(server_.port()) + ".pem");
      std::ofstream{certificate_} << server_.certificate_pem();
    }
    thread_ = std::thread{[this] { io_.run(); }};
  }
  local_service(const local_service&) = delete;
  local_service& operator=(const local_service&) = delete;
  ~local_service() {
    server_.stop();
    thread_.join();
    std::error_code ignored;
    if (!certificate_.empty()) std::filesystem::remove(certificate_, ignored);
  }

  /// For a client of this service.
  [[nodiscard]] client_config config() const {
    client_config out;
    out.region = "us-east-1";
    out.endpoint_url = server_.endpoint_url();
    out.ca_bundle = certificate_;
    out.credentials = make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
    return out;
  }
  [[nodiscard]] const std::string& certificate_pem() const { return server_.certificate_pem(); }

 private:
  static emulator_server_options with(bool tls) {
    emulator_server_options out;
    out.tls = tls;
    return out;
  }

  boost::asio::io_context io_{1};

 public:
  testing::emulator emulator;

 private:
  emulator_server server_;
  std::filesystem::path certificate_;
  std::thread thread_;
};

}  // namespace mwaa_serverless::testing
