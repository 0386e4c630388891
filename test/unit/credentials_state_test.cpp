// When credentials are fetched, and what is used when that fails.
#include <doctest/doctest.h>

#include <memory>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <string>

#include "sources/credentials_state.hpp"

using mwaa_serverless::credentials;
using mwaa_serverless::errc;
using mwaa_serverless::error;
using namespace mwaa_serverless::sources;
using namespace std::chrono_literals;

namespace {

using answer = credentials_state::answer;

/// A state with a clock of its own.
class asked {
 public:
  answer ask() { return state.ask(at()); }
  void pass(std::chrono::nanoseconds time) { now_ += time; }
  [[nodiscard]] credentials_state::instant at() const {
    return {credentials_state::time_point{1h} + now_,
            credentials_state::wall_time_point{std::chrono::seconds{1'767'225'600}} +
                std::chrono::duration_cast<std::chrono::system_clock::duration>(now_)};
  }
  void brings(const std::string& id, std::chrono::nanoseconds lifetime) {
    const auto end = at().wall + std::chrono::duration_cast<std::chrono::system_clock::duration>(lifetime);
    state.fetched(state.under_way(), std::make_shared<const credentials>(id, "s", "t", end), at(), 0);
  }
  void brings_for_ever(const std::string& id) {
    state.fetched(state.under_way(), std::make_shared<const credentials>(id, "s"), at(), 0);
  }
  void fails(errc code, double unit = 0) { state.failed(state.under_way(), error(code, "why"), at(), unit); }
  [[nodiscard]] std::string id() const { return state.current() ? state.current()->access_key_id() : "none"; }

  credentials_state state{30s};

 private:
  std::chrono::nanoseconds now_{0};
};

}  // namespace

TEST_CASE("credentials_state: one fetch, and all others wait for it") {
  asked it;
  CHECK(it.ask() == answer::fetch);
  CHECK(it.ask() == answer::wait);
  CHECK(it.ask() == answer::wait);
  it.brings("A", 6h);
  CHECK(it.ask() == answer::use);
  CHECK(it.id() == "A");
}

TEST_CASE("credentials_state: keys without an end are fetched once") {
  asked it;
  CHECK(it.ask() == answer::fetch);
  it.brings_for_ever("A");
  it.pass(24h * 365);
  CHECK(it.ask() == answer::use);
}

TEST_CASE("credentials_state: the advisory window is by the lifetime") {
  CHECK(advisory_window(20min) == 5min);
  CHECK(advisory_window(20min + 1s) == 15min);
  CHECK(advisory_window(90min - 1s) == 15min);
  CHECK(advisory_window(90min) == 60min);
  asked it;
  (void)it.ask();
  it.brings("A", 1h);
  it.pass(45min - 1s);
  CHECK(it.ask() == answer::use);
  it.pass(1s);
  CHECK(it.ask() == answer::use_and_fetch);  // one begins it
  CHECK(it.ask() == answer::use);            // the others go on
  it.brings("B", 1h);
  CHECK(it.ask() == answer::use);
  CHECK(it.id() == "B");
}

TEST_CASE("credentials_state: in the last minute callers wait") {
  asked it;
  (void)it.ask();
  it.brings("A", 1h);
  it.pass(59min - 1s);
  CHECK(it.ask() == answer::use_and_fetch);
  it.pass(1s);
  CHECK(it.ask() == answer::wait);
  it.brings("B", 1h);
  CHECK(it.ask() == answer::use);
  it.pass(59min);
  CHECK(it.ask() == answer::fetch);
}

TEST_CASE("credentials_state: a fetch that fails leaves the last credentials in use and the source alone") {
  asked it;
  (void)it.ask();
  it.brings("A", 1h);
  it.pass(50min);
  CHECK(it.ask() == answer::use_and_fetch);
  it.fails(errc::connect_failed);
  it.pass(5min - 1s);
  CHECK(it.ask() == answer::use);
  it.pass(1s);
  CHECK(it.ask() == answer::use_and_fetch);
  it.fails(errc::connect_failed, 0.999);
  it.pass(9min);  // past their end: the service decides
  CHECK(it.ask() == answer::use);
  CHECK(it.id() == "A");
  it.pass(1min);
  CHECK(it.ask() == answer::fetch);
  it.fails(errc::attempt_timeout);
  CHECK(it.ask() == answer::use);
}

TEST_CASE("credentials_state: a source that refuses for good ends what has expired, not what is valid") {
  asked it;
  (void)it.ask();
  it.brings("A", 1h);
  it.pass(50min);
  CHECK(it.ask() == answer::use_and_fetch);
  it.fails(errc::credentials_failed);
  CHECK(it.ask() == answer::use);
  it.pass(10min);
  CHECK(it.ask() == answer::fetch);
  it.fails(errc::credentials_failed);
  CHECK(it.ask() == answer::fail);
  CHECK(it.state.failure().message == "why");
}

TEST_CASE("credentials_state: with nothing to fall back on, a failure is for all who ask in the next seconds") {
  asked it;
  CHECK(it.ask() == answer::fetch);
  it.fails(errc::connect_failed, 0);
  it.pass(1s - 1ns);
  CHECK(it.ask() == answer::fail);
  it.pass(1ns);
  CHECK(it.ask() == answer::fetch);
  it.fails(errc::credentials_failed, 0.5);
  it.pass(3s - 1ns);
  CHECK(it.ask() == answer::fail);
  it.pass(1ns);
  CHECK(it.ask() == answer::fetch);
  it.brings("A", 1h);
  CHECK(it.ask() == answer::use);
}

TEST_CASE("credentials_state: credentials that come expired are a failure that may pass") {
  asked it;
  (void)it.ask();
  it.brings("A", -1s);
  CHECK(it.ask() == answer::fail);
  CHECK(it.state.failure().message == "the source gave credentials that had expired");
  it.pass(5s);
  (void)it.ask();
  it.brings("B", 1h);
  it.pass(61min);
  CHECK(it.ask() == answer::fetch);
  it.brings("C", -1s);
  CHECK(it.ask() == answer::use);
  CHECK(it.id() == "B");
}

TEST_CASE("credentials_state: credentials that come with little time left do not make a fetch of every call") {
  asked it;
  (void)it.ask();
  it.brings("A", 4min);  // within their own advisory window
  CHECK(it.ask() == answer::use);
  it.pass(2min - 1s);
  CHECK(it.ask() == answer::use);
  it.pass(1s);
  CHECK(it.ask() == answer::use_and_fetch);
  it.brings("B", 30s);
  CHECK(it.ask() == answer::use);
  it.pass(15s);
  CHECK(it.ask() == answer::fetch);
}

TEST_CASE("credentials_state: keys that the service refused are fetched anew") {
  asked it;
  (void)it.ask();
  it.brings_for_ever("A");
  CHECK(it.state.rejected(credentials{"A", "s"}, it.at()));
  CHECK(it.ask() == answer::fetch);
  it.brings_for_ever("B");
  CHECK(it.id() == "B");
  // Somebody else's refusal of the old ones: there are new ones already.
  CHECK(it.state.rejected(credentials{"A", "s"}, it.at()));
  CHECK(it.ask() == answer::use);
}

TEST_CASE("credentials_state: a source that has nothing but what was refused is left alone") {
  asked it;
  (void)it.ask();
  it.brings_for_ever("A");
  CHECK(it.state.rejected(credentials{"A", "s"}, it.at()));
  (void)it.ask();
  it.brings_for_ever("A");
  CHECK(it.ask() == answer::use);
  CHECK_FALSE(it.state.rejected(credentials{"A", "s"}, it.at()));
  CHECK(it.ask() == answer::use);
  it.pass(5min);
  CHECK(it.state.rejected(credentials{"A", "s"}, it.at()));
  CHECK(it.ask() == answer::fetch);
  it.fails(errc::connect_failed);
  CHECK(it.ask() == answer::use);
  CHECK_FALSE(it.state.rejected(credentials{"A", "s"}, it.at()));
  it.pass(10min);
  CHECK(it.state.rejected(credentials{"A", "s"}, it.at()));
  (void)it.ask();
  it.fails(errc::credentials_failed);
  CHECK(it.ask() == answer::fail);
}

TEST_CASE("credentials_state: a fetch that was cancelled is as if it had not begun; one that hangs is given up") {
  asked it;
  CHECK(it.ask() == answer::fetch);
  it.state.dropped(it.state.under_way());
  CHECK(it.ask() == answer::fetch);
  const auto stuck = it.state.under_way();
  it.pass(30s);
  CHECK(it.ask() == answer::fetch);
  // The first ends after all: nobody is interested.
  it.state.failed(stuck, error(errc::credentials_failed, "late"), it.at(), 0);
  CHECK(it.ask() == answer::wait);
  it.state.dropped(stuck);
  CHECK(it.ask() == answer::wait);
  it.brings("A", 1h);
  CHECK(it.ask() == answer::use);
}

TEST_CASE("credentials_state: which failures pass") {
  for (const errc code : {errc::connect_failed, errc::attempt_timeout, errc::resolve_failed, errc::no_credentials})
    CHECK(is_transient(error(code, "")));
  for (const errc code : {errc::credentials_failed, errc::invalid_configuration, errc::no_profile, errc::tls_failed})
    CHECK_FALSE(is_transient(error(code, "")));
}
