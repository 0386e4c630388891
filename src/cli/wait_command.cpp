#include "cli/wait_command.hpp"

#include <chrono>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/wait_for_run.hpp>
#include <string>
#include <utility>

#include "cli/failure.hpp"
#include "cli/operation_command.hpp"
#include "protocol/blank.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::cli {

namespace {

constexpr std::string_view timeout_flag = "--timeout";

std::string state_of(const wait_progress& seen) {
  const std::string_view name = seen.status().name();
  return name.empty() ? "a state that the service did not say" : "state " + std::string{name};
}

failure wait_failed(const std::string& why) {
  return {exit_code::failure, "Waiter RunFinished failed: " + why};
}

// The service's own words about a run that failed.
std::string with_error_message(std::string sentence, const wait_progress& seen) {
  if (seen.run && seen.run->run_detail && !seen.run->run_detail->error_message.view().empty())
    sentence.append(": ").append(seen.run->run_detail->error_message.view());
  return sentence;
}

void judge(const wait_progress& last) {
  switch (*last.outcome) {
    case wait_outcome::success:
      return;
    case wait_outcome::failed:
    case wait_outcome::timed_out:
    case wait_outcome::stopped:
      throw wait_failed(with_error_message("the run has ended in " + state_of(last), last));
    case wait_outcome::still_running:
      throw wait_failed("the deadline (--timeout) passed while the run was in " + state_of(last));
  }
}

boost::asio::awaitable<void> wait_for_run(call& context) {
  auto request = protocol::blank<get_workflow_run_request>();
  fill(protocol::structure_place{request}, context.given);
  wait_options options;
  if (const auto seconds = context.given.integer(timeout_flag)) {
    if (*seconds < 1) throw failure::parameter(std::string{timeout_flag} + " must be at least 1");
    options.timeout = std::chrono::seconds{*seconds};
  }
  auto looks = watch_run(context.api, std::move(request.workflow_arn), std::move(request.run_id), options);
  for (;;) {
    const auto got = co_await as_result(looks.next());
    if (!got) {
      const error& why = got.error();
      if (why.aws_code.empty()) throw exception(why);
      throw wait_failed("An error occurred (" + why.aws_code + "): " + why.message);
    }
    if (!*got) co_return;
    const wait_progress& seen = **got;
    context.debug("look " + std::to_string(seen.looks) + ": " +
                  (seen.failure ? std::string{seen.failure->code.message()} : state_of(seen)));
    if (seen.outcome) judge(seen);
  }
}

command describe_wait() {
  command out;
  out.name = "run-finished";
  out.operation = "GetWorkflowRun";
  out.help = "Wait until a run has ended. Looks at it every few seconds at first, every two minutes at last.";
  out.parameters = parameters_of(protocol::described<get_workflow_run_request>::value, "GetWorkflowRun");
  out.request = &protocol::described<get_workflow_run_request>::value;
  parameter timeout;
  timeout.flag = timeout_flag;
  timeout.type = &protocol::describing::type_of<std::int32_t>;
  timeout.help = "Seconds after which the wait ends with 255; else it takes as long as the run.";
  out.parameters.push_back(timeout);
  out.run = &wait_for_run;
  return out;
}

}  // namespace

const command& wait_for_run_command() {
  static const command the_one = describe_wait();
  return the_one;
}

}  // namespace mwaa_serverless::cli
