// JSON documents that hold secrets.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "strings/secret_memory.hpp"

namespace mwaa_serverless::sources {

/// A parsed object, whose memory is overwritten when it goes.
class secret_document {
 public:
  /// Says what is wrong without a word of the text.
  [[nodiscard]] static result<secret_document> parse(std::string_view text);

  [[nodiscard]] const boost::json::object& root() const noexcept { return value_.get_object(); }

 private:
  explicit secret_document(boost::json::value value) : value_(std::move(value)) {}

  boost::json::value value_;
};

/// As text, without a copy left behind.
[[nodiscard]] strings::secret_string serialize_secret(const boost::json::object& value);

/// A member that is a string, not empty; nullopt otherwise. A view into the document.
[[nodiscard]] std::optional<std::string_view> text_of(const boost::json::object& from, std::string_view name);

/// Where the parts of credentials are in a document.
struct member_names {
  std::string_view access_key_id = "AccessKeyId";
  std::string_view secret_access_key = "SecretAccessKey";
  std::string_view session_token = "Token";
  std::string_view expiration = "Expiration";
};

/// The credentials in `from`; `source` becomes credentials::source(). The expiration is a timestamp of ISO 8601, or
/// milliseconds since 1970; absent: they do not expire. Errors (errc::credentials_failed) name the member.
[[nodiscard]] result<credentials> read_credentials(const boost::json::object& from, const member_names& names,
                                                   std::string source);

}  // namespace mwaa_serverless::sources
