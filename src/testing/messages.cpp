#include "testing/messages.hpp"

#include <algorithm>
#include <array>

#include "protocol/json_writer.hpp"
#include "protocol/model/errors.hpp"
#include "strings/ascii_case.hpp"
#include "strings/date_time.hpp"
#include "strings/utf8.hpp"

namespace mwaa_serverless::testing {

namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace

std::optional<std::string_view> incoming_request::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (strings::equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::string quotable(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii) || strings::is_utf8(text)) return std::string{text};
  std::string readable;
  for (const char c : text) is_ascii(c) ? readable += c : readable += "\xEF\xBF\xBD";  // U+FFFD
  return readable;
}

std::string quoted(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, quotable(text));
  return out;
}

reply service_error(std::string_view code, error members) {
  const protocol::modelled_error& model = *protocol::find_error(code);
  members.message = quotable(members.message);
  for (field_error& each : members.field_list) each.message = quotable(each.message);
  reply out;
  out.status = model.http_status;
  out.code = code;
  out.body = R"({"__type":)" + quoted(code) + ',';
  // The members follow the type within one object.
  const std::string rest = protocol::encode(protocol::structure_view{model.members, &members});
  out.body.append(rest, 1);
  return out;
}

reply front_error(int status, std::string_view code, std::string_view message) {
  reply out;
  out.status = status;
  out.code = code;
  out.body =
      R"({"__type":)" + quoted("com.amazon.coral.service#" + out.code) + R"(,"message":)" + quoted(message) + '}';
  return out;
}

std::string response_head(const reply& answer, std::string_view request_id, clock::wall_time_point date,
                          std::size_t length) {
  std::string out;
  out.reserve(256 + answer.extra_headers.size());
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).push_back(' ');
  out.append(reason_phrase(answer.status));
  if (!request_id.empty()) out.append("\r\nx-amzn-RequestId: ").append(request_id);
  out.append("\r\nDate: ").append(strings::format_http_date(date));
  out.append("\r\nContent-Type: ").append(answer.content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(length)).append("\r\n");
  out.append(answer.extra_headers).append("\r\n");
  return out;
}

}  // namespace mwaa_serverless::testing
