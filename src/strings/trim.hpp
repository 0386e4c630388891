// Text without what surrounds it.
#pragma once

#include <algorithm>
#include <string_view>

namespace mwaa_serverless::strings {

[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

}  // namespace mwaa_serverless::strings
