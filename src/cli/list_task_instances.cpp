#include "cli/list_task_instances.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>
#include <vector>

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

constexpr std::string_view items_member = "TaskInstances";

std::optional<json::array> items_of(const list_task_instances_response& page) {
  if (!page.task_instances_present) return std::nullopt;
  json::array out;
  out.reserve(page.task_instances.size());
  for (const task_instance& item : page.task_instances) out.push_back(to_json(item));
  return out;
}

}  // namespace

json::value to_json(const task_instance& item) {
  json::object out;
  const auto set = [&out](std::string_view name, const text& value) {
    if (value.present()) out.emplace(name, value.view());
  };
  out.reserve(7);
  set("WorkflowArn", item.workflow_arn);
  set("WorkflowVersion", item.workflow_version);
  set("RunId", item.run_id);
  set("TaskInstanceId", item.task_instance_id);
  if (item.status.present()) out.emplace("Status", item.status.name());
  if (item.duration_in_seconds) out.emplace("DurationInSeconds", item.duration_in_seconds->count());
  set("OperatorName", item.operator_name);
  return out;
}

boost::asio::awaitable<void> run_list_task_instances(call& context) {
  list_task_instances_request request{context.given.required("--workflow-arn"), context.given.required("--run-id")};
  request.max_results = context.given.integer("--max-results");
  request.next_token = context.given.text("--next-token");

  if (!context.pages.enabled) {
    const list_task_instances_response page = co_await context.api.list_task_instances(std::move(request));
    context.debug("request id " + page.request_id);
    json::object document;
    if (auto items = items_of(page)) document.emplace(items_member, *std::move(items));
    if (page.next_token.present()) document.emplace("NextToken", page.next_token.view());
    context.printer.document(std::move(document));
    co_return;
  }

  // An empty starting token goes to the service as it is, as in the AWS CLI.
  if (context.pages.starting_token == "") request.next_token = "";
  const std::string given = context.pages.starting_token.value_or("");
  auto listing = context.api.paginate_list_task_instances(std::move(request));
  start(listing, context.pages);
  auto pages = listing.pages();
  while (const auto page = co_await pages.next()) {
    context.debug("page of " + std::to_string(page->task_instances.size()) + ", request id " + page->request_id);
    if (context.pages.max_items == 0U) {
      // The AWS CLI fetches a page, prints none of its items and says how to get them.
      context.printer.page(items_member,
                           page->task_instances_present ? std::optional<json::array>{json::array{}} : std::nullopt);
      context.printer.end_of_pages(page->task_instances.empty() ? listing.resume_token()
                                                                : read_starting_token(given.empty() ? "None" : given));
      co_return;
    }
    context.printer.page(items_member, items_of(*page));
  }
  context.printer.end_of_pages(listing.resume_token());
}

}  // namespace mwaa_serverless::cli
