#include "transport/response_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

namespace mwaa_serverless::net {

namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t most_reserved = std::uint64_t{1} << 20;

std::string not_asked_for(const std::string& what) {
  return "the response uses " + what + ", which was not asked for";
}

}  // namespace

response_parser::message::message(http_response& out, std::size_t max_body_bytes) : out_(out) {
  header_limit(static_cast<std::uint32_t>(max_head_bytes));
  body_limit(max_body_bytes);
  eager(true);
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
  out_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

void response_parser::message::on_chunk_header_impl(std::uint64_t, string_view, error_code&) {}

std::size_t response_parser::message::on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) {
  out_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

void response_parser::message::on_finish_impl(error_code&) {}

response_parser::response_parser(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {
  message_.emplace(response_, max_body_bytes_);
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
    // Beast asserts that the last chunk's header comes in one piece with what follows it: at least 5 bytes.
    if (message_->is_header_done() && message_->chunked() && bytes.size() - used < 5) return progress::need_more;
    boost::beast::error_code code;
    used += message_->put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), code);
    if (message_->refusal) return fail(message_->refusal->first, message_->refusal->second);
    if (code == http::error::need_more) return progress::need_more;
    if (code) return fail(code);
    if (!message_->is_done()) continue;
    if (response_.status / 100 != 1) return progress::complete;
    response_ = http_response{};
    message_.emplace(response_, max_body_bytes_);
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
