// What a client of an emulator in virtual time is made with.
#pragma once

#include <chrono>
#include <mwaa_serverless/client.hpp>

#include "support/emulated_service.hpp"

namespace test {

inline mwaa_serverless::client_config config_for(const emulated_service& service) {
  mwaa_serverless::client_config config;
  config.region = "us-east-1";
  config.endpoint_url = "http://localhost:1";
  config.credentials = mwaa_serverless::make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
  config.time = service.time;
  config.network = service.network;
  config.random = [] { return 0.5; };
  config.attempt_timeout = std::chrono::seconds{1};
  return config;
}

inline mwaa_serverless::list_task_instances_request request_for(const char* run_id) {
  return {mwaa_serverless::testing::emulator::default_workflow_arn, run_id};
}

}  // namespace test
