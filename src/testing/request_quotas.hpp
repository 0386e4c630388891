// How many requests the service takes.
#pragma once

#include <map>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::testing {

/// `rate` requests a second, `burst` at once.
class token_bucket {
 public:
  /// Full at `start`.
  token_bucket(const request_quota& quota, clock::time_point start);

  /// Time until there is a token; zero when there is one.
  [[nodiscard]] clock::time_point::duration wait(clock::time_point now);
  /// After a wait() of zero.
  void take() noexcept;

 private:
  double rate_;
  double capacity_;
  double tokens_;
  clock::time_point filled_;
};

/// One quota for all requests and one for each of some operations: a request needs room in both, or takes from neither.
class request_quotas {
 public:
  request_quotas(const emulator_options& options, clock::time_point start);

  /// nullopt when the request may pass, else the time until it might.
  [[nodiscard]] std::optional<clock::time_point::duration> take(std::string_view operation, clock::time_point now);

 private:
  token_bucket shared_;
  std::map<std::string, token_bucket, std::less<>> of_operations_;
};

}  // namespace mwaa_serverless::testing
