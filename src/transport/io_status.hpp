// The outcome of one step of non-blocking I/O.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>

namespace mwaa_serverless::net {

enum class io_status {
  done,        ///< Some bytes went through, or the handshake is complete.
  want_read,   ///< Wait until the socket is readable, then repeat the step.
  want_write,  ///< Wait until the socket is writable, then repeat the step.
  closed,      ///< The peer has closed the connection in good order.
  truncated,   ///< The peer has closed the connection without TLS's good-bye.
  failed,      ///< The socket failed with `code`.
  tls_failed,  ///< TLS failed: see tls_stream::failure().
};

class io_step {
 public:
  explicit io_step(io_status status_value, std::size_t count_value = 0, boost::system::error_code code_value = {})
      : status(status_value), count(count_value), code(code_value) {}
  io_status status;
  std::size_t count;
  boost::system::error_code code;
};

}  // namespace mwaa_serverless::net
