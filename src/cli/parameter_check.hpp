// What AWS's tools refuse before they send anything.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "protocol/describe.hpp"

namespace mwaa_serverless::cli {

/// What is wrong with the members of a request: types, names that are not known, members that are missing, lengths and
/// numbers under the model's minimum, unions without exactly one member. One line each, in botocore's words, but for
/// sensitive values, which are `***`. Empty when nothing is.
[[nodiscard]] std::string check_parameters(const boost::json::object& given, const protocol::structure& members);

/// A value of `type` may hold something sensitive: messages do not show it.
[[nodiscard]] bool holds_secrets(const protocol::value_type& type, const protocol::rules& check) noexcept;

/// Of the Python value that `value` is for the AWS CLI, such as `dict`.
[[nodiscard]] std::string_view python_type(const boost::json::value& value) noexcept;

}  // namespace mwaa_serverless::cli
