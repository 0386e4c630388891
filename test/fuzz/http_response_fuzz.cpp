// The bytes of a connection, to the outcome that the caller sees.
//
// An input is three bytes that say where to cut the rest, and the rest, which is what the peer sends before it closes.
//
// Beyond not crashing: cutting makes no difference to a response that is in order; limits hold; a connection that is
// kept has no bytes left over.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "net/proxy.hpp"
#include "net/response_parser.hpp"
#include "protocol/aws_json.hpp"
#include "require.hpp"

namespace {

using fuzz::require;
using mwaa_serverless::http_response;
using mwaa_serverless::net::response_parser;
using mwaa_serverless::net::tunnel_answer;

constexpr std::size_t max_body_bytes = 1000;

class outcome {
 public:
  response_parser::progress state{};
  bool keep_alive = false;
  bool complete = false;
  std::string failure;
  http_response response;
};

outcome read(const std::vector<std::string_view>& pieces) {
  response_parser parser{max_body_bytes};
  for (const std::string_view piece : pieces) {
    (void)parser.feed(piece);
    require(parser.state() == response_parser::progress::failed || !parser.position().empty(), "a place");
  }
  (void)parser.finish();
  outcome out;
  out.state = parser.state();
  out.keep_alive = parser.keep_alive();
  out.complete = parser.complete();
  out.failure = parser.failure_message();
  out.response = parser.take();
  return out;
}

void check(const outcome& got) {
  require(got.response.body.size() <= max_body_bytes, "the limit of the body");
  require(std::count(got.response.fields.begin(), got.response.fields.end(), '\n') <=
              static_cast<std::ptrdiff_t>(response_parser::max_header_lines),
          "the limit of header lines", got.response.fields);
  require((got.state == response_parser::progress::failed) == !got.failure.empty(), "a failure says why", got.failure);
  if (got.state != response_parser::progress::complete) {
    require(!got.keep_alive, "only what is complete is kept");
    return;
  }
  require(got.response.status >= 200 && got.response.status <= 999, "a final status");
  require(!(got.keep_alive && got.complete), "nothing follows on a connection that is kept");
  if (got.response.status / 100 == 2)
    (void)mwaa_serverless::protocol::decode<mwaa_serverless::list_task_instances_request>(got.response.body);
  else
    (void)mwaa_serverless::protocol::decode_error(got.response);
}

void check_tunnel(std::string_view whole, const std::vector<std::string_view>& pieces) {
  tunnel_answer at_once;
  tunnel_answer by_pieces;
  const auto first = at_once.feed(whole);
  auto second = tunnel_answer::progress::need_more;
  for (const std::string_view piece : pieces) {
    second = by_pieces.feed(piece);
    if (second != tunnel_answer::progress::need_more) break;
  }
  if (second != tunnel_answer::progress::need_more)
    require(first != tunnel_answer::progress::need_more, "what ends in pieces ends as a whole");
  if (first == tunnel_answer::progress::open)
    require(second == tunnel_answer::progress::open, "a tunnel is open however the answer comes");
  const std::string said = at_once.said();
  require(std::none_of(said.begin(), said.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }),
          "what a proxy said is one line", said);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 3, size - 3};
  std::array<std::size_t, 3> cuts{};
  for (std::size_t i = 0; i < 3; ++i) cuts[i] = data[i] % (bytes.size() + 1);
  std::sort(cuts.begin(), cuts.end());
  const std::vector<std::string_view> pieces{bytes.substr(0, cuts[0]), bytes.substr(cuts[0], cuts[1] - cuts[0]),
                                             bytes.substr(cuts[1], cuts[2] - cuts[1]), bytes.substr(cuts[2])};
  const outcome whole = read({bytes});
  check(whole);
  const outcome cut = read(pieces);
  check(cut);
  // Beast may notice what is wrong later when it comes in pieces.
  require((whole.state == response_parser::progress::complete) == (cut.state == response_parser::progress::complete),
          "what is whole is so however it comes", whole.failure + " | " + cut.failure);
  if (whole.state == response_parser::progress::complete) {
    require(whole.keep_alive == cut.keep_alive, "nor whether it is kept");
    require(whole.response.status == cut.response.status && whole.response.fields == cut.response.fields &&
                whole.response.body == cut.response.body,
            "nor the response", cut.response.fields);
  }
  check_tunnel(bytes, pieces);
  return 0;
}
