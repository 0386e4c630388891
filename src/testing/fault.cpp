#include <algorithm>
#include <array>
#include <charconv>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/fault.hpp>
#include <system_error>

namespace mwaa_serverless::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* gateway_page =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad "
    "Gateway</h1></center></body>\r\n"
    "</html>\r\n";

[[noreturn]] void refuse(std::string_view spelling, const std::string& why) {
  throw exception(
      error{errc::invalid_argument,
            "fault '" + std::string{spelling} + "': " + why +
                "; faults are delay=MS, throttle[=SECONDS], status=CODE, html[=CODE], broken-json, "
                "close-before-headers, close-inside-headers[=BYTES], close-inside-body[=BYTES], wrong-length[=BYTES], "
                "garbage, drip=BYTES/MS and never-answer, each with *TIMES at its end if wanted"});
}

std::int64_t number(std::string_view text, std::int64_t low, std::string_view spelling) {
  constexpr std::int64_t high = 1'000'000'000;
  std::int64_t out = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || stop != text.data() + text.size() || out < low || out > high)
    refuse(spelling, "'" + std::string{text} + "' is not a number from " + std::to_string(low));
  return out;
}

}  // namespace

fault::fault(kind value) : what(value) {}

fault fault::delay(milliseconds length) {
  fault out{kind::delay};
  out.after = length;
  return out;
}

fault fault::throttle(std::optional<seconds> retry_after_value) {
  fault out{kind::throttle};
  out.retry_after = retry_after_value;
  return out;
}

fault fault::status(int http_status_value, std::string code_value, std::string message_value) {
  fault out{kind::status};
  out.http_status = http_status_value;
  out.code = std::move(code_value);
  out.message = std::move(message_value);
  return out;
}

fault fault::body(std::string content_value, std::string content_type_value, int http_status_value) {
  fault out{kind::body};
  out.content = std::move(content_value);
  out.content_type = std::move(content_type_value);
  out.http_status = http_status_value;
  return out;
}

fault fault::html(int http_status_value) {
  return body(gateway_page, "text/html", http_status_value);
}

fault fault::close_before_headers() {
  return fault{kind::close_before_headers};
}

fault fault::close_inside_headers(std::size_t after_bytes) {
  fault out{kind::close_inside_headers};
  out.bytes = after_bytes;
  return out;
}

fault fault::close_inside_body(std::size_t after_bytes) {
  fault out{kind::close_inside_body};
  out.bytes = after_bytes;
  return out;
}

fault fault::wrong_length(std::int64_t difference) {
  fault out{kind::wrong_length};
  out.length_error = difference;
  return out;
}

fault fault::garbage() {
  return fault{kind::garbage};
}

fault fault::drip(std::size_t bytes_value, milliseconds interval_value) {
  fault out{kind::drip};
  out.bytes = std::max<std::size_t>(1, bytes_value);
  out.interval = interval_value;
  return out;
}

fault fault::never_answer() {
  return fault{kind::never_answer};
}

fault fault::with_header(std::string_view header_name, std::string_view value) && {
  headers.append(header_name).append(": ").append(value).append("\r\n");
  return std::move(*this);
}

std::string_view fault::name() const noexcept {
  switch (what) {
    case kind::delay:
      return "delay";
    case kind::throttle:
      return "throttle";
    case kind::status:
      return "status";
    case kind::body:
      return content_type == "text/html" ? "html" : "broken-json";
    case kind::close_before_headers:
      return "close-before-headers";
    case kind::close_inside_headers:
      return "close-inside-headers";
    case kind::close_inside_body:
      return "close-inside-body";
    case kind::wrong_length:
      return "wrong-length";
    case kind::garbage:
      return "garbage";
    case kind::drip:
      return "drip";
    case kind::never_answer:
      return "never-answer";
  }
  return "unknown";
}

fault fault::parse(std::string_view spelling) {
  std::string_view rest = spelling;
  int times_value = 1;
  if (const auto star = rest.rfind('*'); star != std::string_view::npos) {
    times_value = static_cast<int>(number(rest.substr(star + 1), 1, spelling));
    rest = rest.substr(0, star);
  }
  std::optional<std::string_view> value;
  if (const auto equals = rest.find('='); equals != std::string_view::npos) {
    value = rest.substr(equals + 1);
    rest = rest.substr(0, equals);
  }
  const auto required = [&](std::int64_t low) {
    if (!value) refuse(spelling, "a value is missing");
    return number(*value, low, spelling);
  };
  const auto optional = [&](std::int64_t low, std::int64_t otherwise) { return value ? required(low) : otherwise; };
  const auto bytes_or = [&](std::int64_t otherwise) { return static_cast<std::size_t>(optional(0, otherwise)); };
  const auto alone = [&](fault out) {
    if (value) refuse(spelling, "takes no value");
    return out;
  };
  const auto http_status_of = [&](std::int64_t code_value) {
    if (code_value < 200 || code_value > 599) refuse(spelling, "an HTTP status is from 200 to 599");
    return static_cast<int>(code_value);
  };
  const auto made = [&]() -> fault {
    if (rest == "delay") return delay(milliseconds{required(0)});
    if (rest == "throttle") return throttle(value ? std::optional{seconds{required(0)}} : std::nullopt);
    if (rest == "status") return status(http_status_of(required(200)));
    if (rest == "html") return html(http_status_of(optional(200, 502)));
    if (rest == "broken-json") return alone(body(R"({"TaskInstances":[{"RunId":)"));
    if (rest == "close-before-headers") return alone(close_before_headers());
    if (rest == "close-inside-headers") return close_inside_headers(bytes_or(20));
    if (rest == "close-inside-body") return close_inside_body(bytes_or(10));
    if (rest == "wrong-length") return wrong_length(optional(-1'000'000'000, 100));
    if (rest == "garbage") return alone(garbage());
    if (rest == "never-answer") return alone(never_answer());
    if (rest == "drip") {
      const auto slash = value ? value->find('/') : std::string_view::npos;
      if (slash == std::string_view::npos) refuse(spelling, "wants BYTES/MS");
      return drip(static_cast<std::size_t>(number(value->substr(0, slash), 1, spelling)),
                  milliseconds{number(value->substr(slash + 1), 0, spelling)});
    }
    refuse(spelling, "is not a fault");
  };
  return made().with_times(times_value);
}

std::vector<fault> transient_faults() {
  return {fault::delay(milliseconds{50}),
          fault::throttle(),
          fault::throttle(seconds{1}),
          fault::status(500),
          fault::status(503),
          fault::status(504),
          fault::html(502),
          fault::close_before_headers(),
          fault::close_before_headers().with_reset(),
          fault::close_inside_headers(),
          fault::close_inside_body(),
          fault::wrong_length(),
          fault::drip(512, milliseconds{1})};
}

std::vector<fault> all_faults() {
  auto out = transient_faults();
  out.push_back(fault::wrong_length(-10));
  out.push_back(fault::garbage());
  out.push_back(fault::body(R"({"TaskInstances":[{"RunId":)"));
  out.push_back(fault::status(403));
  out.push_back(fault::never_answer());
  return out;
}

}  // namespace mwaa_serverless::testing
