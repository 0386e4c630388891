// Samples of requests and responses (`--generate-cli-skeleton`).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

#include "protocol/describe.hpp"

namespace mwaa_serverless::cli {

enum class sample : std::uint8_t {
  request,   ///< Text is empty, or the first of the model's values.
  response,  ///< Text is the name of its member.
};

/// All members, with lists and maps of one entry, as botocore's ArgumentGenerator makes them.
[[nodiscard]] boost::json::object make_skeleton(const protocol::structure& of, sample what);

}  // namespace mwaa_serverless::cli
