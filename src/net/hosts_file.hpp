// The hosts file of the system: names that no name server is asked for.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::net {

/// All addresses that `file` gives for `name`, as text, in the order of the file and each once (hosts(5)). Case and a
/// final dot of the name make no difference. c-ares' own function stops at the first line that names the host.
[[nodiscard]] std::vector<std::string> addresses_in_hosts(std::istream& file, std::string_view name);

}  // namespace mwaa_serverless::net
