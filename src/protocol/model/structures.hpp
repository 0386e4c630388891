// Definitions that each file of tables needs.
#pragma once

#include <ostream>

#include "protocol/describe.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/model/enumerator_names.hpp"

// The description of `type` is the table `type_members` (and `true` when it is a union): in the namespace protocol.
#define MWAA_SERVERLESS_DESCRIBE(type, ...) \
  template <>                               \
  constinit const structure described<type>::value{type##_members __VA_OPT__(, ) __VA_ARGS__};

// operator<< of `type`: in the namespace mwaa_serverless.
#define MWAA_SERVERLESS_PRINT(type)                                    \
  std::ostream& operator<<(std::ostream& out, const type& value) {     \
    return out << protocol::for_logs(protocol::structure_view{value}); \
  }

// The names of an enum, of which `last` is the last value: in the namespace mwaa_serverless.
#define MWAA_SERVERLESS_ENUM(type, last)                                         \
  template <>                                                                    \
  std::span<const std::string_view> open_enum<type##_values>::names() noexcept { \
    return enumerator_names<type##_values, type##_values::last>;                 \
  }
