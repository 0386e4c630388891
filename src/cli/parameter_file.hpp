// Parameters whose value is in a file.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace mwaa_serverless::cli {

/// A file that cannot be read, is no UTF-8, or gives bytes where text is wanted.
class parameter_file_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `value` itself, or what is in the file that it names as `file://PATH` or `fileb://PATH`, as the AWS CLI reads it:
/// `~`, `~NAME` and `$VARIABLE` in PATH are expanded, and the line ends of file:// become `\n`. Throws
/// parameter_file_error.
[[nodiscard]] std::string value_or_file(std::string value, bool takes_bytes);
/// The same; throws failure that names `flag`.
[[nodiscard]] std::string value_or_file_of(std::string_view flag, std::string value, bool takes_bytes);

}  // namespace mwaa_serverless::cli
