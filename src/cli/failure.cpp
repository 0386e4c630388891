#include "cli/failure.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>
#include <utility>

#include "cli/operation_command.hpp"
#include "protocol/model/errors.hpp"
#include "strings/trim.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

constexpr std::string_view usage_text =
    "usage: mwaa-serverless [options] <command> [parameters]\n"
    "To see help text, you can run:\n"
    "\n"
    "  mwaa-serverless --help\n"
    "  mwaa-serverless <command> --help\n";

// The members that the service's model gives the error beside its message, as far as they were sent.
json::object modelled_members(std::string_view aws_code, const error& details) {
  const protocol::modelled_error* const model = protocol::find_error(aws_code);
  if (model == nullptr) return {};
  const protocol::structure beside_message{model->members.members.subspan(1)};
  json::object out = to_json(protocol::structure_view{beside_message, &details});
  for (auto each = out.begin(); each != out.end();)
    each = each->value().is_string() && each->value().get_string().empty() ? out.erase(each) : std::next(each);
  return out;
}

// One line a member; what has parts is named only.
std::string member_lines(const json::object& members) {
  if (members.empty()) return {};
  std::string out = "\nAdditional error details:\n";
  for (const auto& entry : members) {
    out += entry.key();
    out += ": ";
    out += is_scalar(entry.value()) ? scalar_text(entry.value())
                                    : "<complex value>, --cli-error-format json recommended for full details";
    out += '\n';
  }
  return out;
}

std::string with_reason(std::string sentence, const error& details) {
  if (!details.message.empty()) sentence += " (" + details.message + ")";
  return sentence;
}

}  // namespace

failure::failure(exit_code exit_value, std::string message_value)
    : failure(exit_value, std::string{}, std::move(message_value)) {}

failure::failure(exit_code exit_value, std::string code_value, std::string message_value)
    : exit_(exit_value), code_(std::move(code_value)), message_(std::move(message_value)) {}

failure failure::usage(std::string message_value) {
  failure out{exit_code::usage, "ParamValidation", std::move(message_value)};
  out.usage_ = usage_note::after;
  return out;
}

failure failure::unknown_options(std::string message_value) {
  failure out{exit_code::usage, std::move(message_value)};
  out.usage_ = usage_note::before;
  return out;
}

failure failure::parameter(std::string message_value) {
  return {exit_code::usage, "ParamValidation", std::move(message_value)};
}

failure failure::of(const error& details, std::string_view endpoint) {
  const std::string url = '"' + std::string{endpoint} + '"';
  // An answer without an error's name, such as a proxy's page, goes by its status.
  const std::string name =
      details.aws_code.empty() && details.http_status >= 300 ? std::to_string(details.http_status) : details.aws_code;
  if (!name.empty()) {
    failure out{exit_code::service_error, name, details.message};
    out.operation_ = details.operation;
    if (details.attempts_exhausted) out.exhausted_retries_ = static_cast<int>(details.attempts.size()) - 1;
    out.more_members_ = modelled_members(name, details);
    return out;
  }
  if (details.code == errc::no_region)
    return {exit_code::configuration, "NoRegion", "You must specify a region. Give --region or set AWS_REGION."};
  if (details.code == errc::no_profile) return {exit_code::failure, details.message};
  if (details.code == errc::no_credentials)
    return {exit_code::configuration, "NoCredentials", with_reason("Unable to locate credentials.", details)};
  if (details.code == errc::invalid_argument) return parameter("Parameter validation failed:\n" + details.message);
  if (details.code == errc::repeated_page_token)
    return {exit_code::failure, "Error during pagination: The same next token was received twice"};
  if (details.code == errc::resolve_failed || details.code == errc::connect_failed ||
      details.code == errc::proxy_refused)
    return {exit_code::failure, with_reason("Could not connect to the endpoint URL: " + url, details)};
  if (details.code == errc::connect_timeout) return {exit_code::failure, "Connect timeout on endpoint URL: " + url};
  if (details.code == errc::attempt_timeout || details.code == errc::read_timeout)
    return {exit_code::failure, "Read timeout on endpoint URL: " + url};
  if (details.code == errc::connection_lost) {
    return {exit_code::failure, with_reason("Connection was closed before we received a valid response from endpoint "
                                            "URL: " +
                                                url,
                                            details)};
  }
  if (details.code == errc::tls_failed)
    return {exit_code::failure, "SSL validation failed for " + std::string{endpoint} + " " + details.message};
  return {exit_code::failure, details.message};
}

std::string failure::headline(error_format format) const {
  std::string out;
  if (!operation_.empty()) {
    out = "An error occurred (" + code_ + ") when calling the " + operation_ + " operation";
    if (exhausted_retries_ >= 0) out += " (reached max retries: " + std::to_string(exhausted_retries_) + ")";
    out += ": ";
  } else if (!code_.empty() && format != error_format::legacy) {
    out = "An error occurred (" + code_ + "): ";
  }
  return out + message_;
}

std::string failure::render(error_format format, const table_style& style) const {
  if (!code_.empty() && format != error_format::enhanced && format != error_format::legacy) {
    json::object document;
    if (operation_.empty()) {
      document["Code"] = code_;
      document["Message"] = message_;
    } else {
      document["Message"] = message_;
      document["Code"] = code_;
      for (const auto& entry : more_members_) document.insert(entry);
    }
    switch (format) {
      case error_format::json:
        return format_json(document) + '\n';
      case error_format::yaml:
        return format_yaml(document);
      case error_format::text:
        return format_text(document);
      default:
        return format_table("error", document, style);
    }
  }
  std::string out = "\n";
  if (usage_ == usage_note::before) out.append(usage_text).append("\n\n");
  const std::string text = headline(format);
  out.append(program_name).append(": [ERROR]: ").append(strings::trimmed(text, " \t\r\n")).append("\n");
  if (usage_ == usage_note::after) out.append("\n").append(usage_text).append("\n");
  if (format != error_format::legacy) out += member_lines(more_members_);
  return out;
}

}  // namespace mwaa_serverless::cli
