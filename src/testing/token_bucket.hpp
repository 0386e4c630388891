// A request quota: so many a second, so many at once.
#pragma once

#include <mwaa_serverless/clock.hpp>
#include <optional>

namespace mwaa_serverless::testing {

class token_bucket {
 public:
  /// Full at `start`. `rate` (tokens a second) 0 grants everything; `burst` 0 is one second's worth, at least one.
  token_bucket(double rate, double burst, clock::time_point start);

  /// Takes a token; nullopt when there was one, else the time until there is one.
  [[nodiscard]] std::optional<clock::time_point::duration> take(clock::time_point now);

 private:
  double rate_;
  double capacity_;
  double tokens_;
  clock::time_point filled_;
};

}  // namespace mwaa_serverless::testing
