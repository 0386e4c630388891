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

namespace {

std::string default_arn(const emulator_options& options) {
  const bool china = options.region.starts_with("cn-");
  const bool government = options.region.starts_with("us-gov-");
  return std::string{"arn:"} +
         (china        ? "aws-cn"
          : government ? "aws-us-gov"
                       : "aws") +
         ":airflow-serverless:" + options.region + ":" + options.account + ":workflow/etl-nightly-Ab12Cd34Ef";
}

}  // namespace

emulator_state::emulator_state(const emulator_options& options)
    : time_(options.time ? options.time : make_system_clock()),
      workflow_arn_(default_arn(options)),
      scenario_json_(options.scenario_json),
      seed_(options.seed),
      latency_(options.latency),
      on_request_(options.on_request),
      heart_(options, time_->now()) {
  if (!follows(protocol::workflow_arn, workflow_arn_))
    throw exception(
        error{errc::invalid_configuration, "emulator_options::region and account give no ARN: " + workflow_arn_});
  heart_.contents() = contents_of_the_start();
}

world emulator_state::contents_of_the_start() const {
  world out;
  if (scenario_json_.empty())
    add_default_scenario(out, workflow_arn_, seed_, time_->now());
  else
    add_scenario(out, scenario_json_, time_->now());
  return out;
}

void emulator_state::reset() {
  world contents = contents_of_the_start();
  locked([&](service& heart) { heart.reset(std::move(contents), time_->now()); });
}

delivery emulator_state::handle(const incoming_request& request, bool keep_alive) {
  const auto wall = time_->wall_now();
  auto judged = heart_.judge(request, wall);  // needs no lock, and is most of the work
  const exchange done =
      locked([&](service& heart) { return heart.answer(request, std::move(judged), time_->now(), wall); });
  if (on_request_) on_request_(done.record);
  return plan_delivery(done, latency_, wall, keep_alive);
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
  return plan_delivery(done, latency_, time_->wall_now(), false);
}

emulator::emulator(emulator_options options) : state_(std::make_shared<emulator_state>(options)) {}

std::string emulator::workflow_arn() const {
  return state_->workflow_arn();
}

void emulator::add_run(std::string_view arn, std::string_view run_id, const std::vector<emulated_task>& tasks) {
  const auto now = state_->time()->now();
  state_->locked([&](service& heart) { heart.contents().add_run(arn, default_version, run_id, tasks, now); });
}

void emulator::advance(std::string_view arn, std::string_view run_id, std::chrono::milliseconds by) {
  if (!state_->locked([&](service& heart) { return heart.contents().advance_run(arn, run_id, by); }))
    throw exception(
        error{errc::invalid_argument, "there is no run " + std::string{run_id} + " of workflow " + std::string{arn}});
}

void emulator::reset() {
  state_->reset();
}

void emulator::clear_faults() {
  state_->locked([](service& heart) { heart.clear_faults(); });
}

void emulator::script(fault next) {
  state_->locked([&](service& heart) { heart.script(std::move(next)); });
}

void emulator::script(const std::vector<fault>& next) {
  state_->locked([&](service& heart) {
    for (const fault& each : next) heart.script(each);
  });
}

std::size_t emulator::scripted() const {
  return state_->locked([](service& heart) { return heart.scripted(); });
}

void emulator::strike_randomly(double probability, std::vector<fault> choices) {
  state_->locked([&](service& heart) { heart.strike_randomly(probability, std::move(choices)); });
}

std::vector<request_record> emulator::requests() const {
  return state_->locked(
      [](service& heart) { return std::vector<request_record>(heart.log().begin(), heart.log().end()); });
}

std::uint64_t emulator::request_count() const {
  return state_->locked([](service& heart) { return heart.request_count(); });
}

void emulator::clear_requests() {
  state_->locked([](service& heart) { heart.clear_log(); });
}

std::shared_ptr<transport> emulator::in_memory_transport() const {
  return make_in_memory_transport(state_);
}

}  // namespace mwaa_serverless::testing
