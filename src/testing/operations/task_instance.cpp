#include "testing/operations/handlers.hpp"
#include "testing/operations/listing.hpp"

namespace mwaa_serverless::testing {

list_task_instances_response handle(const list_task_instances_request& request, const operation_context& context) {
  const auto of = wanted_run(request, context);
  std::vector<const run::task*> tasks;
  tasks.reserve(of->tasks().size());
  for (const run::task& each : of->tasks()) tasks.push_back(&each);
  list_task_instances_response out;
  out.task_instances_present = true;
  const auto page = page_of(std::move(tasks), request, request.workflow_arn + "\n" + request.run_id, context, out);
  out.task_instances.reserve(page.size());
  for (const run::task* each : page) out.task_instances.push_back(each->summary(context.now));
  return out;
}

get_task_instance_response handle(const get_task_instance_request& request, const operation_context& context) {
  const auto of = wanted_run(request, context);
  const run::task* const found = of->find_task(request.task_instance_id);
  if (found == nullptr)
    refuse_missing<get_task_instance_request>("Task instance " + request.task_instance_id + " of run " + of->id,
                                              request.task_instance_id, "TaskInstance", "TaskInstanceId");
  return found->detail(context.now, context.in.dates);
}

}  // namespace mwaa_serverless::testing
