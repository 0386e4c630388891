// URLs as settings give them.
#pragma once

#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <string_view>

namespace mwaa_serverless::protocol {

class url {
 public:
  url() {}

  std::shared_ptr<const origin> where;
  std::string path;   ///< With its leading slash; empty when there is none.
  std::string query;  ///< Without the question mark.

  /// What stands in a request line.
  [[nodiscard]] std::string target() const;
};

/// `http://` or `https://`, host, port, path and query. errc::invalid_configuration names `setting` and shows the URL
/// without what stands before an `@`.
[[nodiscard]] result<url> parse_url(std::string_view setting, std::string_view text);

/// A URL as it may be shown: nothing of what stands before an `@`, no query, not too long.
[[nodiscard]] std::string showable_url(std::string_view text);

/// The refusal of a URL for another reason, in the same words.
[[nodiscard]] error refuse_url(std::string_view setting, std::string_view text, std::string_view rule);

}  // namespace mwaa_serverless::protocol
