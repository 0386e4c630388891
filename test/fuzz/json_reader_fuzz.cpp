// The body of a successful answer.
//
// Beyond not crashing: what is taken is JSON for Boost.JSON too, and reads the same when Boost.JSON has written it
// anew, and when so many blanks follow that it is not read in the quick way for plain JSON; what is refused is
// malformed_response with a message of one line.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <string_view>

#include "protocol/aws_json.hpp"
#include "require.hpp"

namespace {

using fuzz::require;
namespace mwaa = mwaa_serverless;

void check_refusal(const mwaa::error& why) {
  require(why.code == mwaa::errc::malformed_response, "the code", why.message);
  require(std::none_of(why.message.begin(), why.message.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }),
          "a message is one line", why.message);
}

bool same(const mwaa::list_task_instances_response& a, const mwaa::list_task_instances_response& b) {
  return a.task_instances == b.task_instances && a.next_token == b.next_token &&
         a.next_token.present() == b.next_token.present();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  const auto page = mwaa::protocol::decode<mwaa::list_task_instances_request>(body);
  if (!page) {
    check_refusal(page.error());
    return 0;
  }
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return 0;  // as {}
  std::string longer{body};
  longer.append(mwaa::protocol::json_reading::slice_bytes, ' ');
  const auto slowly = mwaa::protocol::decode<mwaa::list_task_instances_request>(longer);
  require(slowly.has_value() && same(*slowly, *page), "blanks at the end change nothing", body);
  // Half a surrogate pair is U+FFFD here, and refused by Boost.JSON.
  if (body.find("\\ud") != std::string_view::npos || body.find("\\uD") != std::string_view::npos) return 0;
  boost::system::error_code code;
  const boost::json::value parsed = boost::json::parse({body.data(), body.size()}, code);
  require(!code && parsed.is_object(), "what is taken is a JSON object", code.message());
  const std::string anew = boost::json::serialize(parsed);
  // Boost.JSON reads 0e999 as no number, and writes that as text that it does not read.
  (void)boost::json::parse(anew, code);
  if (code) return 0;
  const auto again = mwaa::protocol::decode<mwaa::list_task_instances_request>(anew);
  if (!again) {
    // Without its blanks it may be short for its elements, and Boost.JSON's numbers are not exact.
    const std::string& why = again.error().message;
    const bool known =
        why.find("so many small elements") != std::string::npos || why.find("whole number") != std::string::npos;
    require(known, "and is taken when written anew", anew);
    return 0;
  }
  // A null does not take back what the same member said before; Boost.JSON keeps the null.
  if (body.find("null") != std::string_view::npos) return 0;
  require(same(*again, *page), "and reads the same", anew);
  return 0;
}
