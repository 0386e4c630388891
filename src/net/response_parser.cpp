#include "net/response_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "strings/secret_memory.hpp"

namespace mwaa_serverless::net {

namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t most_reserved = std::uint64_t{1} << 20;

std::string not_asked_for(const std::string& what) {
  return "the response uses " + what + ", which was not asked for";
}

// What Beast is given in place of bytes whose first line has a form that Beast refuses.
struct mended_line {
  std::string bytes;        // empty: the line is good as it is
  std::size_t removed = 0;  // bytes of the line that `bytes` lacks
  bool complete = true;     // false: the line must come whole before it can be judged
};

mended_line whole_line_first() {
  return {{}, 0, false};
}

// A status line may lack the blank before a reason that is empty (RFC 9112, section 4): `HTTP/1.1 200`.
mended_line mend_status_line(std::string_view rest) {
  constexpr std::string_view start = "HTTP/";
  constexpr std::size_t length = 12;
  if (rest.size() <= length + 1 && rest.substr(0, start.size()) == start.substr(0, rest.size()))
    return whole_line_first();
  if (rest.size() <= length + 1 || rest.substr(length, 2) != "\r\n") return {};
  return {std::string{rest.substr(0, length)} + " \r\n", std::size_t(-1)};
}

// Blanks behind the size of a chunk: the grammar has none, and http.client, Go and curl take them.
mended_line mend_chunk_size(std::string_view rest) {
  constexpr std::size_t least = 5;  // Beast asserts that the last chunk's header has as many when it comes again
  if (rest.size() < least) return whole_line_first();
  const std::size_t begin = rest.starts_with("\r\n") ? 2 : 0;  // the end of the chunk before it
  const auto end = rest.find('\r', begin);
  if (end == std::string_view::npos || end + 1 == rest.size()) return whole_line_first();
  const auto last = rest.substr(0, end).find_last_not_of(" \t");
  if (last == std::string_view::npos || last < begin || last + 1 == end) return {};
  std::string bytes{rest.substr(0, last + 1)};
  // The last chunk is read together with the trailer, any other alone: so each byte is copied once.
  const auto digits = rest.substr(begin, rest.find_first_not_of("0123456789abcdefABCDEF", begin) - begin);
  const bool last_chunk = !digits.empty() && digits.find_first_not_of('0') == std::string_view::npos;
  bytes += last_chunk ? rest.substr(end) : rest.substr(end, 2);
  if (last_chunk && bytes.size() < least) return whole_line_first();
  return {std::move(bytes), end - last - 1};
}

}  // namespace

response_parser::message::message(http_response& out, std::size_t max_body_bytes) : out_(out) {
  header_limit(static_cast<std::uint32_t>(max_head_bytes));
  body_limit(max_body_bytes);
  eager(false);  // so that parse() sees each line that it may have to mend
}

void response_parser::message::refuse(errc value, std::string why) {
  if (!refusal) refusal.emplace(value, std::move(why));
}

void response_parser::message::on_request_impl(http::verb, string_view, string_view, int, error_code&) {}

void response_parser::message::on_response_impl(int status, string_view, int, error_code&) {
  if (status < 100) refuse(errc::malformed_response, "the response has the status " + std::to_string(status));
  out_.status = status;
  out_.fields.reserve(512);
}

void response_parser::message::on_field_impl(field name, string_view name_text, string_view value, error_code& code) {
  if (in_trailer_) return;  // nothing that this library knows of comes in a trailer
  if (++lines_ > max_header_lines) {
    refuse(errc::malformed_response,
           "the response has more than " + std::to_string(max_header_lines) + " header lines");
    return;
  }
  // Beast does not count the lines that came whole in the first piece.
  if (out_.fields.size() + name_text.size() + value.size() + 4 > max_head_bytes) {
    code = http::error::header_limit;
    return;
  }
  out_.fields.append(name_text.data(), name_text.size()).append(": ");
  out_.fields.append(value.data(), value.size()).append("\r\n");
  if (name == field::content_encoding && !boost::beast::iequals(value, "identity") && !value.empty())
    refuse(errc::unsupported_response, not_asked_for("Content-Encoding " + std::string{value}));
  if (name == field::transfer_encoding && !boost::beast::iequals(value, "chunked"))
    refuse(errc::unsupported_response, not_asked_for("Transfer-Encoding " + std::string{value}));
}

void response_parser::message::on_header_impl(error_code&) {
  if (out_.status == 101) refuse(errc::unsupported_response, not_asked_for("a protocol switch (101)"));
}

void response_parser::message::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  in_trailer_ = true;
  // What is announced is not yet there: a page is some 40 KB.
  if (length) out_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, most_reserved)));
}

std::size_t response_parser::message::on_body_impl(string_view bytes, error_code&) {
  strings::grow_cleansing(out_.body, bytes.size());
  out_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

void response_parser::message::on_chunk_header_impl(std::uint64_t size, string_view, error_code&) {
  chunk_left_ = size;
}

std::size_t response_parser::message::on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) {
  strings::grow_cleansing(out_.body, bytes.size());
  out_.body.append(bytes.data(), bytes.size());
  chunk_left_ -= bytes.size();
  return bytes.size();
}

void response_parser::message::on_finish_impl(error_code&) {}

response_parser::response_parser(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {
  message_.emplace(response_, max_body_bytes_);
}

response_parser::~response_parser() {
  strings::cleanse(response_.body);  // of a response that nobody took
  strings::cleanse(pending_);
}

response_parser::progress response_parser::feed(std::string_view bytes) {
  if (bytes.empty() || state_ == progress::failed) return state_;
  untouched_ = false;
  if (state_ == progress::complete) {
    surplus_ = true;
    return state_;
  }
  std::size_t used = 0;
  if (pending_.empty()) {
    state_ = parse(bytes, used);
    bytes.remove_prefix(used);
    pending_ = bytes;
  } else {
    strings::grow_cleansing(pending_, bytes.size());
    pending_ += bytes;
    state_ = parse(pending_, used);
    pending_.erase(0, used);
  }
  if (state_ == progress::complete && !pending_.empty()) surplus_ = true;
  if (state_ == progress::need_more && pending_.size() > max_head_bytes) return fail(http::error::header_limit);
  return state_;
}

response_parser::progress response_parser::parse(std::string_view bytes, std::size_t& used) {
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    mended_line line;
    if (at_status_line_) line = mend_status_line(rest);
    if (message_->at_chunk_size()) line = mend_chunk_size(rest);
    if (!line.complete) return progress::need_more;
    boost::beast::error_code code;
    const std::string_view given = line.bytes.empty() ? rest : std::string_view{line.bytes};
    const std::size_t taken = message_->put(boost::asio::buffer(given.data(), given.size()), code);
    if (taken > 0) used += taken + line.removed;
    at_status_line_ = at_status_line_ && taken == 0;
    if (message_->refusal) return fail(message_->refusal->first, message_->refusal->second);
    if (code == http::error::need_more) {
      if (taken > 0 && !line.bytes.empty()) continue;
      return progress::need_more;
    }
    if (code) return fail(code);
    if (!message_->is_done()) continue;
    if (response_.status / 100 != 1) return progress::complete;
    response_ = http_response{};
    message_.emplace(response_, max_body_bytes_);
    at_status_line_ = true;
  }
  return progress::need_more;
}

response_parser::progress response_parser::finish() {
  if (state_ != progress::need_more || !message_->is_header_done() || !message_->need_eof()) return state_;
  boost::beast::error_code code;
  message_->put_eof(code);
  state_ = code ? fail(code) : progress::complete;
  return state_;
}

bool response_parser::keep_alive() const {
  return state_ == progress::complete && !surplus_ && message_->keep_alive();
}

std::string response_parser::position() const {
  if (untouched_) return "before the response";
  if (!message_->is_header_done()) return "in the header";
  std::string out = "after " + std::to_string(response_.body.size());
  if (const auto length = message_->content_length()) out += " of " + std::to_string(*length);
  return out + " bytes of the body";
}

response_parser::progress response_parser::fail(const boost::beast::error_code& code) {
  if (code == http::error::body_limit)
    return fail(errc::response_too_large,
                "the response body is longer than max_response_bytes, " + std::to_string(max_body_bytes_));
  if (code == http::error::header_limit)
    return fail(errc::malformed_response,
                "the response header is longer than " + std::to_string(max_head_bytes) + " bytes");
  return fail(errc::malformed_response, "the response is not valid HTTP/1.1: " + code.message());
}

response_parser::progress response_parser::fail(errc value, std::string text) {
  failure_ = value;
  failure_message_ = std::move(text);
  state_ = progress::failed;
  return state_;
}

http_response response_parser::take() {
  return std::move(response_);
}

}  // namespace mwaa_serverless::net
