// The AWS CLI's shorthand for structures and maps: `Bucket=b,ObjectKey=k`, `Variables={A=b,C=d}`.
#pragma once

#include <boost/json/object.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocol/describe.hpp"

namespace mwaa_serverless::cli {

/// Says what was expected where, in the AWS CLI's words.
class shorthand_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads `text`, which is UTF-8. Values are text, lists and objects of these; after `@=` a value may name a file.
/// Throws shorthand_error and parameter_file_error.
[[nodiscard]] boost::json::object parse_shorthand(std::string_view text);

/// Makes of the texts in `value` what `type` has there: numbers, booleans, lists of one element. What does not fit
/// stays as it is, for the check of the parameters to find. Throws shorthand_error.
void fit_shorthand(boost::json::value& value, const protocol::value_type& type);

/// `text` without the blanks around it, as Python's str.strip().
[[nodiscard]] std::string_view stripped(std::string_view text) noexcept;

}  // namespace mwaa_serverless::cli
