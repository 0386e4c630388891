// Any answer that is not a success, from the service or from whatever stands before it.
//
// An input is the status as one byte (200 is added), header lines to an empty line, the body.
//
// Beyond not crashing: there is a code of the service's, the status is kept, the message says something, and a hint
// when to come back is not in the past.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "protocol/aws_json.hpp"
#include "require.hpp"
#include "retry/classify.hpp"

namespace {

using fuzz::require;
namespace mwaa = mwaa_serverless;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  mwaa::http_response response;
  response.status = 200 + data[0] * 2;
  const auto end = std::min(input.find("\n\n"), input.size());
  for (std::string_view lines = input.substr(0, end); !lines.empty();) {
    const auto line = lines.substr(0, lines.find('\n'));
    response.fields.append(line).append("\r\n");
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  response.body = input.substr(std::min(end + 2, input.size()));

  const mwaa::error got = mwaa::protocol::decode_error(response);
  require(got.code == mwaa::condition::service, "a code of the service's", got.message);
  require(got.http_status == response.status, "the status is kept", got.message);
  require(!got.message.empty() || !got.aws_code.empty(), "it says something");
  require(got.aws_code.find_first_of("#:") == std::string::npos, "the bare name", got.aws_code);
  std::ostringstream shown;
  shown << got;
  require(!shown.str().empty(), "it can be printed");
  return 0;
}
