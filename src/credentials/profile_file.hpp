// The shared configuration files of AWS's tools: ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/secret_memory.hpp"

namespace mwaa_serverless::profiles {

enum class file_kind : std::uint8_t { config, credentials };

/// A setting, and where it stands.
class property {
 public:
  property() {}

  secret_string value;
  /// The settings below one without a value of its own: `mwaa_serverless =` and an indented `endpoint_url = ...`.
  secret_map<secret_string> nested;
  file_kind kind = file_kind::config;
  std::string file;
  std::size_t line = 0;

  friend bool operator==(const property&, const property&) = default;
};

/// The settings of one section, by name in lower case.
using section = secret_map<property>;

/// What both files say together.
///
/// The grammar is that of AWS's SDKs (the cases of smithy-rs' profile-parser-tests.json): the credentials file counts
/// before the config file, a later setting before an earlier one of the same name; `[profile NAME]` in the config file,
/// `[NAME]` in the credentials file, `[default]` in both, where `[profile default]` counts alone; `[sso-session NAME]`
/// and `[services NAME]` in the config file. Names of settings in any case, names of sections as they are. A `#` or `;`
/// begins a comment at the start of a line, after white space behind a value, and behind a section's bracket; not in an
/// indented line, which continues the value above. Sections with other names are left out, as by AWS's tools.
class profile_set {
 public:
  profile_set() {}

  /// Adds the text of a file; `name` is for messages. First the config file, then the credentials file. What cannot be
  /// read is errc::invalid_configuration with file, line and column, and no part of any value.
  [[nodiscard]] std::optional<error> add(file_kind kind, std::string_view text, std::string_view name);

  /// Null when there is none of that name.
  [[nodiscard]] const section* profile(std::string_view name) const noexcept;
  [[nodiscard]] const section* sso_session(std::string_view name) const noexcept;
  [[nodiscard]] const section* services(std::string_view name) const noexcept;
  /// In order.
  [[nodiscard]] std::vector<std::string> profile_names() const;

  friend bool operator==(const profile_set&, const profile_set&) = default;

 private:
  friend class file_reader;
  using sections = std::map<std::string, section, std::less<>>;

  sections profiles_;
  sections sso_sessions_;
  sections services_;
};

/// The setting `name` of `from`, or nullptr; blank counts as absent. `from` may be null.
[[nodiscard]] const property* find(const section* from, std::string_view name) noexcept;

}  // namespace mwaa_serverless::profiles
