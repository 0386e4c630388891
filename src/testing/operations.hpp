// The operations of the service, as far as they are emulated.
#pragma once

#include <mwaa_serverless/clock.hpp>
#include <optional>
#include <string_view>

#include "testing/input.hpp"
#include "testing/messages.hpp"
#include "testing/page_tokens.hpp"

namespace mwaa_serverless::testing {

class world;

inline constexpr std::string_view signing_name = "airflow-serverless";

struct page_limits {
  int default_size = 20;
  int max_size = 100;
};

/// What the operations work on.
class surroundings {
 public:
  surroundings(const world& in_value, const page_tokens& tokens_value, page_limits limits_value,
               clock::time_point now_value)
      : in(in_value), tokens(tokens_value), limits(limits_value), now(now_value) {}

  const world& in;
  const page_tokens& tokens;
  const page_limits limits;
  const clock::time_point now;
};

/// The answer to `body`, which `members` were read from; nullopt when `operation` is not emulated.
[[nodiscard]] std::optional<reply> perform(std::string_view operation, const input& members, std::string_view body,
                                           const surroundings& around);

}  // namespace mwaa_serverless::testing
