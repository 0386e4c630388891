#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <mwaa_serverless/paginator.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "async/event.hpp"
#include "async/side_task.hpp"
#include "client/perform.hpp"
#include "protocol/page_cursor.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

namespace {

template <class Request>
auto& items_of(typename Request::response_type& page) {
  return page.*protocol::operation_of<Request>::items;
}

}  // namespace

/// The position of a listing, and the page that it is in. `at` always names the next item to give, whether or not its
/// page is here: whatever throws leaves it as it is.
///
/// Generators share it. Whenever one of them goes on, the others may have moved it, or reset() may have.
template <class Request>
class paginator<Request>::cursor {
 public:
  class position {
   public:
    explicit position(std::optional<std::string> token_value) : page_token(std::move(token_value)) {}

    std::optional<std::string> page_token;  // of the page that `offset` counts in
    std::uint64_t offset = 0;               // items of that page given, now or before the starting token
    std::uint64_t given = 0;
    bool finished = false;
  };

  cursor(std::shared_ptr<client_state> state_value, Request request_value, call_options options_value)
      : state(std::move(state_value)),
        request(std::move(request_value)),
        options(std::move(options_value)),
        at(std::exchange(request.next_token, std::nullopt)) {}

  /// Makes `page` the one that the next item is in, fetching it if need be. False at the end of the listing or of what
  /// max_items allows. True also for a page without items that nobody was given.
  asio::awaitable<bool> load() {
    for (;;) {
      if (fetching) {
        const auto fetched = waiting.join();
        co_await fetched->wait();
        continue;
      }
      if (at.finished || limit_reached()) co_return false;
      if (used_up()) {
        turn_page();
        continue;
      }
      if (page) break;
      co_await fetch_page();
    }
    const bool more_wanted = !max_items || at.given + left_in_page() < *max_items;
    if (prefetch && more_wanted && !ahead && !next_token.empty() && !page_of_repeated_token()) {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      call_options own = options;  // whose log is nobody's but the fetch's
      if (own.attempt_log) own.attempt_log = std::make_shared<std::vector<attempt_record>>();
      ahead_log = own.attempt_log;
      ahead.emplace(executor, perform(state, request_for(next_token.str()), own));
    }
    co_return true;
  }

  /// As left_in_page() > 0, for each item.
  [[nodiscard]] bool has_item() const { return at.offset < page_size && !limit_reached(); }
  /// Items of the page that are still to be given.
  [[nodiscard]] std::uint64_t left_in_page() const {
    const std::uint64_t left = page_size - std::min(at.offset, page_size);
    if (!max_items) return left;
    return std::min(left, *max_items - std::min(at.given, *max_items));
  }
  [[nodiscard]] bool used_up() const { return page && page_seen && at.offset >= page_size; }

  /// `at`, or the start of the next page when this one is used up.
  [[nodiscard]] position next_item() const {
    if (!used_up()) return at;
    position next{next_token.empty() ? at.page_token : std::optional{next_token.str()}};
    next.given = at.given;
    next.finished = next_token.empty();
    return next;
  }

  void reset(position to) noexcept {
    at = std::move(to);
    drop_page();
    page_number = 1;
    cycle = {};
    ahead.reset();
    ++resets;
  }

  const std::shared_ptr<client_state> state;
  Request request;
  const call_options options;
  std::optional<std::uint64_t> max_items;
  bool prefetch = false;

  position at;
  std::optional<response_type> page;  // at at.page_token, once it is here; items that were given are moved from
  std::uint64_t page_size = 0;        // 0 also without a page
  bool page_seen = false;             // a generator has been given it, or the first of its items
  text next_token;                    // of that page
  std::optional<async::side_task<response_type>> ahead;  // the next page
  std::shared_ptr<std::vector<attempt_record>> ahead_log;
  std::size_t readers = 0;  // generators under way

 private:
  // While it lives, others wait with what they want to fetch.
  class fetching_now {
   public:
    explicit fetching_now(cursor& place) : place_(place) { place_.fetching = true; }
    fetching_now(const fetching_now&) = delete;
    fetching_now& operator=(const fetching_now&) = delete;
    ~fetching_now() {
      place_.fetching = false;
      place_.waiting.open();
    }

   private:
    cursor& place_;
  };

  [[nodiscard]] bool limit_reached() const { return max_items && at.given >= *max_items; }

  [[nodiscard]] Request request_for(std::optional<std::string> token) const {
    Request next = request;
    next.next_token = std::move(token);
    return next;
  }

  /// Leaves things as they are when reset() was called meanwhile: what arrives then is not wanted any more.
  asio::awaitable<void> fetch_page() {
    const fetching_now others_wait{*this};
    const std::uint64_t resets_before = resets;
    if (page_number == 1 && at.page_token) cycle.add(*at.page_token, page_number);
    std::optional<response_type> arrived;
    std::exception_ptr failure;
    try {
      if (ahead) {
        // Out of the reach of reset().
        const auto log = std::move(ahead_log);
        async::side_task<response_type> begun = *std::move(ahead);
        ahead.reset();
        co_await begun.ended();
        if (log) *options.attempt_log = std::move(*log);
        response_type response = begun.take();
        arrived.emplace(std::move(response));
      } else {
        response_type response = co_await perform(state, request_for(at.page_token), options);
        arrived.emplace(std::move(response));
      }
    } catch (...) {
      failure = std::current_exception();
    }
    if (resets != resets_before) co_return;
    if (failure) std::rethrow_exception(failure);
    page = std::move(arrived);
    page_size = items_of<Request>(*page).size();
    page_seen = false;
    next_token = page->next_token;
  }

  [[nodiscard]] std::optional<std::uint64_t> page_of_repeated_token() const {
    if (at.page_token && next_token == *at.page_token) return page_number;
    return cycle.find(next_token.view());
  }

  void turn_page() {
    if (next_token.empty()) {
      at.finished = true;
    } else if (const auto repeated = page_of_repeated_token()) {
      throw exception(error(errc::repeated_page_token, "the service's page tokens repeat: page " +
                                                           std::to_string(page_number) +
                                                           " ends with the token of page " + std::to_string(*repeated) +
                                                           ", so the listing would never end"));
    } else {
      std::string token = next_token.str();
      cycle.add(token, page_number + 1);
      ++page_number;
      at.page_token = std::move(token);
    }
    at.offset = 0;
    drop_page();
  }

  void drop_page() noexcept {
    page.reset();
    page_size = 0;
  }

  bool fetching = false;
  async::latch waiting;  // for a fetch to end
  std::uint64_t resets = 0;
  std::uint64_t page_number = 1;  // of the page at at.page_token, since the start or reset()
  protocol::page_cycle cycle;
};

/// One generator of a cursor: what it has yielded and the caller did not get goes back.
template <class Request>
class paginator<Request>::reader final : public detail::take_back {
 public:
  explicit reader(std::shared_ptr<cursor> place) : place_(std::move(place)), start_(place_->next_item()) {
    ++place_->readers;
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() override {
    // A fetch ahead ends with the last generator: nothing runs on behind its back.
    if (--place_->readers == 0) place_->ahead.reset();
  }

  item_type& take_item() {
    item_type& item = items_of<Request>(*place_->page)[place_->at.offset];
    take(1);
    return item;
  }
  response_type& take_page() {
    const std::uint64_t count = place_->left_in_page();
    const auto first = items_of<Request>(*place_->page).begin() + static_cast<std::ptrdiff_t>(at_offset());
    // All of the page but its items.
    auto all = std::move(items_of<Request>(*place_->page));
    page_ = place_->page;
    items_of<Request>(*place_->page) = std::move(all);
    items_of<Request>(*page_).assign(std::make_move_iterator(first),
                                     std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    take(count);
    return *page_;
  }

  void last() noexcept override {
    place_->at.offset -= last_count_;
    place_->at.given -= last_count_;
    place_->page_seen = false;
    if (page_)
      std::move(items_of<Request>(*page_).begin(), items_of<Request>(*page_).end(),
                items_of<Request>(*place_->page).begin() + static_cast<std::ptrdiff_t>(at_offset()));
  }
  void mark() override { start_ = place_->next_item(); }
  void all() noexcept override { place_->reset(std::move(start_)); }

 private:
  [[nodiscard]] std::uint64_t at_offset() const { return std::min(place_->at.offset, place_->page_size); }
  void take(std::uint64_t count) {
    place_->page_seen = true;
    place_->at.offset += count;
    place_->at.given += count;
    last_count_ = count;
  }

  const std::shared_ptr<cursor> place_;
  typename cursor::position start_;
  std::uint64_t last_count_ = 0;
  std::optional<response_type> page_;  // of take_page()
};

template <class Request>
paginator<Request>::paginator(std::shared_ptr<client_state> state, Request request, call_options options)
    : cursor_(std::make_shared<cursor>(std::move(state), std::move(request), std::move(options))) {}

template <class Request>
auto paginator<Request>::with_page_size(std::int32_t value) & -> paginator& {
  cursor_->request.max_results = value;
  return *this;
}

template <class Request>
auto paginator<Request>::with_max_items(std::uint64_t value) & -> paginator& {
  cursor_->max_items = value;
  return *this;
}

template <class Request>
auto paginator<Request>::with_starting_token(std::string value) & -> paginator& {
  auto position = protocol::decode_page_token(value);
  if (!position) throw exception(std::move(position).error());
  typename cursor::position start{std::move(position->next_token)};
  start.offset = position->truncate_amount;
  start.given = cursor_->at.given;
  cursor_->reset(std::move(start));
  return *this;
}

template <class Request>
auto paginator<Request>::with_prefetch(bool value) & -> paginator& {
  cursor_->prefetch = value;
  return *this;
}

template <class Request>
auto paginator<Request>::with_page_size(std::int32_t value) && -> paginator {
  return with_page_size(value);
}

template <class Request>
auto paginator<Request>::with_max_items(std::uint64_t value) && -> paginator {
  return with_max_items(value);
}

template <class Request>
auto paginator<Request>::with_starting_token(std::string value) && -> paginator {
  return with_starting_token(std::move(value));
}

template <class Request>
auto paginator<Request>::with_prefetch(bool value) && -> paginator {
  return with_prefetch(value);
}

template <class Request>
std::string paginator<Request>::resume_token() const {
  const typename cursor::position next = cursor_->next_item();
  if (next.finished || (!next.page_token && next.offset == 0)) return {};
  return protocol::encode_page_token(protocol::page_position(next.page_token, next.offset));
}

template <class Request>
async_generator<typename Request::response_type> paginator<Request>::pages_from(std::shared_ptr<cursor> place) {
  const auto taken = std::make_shared<reader>(place);
  co_await taken;
  while (co_await place->load()) co_yield std::move(taken->take_page());
}

template <class Request>
async_generator<typename Request::item_type> paginator<Request>::items_from(std::shared_ptr<cursor> place) {
  const auto taken = std::make_shared<reader>(place);
  co_await taken;
  cursor& shared = *place;
  reader& own = *taken;
  while (co_await shared.load()) {
    shared.page_seen = true;
    while (shared.has_item()) co_yield std::move(own.take_item());
  }
}

template <class Request>
async_generator<typename Request::response_type> paginator<Request>::pages() {
  return pages_from(cursor_);
}

template <class Request>
async_generator<typename Request::item_type> paginator<Request>::items() {
  return items_from(cursor_);
}

#define MWAA_SERVERLESS_PAGINATOR(Name, snake, what, ...) \
  __VA_OPT__(template class paginator<snake##_request>;   \
             static_assert(!std::is_aggregate_v<paginator<snake##_request>>);)
MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_PAGINATOR)
#undef MWAA_SERVERLESS_PAGINATOR

}  // namespace mwaa_serverless
