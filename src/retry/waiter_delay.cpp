#include "retry/waiter_delay.hpp"

#include <algorithm>

namespace mwaa_serverless::retry {

std::chrono::nanoseconds waiter_delay(std::uint64_t look, std::chrono::nanoseconds least, std::chrono::nanoseconds most,
                                      double random) noexcept {
  std::chrono::nanoseconds longest = least;
  for (std::uint64_t i = 1; i < look && longest < most; ++i) longest = longest > most / 2 ? most : longest * 2;
  longest = std::min(longest, most);
  const auto spread = static_cast<double>((longest - least).count()) * random;
  return least + std::chrono::nanoseconds{static_cast<std::int64_t>(spread)};
}

}  // namespace mwaa_serverless::retry
