// Text of others, safe to show: in messages, log lines and at a terminal.
#pragma once

#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

/// `text` with everything escaped that could steer a terminal or begin a new line of a log: the control characters C0
/// and C1 and DEL, the line and paragraph separators, the marks that change the direction of writing, and bytes that
/// are no UTF-8. `\n`, `\r` and `\t` as in C, other characters as `\u001b`, bytes as `\x9b`; characters of `kept` stay.
/// What was escaped once stays as it is. Does not allocate for text that is clean.
[[nodiscard]] std::string printable(std::string text, std::string_view kept = {});

}  // namespace mwaa_serverless::strings
