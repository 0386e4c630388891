// Lists that span pages.
#pragma once

#include <cstdint>
#include <memory>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/export.hpp>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

class client;
class client_state;

/// All items of a listing, page by page or one by one, fetched as the caller asks for more.
///
/// Keeps its position: after every item and page, and after an error or a cancellation, resume_token() names what comes
/// next, and a new pages() or items() of the same paginator continues there without losing or repeating an item. So it
/// does when the generator is in `next() || other` (see async_generator), and when collect() of it fails.
///
/// `Request`: of a listing, such as list_task_instances_request.
///
/// Several generators may be in use: each item goes to one of them, and a next() that needs a page while another one
/// fetches it waits for that.
///
/// Errors: see pages(); the setters throw what they say.
///
/// Cancellation: that of next() ends the fetch of a page; the position stays.
///
/// Lifetime: made by client::paginate_*; keeps the client's state alive. A handle: copies share their position and
/// settings, and one that was moved from is still such a copy.
///
/// Threads: not for several threads at once.
template <class Request>
class MWAA_SERVERLESS_API paginator {
 public:
  using response_type = typename Request::response_type;
  using item_type = typename Request::item_type;

  // Without a move there is no paginator without a position.
  paginator(const paginator&) = default;
  paginator& operator=(const paginator&) = default;

  /// Items a page (the request's MaxResults), from 1; the service caps it at 100. Default: the request's.
  paginator& with_page_size(std::int32_t value) &;
  paginator with_page_size(std::int32_t value) &&;
  /// Ends after this many items over all, at once when that many were given already; resume_token() then names what
  /// was left. Default: no limit.
  paginator& with_max_items(std::uint64_t value) &;
  paginator with_max_items(std::uint64_t value) &&;
  /// Starts where a resume_token(), a `NextToken` printed by the AWS CLI, or a next_token of the service points. A
  /// token that names a position inside a page holds for the page size that it was made with. Generators in use, and
  /// a next() that runs, continue there too. Throws exception(errc::invalid_page_token) for an empty one.
  paginator& with_starting_token(std::string value) &;
  paginator with_starting_token(std::string value) &&;
  /// True: fetches the next page while the caller works on this one, never more than one ahead. Worth it when the work
  /// on a page awaits something that takes about as long as a fetch. Off by default: a loop that only reads gains
  /// nothing by it, and one that ends early has spent a request for nothing. Dropping the generators cancels the fetch.
  /// call_options::attempt_log shows the attempts of a page once the page is here.
  paginator& with_prefetch(bool value) &;
  paginator with_prefetch(bool value) &&;

  /// Page by page. A page cut by max_items or by a position inside a page holds the rest of it only. Pages without
  /// items are given too. Throws what the operation throws, and exception(errc::repeated_page_token) when the
  /// service's page tokens lead back to a page that was listed: at once when a page names itself, else after at most a
  /// few rounds (Brent's algorithm, which keeps one token).
  [[nodiscard]] async_generator<response_type> pages();
  /// One by one. Throws as pages().
  [[nodiscard]] async_generator<item_type> items();

  /// The position of the listing: what was given is not repeated. Empty before the first page and when the listing
  /// is complete. In the AWS CLI's own form, so that its `--starting-token` takes it too.
  [[nodiscard]] std::string resume_token() const;

 private:
  friend class client;
  paginator(std::shared_ptr<client_state> state, Request request, call_options options);

  class cursor;
  class reader;
  static async_generator<response_type> pages_from(std::shared_ptr<cursor> place);
  static async_generator<item_type> items_from(std::shared_ptr<cursor> place);

  std::shared_ptr<cursor> cursor_;
};

}  // namespace mwaa_serverless
