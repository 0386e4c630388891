// The shared configuration files of AWS's tools: ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strings/secret_memory.hpp"

namespace mwaa_serverless::config {

enum class file_kind : std::uint8_t { config, credentials };

/// A setting, and where it stands.
class property {
 public:
  property() {}

  /// As it is, a `#` in it too. Of several lines when indented lines follow.
  strings::secret_string value;
  /// The settings below one without a value of its own: `mwaa_serverless =` and an indented `endpoint_url = ...`.
  strings::secret_map<strings::secret_string> nested;
  file_kind kind = file_kind::config;
  std::shared_ptr<const std::string> file;  ///< One for all settings of a file: there may be very many.
  std::size_t line = 0;

  friend bool operator==(const property& a, const property& b) {
    return a.value == b.value && a.nested == b.nested && a.kind == b.kind && *a.file == *b.file && a.line == b.line;
  }
};

/// The settings of one section, by name in lower case.
using section = strings::secret_map<property>;

/// A section that is no profile, no sso-session and no services.
class left_out {
 public:
  left_out(std::string header_value, std::string place_value)
      : header(std::move(header_value)), place(std::move(place_value)) {}

  std::string header;  ///< What is between the brackets.
  std::string place;   ///< File and line.

  friend bool operator==(const left_out&, const left_out&) = default;
};

/// A file that could not be read, and counts as empty.
class unread_file {
 public:
  unread_file(std::string variable_value, std::string failure_value)
      : variable(std::move(variable_value)), failure(std::move(failure_value)) {}

  std::string variable;  ///< That names the file; empty when it is where such files are.
  std::string failure;

  [[nodiscard]] std::string reason() const { return variable.empty() ? failure : variable + ": " + failure; }
  friend bool operator==(const unread_file&, const unread_file&) = default;
};

/// What both files say together.
///
/// The grammar is that of the AWS CLI (botocore's configloader, which is Python's RawConfigParser), so that a file
/// reads the same with both, and what the AWS CLI refuses is an error with file, line and column:
///
/// * UTF-8, lines ended by LF, CRLF or CR. `#` and `;` begin a comment where they are first in a line, indented or not.
/// * `[HEADER]`: up to the last `]` of its line; what follows is ignored. In the config file `[default]`, and in words
/// as
///   of a shell `[profile NAME]`, `[sso-session NAME]` and `[services NAME]`; of two that make the same name the later
///   is the one. In the credentials file every header is the name of a profile as it stands. No header twice in a file.
/// * `name = value` or `name: value`, names in any case, none twice in a section. A line indented further than the
///   setting above it continues its value; the first setting below a header may be indented as it likes. Below a
///   setting without a value such lines are settings of their own (`name = value`).
/// * The settings of `[DEFAULT]` are in all sections of its file that do not have them.
///
/// The credentials file takes precedence over the config file, setting by setting. One thing more than the AWS CLI: a
/// byte order mark is skipped.
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
  /// The setting of a profile in one of the files; null when it is not there. One that is blank is there.
  [[nodiscard]] const property* setting_in(file_kind kind, std::string_view profile,
                                           std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<left_out>& sections_left_out() const noexcept { return left_out_; }

  /// Records that a file is not read. It counts as empty: whoever needs it says so.
  void note_unread(unread_file which) { unread_.push_back(std::move(which)); }
  [[nodiscard]] const std::vector<unread_file>& unread() const noexcept { return unread_; }
  /// Whether a variable names one of them.
  [[nodiscard]] bool named_unread() const noexcept {
    return std::any_of(unread_.begin(), unread_.end(), [](const auto& each) { return !each.variable.empty(); });
  }
  /// Records that a file was a pipe or a device: these are read once, and what they said is kept.
  void note_read_once() noexcept { read_once_ = true; }
  [[nodiscard]] bool read_once() const noexcept { return read_once_; }

  friend bool operator==(const profile_set&, const profile_set&) = default;

 private:
  friend class file_reader;
  using sections = std::map<std::string, section, std::less<>>;

  sections profiles_;
  sections keys_in_config_;  // those that the credentials file has too
  sections sso_sessions_;
  sections services_;
  std::vector<left_out> left_out_;
  std::vector<unread_file> unread_;
  bool read_once_ = false;
};

/// The setting `name` of `from`, or nullptr. Not one that is blank. `from` may be null.
[[nodiscard]] const property* find(const section* from, std::string_view name) noexcept;

}  // namespace mwaa_serverless::config
