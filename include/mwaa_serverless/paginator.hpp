// Lists that span pages.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

class client_state;

/// The task instances of one run, page by page or one by one.
///
/// Keeps its place: after every item, and after an error or a cancellation, resume_token() names what comes next, and
/// a new pages() or items() of the same paginator goes on from there with nothing lost and nothing twice.
/// A handle: copies share their place. One generator at a time; not for several threads at once.
class list_task_instances_paginator {
 public:
  list_task_instances_paginator(std::shared_ptr<client_state> client, list_task_instances_request request,
                                call_options options);

  /// Items a page (the request's MaxResults), from 1; the service caps it at 100. Default: the request's.
  list_task_instances_paginator& page_size(std::int32_t value) &;
  list_task_instances_paginator&& page_size(std::int32_t value) &&;
  /// Ends after this many items over all, from 0. resume_token() then names what was left. Default: no limit.
  list_task_instances_paginator& max_items(std::uint64_t value) &;
  list_task_instances_paginator&& max_items(std::uint64_t value) &&;
  /// Starts where a resume_token(), a `NextToken` printed by the AWS CLI, or a next_token of the service stands.
  /// Throws exception(errc::invalid_page_token) for an empty one.
  list_task_instances_paginator& starting_token(std::string value) &;
  list_task_instances_paginator&& starting_token(std::string value) &&;
  /// Fetch the next page while the caller works on this one (never more than one ahead).
  list_task_instances_paginator& prefetch(bool value) &;
  list_task_instances_paginator&& prefetch(bool value) &&;

  /// Page by page. A page cut by max_items or by the place inside a page holds the rest of it only.
  [[nodiscard]] async_generator<list_task_instances_response> pages();
  /// One by one.
  [[nodiscard]] async_generator<task_instance> items();

  /// Where the listing stands: what has been handed out is not repeated. Empty when the listing is complete, and
  /// before the first page. In the AWS CLI's own form, so that `--starting-token` takes it there too.
  [[nodiscard]] std::string resume_token() const;

 private:
  std::shared_ptr<class list_task_instances_cursor> cursor_;
};
static_assert(!std::is_aggregate_v<list_task_instances_paginator>);

}  // namespace mwaa_serverless
