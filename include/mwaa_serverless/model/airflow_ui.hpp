// A session of Airflow's web interface.
//
// All are values: distinct objects may be used from any threads at once, and what a response holds shares its block of
// text (see text). Source: the service's model, API version 2024-07-26.
#pragma once

#include <chrono>
#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

/// A URL that opens Airflow's web interface with the permissions of the caller. Who has it is in: it is printed as
/// `***`.
class MWAA_SERVERLESS_API create_airflow_ui_url_response {
 public:
  create_airflow_ui_url_response() = default;

  text authorized_url;                                                      ///< To be opened in a browser; sensitive.
  text session_id;                                                          ///< Sensitive.
  std::optional<std::chrono::system_clock::time_point> url_expires_at;      ///< The URL cannot be opened later.
  std::optional<std::chrono::system_clock::time_point> session_expires_at;  ///< The session ends then at the latest.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const create_airflow_ui_url_response& value);
};
static_assert(!std::is_aggregate_v<create_airflow_ui_url_response>);

/// Input of client::create_airflow_ui_url.
class MWAA_SERVERLESS_API create_airflow_ui_url_request {
 public:
  using response_type = create_airflow_ui_url_response;

  create_airflow_ui_url_request() = default;

  /// How long the URL can be opened, 5 to 300 seconds; absent: 300.
  std::optional<std::chrono::seconds> expires_in_seconds;
  /// How long the session lasts from now, 1 to 43,200 seconds; absent: 43,200.
  std::optional<std::chrono::seconds> session_duration_in_seconds;

  create_airflow_ui_url_request with_expires_in_seconds(std::chrono::seconds value) && {
    expires_in_seconds = value;
    return std::move(*this);
  }
  create_airflow_ui_url_request with_session_duration_in_seconds(std::chrono::seconds value) && {
    session_duration_in_seconds = value;
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const create_airflow_ui_url_request& value);
};
static_assert(!std::is_aggregate_v<create_airflow_ui_url_request>);

}  // namespace mwaa_serverless
