#include "config/lookup.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "strings/ascii_case.hpp"
#include "strings/trim.hpp"

namespace mwaa_serverless::config {

namespace {

/// How many letters differ (Levenshtein), for names spelled alike.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t other = std::min(row[j], row[j + 1]) + 1;
      diagonal = std::exchange(row[j + 1], std::min(diagonal + (a[i] == b[j] ? 0 : 1), other));
    }
  }
  return row.back();
}

std::size_t first_control(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if(text, strings::is_control) - text.begin());
}

/// The settings that say who to be.
bool is_identity(std::string_view setting) noexcept {
  static constexpr std::string_view names[]{
      "aws_access_key_id", "aws_secret_access_key", "aws_session_token",       "aws_security_token", "role_arn",
      "source_profile",    "credential_source",     "web_identity_token_file", "credential_process", "sso_session",
      "sso_account_id",    "sso_role_name",         "sso_start_url",           "login_session"};
  return std::ranges::find(names, setting) != std::end(names);
}

/// Whether a '#' behind white space may be part of the value: in a command, a path, a name.
bool is_free_text(std::string_view setting) noexcept {
  static constexpr std::string_view names[]{"credential_process", "ca_bundle",   "web_identity_token_file",
                                            "source_profile",     "sso_session", "services",
                                            "login_session"};
  return std::ranges::find(names, setting) != std::end(names);
}

std::string_view without_comment(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  for (auto i = text.find_first_of("#;", 1); i != std::string_view::npos; i = text.find_first_of("#;", i + 1))
    if (blanks.find(text[i - 1]) != std::string_view::npos)
      return text.substr(0, text.find_last_not_of(blanks, i - 1) + 1);
  return text;
}

/// Whether a section that AWS's tools leave out, or take for another profile, may be meant as the profile `name`:
/// [dev], [ profile dev ], [profile My Team].
bool is_meant(std::string_view header, std::string_view name) noexcept {
  constexpr std::string_view around = " \t'\"";
  header = strings::trimmed(header, around);
  if (header == name) return true;
  return header.starts_with("profile") && strings::trimmed(header.substr(7), around) == name;
}

std::string quoted(const std::string& name) {
  const bool plain = name.find_first_of(" \t'\"\\") == std::string::npos;
  return plain ? shown(name) : '"' + shown(name) + '"';
}

result<found_value> one_line(found_value value) {
  if (auto wrong = check_one_line({&value})) return *std::move(wrong);
  return value;
}

template <class Predicate>
std::optional<error> check_indentation(const section* from, Predicate is_misplaced) {
  if (from == nullptr) return std::nullopt;
  for (const auto& [name, setting] : *from) {
    std::string_view rest = view(setting.value);
    const bool nested = rest.starts_with('\n');
    while (rest.find('\n') != std::string_view::npos) {
      rest.remove_prefix(rest.find('\n') + 1);
      const std::string below = strings::lower_case(rest.substr(0, rest.find_first_of(" \t=:\n")));
      const auto delimiter = rest.find_first_not_of(" \t", below.size());
      const bool sets = delimiter != std::string_view::npos && (rest[delimiter] == '=' || rest[delimiter] == ':');
      if (sets && is_misplaced(below, nested))
        return error{errc::invalid_configuration, place_of(setting, shown(name)) + ": " + below +
                                                      " below it is indented further and so is part of its value: "
                                                      "indent both alike"};
    }
  }
  return std::nullopt;
}

}  // namespace

error found_value::refuse(std::string_view rule) const {
  return {errc::invalid_configuration, place + "='" + shown(view(value)) + "': " + std::string{rule}};
}

std::string shown(std::string_view value) {
  const std::size_t end = std::min<std::size_t>(first_control(value), 60);
  return std::string{value.substr(0, end)} + (end < value.size() ? "..." : "");
}

std::optional<error> check_one_line(std::initializer_list<const found_value*> values) {
  for (const found_value* each : values) {
    if (first_control(view(each->value)) == each->value.size()) continue;
    const bool in_file = each->kind == setting_origin::config_file || each->kind == setting_origin::credentials_file;
    return error{errc::invalid_configuration,
                 each->place + (in_file ? ": must be one line: is a line below it indented that should not be?"
                                        : ": must not have a line end or another control character in it")};
  }
  return std::nullopt;
}

std::string place_of(const property& where, std::string_view setting) {
  return *where.file + ", line " + std::to_string(where.line) + ": " + std::string{setting};
}

found_value value_of(const property* where, std::string_view setting) {
  found_value out;
  if (where == nullptr) return out;
  const std::string_view whole = view(where->value);
  out.value = is_free_text(setting) ? whole : without_comment(whole);
  out.kind = where->kind == file_kind::config ? setting_origin::config_file : setting_origin::credentials_file;
  out.place = place_of(*where, setting);
  return out;
}

bool has(const section* from, std::string_view setting) noexcept {
  return from != nullptr && from->contains(setting);
}

std::optional<error> check_indented_identity(const section* from) {
  return check_indentation(from, [](std::string_view below, bool /*nested*/) { return is_identity(below); });
}

std::optional<error> check_indented_region(const section* from) {
  // A service's settings may have a region of their own.
  return check_indentation(from, [](std::string_view below, bool nested) { return !nested && below == "region"; });
}

strings::secret_string variable(const variables& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? strings::secret_string{} : found->second;
}

found_value lookup::in_environment(std::string_view name) const {
  found_value out;
  out.value = variable(environment_, name);
  if (!out.empty()) out.kind = setting_origin::environment;
  out.place = "environment variable " + std::string{name};
  return out;
}

found_value lookup::in_profile(std::string_view setting) const {
  return value_of(find(profile_, setting), setting);
}

found_value lookup::first(std::string_view name, std::string_view setting) const {
  found_value out = in_environment(name);
  return out.empty() ? in_profile(setting) : out;
}

found_value lookup::of(std::string_view name) const {
  const setting& row = *find_setting(name);
  // In a CGI program HTTP_PROXY is what a client has sent as its header `Proxy` (https://httpoxy.org).
  const bool cgi = !variable(environment_, "REQUEST_METHOD").empty();
  found_value out;
  for (const char* each : row.variables)
    if (out.empty() && each != nullptr && !(cgi && each == std::string_view{"HTTP_PROXY"})) out = in_environment(each);
  return out.empty() && !row.key.empty() ? in_profile(row.key) : out;
}

std::optional<error> parse(const found_value& given, bool& into) {
  if (given.empty()) return std::nullopt;
  const std::string lower = strings::lower_case(given.text());
  if (lower != "true" && lower != "false") return given.refuse("must be true or false");
  into = lower == "true";
  return std::nullopt;
}

std::optional<error> parse(const found_value& given, std::optional<int>& into) {
  if (given.empty()) return std::nullopt;
  int value = 0;
  const char* const end = given.value.data() + given.value.size();
  const auto [stop, code] = std::from_chars(given.value.data(), end, value);
  if (code != std::errc{} || stop != end || value < 1) return given.refuse("must be a whole number from 1");
  into = value;
  return std::nullopt;
}

result<found_value> lookup::endpoint_url(const profile_set& files, std::string_view variable_suffix,
                                         std::string_view service) const {
  bool ignored = false;
  const found_value ignore = first("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
  if (auto wrong = parse(ignore, ignored)) return *std::move(wrong);
  if (ignored) return found_value{};
  for (const std::string& name : {"AWS_ENDPOINT_URL_" + std::string{variable_suffix}, std::string{"AWS_ENDPOINT_URL"}})
    if (found_value given = in_environment(name); !given.empty()) return one_line(std::move(given));
  if (const found_value services = in_profile("services"); !services.empty()) {
    const section* const named = files.services(services.text());
    if (named == nullptr) return services.refuse("there is no section [services] of that name");
    const auto ours = named->find(service);
    if (ours != named->end()) {
      const auto url = ours->second.nested.find("endpoint_url");
      if (url != ours->second.nested.end() && !url->second.empty()) {
        found_value out;
        out.value = without_comment(view(url->second));
        out.kind = setting_origin::config_file;
        out.place = place_of(ours->second, std::string{service} + " endpoint_url");
        return one_line(std::move(out));
      }
    }
  }
  return one_line(in_profile("endpoint_url"));
}

profile_choice::profile_choice(const variables& environment, std::string_view wanted) {
  name.value = wanted;
  explicit_ = named = !wanted.empty();
  if (named) {
    name.kind = setting_origin::code;
    return;
  }
  name = lookup{environment, nullptr}.of("profile");
  named = !name.empty();
  if (!named) name.value = "default";
}

std::vector<std::string> sections_meant(const std::string& name, const profile_set& files) {
  std::vector<std::string> out;
  for (const left_out& each : files.sections_left_out())
    if (is_meant(each.header, name) || (name == "default" && strings::lower_case(each.header) == name))
      out.push_back(each.place + ": [" + shown(each.header) + "] is no profile in the config file: write " +
                    (name == "default" ? "[default]" : "[profile " + quoted(name) + "]"));
  for (const std::string& known : files.profile_names())
    if (known != name && is_meant(known, name))
      out.push_back("there is [" + shown(known) + "] in the credentials file: there write [" + shown(name) + "]");
  return out;
}

error no_such_profile(const std::string& name, const profile_set& files) {
  std::string message = "The config profile (" + shown(name) + ") could not be found";
  std::string alike;
  for (const std::string& known : files.profile_names())
    if (distance(name, known) < std::min({name.size(), known.size(), std::size_t{3}}))
      alike += (alike.empty() ? "" : ", ") + shown(known);
  if (!alike.empty()) message += "; there is " + alike;
  for (const std::string& each : sections_meant(name, files)) message += "; " + each;
  for (const unread_file& each : files.unread()) message += "; " + each.reason();
  return {errc::no_profile, std::move(message)};
}

}  // namespace mwaa_serverless::config
