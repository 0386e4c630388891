// What the shared configuration files may say, and what settings and plans make of them.
//
// An input is up to four parts with a line `---` between them: the config file, the credentials file, environment
// variables (NAME=value; a line without '=' goes on with the value above), the profile asked for.
//
// Beyond not crashing: a message is one line, says where, and repeats no secret; a file twice is the same as once, with
// CRLF or CR the same as with LF, with a byte order mark the same as without; and what was read, written out again,
// reads the same.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "config/profile_file.hpp"
#include "config/settings.hpp"
#include "require.hpp"
#include "sources/plan.hpp"

namespace {

using namespace mwaa_serverless::config;
using fuzz::require;
using mwaa_serverless::errc;
using mwaa_serverless::error;

/// Stands in every secret, so that one which is repeated is noticed.
constexpr std::string_view marker = "pl4nted";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Takes the first line off `text`, with its line end: LF, CRLF or CR.
std::string_view next_line(std::string_view& text) {
  std::size_t size = std::min(text.find_first_of("\r\n"), text.size() - 1) + 1;
  if (text[size - 1] == '\r' && size < text.size() && text[size] == '\n') ++size;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::array<std::string_view, 4> parts_of(std::string_view text) {
  std::array<std::string_view, 4> parts;
  std::size_t part = 0;
  const char* begin = text.data();
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (part + 1 == parts.size() || without_end(line) != "---") {
      parts[part] = {begin, static_cast<std::size_t>(text.data() - begin)};
    } else {
      ++part;
      begin = text.data();
    }
  }
  return parts;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
}

/// A name with _file in it is that of a path.
bool names_a_secret(std::string_view name) {
  std::string lower{name};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return (lower.find("secret") != std::string::npos || lower.find("token") != std::string::npos) &&
         lower.find("_file") == std::string::npos;
}

/// The file with the marker in every secret, the lines that continue one included. Below a setting without a value
/// stand settings of its own, however far each is indented.
std::string planted(std::string_view text) {
  std::string out;
  std::optional<std::size_t> secret;  // how far the secret above is indented
  std::optional<std::size_t> block;   // how far the setting without a value is
  while (!text.empty()) {
    std::string line{next_line(text)};
    const std::size_t indent = line.find_first_not_of(" \t");
    const std::string name = line.substr(0, line.find_first_of("=:\r\n"));
    // What may be the name of a section is no secret.
    const bool setting = name.find('[') == std::string::npos && line.find_first_of("#;\r\n") != 0;
    if (block && indent <= *block && !without_end(line).empty()) block.reset();
    if (setting && names_a_secret(name)) {
      secret = indent;
    } else if (secret && (block || indent <= *secret) && !without_end(line).empty()) {
      secret.reset();
    }
    const auto last = line.find_last_not_of(" \t\r\n");
    if (!block && !secret && last != std::string::npos && last == line.find_first_of("=:")) block = indent;
    if (setting && secret && line.find_first_not_of(" \t\r\n") != std::string::npos) {
      const auto delimiter = line.find_first_of("=:");
      line.insert(delimiter == std::string::npos ? line.find_last_not_of(" \t\r\n") + 1 : delimiter + 1, marker);
    }
    out += line;
  }
  return out;
}

variables environment_of(std::string_view text) {
  std::string name;
  std::string value;
  variables out;
  const auto keep = [&] {
    if (!name.empty()) out[name] = names_a_secret(name) && !value.empty() ? value.append(marker) : value;
  };
  while (!text.empty()) {
    const std::string_view line = without_end(next_line(text));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      value.append("\n").append(line);
      continue;
    }
    keep();
    name = line.substr(0, equals);
    value = line.substr(equals + 1);
  }
  keep();
  return out;
}

void check_text(std::string_view text) {
  require(text.find(marker) == std::string_view::npos, "no secret in a message", text);
  require(std::none_of(text.begin(), text.end(), is_control), "a message is one line", text);
}

/// `config, line 3, column 7: what is wrong`, with a line and a column that the file has.
void check_place(std::string_view message, std::string_view file, std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::size_t line = 0;
  std::size_t column = 0;
  int length = 0;
  const std::string format = std::string{file} + ", line %zu, column %zu: %n";
  const std::string terminated{message};
  const int found = std::sscanf(terminated.c_str(), format.c_str(), &line, &column, &length);
  require(found == 2 && length > 0 && line > 0 && column > 0, "a message says where", message);
  std::string_view here;
  for (std::size_t i = 0; i < line; ++i) {
    require(!text.empty(), "a line of the file", message);
    here = next_line(text);
  }
  here = without_end(here);
  require(column <= here.size() + 1, "a column of the line", message);
}

std::string with_ends(std::string_view text, std::string_view end) {
  std::string out;
  for (const char c : text) (c == '\n' ? out.append(end) : out.append(1, c));
  return out;
}

/// As one word of a header.
std::string quoted(std::string_view name) {
  std::string out = "'";
  for (const char c : name) (c == '\'' ? out.append("'\"'\"'") : out.append(1, c));
  return out + "'";
}

/// All profiles as a config file.
std::string written(const profile_set& files) {
  std::string out;
  for (const std::string& name : files.profile_names()) {
    if (name.find('\0') != std::string::npos) continue;  // no word of a command line
    out.append("[profile ").append(quoted(name)).append("]\r\n");
    for (const auto& [key, setting] : *files.profile(name)) {
      out.append(key).append("=");
      for (const char c : std::string_view{setting.value}) (c == '\n' ? out.append("\r\n ") : out.append(1, c));
      out.append("\r\n");
    }
  }
  return out;
}

void check_settings(const profile_set& files, std::string_view file, std::string_view text) {
  std::size_t lines = 1;
  for (std::string_view rest = text; !rest.empty(); ++lines) next_line(rest);
  for (const std::string& name : files.profile_names()) {
    for (const auto& [key, setting] : *files.profile(name)) {
      require(*setting.file == file && setting.line > 0 && setting.line <= lines, "a setting knows its place", key);
      require(std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; }), "lower case", key);
    }
  }
}

/// Null when the file is refused.
std::optional<profile_set> read(file_kind kind, std::string_view text, std::string_view name) {
  profile_set once;
  const auto wrong = once.add(kind, text, name);
  const auto check_same = [&](const std::string& changed, std::string_view rule) {
    profile_set other;
    const auto same = other.add(kind, changed, name);
    require(wrong.has_value() == same.has_value() && (!wrong || wrong->message == same->message), rule,
            wrong ? wrong->message : "no error");
    require(wrong || once == other, rule, text);
  };
  if (text.find('\r') == std::string_view::npos) {
    check_same(with_ends(text, "\r\n"), "the same with CRLF");
    check_same(with_ends(text, "\r"), "the same with CR");
  }
  if (!text.starts_with(byte_order_mark)) check_same(std::string{byte_order_mark}.append(text), "the same with a mark");
  if (wrong) {
    require(wrong->code == errc::invalid_configuration, "the code", wrong->message);
    check_text(wrong->message);
    check_place(wrong->message, name, text);
    return std::nullopt;
  }
  check_settings(once, name, text);

  profile_set twice = once;
  require(!twice.add(kind, text, name), "accepted again", text);
  require(written(once) == written(twice), "twice is the same as once", text);

  const std::string again = written(once);
  profile_set reread;
  const auto refused = reread.add(file_kind::config, again, name);
  require(!refused, "what was read can be written", refused ? refused->message : "");
  require(written(reread) == again, "what was written reads the same", again);
  for (const std::string& profile : reread.profile_names())
    for (const auto& [key, setting] : *once.profile(profile))
      require(reread.profile(profile)->at(key).nested == setting.nested, "and so do settings below others", key);
  return once;
}

void check_error(const error& wrong) {
  check_text(wrong.message);
  require(wrong.code == errc::invalid_configuration || wrong.code == errc::no_profile, "the code", wrong.message);
  require(wrong.code == errc::no_profile || wrong.message.find(", line ") != std::string::npos ||
              wrong.message.find("environment variable ") != std::string::npos,
          "a message says where", wrong.message);
}

void check_plan(const mwaa_serverless::sources::plan& made) {
  namespace sources = mwaa_serverless::sources;
  check_text(made.name);
  check_text(made.place);
  check_text(made.refusal);
  for (const std::string& each : made.passed_over)
    require(each.find(marker) == std::string::npos, "no secret in what was passed over", each);
  const auto check_role = [](const mwaa_serverless::assume_role_options& from) {
    for (const std::string* each :
         {&from.role_arn, &from.session_name, &from.external_id, &from.mfa_serial, &from.region, &from.endpoint_url})
      check_text(*each);
    require(!from.role_arn.empty(), "a role has a name", from.session_name);
  };
  if (const auto* keys = std::get_if<sources::static_keys>(&made.source)) {
    require(!keys->keys.access_key_id().empty(), "both keys", made.place);
    require(keys->keys.secret_access_key().find(marker) != std::string::npos, "secrets carry the marker", made.place);
  } else if (const auto* role = std::get_if<sources::assume_role>(&made.source)) {
    check_role(role->what);
    check_plan(*role->base);
  } else if (const auto* identity = std::get_if<sources::web_identity>(&made.source)) {
    check_role(identity->what);
    check_text(identity->token_file);
  } else if (const auto* login = std::get_if<sources::sso>(&made.source)) {
    for (const std::string* each : {&login->start_url, &login->region, &login->account_id, &login->role_name}) {
      check_text(*each);
      require(!each->empty(), "nothing lacks", made.place);
    }
    check_text(login->session + login->profile + login->portal_url + login->oidc_url);
  } else if (const auto* metadata = std::get_if<sources::instance>(&made.source)) {
    check_text(metadata->endpoint_url);
    require(metadata->attempts >= 1 && metadata->timeout.count() >= 1, "limits from 1", made.place);
  }
}

void check_resolved(const variables& environment, const profile_set& files, std::string_view wanted) {
  const auto found = resolve_settings(environment, files, wanted);
  if (found) {
    require(!found->at("profile").empty(), "a profile is in use", wanted);
    require(found->at("retry.max_attempts").value != "0", "at least one attempt", wanted);
    for (const auto& [name, given] : *found) {
      check_text(given.place);
      if (name != "output" && !name.ends_with("_proxy")) check_text(given.text());
    }
  } else {
    check_error(found.error());
  }
  const auto plan = mwaa_serverless::sources::plan_credentials(environment, files, wanted);
  if (plan)
    check_plan(*plan);
  else
    check_error(plan.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (input.find(marker) != std::string_view::npos) return -1;  // not to be kept
  auto [config, credentials, environment, wanted] = parts_of(input);
  if (wanted.ends_with('\n')) wanted.remove_suffix(1);

  const std::string config_text = planted(config);
  const std::string credentials_text = planted(credentials);
  const bool readable = read(file_kind::config, config_text, "config").has_value();
  if (!read(file_kind::credentials, credentials_text, "credentials") || !readable) return 0;

  profile_set files;
  require(!files.add(file_kind::config, config_text, "config") &&
              !files.add(file_kind::credentials, credentials_text, "credentials"),
          "both together", input);
  check_resolved(environment_of(environment), files, wanted);
  return 0;
}
