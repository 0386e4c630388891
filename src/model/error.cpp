#include <algorithm>
#include <array>
#include <initializer_list>
#include <mwaa_serverless/error.hpp>
#include <ostream>
#include <utility>

#include "strings/printable.hpp"

namespace mwaa_serverless {

namespace {

constexpr unsigned set_of(std::initializer_list<condition> conditions) {
  unsigned out = 0;
  for (const condition each : conditions) out |= 1U << static_cast<unsigned>(each);
  return out;
}

class code_row {
 public:
  constexpr code_row(errc code_value, const char* message_value, std::initializer_list<condition> conditions_value)
      : code(code_value), message(message_value), conditions(set_of(conditions_value)) {}

  errc code;
  const char* message;
  unsigned conditions;
};

// The documentation of `condition` shows it; a test compares the two.
constexpr auto codes = [] {
  using enum errc;
  constexpr auto is_throttled = condition::throttled;
  constexpr auto retryable = condition::retryable;
  constexpr auto timeout = condition::timeout;
  constexpr auto credentials = condition::credentials;
  constexpr auto connection = condition::connection;
  constexpr auto service = condition::service;
  constexpr auto caller = condition::caller;
  constexpr auto permanent = condition::permanent;
  return std::array{
      code_row{throttled, "the service throttled the request", {is_throttled, retryable, service}},
      code_row{internal_server, "internal error of the service", {retryable, service}},
      code_row{service_timeout, "the service timed out", {retryable, timeout, service}},
      code_row{validation, "the service refused the request as invalid", {service, caller, permanent}},
      code_row{access_denied, "access denied", {service, permanent}},
      code_row{resource_not_found, "resource not found", {service, permanent}},
      code_row{conflict, "conflict with the state of the resource", {service}},
      code_row{service_quota_exceeded, "service quota exceeded", {service}},
      code_row{unrecognized_client, "the access key is not known", {credentials, service, permanent}},
      code_row{invalid_signature, "the signature does not match", {credentials, service, permanent}},
      code_row{missing_authentication_token, "the request was not signed", {credentials, service, permanent}},
      code_row{expired_token, "the session token has expired", {credentials, service, permanent}},
      code_row{unknown_operation, "the service does not know the operation", {service, caller, permanent}},
      code_row{other_service_error, "error of the service", {service}},
      code_row{malformed_response, "malformed response", {}},
      code_row{response_too_large, "response too large", {permanent}},
      code_row{unsupported_response, "response in a form that was not asked for", {permanent}},
      code_row{resolve_failed, "host name could not be resolved", {retryable, connection}},
      code_row{connect_failed, "connection failed", {retryable, connection}},
      code_row{proxy_refused, "refused by the proxy", {connection, permanent}},
      code_row{tls_failed, "TLS failed", {connection, permanent}},
      code_row{connection_lost, "connection lost", {retryable, connection}},
      code_row{connect_timeout, "connect timeout", {retryable, timeout, connection}},
      code_row{acquire_timeout, "no connection became free in time", {retryable, timeout}},
      code_row{read_timeout, "read timeout", {retryable, timeout}},
      code_row{attempt_timeout, "attempt timeout", {retryable, timeout}},
      code_row{operation_timeout, "operation timeout", {timeout}},
      code_row{invalid_argument, "invalid argument", {caller, permanent}},
      code_row{invalid_configuration, "invalid configuration", {caller, permanent}},
      code_row{no_region, "no region", {caller, permanent}},
      code_row{no_profile, "no such profile", {caller, permanent}},
      code_row{no_credentials, "no credentials", {credentials, caller, permanent}},
      code_row{credentials_failed, "credentials could not be fetched", {credentials}},
      code_row{credentials_timeout, "credentials did not come in time", {retryable, timeout, credentials}},
      code_row{process_timeout, "a program did not end in time", {timeout, credentials}},
      code_row{too_many_waiting, "too many requests wait for a connection", {}},
      code_row{invalid_page_token, "invalid page token", {caller, permanent}},
      code_row{repeated_page_token, "repeated page token", {}},
      code_row{broken_contract, "an object of the caller broke the contract of its interface", {caller, permanent}},
      code_row{client_closed, "the client is closed", {caller, permanent}},
  };
}();

const code_row* row_of(int value) noexcept {
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [&](const code_row& row) { return static_cast<int>(row.code) == value; });
  return found == codes.end() ? nullptr : &*found;
}

class category_of_errors final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "mwaa_serverless"; }
  std::string message(int value) const override {
    const code_row* const row = row_of(value);
    return row != nullptr ? row->message : "unknown error";
  }
};

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
      case condition::permanent:
        return "permanent";
    }
    return "unknown condition";
  }
  bool equivalent(const boost::system::error_code& code, int value) const noexcept override {
    if (code.category() != mwaa_serverless::error_category()) return false;
    const code_row* const row = row_of(code.value());
    return row != nullptr && (row->conditions & set_of({static_cast<condition>(value)})) != 0;
  }
};

std::string describe(const error& value) {
  std::string out = value.operation.empty() ? std::string{} : value.operation + ": ";
  if (!value.aws_code.empty()) out += value.aws_code + ": ";
  out += value.message.empty() ? value.code.message() : value.message;
  if (!value.request_id.empty()) out += " [request id " + value.request_id + "]";
  return strings::printable(std::move(out));  // the members may have been set by anybody
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

std::string_view to_string(operation_phase value) noexcept {
  switch (value) {
    case operation_phase::none:
      return "no exchange";
    case operation_phase::throttle_gate:
      return "waiting in the throttle queue";
    case operation_phase::attempt_gate:
      return "waiting at the attempt gate";
    case operation_phase::credentials:
      return "fetching credentials";
    case operation_phase::waiting_for_connection:
      return "waiting for a connection";
    case operation_phase::resolving:
      return "resolving the host name";
    case operation_phase::connecting:
      return "connecting";
    case operation_phase::tls_handshake:
      return "TLS handshake";
    case operation_phase::writing_request:
      return "writing the request";
    case operation_phase::reading_response:
      return "reading the response";
    case operation_phase::backing_off:
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
    : code(value), message(strings::printable(std::move(message_text))) {}

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

}  // namespace mwaa_serverless
