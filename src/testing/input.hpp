// The input of an operation, judged by the model's rules.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

/// A ValidationException about one member, or about none when `field` is empty.
[[nodiscard]] reply validation_error(std::string_view reason, std::string_view message, std::string_view field = {});

/// The members of a request body. Each getter notes what breaks a rule; refusal() tells it all at once, as the service
/// does.
class input {
 public:
  /// `body` is parsed with bounded depth; its size is bounded by what carried it. An empty body is `{}`.
  explicit input(std::string_view body);

  /// A member's text as it was sent, at most `max_length` bytes of it; empty when it is no string.
  [[nodiscard]] std::string text(std::string_view member, std::size_t max_length) const;

  /// A string of 1 to `max_length` bytes that `matches`; `pattern` is for the message.
  [[nodiscard]] std::string required_string(std::string_view member, std::size_t max_length,
                                            bool (*matches)(std::string_view) noexcept, std::string_view pattern);
  [[nodiscard]] std::optional<std::string> optional_string(std::string_view member);
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view member, std::int64_t low,
                                                             std::int64_t high);

  /// The error of everything that was read so far; nullopt when it is all as it should be.
  [[nodiscard]] std::optional<reply> refusal() const;

 private:
  struct problem {
    std::string member;
    std::string message;
  };

  [[nodiscard]] const boost::json::value* find(std::string_view member) const;
  void wrong_type(std::string_view member, std::string_view expected);
  void broken_rule(std::string_view member, std::string_view value, const std::string& rule);

  boost::json::value root_;
  std::optional<reply> unreadable_;
  std::vector<problem> problems_;
  bool wrong_types_ = false;
};

}  // namespace mwaa_serverless::testing
