#include "credentials/lookup.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

namespace mwaa_serverless::profiles {

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
  const auto found =
      std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  return static_cast<std::size_t>(found - text.begin());
}

result<found_value> one_line(found_value value) {
  if (auto wrong = check_one_line({&value})) return *std::move(wrong);
  return value;
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
  for (const found_value* each : values)
    if (first_control(view(each->value)) != each->value.size())
      return error{errc::invalid_configuration,
                   each->place + ": must be one line: is a line below it indented that should not be?"};
  return std::nullopt;
}

std::string place_of(const property& where, std::string_view setting) {
  return where.file + ", line " + std::to_string(where.line) + ": " + std::string{setting};
}

secret_string variable(const variables& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? secret_string{} : found->second;
}

found_value lookup::in_environment(std::string_view name) const {
  found_value out;
  out.value = variable(environment_, name);
  if (!out.empty()) out.kind = origin_kind::environment;
  out.place = "environment variable " + std::string{name};
  return out;
}

found_value lookup::in_profile(std::string_view setting) const {
  found_value out;
  if (const property* found = find(profile_, setting)) {
    out.value = found->value;
    out.kind = found->kind == file_kind::config ? origin_kind::config_file : origin_kind::credentials_file;
    out.place = place_of(*found, setting);
  }
  return out;
}

found_value lookup::first(std::string_view name, std::string_view setting) const {
  found_value out = in_environment(name);
  return out.empty() ? in_profile(setting) : out;
}

std::optional<error> parse(const found_value& given, bool& into) {
  if (given.empty()) return std::nullopt;
  std::string lower = given.text();
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
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

std::optional<error> parse(const found_value& given, std::optional<retry_mode>& into) {
  if (given.empty()) return std::nullopt;
  into = parse_retry_mode(given.text());
  if (!into) return given.refuse("must be standard or adaptive");
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
        out.value = url->second;
        out.kind = origin_kind::config_file;
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
    name.kind = origin_kind::code;
    return;
  }
  const lookup from{environment, nullptr};
  for (const char* each : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
    if (name.empty()) name = from.in_environment(each);
  named = !name.empty();
  if (!named) name.value = "default";
}

error no_such_profile(const std::string& name, const profile_set& files) {
  std::string message = "The config profile (" + shown(name) + ") could not be found";
  std::string alike;
  for (const std::string& known : files.profile_names())
    if (distance(name, known) < std::min({name.size(), known.size(), std::size_t{3}}))
      alike += (alike.empty() ? "" : ", ") + known;
  if (!alike.empty()) message += "; there is " + alike;
  return {errc::no_profile, std::move(message)};
}

}  // namespace mwaa_serverless::profiles
