#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/emulator_state.hpp"
#include "testing/pattern.hpp"
#include "testing/steering.hpp"

namespace mwaa_serverless::testing {

request_record::request_record() = default;
emulator_options::emulator_options() = default;

emulated_task::emulated_task(std::string id_value, std::string status) : id(std::move(id_value)) {
  timeline.emplace_back(std::chrono::milliseconds{0}, std::move(status));
}
emulated_task::emulated_task(std::string id_value, std::vector<status_change> timeline_value)
    : id(std::move(id_value)), timeline(std::move(timeline_value)) {}

emulated_run::emulated_run() = default;
emulated_run::emulated_run(std::vector<emulated_task> tasks_value) : tasks(std::move(tasks_value)) {}
emulated_run::emulated_run(std::initializer_list<emulated_task> tasks_value) : tasks(tasks_value) {}

emulated_run emulated_run::typical() {
  using std::chrono::seconds;
  emulated_run out{
      {"extract",
       {{seconds{5}, "SCHEDULED"}, {seconds{6}, "QUEUED"}, {seconds{7}, "RUNNING"}, {seconds{12}, "SUCCESS"}}},
      {"transform",
       {{seconds{12}, "SCHEDULED"}, {seconds{13}, "QUEUED"}, {seconds{14}, "RUNNING"}, {seconds{20}, "SUCCESS"}}},
      {"load",
       {{seconds{20}, "SCHEDULED"}, {seconds{21}, "QUEUED"}, {seconds{22}, "RUNNING"}, {seconds{29}, "SUCCESS"}}}};
  out.timeline = {{seconds{2}, "QUEUED"}, {seconds{5}, "RUNNING"}, {seconds{30}, "SUCCESS"}};
  return out;
}

emulated_workflow::emulated_workflow(std::string arn_value) : arn(std::move(arn_value)) {}

request_quota::request_quota() = default;
request_quota::request_quota(double rate_value, double burst_value) : rate(rate_value), burst(burst_value) {}
resource_quotas::resource_quotas() = default;

emulator_state::emulator_state(const emulator_options& options)
    : time_(options.time ? options.time : make_system_clock()),
      workflow_arn_(arn_prefix(options.region, options.account) + "etl-nightly-Ab12Cd34Ef"),
      options_(options),
      heart_(options, account{options, time_->now(), time_->wall_now()}, time_->now()) {
  if (!follows(protocol::workflow_arn, workflow_arn_))
    throw exception(
        error{errc::invalid_configuration, "emulator_options::region and account give no ARN: " + workflow_arn_});
  reset();
}

account emulator_state::contents_of_the_start() const {
  const auto now = time_->now();
  account out{options_, now, time_->wall_now()};
  if (options_.scenario_json.empty())
    add_default_scenario(out, workflow_arn_, options_.seed, now);
  else
    add_scenario(out, options_.scenario_json, now);
  return out;
}

void emulator_state::reset() {
  account contents = contents_of_the_start();
  locked([&](service& core) { core.reset(std::move(contents), time_->now()); });
}

delivery emulator_state::handle(const incoming_request& request, bool keep_alive) {
  const auto wall = time_->wall_now();
  auto judged = heart_.judge(request, wall);  // needs no lock, and is most of the work
  const exchange done =
      locked([&](service& core) { return core.answer(request, std::move(judged), time_->now(), wall); });
  if (options_.on_request) options_.on_request(done.record);
  return plan_delivery(done, options_.latency, wall, keep_alive);
}

delivery emulator_state::steer(const incoming_request& request, bool from_this_machine, bool keep_alive) {
  exchange done;
  done.answer = testing::steer(*this, request, from_this_machine);
  return plan_delivery(done, std::chrono::milliseconds{0}, time_->wall_now(), keep_alive);
}

delivery emulator_state::refuse(int http_status, std::string_view message) const {
  exchange done;
  done.answer = front_error(http_status, "SerializationException", message);
  done.record.request_id = "unreadable";
  return plan_delivery(done, options_.latency, time_->wall_now(), false);
}

emulator::emulator(emulator_options options) : state_(std::make_shared<emulator_state>(options)) {}

std::string emulator::workflow_arn() const {
  return state_->workflow_arn();
}

void emulator::set_workflow(const emulated_workflow& workflow) {
  state_->with_contents([&](account& in, clock::time_point now) { in.set_workflow(workflow, now); });
}

void emulator::add_run(std::string_view arn, std::string_view run_id, const emulated_run& run) {
  state_->with_contents([&](account& in, clock::time_point now) { in.add_run(arn, run_id, run, now); });
}

void emulator::set_run_status(std::string_view arn, std::string_view run_id, std::string_view status,
                              std::string_view error_message) {
  state_->with_contents(
      [&](account& in, clock::time_point now) { in.set_run_status(arn, run_id, status, error_message, now); });
}

void emulator::set_task_status(std::string_view arn, std::string_view run_id, std::string_view task_instance_id,
                               std::string_view status, std::string_view error_message) {
  state_->with_contents([&](account& in, clock::time_point now) {
    in.set_task_status(arn, run_id, task_instance_id, status, error_message, now);
  });
}

void emulator::advance(std::string_view arn, std::string_view run_id, std::chrono::milliseconds by) {
  state_->with_contents([&](account& in, clock::time_point) { in.advance_run(arn, run_id, by); });
}

void emulator::reset() {
  state_->reset();
}

void emulator::clear_faults() {
  state_->locked([](service& core) { core.clear_faults(); });
}

void emulator::script(fault next) {
  state_->locked([&](service& core) { core.script(std::move(next)); });
}

void emulator::script(const std::vector<fault>& next) {
  state_->locked([&](service& core) {
    for (const fault& each : next) core.script(each);
  });
}

std::size_t emulator::scripted() const {
  return state_->locked([](service& core) { return core.scripted(); });
}

void emulator::strike_randomly(double probability, std::vector<fault> choices) {
  state_->locked([&](service& core) { core.strike_randomly(probability, std::move(choices)); });
}

std::vector<request_record> emulator::requests() const {
  return state_->locked(
      [](service& core) { return std::vector<request_record>(core.log().begin(), core.log().end()); });
}

std::uint64_t emulator::request_count() const {
  return state_->locked([](service& core) { return core.request_count(); });
}

void emulator::clear_requests() {
  state_->locked([](service& core) { core.clear_log(); });
}

std::shared_ptr<transport> emulator::in_memory_transport() const {
  return make_in_memory_transport(state_);
}

}  // namespace mwaa_serverless::testing
