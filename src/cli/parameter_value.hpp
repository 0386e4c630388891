// The values of parameters, as the AWS CLI reads them.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

/// The value that `words` mean: one word, or any number for a list. Text as it is, numbers, JSON, shorthand, and what
/// is in a file (file://, fileb://). Throws failure that names the parameter.
[[nodiscard]] boost::json::value read_parameter(const parameter& of, std::vector<std::string> words);

/// The members of a request that `--cli-input-json given` has. Throws failure.
[[nodiscard]] boost::json::object read_input_json(const std::string& given);

}  // namespace mwaa_serverless::cli
