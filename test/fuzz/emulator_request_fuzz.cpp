// What a client may send to the emulator: bytes that may be HTTP, and, under a signature that is right, operations and
// bodies that may be anything.
//
// An input is a request's bytes. They are sent as they are; then what stands after the first line is sent as the body
// of a signed request for the operation that the first line names.
//
// Beyond not crashing: the answer is HTTP that this library's client can read; what was asked wrongly is the caller's
// fault, never the service's.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <string>
#include <string_view>

#include "net/response_parser.hpp"
#include "protocol/aws_json.hpp"
#include "protocol/operation.hpp"
#include "require.hpp"
#include "support/signed_requests.hpp"
#include "testing/emulator_state.hpp"
#include "testing/http_request_view.hpp"

namespace {

using fuzz::require;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;

const std::shared_ptr<mwaa::clock>& stopped_clock() {
  static const std::shared_ptr<mwaa::clock> time = std::make_shared<testing::virtual_clock>();
  return time;
}

testing::emulator_state& service() {
  static testing::emulator_state made = [] {
    testing::emulator_options options;
    options.time = stopped_clock();
    options.log_capacity = 1;
    return testing::emulator_state{options};
  }();
  return made;
}

mwaa::http_response answer_to(std::string_view bytes) {
  const testing::delivery plan = testing::answer(service(), bytes);
  require(plan.end == testing::connection_end::keep || plan.end == testing::connection_end::close, "an orderly end");
  mwaa::net::response_parser parser{std::size_t{16} * 1024 * 1024};
  require(parser.feed(plan.bytes) == mwaa::net::response_parser::progress::complete, "the answer is whole", plan.bytes);
  require(!parser.complete(), "and nothing follows it", plan.bytes);
  mwaa::http_response got = parser.take();
  require(got.status == 200 || (got.status >= 400 && got.status < 500), "never the service's fault", plan.bytes);
  if (got.status != 200) {
    const mwaa::error why = mwaa::protocol::decode_error(got);
    require(!why.aws_code.empty() && !why.message.empty(), "an error has a name and a message", plan.bytes);
    require(!why.request_id.empty(), "and an id", plan.bytes);
  }
  return got;
}

template <class Request>
void check_response_to(std::string_view body) {
  const auto response = mwaa::protocol::decode<Request>(body);
  require(response.has_value(), "the client reads the response", body);
  if constexpr (requires { mwaa::protocol::operation_of<Request>::items; })
    require((*response.*mwaa::protocol::operation_of<Request>::items).size() <= 100, "a page is of 100 at most", body);
  // What one input has made must not matter to the next.
  if (mwaa::protocol::operation_of<Request>::value.repeated != mwaa::protocol::operation::repeats::reads)
    service().reset();
}

template <class... Request>
void check_response(std::string_view operation, std::string_view body, mwaa::protocol::request_list<Request...>) {
  const int known =
      ((mwaa::protocol::operation_of<Request>::value.name == operation ? (check_response_to<Request>(body), 1) : 0) +
       ...);
  require(known == 1, "an operation that there is", operation);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  require(answer_to(input).status != 200, "nothing is done without a signature");

  const auto line_end = std::min(input.find('\n'), input.size());
  const std::string_view operation = input.substr(0, line_end);
  const bool is_name = std::all_of(operation.begin(), operation.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  test::request_draft draft{std::string{input.substr(std::min(line_end + 1, input.size()))},
                            stopped_clock()->wall_now()};
  if (is_name) draft.operation = operation;
  const mwaa::http_response got = answer_to(draft.make().bytes());
  if (got.status == 200) check_response(draft.operation, got.body, mwaa::protocol::requests{});
  return 0;
}
