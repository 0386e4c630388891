// The signature that a request should carry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

/// Signature Version 4 of a request as it arrived, and the texts that it is made from.
class expected_signature {
 public:
  /// `signed_headers` are lower-case names in order, each of them in `request`; `amz_date` is its x-amz-date.
  expected_signature(const incoming_request& request, const std::vector<std::string_view>& signed_headers,
                     std::string_view amz_date, std::string_view region, std::string_view secret_access_key);

  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};

}  // namespace mwaa_serverless::testing
