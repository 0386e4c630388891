// How the program ends: the AWS CLI's exit codes.
#pragma once

namespace mwaa_serverless::cli {

enum class exit_code : int {
  success = 0,
  interrupted = 130,    ///< Ctrl-C.
  usage = 252,          ///< Bad syntax, or a parameter that is refused before anything is sent.
  configuration = 253,  ///< No region or no credentials.
  service_error = 254,  ///< The service answered with an error.
  failure = 255,        ///< Everything else: no connection, time-outs, an unknown profile.
};

}  // namespace mwaa_serverless::cli
