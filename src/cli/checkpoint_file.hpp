// Where a watch keeps its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mwaa_serverless::cli {

/// nullopt when there is no such file. Throws failure naming a file that cannot be read.
[[nodiscard]] std::optional<std::string> read_checkpoint(const std::string& path);
/// Puts `bytes` in place of what is there, whole or not at all. Throws failure naming a file that cannot be written.
void write_checkpoint(const std::string& path, std::string_view bytes);

}  // namespace mwaa_serverless::cli
