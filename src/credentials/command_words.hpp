// A command as words, split as by a shell, without one.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::sources {

/// As botocore splits a credential_process (Python's shlex.split): white space between words; '...' as it stands;
/// "..." in which a backslash keeps `"` and `\`; elsewhere a backslash keeps any character; parts without a gap join.
/// Nothing is expanded. errc::invalid_configuration names the rule and repeats nothing of the command, which may hold
/// secrets.
[[nodiscard]] result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace mwaa_serverless::sources
