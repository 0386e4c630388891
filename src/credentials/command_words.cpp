#include "credentials/command_words.hpp"

#include <utility>

namespace mwaa_serverless::sources {

namespace {

error refused(const char* rule) {
  return {errc::invalid_configuration, std::string{"the command cannot be split into words: "} + rule};
}

}  // namespace

result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else if (c == '\'') {
      const auto end = command.find('\'', i + 1);
      if (end == std::string_view::npos) return refused("a single quotation mark has no counterpart");
      word += command.substr(i + 1, end - i - 1);
      i = end;
      in_word = true;
    } else if (c == '"') {
      in_word = true;
      for (++i; i < command.size() && command[i] != '"'; ++i) {
        const bool escapes =
            command[i] == '\\' && i + 1 < command.size() && (command[i + 1] == '"' || command[i + 1] == '\\');
        if (escapes) ++i;
        word += command[i];
      }
      if (i == command.size()) return refused("a double quotation mark has no counterpart");
    } else if (c == '\\') {
      if (++i == command.size()) return refused("nothing follows the last backslash");
      word += command[i];
      in_word = true;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  if (words.empty() || words.front().empty()) return refused("it names no program");
  return words;
}

}  // namespace mwaa_serverless::sources
