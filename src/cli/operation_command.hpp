// Commands that call an operation of the service, made from the descriptions of its request and response.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "protocol/blank.hpp"
#include "protocol/describe.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::cli {

/// A command without its `run`.
[[nodiscard]] command describe_command(const protocol::operation& operation, const protocol::structure& request);
/// Those that set the members of `request`. `operation`: whose help they have.
[[nodiscard]] std::vector<parameter> parameters_of(const protocol::structure& request, std::string_view operation);
/// Checks what was given, as AWS's tools do, and sets the members of `request`. Throws failure.
void fill(const protocol::structure_place& request, const arguments& given);
/// What the service sent, in the model's order; times as the AWS CLI prints them.
[[nodiscard]] boost::json::object to_json(const protocol::structure_view& response);

/// A page of a listing, whatever its type.
class listed_page {
 public:
  /// `place`: of the member that holds them.
  listed_page(const protocol::structure_view& page, const void* place, std::size_t count_value);

  std::string_view items_name;
  std::optional<boost::json::array> items;  ///< nullopt when the response had no such member.
  std::size_t count;
};

/// Prints a sample of the response, when that is asked for and what was given is right.
[[nodiscard]] bool prints_sample(call& context, const protocol::structure& request,
                                 const protocol::structure& response);

template <class Request>
boost::asio::awaitable<void> run_operation(call& context) {
  if (prints_sample(context, protocol::described<Request>::value,
                    protocol::described<typename Request::response_type>::value))
    co_return;
  auto request = protocol::blank<Request>();
  fill(protocol::structure_place{request}, context.given);
  const auto response = co_await context.api.perform(std::move(request));
  context.debug("request id " + response.request_id);
  context.printer.document(to_json(protocol::structure_view{response}));
}

template <class Request>
boost::asio::awaitable<void> run_listing(call& context) {
  const paging& pages = context.pages;
  if (!pages.enabled || context.given.wants_sample) {
    co_await run_operation<Request>(context);
    co_return;
  }
  auto request = protocol::blank<Request>();
  fill(protocol::structure_place{request}, context.given);

  // An empty starting token goes to the service as it is, as in the AWS CLI.
  if (pages.starting_token == "") request.next_token = "";
  auto listing = context.api.paginate(std::move(request));
  if (pages.page_size) listing.with_page_size(*pages.page_size);
  if (pages.max_items > 0U) listing.with_max_items(*pages.max_items);
  if (pages.starting_token && !pages.starting_token->empty())
    listing.with_starting_token(read_starting_token(*pages.starting_token));
  auto each = listing.pages();
  while (const auto page = co_await each.next()) {
    const auto& items = (*page).*protocol::operation_of<Request>::items;
    listed_page got{protocol::structure_view{*page}, &items, items.size()};
    context.debug("page of " + std::to_string(got.count) + ", request id " + page->request_id);
    if (pages.max_items == 0U) {
      // The AWS CLI fetches a page, prints none of its items and says how to get them.
      if (got.items) got.items->clear();
      context.printer.page(got.items_name, std::move(got.items));
      const std::string given = pages.starting_token.value_or("");
      context.printer.end_of_pages(got.count == 0 ? listing.resume_token()
                                                  : read_starting_token(given.empty() ? "None" : given));
      co_return;
    }
    context.printer.page(got.items_name, std::move(got.items));
  }
  context.printer.end_of_pages(listing.resume_token());
}

template <class Request>
command command_of() {
  using operation = protocol::operation_of<Request>;
  command out = describe_command(operation::value, protocol::described<Request>::value);
  out.paginated = requires { operation::items; };
  if constexpr (requires { operation::items; })
    out.run = &run_listing<Request>;
  else
    out.run = &run_operation<Request>;
  return out;
}

}  // namespace mwaa_serverless::cli
