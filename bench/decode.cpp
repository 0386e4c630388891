#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "allocation/counted.hpp"
#include "benchmarks.hpp"
#include "contest.hpp"
#include "model/ignored_json.hpp"
#include "print_figures.hpp"
#include "protocol/aws_json.hpp"
#include "task_page.hpp"

namespace bench {

namespace mwaa = mwaa_serverless;
namespace json = boost::json;
using boost::system::error_code;

namespace {

constexpr int pages_at_once = 20;

void decode_page(const std::string& body) {
  const auto page = mwaa::protocol::decode<mwaa::list_task_instances_request>(body);
  if (!page || page->task_instances.size() != page_items) throw std::logic_error("the page was not read");
}

void parse_page(const std::string& body) {
  json::basic_parser<mwaa::ignored_json> parser{json::parse_options{}};
  error_code wrong;
  if (parser.write_some(false, body.data(), body.size(), wrong) != body.size() || wrong)
    throw std::logic_error("the page was not parsed");
}

}  // namespace

int decode(int rounds, format output) {
  const std::string body = task_page();
  const std::size_t allocations = test::allocations();
  const std::size_t bytes = test::allocated_bytes();
  decode_page(body);
  const std::size_t page_allocations = test::allocations() - allocations;
  const std::size_t page_bytes = test::allocated_bytes() - bytes;
  const contest_figures of = contest(rounds, pages_at_once, [&] { decode_page(body); }, [&] { parse_page(body); });
  const json::object figures{
      {"benchmark", "decode"},
      {"rounds", rounds},
      {"operations", rounds * pages_at_once},
      {"items_per_page", page_items},
      {"body_bytes", body.size()},
      {"p50_ns_per_page", of.ns},
      {"p50_ns_per_page_empty_handler", of.rival_ns},
      {"p50_ratio", of.ratio},
      {"allocations_per_page", page_allocations},
      {"allocated_bytes_per_page", page_bytes},
  };
  print(figures, output);
  return 0;
}

}  // namespace bench
