#include "protocol/json_writer.hpp"

namespace mwaa_serverless::protocol {

void append_json_string(std::string& out, std::string_view value) {
  constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : value) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += digits[static_cast<unsigned char>(c) >> 4];
          out += digits[static_cast<unsigned char>(c) & 0xf];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

json_object_writer::json_object_writer(std::string& out) : out_(out) { out_ += '{'; }

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

void json_object_writer::end() { out_ += '}'; }

}  // namespace mwaa_serverless::protocol
