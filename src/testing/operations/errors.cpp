#include <mwaa_serverless/error.hpp>

#include "testing/operations/handlers.hpp"

namespace mwaa_serverless::testing {

namespace {

error about(std::string_view message, std::string_view id, std::string_view type) {
  error out;
  out.message = message;
  out.resource_id = quotable(id);
  out.resource_type = std::string{"AWS::MWAAServerless::"}.append(type);
  return out;
}

}  // namespace

reply conflict(std::string_view message, std::string_view id, std::string_view type) {
  return service_error("ConflictException", about(message, id, type));
}

reply over_quota(std::string_view message, std::string_view id, std::string_view type, std::string_view quota_code) {
  error out = about(message, id, type);
  out.service_code = signing_name;
  out.quota_code = quota_code;
  return service_error("ServiceQuotaExceededException", std::move(out));
}

reply not_found(std::string_view message, std::string_view id, std::string_view type) {
  return service_error("ResourceNotFoundException", about(message, id, type));
}

}  // namespace mwaa_serverless::testing
