#include <mwaa_serverless/error.hpp>
#include <ostream>
#include <utility>

#include "model/printable.hpp"

namespace mwaa_serverless {

namespace {

class category_of_errors final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "mwaa_serverless"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::throttled:
        return "the service throttled the request";
      case errc::internal_server:
        return "internal error of the service";
      case errc::service_timeout:
        return "the service timed out";
      case errc::validation:
        return "the service refused the request as invalid";
      case errc::access_denied:
        return "access denied";
      case errc::resource_not_found:
        return "resource not found";
      case errc::conflict:
        return "conflict with the state of the resource";
      case errc::service_quota_exceeded:
        return "service quota exceeded";
      case errc::unrecognized_client:
        return "the access key is not known";
      case errc::invalid_signature:
        return "the signature does not match";
      case errc::missing_authentication_token:
        return "the request was not signed";
      case errc::expired_token:
        return "the session token has expired";
      case errc::unknown_operation:
        return "the service does not know the operation";
      case errc::other_service_error:
        return "error of the service";
      case errc::malformed_response:
        return "malformed response";
      case errc::response_too_large:
        return "response too large";
      case errc::unsupported_response:
        return "response in a form that was not asked for";
      case errc::resolve_failed:
        return "host name could not be resolved";
      case errc::connect_failed:
        return "connection failed";
      case errc::proxy_refused:
        return "refused by the proxy";
      case errc::tls_failed:
        return "TLS failed";
      case errc::connection_lost:
        return "connection lost";
      case errc::connect_timeout:
        return "connect timeout";
      case errc::attempt_timeout:
        return "attempt timeout";
      case errc::deadline_exceeded:
        return "operation timeout";
      case errc::invalid_argument:
        return "invalid argument";
      case errc::invalid_configuration:
        return "invalid configuration";
      case errc::no_region:
        return "no region";
      case errc::no_profile:
        return "no such profile";
      case errc::no_credentials:
        return "no credentials";
      case errc::credentials_failed:
        return "credentials could not be fetched";
      case errc::too_many_waiting:
        return "too many requests wait for a connection";
      case errc::invalid_page_token:
        return "invalid page token";
      case errc::repeated_page_token:
        return "repeated page token";
      case errc::broken_contract:
        return "an object of the caller broke the contract of its interface";
      case errc::client_closed:
        return "the client is closed";
    }
    return "unknown error";
  }
};

bool belongs(errc value, condition group) {
  using enum errc;
  switch (group) {
    case condition::throttled:
      return value == throttled;
    case condition::retryable:
      return value == throttled || value == internal_server || value == service_timeout || value == connect_failed ||
             value == resolve_failed || value == connection_lost || value == connect_timeout ||
             value == attempt_timeout;
    case condition::timeout:
      return value == service_timeout || value == connect_timeout || value == attempt_timeout ||
             value == deadline_exceeded;
    case condition::credentials:
      return value == no_credentials || value == credentials_failed || value == unrecognized_client ||
             value == invalid_signature || value == missing_authentication_token || value == expired_token;
    case condition::connection:
      return value == resolve_failed || value == connect_failed || value == proxy_refused || value == tls_failed ||
             value == connection_lost || value == connect_timeout;
    case condition::service:
      return value >= throttled && value <= other_service_error;
    case condition::caller:
      return value == invalid_argument || value == invalid_configuration || value == no_region || value == no_profile ||
             value == no_credentials || value == invalid_page_token || value == broken_contract ||
             value == client_closed || value == validation || value == unknown_operation;
  }
  return false;
}

class category_of_conditions final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "mwaa_serverless.condition"; }
  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
      case condition::throttled:
        return "throttled";
      case condition::retryable:
        return "retryable";
      case condition::timeout:
        return "timeout";
      case condition::credentials:
        return "credentials";
      case condition::connection:
        return "connection";
      case condition::service:
        return "error of the service";
      case condition::caller:
        return "mistake of the caller";
    }
    return "unknown condition";
  }
  bool equivalent(const boost::system::error_code& code, int value) const noexcept override {
    return code.category() == mwaa_serverless::error_category() &&
           belongs(static_cast<errc>(code.value()), static_cast<condition>(value));
  }
};

std::string describe(const error& value) {
  std::string out = value.operation.empty() ? std::string{} : value.operation + ": ";
  if (!value.aws_code.empty()) out += value.aws_code + ": ";
  out += value.message.empty() ? value.code.message() : value.message;
  if (!value.request_id.empty()) out += " [request id " + value.request_id + "]";
  return printable(std::move(out));  // the members may have been set by anybody
}

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const category_of_errors instance;
  return instance;
}

const boost::system::error_category& condition_category() noexcept {
  static const category_of_conditions instance;
  return instance;
}

boost::system::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), error_category()};
}

boost::system::error_condition make_error_condition(condition value) noexcept {
  return {static_cast<int>(value), condition_category()};
}

std::string_view to_string(phase value) noexcept {
  switch (value) {
    case phase::none:
      return "no exchange";
    case phase::throttle_gate:
      return "waiting in the throttle queue";
    case phase::attempt_gate:
      return "waiting at the attempt gate";
    case phase::credentials:
      return "fetching credentials";
    case phase::waiting_for_connection:
      return "waiting for a connection";
    case phase::resolving:
      return "resolving the host name";
    case phase::connecting:
      return "connecting";
    case phase::tls_handshake:
      return "TLS handshake";
    case phase::writing_request:
      return "writing the request";
    case phase::reading_response:
      return "reading the response";
    case phase::backing_off:
      return "waiting before the next attempt";
  }
  return "unknown";
}

attempt_record::attempt_record() = default;

field_error::field_error() = default;
field_error::field_error(std::string name_value, std::string message_value)
    : name(std::move(name_value)), message(std::move(message_value)) {}

error::error() = default;
error::error(errc value, std::string message_text) : error(make_error_code(value), std::move(message_text)) {}
// Messages repeat what services, proxies and files say, and are shown at terminals and in logs.
error::error(boost::system::error_code value, std::string message_text)
    : code(value), message(printable(std::move(message_text))) {}

std::ostream& operator<<(std::ostream& out, const error& value) {
  return out << describe(value);
}

exception::exception(error details)
    : system_error(details.code),
      details_(std::make_shared<const error>(std::move(details))),
      what_(std::make_shared<const std::string>(describe(*details_))) {}

const char* exception::what() const noexcept {
  return what_->c_str();
}

void throw_exception_from_error(const error& details, const boost::source_location& /*location*/) {
  throw exception(details);
}

}  // namespace mwaa_serverless
