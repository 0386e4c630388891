#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/paginator.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "client/page_prefetch.hpp"
#include "protocol/page_cursor.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace {

// What differs from one listing to the next.
asio::awaitable<list_task_instances_response> fetch(const client& api, list_task_instances_request request,
                                                    call_options options) {
  return api.list_task_instances(std::move(request), std::move(options));
}
std::vector<task_instance>& items_of(list_task_instances_response& page) {
  return page.task_instances;
}

}  // namespace

/// The place of a listing. `page_token` and `offset` always name the next item to hand out, whether or not its page is
/// here: whatever throws leaves them as they are.
template <class Request, class Response, class Item>
class paginator<Request, Response, Item>::cursor {
 public:
  cursor(client api_value, Request request_value, call_options options_value)
      : api(std::move(api_value)), request(std::move(request_value)), options(std::move(options_value)) {
    page_token = std::exchange(request.next_token, std::nullopt);
  }

  /// Makes `page` the one that the next item is in, fetching it if need be. False at the end of the listing or of what
  /// max_items allows. True also for a page without items.
  asio::awaitable<bool> load() {
    if (used_up()) turn_page();
    if (finished || limit_reached()) co_return false;
    if (!page) {
      if (ahead) {
        Response arrived = co_await ahead->get();
        page.emplace(std::move(arrived));
      } else {
        Response arrived = co_await fetch_page(page_token);
        page.emplace(std::move(arrived));
      }
      ahead.reset();
      page_size = items_of(*page).size();
      next_token = page->next_token;
    }
    const bool more_wanted = !max_items || given + left_in_page() < *max_items;
    if (prefetch && more_wanted && !ahead && !next_token.empty() && !repeats()) {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      ahead.emplace(executor, fetch_page(next_token.str()));
    }
    co_return true;
  }

  /// Items of the page that are still to be handed out.
  [[nodiscard]] std::uint64_t left_in_page() const {
    const std::uint64_t left = page_size - std::min(offset, page_size);
    return max_items ? std::min(left, *max_items - given) : left;
  }
  [[nodiscard]] bool used_up() const { return page && offset >= page_size; }

  void reset(protocol::page_position position) {
    page_token = std::move(position.next_token);
    offset = position.truncate_amount;
    finished = false;
    page.reset();
    page_size = 0;  // a generator under way finds nothing left, and loads
    ahead.reset();
  }

  const client api;
  Request request;
  const call_options options;
  std::optional<std::uint64_t> max_items;
  bool prefetch = false;

  std::optional<std::string> page_token;  // of the page that `offset` counts in
  std::uint64_t offset = 0;               // items of that page handed out, now or before the starting token
  std::uint64_t given = 0;
  bool finished = false;

  std::optional<Response> page;  // the page at page_token, once it is here; handed-out items are moved from
  std::uint64_t page_size = 0;
  text next_token;  // of that page
  std::optional<page_prefetch<Response>> ahead;

 private:
  [[nodiscard]] bool limit_reached() const { return max_items && given >= *max_items; }
  [[nodiscard]] bool repeats() const { return page_token && next_token == *page_token; }

  asio::awaitable<Response> fetch_page(std::optional<std::string> token) {
    Request next = request;
    next.next_token = std::move(token);
    return fetch(api, std::move(next), options);
  }

  void turn_page() {
    if (next_token.empty()) {
      finished = true;
    } else if (repeats()) {
      throw exception(error(errc::repeated_page_token,
                            "the service answered with the page token that it was sent: going on would never end"));
    } else {
      page_token = next_token.str();
    }
    offset = 0;
    page.reset();
  }
};

namespace {

// A fetch ahead ends with the generator that started it: nothing runs on behind its back.
template <class Cursor>
class ahead_guard {
 public:
  explicit ahead_guard(Cursor& place) : place_(place) {}
  ahead_guard(const ahead_guard&) = delete;
  ahead_guard& operator=(const ahead_guard&) = delete;
  ~ahead_guard() { place_.ahead.reset(); }

 private:
  Cursor& place_;
};

}  // namespace

template <class Request, class Response, class Item>
paginator<Request, Response, Item>::paginator(client api, Request request, call_options options)
    : cursor_(std::make_shared<cursor>(std::move(api), std::move(request), std::move(options))) {}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::page_size(std::int32_t value) & -> paginator& {
  cursor_->request.max_results = value;
  return *this;
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::max_items(std::uint64_t value) & -> paginator& {
  cursor_->max_items = value;
  return *this;
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::starting_token(std::string value) & -> paginator& {
  auto position = protocol::decode_page_token(value);
  if (!position) throw exception(std::move(position).error());
  cursor_->reset(*std::move(position));
  return *this;
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::prefetch(bool value) & -> paginator& {
  cursor_->prefetch = value;
  return *this;
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::page_size(std::int32_t value) && -> paginator&& {
  return std::move(page_size(value));
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::max_items(std::uint64_t value) && -> paginator&& {
  return std::move(max_items(value));
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::starting_token(std::string value) && -> paginator&& {
  return std::move(starting_token(std::move(value)));
}

template <class Request, class Response, class Item>
auto paginator<Request, Response, Item>::prefetch(bool value) && -> paginator&& {
  return std::move(prefetch(value));
}

template <class Request, class Response, class Item>
std::string paginator<Request, Response, Item>::resume_token() const {
  const cursor& place = *cursor_;
  if (place.finished) return {};
  if (place.used_up()) {
    if (place.next_token.empty()) return {};
    return protocol::encode_page_token(protocol::page_position(place.next_token.str(), 0));
  }
  if (!place.page_token && place.offset == 0) return {};
  return protocol::encode_page_token(protocol::page_position(place.page_token, place.offset));
}

template <class Request, class Response, class Item>
async_generator<Response> paginator<Request, Response, Item>::pages_from(std::shared_ptr<cursor> place) {
  const ahead_guard guard{*place};
  while (co_await place->load()) {
    const auto from = static_cast<std::ptrdiff_t>(std::min(place->offset, place->page_size));
    const auto count = static_cast<std::ptrdiff_t>(place->left_in_page());
    auto& items = items_of(*place->page);
    const auto first = items.begin() + from;
    std::vector<Item> given{std::make_move_iterator(first), std::make_move_iterator(first + count)};
    Response out;
    out.next_token = place->next_token;
    out.request_id = place->page->request_id;
    out.task_instances_present = place->page->task_instances_present;
    items_of(out) = std::move(given);
    place->offset += static_cast<std::uint64_t>(count);
    place->given += static_cast<std::uint64_t>(count);
    co_yield std::move(out);
  }
}

template <class Request, class Response, class Item>
async_generator<Item> paginator<Request, Response, Item>::items_from(std::shared_ptr<cursor> place) {
  const ahead_guard guard{*place};
  while (co_await place->load()) {
    while (place->left_in_page() > 0) {
      Item& item = items_of(*place->page)[place->offset];
      ++place->offset;  // first: the caller has the item once it is yielded
      ++place->given;
      co_yield std::move(item);
    }
  }
}

template <class Request, class Response, class Item>
async_generator<Response> paginator<Request, Response, Item>::pages() {
  return pages_from(cursor_);
}

template <class Request, class Response, class Item>
async_generator<Item> paginator<Request, Response, Item>::items() {
  return items_from(cursor_);
}

template class paginator<list_task_instances_request, list_task_instances_response, task_instance>;

}  // namespace mwaa_serverless
