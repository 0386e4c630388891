// Commands that call an operation of the service, made from the descriptions of its request and response.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/command.hpp"
#include "protocol/blank.hpp"
#include "protocol/describe.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::cli {

/// What help says of a member of the request.
using member_help = std::pair<std::string_view, std::string_view>;

/// A command without its `run`. The parameters of paging need no help of their own.
[[nodiscard]] command describe_command(const protocol::operation& operation, const protocol::structure& request,
                                       std::string_view help, std::initializer_list<member_help> of_members);
/// Sets the members of `request` for which something was given. Throws failure that names the flag.
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
template <class Function>
class request_of;
template <class Response, class Request>
class request_of<boost::asio::awaitable<Response> (client::*)(Request, call_options) const> {
 public:
  using type = Request;
};

template <auto Operation, auto Paginate>
boost::asio::awaitable<void> run_listing(call& context) {
  using request_type = typename request_of<decltype(Operation)>::type;
  constexpr auto items = protocol::operation_of<request_type>::items;
  auto request = protocol::blank<request_type>();
  fill(protocol::structure_place{request}, context.given);

  if (!context.pages.enabled) {
    const auto page = co_await (context.api.*Operation)(std::move(request), call_options{});
    context.debug("request id " + page.request_id);
    context.printer.document(to_json(protocol::structure_view{page}));
    co_return;
  }

  // An empty starting token goes to the service as it is, as in the AWS CLI.
  const paging& pages = context.pages;
  if (pages.starting_token == "") request.next_token = "";
  auto listing = (context.api.*Paginate)(std::move(request), call_options{});
  if (pages.page_size) listing.page_size(*pages.page_size);
  if (pages.max_items > 0U) listing.max_items(*pages.max_items);
  if (pages.starting_token && !pages.starting_token->empty())
    listing.starting_token(read_starting_token(*pages.starting_token));
  auto each = listing.pages();
  while (const auto page = co_await each.next()) {
    listed_page got{protocol::structure_view{*page}, &((*page).*items), ((*page).*items).size()};
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

/// The command of a listing: `Operation` and `Paginate` are the client's members.
template <auto Operation, auto Paginate>
command listing(std::string_view help, std::initializer_list<member_help> of_members) {
  using request_type = typename request_of<decltype(Operation)>::type;
  command out = describe_command(protocol::operation_of<request_type>::value, protocol::described<request_type>::value,
                                 help, of_members);
  out.paginated = true;
  out.run = &run_listing<Operation, Paginate>;
  return out;
}

}  // namespace mwaa_serverless::cli
