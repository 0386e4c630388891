#include "protocol/model/errors.hpp"

#include <algorithm>

namespace mwaa_serverless::protocol {

namespace {

using namespace error_members;

constexpr std::array field{
    member<&field_error::name>("Name", required),
    member<&field_error::message>("Message", error_message.must()),
};

constexpr auto message = member<&error::message>("Message", error_message.must());
constexpr std::array only_message{message};
constexpr std::array of_timeout{member<&error::message>("Message", error_message)};
constexpr std::array of_resource{message, resource_id, resource_type};
constexpr std::array of_quota{message, resource_id, resource_type, service_code, quota_code};
constexpr std::array of_throttling{message, service_code, quota_code, retry_after};
constexpr std::array of_server{message, retry_after};
constexpr std::array of_validation{message, reason, field_list};

constexpr std::array errors{
    modelled_error{"AccessDeniedException", errc::access_denied, 403, only_message},
    modelled_error{"ConflictException", errc::conflict, 409, of_resource},
    modelled_error{"InternalServerException", errc::internal_server, 500, of_server},
    modelled_error{"OperationTimeoutException", errc::service_timeout, 504, of_timeout},
    modelled_error{"ResourceNotFoundException", errc::resource_not_found, 404, of_resource},
    modelled_error{"ServiceQuotaExceededException", errc::service_quota_exceeded, 402, of_quota},
    modelled_error{"ThrottlingException", errc::throttled, 429, of_throttling},
    modelled_error{"ValidationException", errc::validation, 400, of_validation},
};

template <class Is>
const modelled_error* find_if(Is is) noexcept {
  const auto* const found = std::find_if(errors.begin(), errors.end(), is);
  return found == errors.end() ? nullptr : found;
}

}  // namespace

template <>
constinit const structure described<field_error>::value{field};

std::span<const modelled_error> modelled_errors() noexcept {
  return errors;
}

const modelled_error* find_error(std::string_view name) noexcept {
  return find_if([=](const modelled_error& each) { return each.name == name; });
}

const modelled_error* find_error(int http_status) noexcept {
  return find_if([=](const modelled_error& each) { return each.http_status == http_status; });
}

}  // namespace mwaa_serverless::protocol
