#include "config/command_words.hpp"

#include <utility>

namespace mwaa_serverless::config {

namespace {

constexpr char no_quote = '\0';

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Whether a backslash inside of `quote` (or outside of all) goes away before `next`.
bool escapes(char quote, char next) {
  return quote == no_quote || next == quote || next == '\\';
}

error refusal(const char* rule) {
  return {errc::invalid_configuration, rule};
}

}  // namespace

result<std::vector<std::string>> split_command(std::string_view command) {
  if (command.find('\0') != std::string_view::npos) return refusal("the command holds a NUL character");
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;  // so that quotes around nothing count
  char quote = no_quote;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\' && quote != '\'') {
      if (++i == command.size()) return refusal("nothing follows the last backslash of the command");
      if (!escapes(quote, command[i])) word += c;
      word += command[i];
      in_word = true;
    } else if (quote != no_quote) {
      if (c == quote) {
        quote = no_quote;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (!is_space(c)) {
      word += c;
      in_word = true;
    } else if (in_word) {
      words.push_back(std::exchange(word, {}));
      in_word = false;
    }
  }
  if (quote != no_quote) return refusal("the command has no closing quotation mark");
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return refusal("the command is empty");
  return words;
}

}  // namespace mwaa_serverless::config
