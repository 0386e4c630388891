// A command line as the words that a program is started with.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::config {

/// Splits as botocore does outside of Windows, which is Python's shlex.split: words end at blanks, tabs and line ends;
/// '...' keeps everything as it is; in "..." a backslash counts before `"` and `\` alone; elsewhere it keeps the
/// character after it, whichever it is. Parts that touch make one word; quotes around nothing make an empty one. There
/// are no comments, and nothing is expanded. Unlike Python, no word may hold a NUL: it could not reach the program.
///
/// errc::invalid_configuration names the rule that was broken and no part of the command, which may hold secrets.
[[nodiscard]] result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace mwaa_serverless::config
