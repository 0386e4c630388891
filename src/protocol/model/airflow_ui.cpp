#include <array>
#include <mwaa_serverless/model/airflow_ui.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

namespace {

constexpr std::array create_airflow_ui_url_response_members{
    member<&create_airflow_ui_url_response::authorized_url>("AuthorizedUrl", authorized_url.must()),
    member<&create_airflow_ui_url_response::session_id>("SessionId", session_id.must()),
    member<&create_airflow_ui_url_response::url_expires_at>("UrlExpiresAt", required),
    member<&create_airflow_ui_url_response::session_expires_at>("SessionExpiresAt", required),
};
constexpr std::array create_airflow_ui_url_request_members{
    member<&create_airflow_ui_url_request::expires_in_seconds>("ExpiresInSeconds", expires_in),
    member<&create_airflow_ui_url_request::session_duration_in_seconds>("SessionDurationInSeconds", session_duration),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(create_airflow_ui_url_request)
MWAA_SERVERLESS_DESCRIBE(create_airflow_ui_url_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_PRINT(create_airflow_ui_url_request)
MWAA_SERVERLESS_PRINT(create_airflow_ui_url_response)

}  // namespace mwaa_serverless
