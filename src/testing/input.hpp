// The input of an operation, judged by the model's rules.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/describe.hpp"
#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

/// A ValidationException about one member, or about none when `field` is empty.
[[nodiscard]] reply validation_error(std::string_view reason, std::string_view message, std::string_view field = {});

/// The body of a request.
class input {
 public:
  /// `body` is parsed with bounded depth; its size is bounded by what carried it. An empty body is `{}`.
  explicit input(std::string_view body);

  /// A member's text as it was sent, at most `max_length` bytes of it; empty when it is no string.
  [[nodiscard]] std::string text(std::string_view member, std::size_t max_length) const;

  /// Reads it into `request`. The error of everything in it that breaks a rule of the model, at once, as the service
  /// reports it; nullopt when it is all as it should be. `max_page_size` stands for the model's limit of `MaxResults`.
  [[nodiscard]] std::optional<reply> read(const protocol::structure_place& request, int max_page_size) const;

 private:
  boost::json::value root_;
  std::optional<reply> unreadable_;
};

}  // namespace mwaa_serverless::testing
