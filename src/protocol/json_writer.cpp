#include "protocol/json_writer.hpp"

namespace mwaa_serverless::protocol {

namespace {

void append_escaped(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 0xf];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view value) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += value.substr(written, i - written);
    append_escaped(out, c);
    written = i + 1;
  }
  out += value.substr(written);
  out += '"';
}

json_object_writer::json_object_writer(std::string& out) : out_(out) {
  out_ += '{';
}

void json_object_writer::begin_member(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, name);
  out_ += ':';
}

void json_object_writer::member(std::string_view name, std::string_view value) {
  begin_member(name);
  append_json_string(out_, value);
}

void json_object_writer::member(std::string_view name, std::int64_t value) {
  begin_member(name);
  out_ += std::to_string(value);
}

void json_object_writer::end() {
  out_ += '}';
}

}  // namespace mwaa_serverless::protocol
