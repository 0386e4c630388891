// A clock of a user's beside sockets and programs, which live in the machine's time.
#pragma once

#include <chrono>
#include <mwaa_serverless/clock.hpp>

namespace mwaa_serverless::async {

/// `when` of `time` as std::chrono::steady_clock says it: the two clocks may begin anywhere.
[[nodiscard]] inline clock::time_point machine_time(const clock& time, clock::time_point when) {
  if (when == clock::time_point::max()) return when;
  // In this order: when the machine's limit has passed, that of `time` has.
  const auto there = time.now();
  const auto here = std::chrono::steady_clock::now();
  if (when <= there) return here;
  // The machine's time is positive: what is left may be more than fits behind it.
  constexpr std::chrono::hours century{24 * 366 * 100};
  return when - century > there ? clock::time_point::max() : here + (when - there);
}

}  // namespace mwaa_serverless::async
