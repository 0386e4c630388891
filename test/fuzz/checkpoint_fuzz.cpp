// The bytes of a checkpoint, to a watcher that goes on from them.
//
// An input is the content of a checkpoint, without its last four bytes, the checksum, which is made here.
//
// Beyond not crashing: what is refused says why; what is taken gives a checkpoint that is taken too, with the same
// runs; and it can be watched on, whatever the service answers.
#include <boost/crc.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "require.hpp"
#include "watcher/watch_state.hpp"

namespace {

namespace mwaa = mwaa_serverless;
using namespace mwaa_serverless::watcher;
using namespace std::chrono_literals;
using fuzz::require;

moment at(std::chrono::nanoseconds passed) {
  return moment{time_point{} + 4'000h + passed, std::chrono::system_clock::time_point{} + 500'000h + passed};
}

std::string with_checksum(std::string bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(crc.checksum() >> (8 * i)));
  return bytes;
}

void watch_on(watch_state& state) {
  std::chrono::nanoseconds passed{0};
  for (int i = 0; i < 40; ++i) {
    const auto what = state.next_look(at(passed));
    if (!what) {
      const auto wakes = state.wakes_at();
      if (wakes == time_point::max()) break;
      require(wakes > at(passed).steady, "time goes on");
      passed = std::max(passed + 1ns, wakes - at(0ns).steady);
      continue;
    }
    const moment asked = at(passed);
    passed += 50ms;
    switch (i % 3) {
      case 0: {
        mwaa::list_task_instances_response tasks;
        auto& task = tasks.task_instances.emplace_back();
        task.task_instance_id = mwaa::text{"task"};
        task.status = mwaa::task_instance_status::running;
        if (what->kind == look_kind::tasks) state.saw(*what, asked, at(passed), tasks);
        if (what->kind == look_kind::workflows) state.saw(*what, asked, at(passed), mwaa::list_workflows_response{});
        if (what->kind == look_kind::runs) state.saw(*what, asked, at(passed), mwaa::list_workflow_runs_response{});
        mwaa::get_workflow_run_response run;
        run.run_detail.emplace();
        run.run_detail->run_state = mwaa::workflow_run_status::success;
        if (what->kind == look_kind::run) state.saw(*what, asked, at(passed), run);
        break;
      }
      case 1:
        state.failed(*what, asked, at(passed), mwaa::error(mwaa::errc::throttled, "slow down"));
        break;
      default:
        state.failed(*what, asked, at(passed), mwaa::error(mwaa::errc::resource_not_found, "gone"));
        break;
    }
    while (state.next_event()) {
    }
  }
  (void)state.snapshot();
  (void)state.figures(at(passed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = with_checksum(std::string{reinterpret_cast<const char*>(data), size});
  std::string why;
  auto state = watch_state::restore(bytes, {}, at(0ns), why);
  if (!state) {
    require(!why.empty(), "what is refused says why");
    return 0;
  }
  const std::string again = state->checkpoint();
  auto second = watch_state::restore(again, {}, at(0ns), why);
  require(second.has_value(), "a checkpoint is taken", why);
  require(second->snapshot().size() == state->snapshot().size(), "and has the same runs");
  watch_on(*state);
  return 0;
}
