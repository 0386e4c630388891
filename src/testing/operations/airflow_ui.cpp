#include "protocol/model/rules.hpp"
#include "testing/operations/handlers.hpp"

namespace mwaa_serverless::testing {

create_airflow_ui_url_response handle(const create_airflow_ui_url_request& request, const operation_context& context) {
  const auto now = context.date();
  create_airflow_ui_url_response out;
  const std::string session = context.in.random_id(static_cast<std::size_t>(protocol::session_id.max));
  // A name that nobody can have (RFC 2606).
  out.authorized_url = text{"https://" + session + ".airflow-ui." + context.in.region() +
                            ".emulator.invalid/login?token=" + context.in.random_id(64)};
  out.session_id = text{session};
  // The defaults are the model's documentation's, the greatest that may be asked for.
  out.url_expires_at = now + request.expires_in_seconds.value_or(std::chrono::seconds{protocol::expires_in.max});
  out.session_expires_at =
      now + request.session_duration_in_seconds.value_or(std::chrono::seconds{protocol::session_duration.max});
  return out;
}

}  // namespace mwaa_serverless::testing
