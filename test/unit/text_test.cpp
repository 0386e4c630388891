#include <doctest/doctest.h>
#include <map>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/text.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using mwaa_serverless::task_instance_status;
using mwaa_serverless::text;
using mwaa_serverless::detail::text_block;

TEST_CASE("text: absent, empty and filled are three things") {
  const text absent;
  const text empty{""};
  const text filled{"SUCCESS"};
  CHECK_FALSE(absent.present());
  CHECK(empty.present());
  CHECK(absent.empty());
  CHECK(empty.empty());
  CHECK(absent == empty);  // as text they are equal
  CHECK(filled == "SUCCESS");
  CHECK(filled == std::string{"SUCCESS"});
  CHECK(filled != text{"FAILED"});
  CHECK(filled > text{"FAILED"});
  CHECK(filled.str() == "SUCCESS");
  CHECK(filled.size() == 7);
}

TEST_CASE("text: copies and moves outlive their source") {
  text copy;
  text moved;
  {
    text original{"a task with a name longer than any small string"};
    copy = original;
    moved = std::move(original);
    CHECK_FALSE(original.present());  // NOLINT: moved-from is absent, by contract
    CHECK(original.empty());
    CHECK(original.size() == 0);
  }
  CHECK(copy == moved);
  CHECK(copy.view().data() == moved.view().data());  // shared, not copied
  const text& same = copy;
  copy = same;
  CHECK(copy == moved);
}

TEST_CASE("text: parts of one block keep it alive together") {
  text_block* block = text_block::create(8);
  std::string{"oneotwo!"}.copy(block->bytes(), 8);
  block->references.store(2);  // both at once, as the page reader does
  text one = text_block::part(block, 0, 3);
  auto two = std::make_unique<text>(text_block::part(block, 4, 3));
  one = text{};
  CHECK(*two == "two");
  two.reset();  // the last one frees: AddressSanitizer would tell
}

TEST_CASE("text: hashes and prints like its characters") {
  const std::unordered_set<text> set{text{"a"}, text{"b"}, text{"a"}};
  CHECK(set.size() == 2);
  std::ostringstream out;
  out << text{"load"} << '\t' << text{};
  CHECK(out.str() == "load\t");
}

TEST_CASE("text: threads may share a block") {
  const text shared{"shared by four threads"};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = shared] {
      for (int round = 0; round < 10'000; ++round) {
        const text another = copy;
        if (another.size() != copy.size()) std::terminate();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(shared == "shared by four threads");
}

TEST_CASE("task_instance_status: the 14 values of the service, there and back") {
  struct row {
    const char* name;
    task_instance_status::value_type value;
    bool terminal;
  };
  const row rows[]{
      {"QUEUED", task_instance_status::queued, false},
      {"FAILED", task_instance_status::failed, true},
      {"SCHEDULED", task_instance_status::scheduled, false},
      {"RUNNING", task_instance_status::running, false},
      {"SUCCESS", task_instance_status::success, true},
      {"UP_FOR_RESCHEDULE", task_instance_status::up_for_reschedule, false},
      {"UP_FOR_RETRY", task_instance_status::up_for_retry, false},
      {"UPSTREAM_FAILED", task_instance_status::upstream_failed, true},
      {"REMOVED", task_instance_status::removed, true},
      {"RESTARTING", task_instance_status::restarting, false},
      {"DEFERRED", task_instance_status::deferred, false},
      {"NONE", task_instance_status::none, false},
      {"CANCELLED", task_instance_status::cancelled, true},
      {"TIMEOUT", task_instance_status::timeout, true},
  };
  for (const row& each : rows) {
    CAPTURE(each.name);
    const task_instance_status status{text{each.name}};
    CHECK(status == each.value);
    CHECK(status.name() == each.name);
    CHECK(status.is_terminal() == each.terminal);
    CHECK(status.present());
    CHECK(task_instance_status{each.value}.name() == each.name);
  }
}

TEST_CASE("task_instance_status: a value of tomorrow keeps its text") {
  const task_instance_status status{text{"PAUSED"}};
  CHECK(status == task_instance_status::unknown);
  CHECK(status.name() == "PAUSED");
  CHECK(status.present());
  CHECK_FALSE(status.is_terminal());
  CHECK(status != task_instance_status{text{"HALTED"}});
  CHECK(task_instance_status{text{"success"}} == task_instance_status::unknown);  // exact spelling only
  std::ostringstream out;
  out << status << ' ' << task_instance_status{task_instance_status::up_for_retry};
  CHECK(out.str() == "PAUSED UP_FOR_RETRY");
  CHECK_FALSE(task_instance_status{}.present());
}

TEST_CASE("task_instance_status: order, equality and hash agree, for unknown values too") {
  const auto unknown = [](const char* name) { return task_instance_status{mwaa_serverless::text{name}}; };
  const std::vector<task_instance_status> in_order{task_instance_status{}, unknown("ALPHA"), unknown("BETA"),
                                                   task_instance_status::queued, task_instance_status::failed};
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    for (std::size_t j = 0; j < in_order.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK((in_order[i] == in_order[j]) == (i == j));
      CHECK((in_order[i] < in_order[j]) == (i < j));
      CHECK((in_order[i] >= in_order[j]) == (i >= j));
    }
  }
  std::map<task_instance_status, int> sorted;
  std::unordered_map<task_instance_status, int> hashed;
  for (const auto& each : in_order) {
    ++sorted[each];
    ++hashed[each];
  }
  CHECK(sorted.size() == in_order.size());
  CHECK(hashed.size() == in_order.size());
  CHECK(sorted[unknown("BETA")] == 1);
  CHECK(hashed[unknown("BETA")] == 1);
  // Against an enumerator it is the value alone, as with ==.
  CHECK(unknown("BETA") < task_instance_status::queued);
  CHECK(task_instance_status::queued > unknown("BETA"));
  CHECK(unknown("BETA") <= task_instance_status::unknown);
}
