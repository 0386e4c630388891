#include <mwaa_serverless/async_generator.hpp>
#include <stdexcept>
#include <string>

namespace mwaa_serverless::detail {

void throw_collect_limit(std::size_t max) {
  throw std::length_error("mwaa_serverless::collect: the stream has more than " + std::to_string(max) + " values");
}

}  // namespace mwaa_serverless::detail
