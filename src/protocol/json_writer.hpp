// JSON text, appended piece by piece, and structures as JSON text, by their descriptions.
#pragma once

#include <string>
#include <string_view>

#include "protocol/describe.hpp"
#include "strings/date_time.hpp"

namespace mwaa_serverless::protocol {

/// Appends `value` as it stands between quotes. Only what JSON requires is escaped: quotes, backslashes and control
/// characters.
void append_escaped(std::string& out, std::string_view value);
/// Appends `value` in quotes.
void append_json_string(std::string& out, std::string_view value);

class writing_options {
 public:
  writing_options() {}

  bool redact = false;  ///< Sensitive members become `***`.
  strings::utc_sign zone = strings::utc_sign::z;
};

/// Appends `from` as a JSON object: what is present, in the model's order, without white space.
void append_json(std::string& out, const structure_view& from, const writing_options& options = writing_options{});
/// The same as a text of its own: what goes over the wire.
[[nodiscard]] std::string encode(const structure_view& from, const writing_options& options = writing_options{});

/// The same for logs: sensitive members are `***`, and what could steer a terminal is escaped.
[[nodiscard]] std::string for_logs(const structure_view& from);

}  // namespace mwaa_serverless::protocol
