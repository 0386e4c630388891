#include "protocol/json_writer.hpp"

#include <utility>

#include "protocol/plain_json.hpp"
#include "strings/date_time.hpp"
#include "strings/hex.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::protocol {

namespace {

void append_escape(std::string& out, char c) {
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
      strings::append_hex(out += "\\u", static_cast<unsigned char>(c), 4);
  }
}

class writer {
 public:
  writer(std::string& out, const writing_options& options) : out_(out), options_(options) {}

  void write(const structure& from, const void* object) {
    out_ += '{';
    bool first = true;
    for (const member_row& member : from.members) {
      const void* const value = find(member, object);
      if (value == nullptr) continue;
      begin_entry(first, member.name);
      write(*member.type, value, member.check);
    }
    out_ += '}';
  }

 private:
  void begin_entry(bool& first, std::string_view name) {
    if (!std::exchange(first, false)) out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  void write(const value_type& type, const void* value, const rules& check) {
    if (check.sensitive && options_.redact) {
      out_ += "\"***\"";
      return;
    }
    switch (type.is) {
      case value_type::form::text:
        return append_json_string(out_, type.text(value));
      case value_type::form::document:
        out_ += type.text(value);
        return;
      case value_type::form::integer:
        out_ += std::to_string(type.integer(value));
        return;
      case value_type::form::boolean:
        out_ += type.boolean(value) ? "true" : "false";
        return;
      case value_type::form::timestamp:
        return append_json_string(out_, strings::format_shortest_timestamp(type.time(value), options_.zone));
      case value_type::form::structure:
        return write(*type.members, value);
      case value_type::form::list:
      case value_type::form::map:
        return write_entries(type, value, check.element != nullptr ? *check.element : rules{});
    }
  }

  void write_entries(const value_type& type, const void* entries, const rules& check) {
    const bool list = type.is == value_type::form::list;
    out_ += list ? '[' : '{';
    bool first = true;
    for_each(type, entries, [&](std::string_view key, const void* place) {
      const void* const value = find(*type.element, place);
      if (list) {
        if (!std::exchange(first, false)) out_ += ',';
      } else {
        begin_entry(first, key);
      }
      write(*type.element, value != nullptr ? value : place, check);
    });
    out_ += list ? ']' : '}';
  }

  std::string& out_;
  const writing_options& options_;
};

}  // namespace

void append_escaped(std::string& out, std::string_view value) {
  const char* const end = value.data() + value.size();
  const char* written = value.data();
  for (const char* at = plain_json::end_of_ascii(written, end); at != end; at = plain_json::end_of_ascii(at, end)) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      out.append(written, at);
      append_escape(out, *at);
      written = at + 1;
    }
    ++at;
  }
  out.append(written, end);
}

void append_json_string(std::string& out, std::string_view value) {
  out += '"';
  append_escaped(out, value);
  out += '"';
}

void append_json(std::string& out, const structure_view& from, const writing_options& options) {
  writer{out, options}.write(from.members, from.object);
}

std::string encode(const structure_view& from, const writing_options& options) {
  std::string out;
  out.reserve(512);
  append_json(out, from, options);
  return out;
}

std::string for_logs(const structure_view& from) {
  writing_options options;
  options.redact = true;
  return strings::printable(encode(from, options));
}

}  // namespace mwaa_serverless::protocol
