// The emulator as a client's network, without a network.
#pragma once

#include <memory>
#include <mwaa_serverless/transport.hpp>

namespace mwaa_serverless::testing {

class emulator_state;

[[nodiscard]] std::shared_ptr<transport> make_in_memory_transport(std::shared_ptr<emulator_state> service);

}  // namespace mwaa_serverless::testing
