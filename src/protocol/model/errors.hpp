// The errors that the service's model names, and their members.
#pragma once

#include <array>
#include <mwaa_serverless/error.hpp>
#include <span>
#include <string_view>

#include "protocol/model/rules.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<field_error>::value;

/// The members that the modelled errors have among them, beside `Message`.
namespace error_members {

inline constexpr auto resource_id = member<&error::resource_id>("ResourceId", required);
inline constexpr auto resource_type = member<&error::resource_type>("ResourceType", required);
inline constexpr auto service_code = member<&error::service_code>("ServiceCode", required);
inline constexpr auto quota_code = member<&error::quota_code>("QuotaCode", required);
inline constexpr auto retry_after = member<&error::retry_after>("RetryAfterSeconds");
inline constexpr auto reason = member<&error::reason>("Reason", required);
inline constexpr auto field_list = member<&error::field_list>("FieldList");

inline constexpr std::array all{resource_id, resource_type, service_code, quota_code, retry_after, reason, field_list};

}  // namespace error_members

class modelled_error {
 public:
  constexpr modelled_error(std::string_view name_value, errc code_value, int status_value,
                           std::span<const member_row> members_value)
      : name(name_value), code(code_value), http_status(status_value), members{members_value} {}

  std::string_view name;
  errc code;
  int http_status;
  structure members;  ///< Of `error`, `Message` first.
};

[[nodiscard]] std::span<const modelled_error> modelled_errors() noexcept;
/// Null when the model has no such error.
[[nodiscard]] const modelled_error* find_error(std::string_view name) noexcept;
/// The one that comes with that HTTP status.
[[nodiscard]] const modelled_error* find_error(int http_status) noexcept;

}  // namespace mwaa_serverless::protocol
