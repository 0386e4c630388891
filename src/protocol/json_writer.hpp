// JSON text, appended piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mwaa_serverless::protocol {

/// Appends `value` in quotes. Only what JSON requires is escaped: quotes, backslashes and control characters.
void append_json_string(std::string& out, std::string_view value);

/// Writes the members of one object, in the order of the calls, without white space.
class json_object_writer {
 public:
  explicit json_object_writer(std::string& out);
  json_object_writer(const json_object_writer&) = delete;
  json_object_writer& operator=(const json_object_writer&) = delete;

  void member(std::string_view name, std::string_view value);
  void member(std::string_view name, std::int64_t value);
  void end();

 private:
  void begin_member(std::string_view name);

  std::string& out_;
  bool first_ = true;
};

}  // namespace mwaa_serverless::protocol
