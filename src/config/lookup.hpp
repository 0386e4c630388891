// One setting, from the environment or a profile.
#pragma once

#include <initializer_list>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/profile_file.hpp"
#include "config/settings.hpp"

namespace mwaa_serverless::config {

/// Of a profile's setting: file, line and name.
[[nodiscard]] std::string place_of(const property& where, std::string_view setting);

/// As much of a value as a message may repeat: of its first line. The lines below may be keys that were indented by
/// mistake and so have become part of it.
[[nodiscard]] std::string shown(std::string_view value);

/// Refuses the first that has a line end or another control character, and repeats nothing of it.
[[nodiscard]] std::optional<error> check_one_line(std::initializer_list<const found_value*> values);

/// The value of a profile's setting, empty when `where` is null. Where a value is one word, a comment behind it (`#` or
/// `;` after white space) is taken off, as AWS's SDKs do: the AWS CLI refuses such a value, or the service does.
[[nodiscard]] found_value value_of(const property* where, std::string_view setting);

/// Whether the setting is there, blank or not. `from` may be null.
[[nodiscard]] bool has(const section* from, std::string_view setting) noexcept;

/// Refuses a profile in which a setting that says who to be, or the region, is indented by mistake, and so became part
/// of the value above it. `from` may be null.
[[nodiscard]] std::optional<error> check_indented_identity(const section* from);
[[nodiscard]] std::optional<error> check_indented_region(const section* from);

/// The value of a variable, empty when it is not set.
[[nodiscard]] strings::secret_string variable(const variables& environment, std::string_view name);

// What a value says. They leave `into` alone when there is none.
[[nodiscard]] std::optional<error> parse(const found_value& given, bool& into);
[[nodiscard]] std::optional<error> parse(const found_value& given, std::optional<int>& into);

/// Looks settings up in the environment and then in a profile.
class lookup {
 public:
  /// `profile` may be null.
  lookup(const variables& environment, const section* profile) : environment_(environment), profile_(profile) {}

  [[nodiscard]] found_value in_environment(std::string_view name) const;
  [[nodiscard]] found_value in_profile(std::string_view setting) const;
  [[nodiscard]] found_value first(std::string_view name, std::string_view setting) const;
  /// A row of setting_table, by its name.
  [[nodiscard]] found_value of(std::string_view name) const;

  /// The endpoint URL configured for a service, empty when there is none: AWS_ENDPOINT_URL_<variable_suffix>,
  /// AWS_ENDPOINT_URL, `service` in the profile's section of services, the profile's endpoint_url. Nothing when
  /// endpoints are to be ignored (AWS_IGNORE_CONFIGURED_ENDPOINT_URLS).
  [[nodiscard]] result<found_value> endpoint_url(const profile_set& files, std::string_view variable_suffix,
                                                 std::string_view service) const;

 private:
  const variables& environment_;
  const section* profile_;
};

/// Which profile counts, and whether it was named: `wanted`, else AWS_PROFILE, else AWS_DEFAULT_PROFILE (the order of
/// AWS's CLI, version 2), else `default`.
class profile_choice {
 public:
  profile_choice(const variables& environment, std::string_view wanted);

  found_value name;
  bool named = false;      ///< It has to be there.
  bool explicit_ = false;  ///< Named by `wanted`: the environment's keys are ignored.
};

/// The sections that may be meant as a profile and are not, each with what to write.
[[nodiscard]] std::vector<std::string> sections_meant(const std::string& name, const profile_set& files);

/// errc::no_profile, naming those that are spelled alike, sections that may be meant, and files that could not be read.
[[nodiscard]] error no_such_profile(const std::string& name, const profile_set& files);

}  // namespace mwaa_serverless::config
