#include "net/hosts_file.hpp"

#include <algorithm>
#include <istream>

#include "strings/ascii_case.hpp"

namespace mwaa_serverless::net {

namespace {

std::string_view without_final_dot(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::string_view take_word(std::string_view& line) noexcept {
  constexpr std::string_view blanks = " \t\r\v\f";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<std::string> addresses_in_hosts(std::istream& file, std::string_view name) {
  std::vector<std::string> out;
  const std::string_view wanted = without_final_dot(name);
  if (wanted.empty()) return out;
  std::string text;
  while (std::getline(file, text)) {
    std::string_view line{text};
    line = line.substr(0, line.find('#'));
    const std::string_view address = take_word(line);
    bool named = false;
    for (auto each = take_word(line); !each.empty(); each = take_word(line))
      named = named || strings::equal_ignoring_case(without_final_dot(each), wanted);
    if (named && std::find(out.begin(), out.end(), address) == out.end()) out.emplace_back(address);
  }
  return out;
}

}  // namespace mwaa_serverless::net
