// The administrative path of an emulator_server: other processes steer the emulator by unsigned JSON below `/-/`.
#pragma once

#include "testing/emulator_state.hpp"
#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

/// Whether `request` is for the emulator itself and not for the service, which has no such path.
[[nodiscard]] bool is_steering(const incoming_request& request) noexcept;

/// Does what `request` asks for. `from_this_machine`: it came over a loopback connection.
[[nodiscard]] reply steer(emulator_state& emulator, const incoming_request& request, bool from_this_machine);

}  // namespace mwaa_serverless::testing
