// Turns the bytes of a connection into one http_response. The only file of the transport that includes Beast.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mwaa_serverless::net {

/// Reads one response from pieces of any size, skipping interim (1xx) responses. Responses of STS and the like are
/// secrets: no copy of a body is left behind but the one that take() gives.
class response_parser {
 public:
  /// Limit of status line and header lines together, and of what stands between the chunks of a body.
  static constexpr std::size_t max_head_bytes = std::size_t{64} * 1024;

  /// Limit of header lines (as Envoy's max_headers_count).
  static constexpr std::size_t max_header_lines = 100;

  explicit response_parser(std::size_t max_body_bytes);
  response_parser(const response_parser&) = delete;
  response_parser& operator=(const response_parser&) = delete;
  ~response_parser();

  enum class progress {
    need_more,
    complete,
    failed,  ///< See failure().
  };
  /// The next bytes of the connection.
  progress feed(std::string_view bytes);
  /// The peer has closed the connection in good order; ends a response whose length was not announced.
  progress finish();

  [[nodiscard]] progress state() const noexcept { return state_; }
  /// No byte has come.
  [[nodiscard]] bool untouched() const noexcept { return untouched_; }
  /// A response has begun that is not a complete interim one.
  [[nodiscard]] bool begun() const noexcept { return !at_status_line_ || !pending_.empty(); }
  /// More bytes can change nothing: the response is broken, or bytes have followed it.
  [[nodiscard]] bool complete() const noexcept { return state_ == progress::failed || surplus_; }
  /// The connection may serve another request: the response is complete, nothing followed it and neither side asked
  /// for an end.
  [[nodiscard]] bool keep_alive() const;
  /// Where the response stands, for a message: `in the header`, `after 12 of 40 bytes of the body`.
  [[nodiscard]] std::string position() const;
  [[nodiscard]] errc failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& failure_message() const noexcept { return failure_message_; }
  [[nodiscard]] http_response take();

 private:
  // Appends header lines and body as they come, instead of keeping a node for each header.
  class message final : public boost::beast::http::basic_parser<false> {
   public:
    message(http_response& out, std::size_t max_body_bytes);
    // Why the response is refused although Beast would take it.
    std::optional<std::pair<errc, std::string>> refusal;
    // The next byte belongs to the line with the size of a chunk (or to the line end before it).
    [[nodiscard]] bool at_chunk_size() const { return is_header_done() && chunked() && !is_done() && chunk_left_ == 0; }

   private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;
    using field = boost::beast::http::field;

    void refuse(errc value, std::string why);
    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override;
    void on_response_impl(int status, string_view reason, int version, error_code& code) override;
    void on_field_impl(field name, string_view name_text, string_view value, error_code& code) override;
    void on_header_impl(error_code& code) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& code) override;
    std::size_t on_body_impl(string_view bytes, error_code& code) override;
    void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& code) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view bytes, error_code& code) override;
    void on_finish_impl(error_code& code) override;

    http_response& out_;
    std::size_t lines_ = 0;
    std::uint64_t chunk_left_ = 0;
    bool in_trailer_ = false;
  };

  progress parse(std::string_view bytes, std::size_t& used);
  progress fail(const boost::beast::error_code& code);
  progress fail(errc value, std::string text);

  std::size_t max_body_bytes_;
  http_response response_;
  std::optional<message> message_;
  std::string pending_;  // an unfinished line, until its rest comes
  bool at_status_line_ = true;
  progress state_ = progress::need_more;
  bool untouched_ = true;
  bool surplus_ = false;  // bytes followed the response
  errc failure_ = errc::malformed_response;
  std::string failure_message_;
};

}  // namespace mwaa_serverless::net
