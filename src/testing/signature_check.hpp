// Signature Version 4, from the service's side.
#pragma once

#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signing/sigv4.hpp"
#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

/// Judges signatures as AWS's front end does, with its errors and their wording.
/// May be used from any threads at once.
class signature_check {
 public:
  explicit signature_check(const emulator_options& options);

  /// nullopt when `request` is signed as it must be, with a date at most five minutes from `now`; else the error.
  [[nodiscard]] std::optional<reply> refusal(const incoming_request& request, clock::wall_time_point now) const;

 private:
  struct authorization;

  [[nodiscard]] reply front_error_of(std::string_view code, std::string_view message) const;
  [[nodiscard]] std::optional<reply> read_authorization(std::string_view header, authorization& out) const;
  [[nodiscard]] std::optional<reply> check_headers(const incoming_request& request, const authorization& by) const;
  [[nodiscard]] std::optional<reply> check_scope(const authorization& by, std::string_view amz_date) const;
  [[nodiscard]] std::optional<reply> check_key(const incoming_request& request, const authorization& by,
                                               clock::wall_time_point now) const;
  [[nodiscard]] std::optional<reply> check_date(std::string_view amz_date, clock::wall_time_point now) const;
  [[nodiscard]] std::optional<reply> check_signature(const incoming_request& request, const authorization& by,
                                                     std::string_view amz_date) const;

  std::string access_key_id_;
  std::string secret_access_key_;
  std::string session_token_;
  std::optional<clock::wall_time_point> session_token_expiration_;
  std::string region_;
  mutable signing::signer signer_;  // keeps the key of the day
  int status_;
};

}  // namespace mwaa_serverless::testing
