// Pages of what an operation lists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/operation.hpp"
#include "strings/hex.hpp"
#include "testing/operations.hpp"

namespace mwaa_serverless::testing {

/// The page of `all` (oldest first) that `request` asks for; `to.next_token` is set when more follow. `listed` is what
/// belongs to the listing beside the operation. A token names the last item of its page: items that come and go
/// elsewhere move nothing.
template <class Item, class Request>
std::vector<const Item*> page_of(std::vector<const Item*> all, const Request& request, std::string_view listed,
                                 const operation_context& context, typename Request::response_type& to) {
  const auto key_of = [order = context.pages.order](const Item& each) {
    if (order == listing_order::by_id) return each.id;
    std::string out;
    strings::append_hex(out, each.sequence, 8);
    return out;
  };
  const bool newest_first = context.pages.order == listing_order::newest_first;
  if (newest_first) std::reverse(all.begin(), all.end());
  if (context.pages.order == listing_order::by_id)
    std::sort(all.begin(), all.end(), [](const Item* a, const Item* b) { return a->id < b->id; });

  const std::string listing = std::string{protocol::operation_of<Request>::value.name}.append("\n").append(listed);
  auto first = all.begin();
  if (request.next_token) {
    const auto key = context.tokens.read(listing, *request.next_token, context.date());
    if (!key)
      throw refused_request{
          validation_error("fieldValidationFailed", "The pagination token is not valid", "NextToken")};
    first = std::partition_point(all.begin(), all.end(), [&](const Item* each) {
      return newest_first ? key_of(*each) >= *key : key_of(*each) <= *key;
    });
  }
  all.erase(all.begin(), first);
  const auto size = static_cast<std::size_t>(request.max_results.value_or(context.pages.default_size));
  if (all.size() > size) {
    all.resize(size);
    to.next_token = text{context.tokens.make(listing, key_of(*all.back()), context.date())};
  }
  return all;
}

/// Pointers to what an account keeps in order of age.
template <class Item, class Kept>
std::vector<const Item*> pointers_to(const Kept& kept) {
  std::vector<const Item*> out;
  out.reserve(kept.size());
  for (const auto& each : kept) out.push_back(&*each);
  return out;
}

}  // namespace mwaa_serverless::testing
