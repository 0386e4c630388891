// Commands split into words: the behaviour of Python's shlex.split, which botocore uses.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/command_words.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::config::split_command;

TEST_CASE("command words: what a command is split into") {
  struct row {
    const char* title;
    const char* command;
    std::vector<std::string> words;
  };
  // Each of these was compared with shlex.split of Python 3.11.
  const std::vector<row> rows{
      {"one word", "aws-vault", {"aws-vault"}},
      {"several", "/opt/bin/get-keys --profile dev -v", {"/opt/bin/get-keys", "--profile", "dev", "-v"}},
      {"white space of every kind", " \t a \r\n\n b\t", {"a", "b"}},
      {"other control characters are none", "a\vb\fc", {"a\vb\fc"}},
      {"single quotes keep everything", R"(a 'b  "$c" \n' d)", {"a", R"(b  "$c" \n)", "d"}},
      {"double quotes", R"(a "b  'c' d")", {"a", "b  'c' d"}},
      {"a backslash in double quotes", R"("a\"b\\c\d\$e\'f")", {R"(a"b\c\d\$e\'f)"}},
      {"a backslash in single quotes", R"('a\' b)", {R"(a\)", "b"}},
      {"a backslash outside", R"(a\ b \"c \' \\ \d)", {"a b", "\"c", "'", "\\", "d"}},
      {"a line end after a backslash stays", "a\\\nb", {"a\nb"}},
      {"and in double quotes with it", "\"a\\\nb\"", {"a\\\nb"}},
      {"a line end in quotes", "'a\nb'", {"a\nb"}},
      {"parts that touch", R"(a'b c'"d e"f\ g)", {"ab cd ef g"}},
      {"empty words", R"('' a "" b'')", {"", "a", "", "b"}},
      {"quotes of nothing that touch", R"(''"")", {""}},
      {"an empty word at the end", "a ''", {"a", ""}},
      {"no comments", "a #b # c", {"a", "#b", "#", "c"}},
      {"nothing is expanded",
       "~/keys $HOME *.json `id` $(id) a|b>c&;",
       {"~/keys", "$HOME", "*.json", "`id`", "$(id)", "a|b>c&;"}},
      {"no assignment", "KEY=value keys", {"KEY=value", "keys"}},
      {"bytes above ASCII", "schl\xC3\xBCssel \xFF\xFE", {"schl\xC3\xBCssel", "\xFF\xFE"}},
  };
  for (const row& row : rows) {
    CAPTURE(row.title);
    const auto words = split_command(row.command);
    REQUIRE_MESSAGE(words.has_value(), (words.has_value() ? std::string{} : words.error().message));
    CHECK(*words == row.words);
  }
}

TEST_CASE("command words: what is refused, without a word of it") {
  using namespace std::string_view_literals;
  struct row {
    std::string_view command;
    const char* message;
  };
  constexpr auto open = "the command has no closing quotation mark";
  constexpr auto backslash = "nothing follows the last backslash of the command";
  constexpr auto empty = "the command is empty";
  const std::vector<row> rows{
      {"keys 'hunter2", open},
      {"keys \"hunter2", open},
      {"keys \"hunter2\\\"", open},
      {"keys ''' hunter2", open},
      {"keys hunter2\\", backslash},
      {"keys \"hunter2\\", backslash},
      {"keys 'hunter2\\", open},
      {"", empty},
      {" \t\r\n", empty},
      {"keys hunter\0002"sv, "the command holds a NUL character"},
  };
  for (const row& row : rows) {
    CAPTURE(row.command);
    const auto words = split_command(row.command);
    REQUIRE(words.has_error());
    CHECK(words.error().code == errc::invalid_configuration);
    CHECK(words.error().message == row.message);
  }
}
