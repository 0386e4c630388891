// What ends the program without success, and how it is told.
#pragma once

#include <boost/json/object.hpp>
#include <exception>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <string_view>

#include "cli/format.hpp"
#include "cli/output_format.hpp"

namespace mwaa_serverless::cli {

inline constexpr std::string_view program_name = "mwaa-serverless";

/// The AWS CLI's, and what its commands have no counterpart of.
enum class exit_code : int {
  success = 0,
  not_all_succeeded = 1,  ///< What was watched has ended, and not all of it well.
  hung_up = 129,          ///< SIGHUP, of a command that puts things in order first.
  interrupted = 130,      ///< Ctrl-C.
  terminated = 143,       ///< SIGTERM, as SIGHUP.
  usage = 252,            ///< Bad syntax, or a parameter that is refused before anything is sent.
  configuration = 253,    ///< No region or no credentials.
  service_error = 254,    ///< The service answered with an error.
  failure = 255,          ///< Everything else: no connection, time-outs, an unknown profile.
};

/// Thrown by whatever cannot go on; rendered once, at the end.
class failure : public std::exception {
 public:
  /// A failure without a name is one line in every error format, as in the AWS CLI.
  failure(exit_code exit_value, std::string message_value);
  /// `code_value`: the name that structured formats carry, such as `NoRegion`.
  failure(exit_code exit_value, std::string code_value, std::string message_value);

  /// A command line that cannot be understood: followed by how to get help.
  [[nodiscard]] static failure usage(std::string message_value);
  /// Options or words that are not known.
  [[nodiscard]] static failure unknown_options(std::string message_value);
  /// A parameter that is refused.
  [[nodiscard]] static failure parameter(std::string message_value);
  /// What the library reports. `endpoint`: where the client sends its requests, such as `https://host/`.
  [[nodiscard]] static failure of(const error& details, std::string_view endpoint);

  [[nodiscard]] exit_code exit() const noexcept { return exit_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  /// What goes to standard error.
  [[nodiscard]] std::string render(error_format format, const table_style& style) const;

 private:
  [[nodiscard]] std::string headline(error_format format) const;

  enum class usage_note { none, before, after };

  exit_code exit_;
  std::string code_;
  std::string message_;
  usage_note usage_ = usage_note::none;
  std::string operation_;             // of a service error, such as `ListTaskInstances`
  int exhausted_retries_ = -1;        // retries made before the attempts ran out; negative: they did not
  boost::json::object more_members_;  // modelled members of a service error
};

}  // namespace mwaa_serverless::cli
