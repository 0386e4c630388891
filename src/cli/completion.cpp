#include "cli/completion.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace mwaa_serverless::cli {

namespace {

// Words of a command line as bash has them, up to the cursor; `=` does not divide them here.
constexpr std::string_view beginning =
    R"bash(# Completion of mwaa-serverless for bash: eval "$(mwaa-serverless completions bash)"
_mwaa_serverless() {
  local line=${COMP_LINE:0:COMP_POINT} token before command= flags= choices= head cut i last
  local -a words
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  last=$((${#words[@]} - 1))
  ((last > 0)) || return 0
  token=${words[last]}
  before=${words[last - 1]}
)bash";

constexpr std::string_view looking_for_the_command = R"bash(        ((i++)) ;;
      -*) ;;
      *) command+=${command:+ }${words[i]} ;;
    esac
  done
  if [[ $token == --*=* ]]; then
    before=${token%%=*}
    token=${token#*=}
  fi
)bash";

constexpr std::string_view choosing = R"bash(
  case "$command $before" in
)bash";

constexpr std::string_view ending = R"bash(  if [[ -z $choices ]]; then
    [[ $token == -* ]] || return 0
    choices=$flags
  fi
  # Behind a comma the next part of a value begins.
  head=
  [[ $token == *,* ]] && head=${token%"${token##*,}"}
  COMPREPLY=($(compgen -P "$head" -W "$choices" -- "${token#"$head"}"))
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[={/] ]] && compopt -o nospace 2>/dev/null
  # bash replaces only what is behind the last of these characters.
  cut=${token%"${token##*[=:]}"}
  COMPREPLY=("${COMPREPLY[@]#"$cut"}")
  return 0
}
complete -F _mwaa_serverless mwaa-serverless
)bash";

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& each : words) out.append(out.empty() ? "" : between).append(each);
  return out;
}

std::vector<std::string> names_of(const std::vector<completed_flag>& flags) {
  std::vector<std::string> out;
  for (const completed_flag& each : flags) out.push_back(each.flag);
  return out;
}

// The case of a flag, behind whatever command has it: `pattern`.
void append_choice(std::string& out, const std::string& pattern, const completed_flag& flag) {
  if (flag.takes_file)
    out += "    " + pattern + ") COMPREPLY=($(compgen -f -- \"$token\")); return 0 ;;\n";
  else if (!flag.values.empty())
    out += "    " + pattern + ") choices='" + joined(flag.values, " ") + "' ;;\n";
}

}  // namespace

std::string bash_completion(const std::vector<completed_flag>& globals,
                            const std::vector<completed_command>& commands) {
  std::string out{beginning};
  std::set<std::string> valued;
  const auto note = [&](const std::vector<completed_flag>& flags) {
    for (const completed_flag& each : flags)
      if (each.takes_value) valued.insert(each.flag);
  };
  note(globals);
  for (const completed_command& each : commands) note(each.flags);
  out += "  for ((i = 1; i < last; i++)); do\n    case ${words[i]} in\n      " +
         joined({valued.begin(), valued.end()}, "|") + ")\n";
  out += looking_for_the_command;

  // What a command line without a command, or with half of one, may have next.
  std::vector<std::string> first_words;
  for (const completed_command& each : commands) {
    const std::string word = each.words.substr(0, each.words.find(' '));
    if (std::ranges::find(first_words, word) == first_words.end()) first_words.push_back(word);
  }
  const std::string global_names = joined(names_of(globals), " ");
  out += "  flags='" + global_names + "'\n  case $command in\n";
  out += "    '') [[ $token == -* ]] || choices='" + joined(first_words, " ") + "' ;;\n";
  for (const std::string& word : first_words) {
    std::vector<std::string> seconds;
    for (const completed_command& each : commands)
      if (each.words.starts_with(word + ' ')) seconds.push_back(each.words.substr(word.size() + 1));
    if (!seconds.empty()) out += "    " + word + ") [[ $token == -* ]] || choices='" + joined(seconds, " ") + "' ;;\n";
  }
  for (const completed_command& each : commands) {
    if (each.flags.empty()) continue;
    out += "    '" + each.words + "'|'" + each.words + " '*) flags+=' " + joined(names_of(each.flags), " ") + "' ;;\n";
  }
  out += "  esac";
  out += choosing;
  for (const completed_flag& each : globals) append_choice(out, "*' " + each.flag + "'", each);
  for (const completed_command& each : commands)
    for (const completed_flag& flag : each.flags)
      append_choice(out, "'" + each.words + ' ' + flag.flag + "'|'" + each.words + " '*' " + flag.flag + "'", flag);
  // Of the other values nothing is known.
  out += "    *' " + joined({valued.begin(), valued.end()}, "'|*' ") + "') return 0 ;;\n";
  out += "  esac\n";
  out += ending;
  return out;
}

}  // namespace mwaa_serverless::cli
