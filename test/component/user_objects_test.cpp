// Credentials providers, gates, transports, clocks and random sources of a user's that break their contracts: the call
// ends in time, with an error that names the interface.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

using keys_result = mwaa::result<std::shared_ptr<const mwaa::credentials>>;
using response_result = mwaa::result<mwaa::http_response>;

enum class fault {
  none,
  throws_int,
  throws_runtime_error,
  throws_aborted,
  throws_ours,
  throws_at_once,  // before there is an awaitable
  empty_awaitable,
  never_ends,      // and obeys a cancellation
  ignores_cancel,  // never ends, and does not obey
  drops_handler,   // destroys the handler that it was to call
  success_error,   // an error whose code is that of success
  aborted_error,   // and one whose code is that of a cancellation
  nothing,         // null, a response of status 0
};

// Sleeps for years on a timer of the machine's, which nobody waits for: the io_context is polled in virtual time.
asio::awaitable<void> never(bool obeys) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (;;) {
    timer.expires_after(std::chrono::hours{24 * 365});
    boost::system::error_code code;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, code));
    if (!obeys) {
      co_await asio::this_coro::reset_cancellation_state();
    } else if (code) {
      throw boost::system::system_error(code);
    }
  }
}

struct drop_handler {
  template <class Handler>
  void operator()(Handler&& handler) const {
    [[maybe_unused]] const auto gone = std::forward<Handler>(handler);
  }
};

asio::awaitable<void> misbehave(fault how) {
  co_await asio::this_coro::throw_if_cancelled(false);
  switch (how) {
    case fault::throws_int:
      throw 7;
    case fault::throws_runtime_error:
      throw std::runtime_error("out of luck");
    case fault::throws_aborted:
      throw boost::system::system_error(asio::error::operation_aborted);
    case fault::throws_ours:
      throw mwaa::exception(mwaa::error(mwaa::errc::no_profile, "own words"));
    case fault::never_ends:
      co_await never(true);
      break;
    case fault::ignores_cancel:
      co_await never(false);
      break;
    case fault::drops_handler:
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(drop_handler{}, asio::use_awaitable);
      break;
    default:
      break;
  }
}

std::optional<mwaa::error> wrong_error(fault how) {
  std::optional<mwaa::error> out;
  if (how == fault::success_error) out.emplace(boost::system::error_code{}, "fine");
  if (how == fault::aborted_error) out.emplace(boost::system::error_code{asio::error::operation_aborted}, "stopped");
  return out;
}

// For the faults that show before the coroutine runs. True: an empty awaitable is wanted.
bool fails_at_once(fault how) {
  if (how == fault::throws_at_once) throw std::runtime_error("out of luck");
  return how == fault::empty_awaitable;
}

asio::awaitable<keys_result> give_keys(fault how, int& asked) {
  ++asked;
  co_await misbehave(how);
  if (auto wrong = wrong_error(how)) co_return *std::move(wrong);
  if (how == fault::nothing) co_return std::shared_ptr<const mwaa::credentials>{};
  co_return std::make_shared<const mwaa::credentials>("AKID", "secret");
}

class provider final : public mwaa::credentials_provider {
 public:
  explicit provider(fault how_value) : how(how_value) {}
  asio::awaitable<keys_result> get(mwaa::clock::time_point) override {
    if (fails_at_once(how)) return asio::awaitable<keys_result>{};
    return give_keys(how, asked);
  }
  bool rejected(const mwaa::credentials&) override { throw 7; }

  fault how;
  int asked = 0;
};

asio::awaitable<std::string> answer_mfa(fault how) {
  co_await misbehave(how);
  co_return "123456";
}

asio::awaitable<std::optional<mwaa::error>> decide(fault how) {
  co_await misbehave(how);
  co_return wrong_error(how);
}

class gate final : public mwaa::attempt_gate {
 public:
  explicit gate(fault how_value) : how(how_value) {}
  asio::awaitable<std::optional<mwaa::error>> enter(std::string_view, mwaa::clock::time_point) override {
    if (fails_at_once(how)) return asio::awaitable<std::optional<mwaa::error>>{};
    return decide(how);
  }
  fault how;
};

asio::awaitable<response_result> respond(fault how) {
  co_await misbehave(how);
  if (auto wrong = wrong_error(how)) co_return *std::move(wrong);
  if (how == fault::nothing) co_return mwaa::http_response{};
  co_return test::page({"x"});
}

class network final : public mwaa::transport {
 public:
  explicit network(fault how_value) : how(how_value) {}
  asio::awaitable<response_result> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    if (fails_at_once(how)) return asio::awaitable<response_result>{};
    return respond(how);
  }
  asio::awaitable<mwaa::result<void>> prewarm(std::shared_ptr<const mwaa::origin>, std::size_t) override {
    co_await misbehave(how);
    if (auto wrong = wrong_error(how)) co_return *std::move(wrong);
    co_return mwaa::result<void>{};
  }
  asio::awaitable<void> close() override { return misbehave(how); }
  mwaa::transport_metrics metrics() const override { return {}; }
  fault how;
};

struct expectation {
  fault how;
  mwaa::errc code;
  const char* text;
};

/// What becomes of the faults of an interface: `thrown` of what it throws, `endless` of what never ends, and `nothing`
/// is said of a value that is none (null: the interface has no such value).
std::vector<expectation> each_fault(mwaa::errc thrown, mwaa::errc endless, const char* nothing) {
  using mwaa::errc;
  std::vector<expectation> out{
      {fault::throws_int, thrown, "no std::exception"},
      {fault::throws_runtime_error, thrown, "out of luck"},
      {fault::throws_aborted, errc::broken_contract, "operation_aborted"},
      {fault::throws_ours, errc::no_profile, "own words"},
      {fault::throws_at_once, thrown, "out of luck"},
      {fault::empty_awaitable, thrown, "empty awaitable"},
      {fault::never_ends, endless, "did not end"},
      {fault::ignores_cancel, endless, "did not end"},
      {fault::drops_handler, errc::broken_contract, "completion handler"},
      {fault::success_error, errc::broken_contract, "success"},
      {fault::aborted_error, errc::broken_contract, "operation_aborted"},
  };
  if (nothing != nullptr) out.push_back({fault::nothing, errc::broken_contract, nothing});
  return out;
}

// What a call with an operation_timeout of 5 s ends in.
mwaa::error failure_of(canned_service& service, const mwaa::client& client) {
  const auto started = service.time->now();
  auto outcome = service.run(mwaa::as_result(client.list_task_instances(
      {"arn", "run"}, mwaa::call_options{}.with_operation_timeout(5s).with_max_attempts(1))));
  REQUIRE(outcome.has_error());
  CHECK(service.time->now() - started <= 5s + 1ms);
  CHECK(outcome.error().operation == "ListTaskInstances");
  return outcome.error();
}

void check(const mwaa::error& failure, const expectation& expected, const std::string& who) {
  CHECK(failure.code == expected.code);
  CHECK(failure.code.failed());
  CHECK_MESSAGE(failure.message.find(expected.text) != std::string::npos, failure.message);
  if (expected.how == fault::throws_ours) return;
  CHECK_MESSAGE(failure.message.find(who) != std::string::npos, failure.message);
}

}  // namespace

TEST_CASE("user's credentials provider: each fault is an error that names it") {
  for (const expectation& each :
       each_fault(mwaa::errc::credentials_failed, mwaa::errc::operation_timeout, "null pointer")) {
    CAPTURE(static_cast<int>(each.how));
    canned_service service;
    service.config.credentials = std::make_shared<provider>(each.how);
    const auto failure = failure_of(service, service.make_client());
    check(failure, each, "client_config::credentials");
    CHECK(failure.phase == mwaa::operation_phase::credentials);
    CHECK_FALSE(failure.may_have_reached_service);
    CHECK(service.network->requests.empty());
  }
}

TEST_CASE("user's source in make_cached_credentials: 50 callers get the failure of one fetch") {
  for (const expectation& each :
       each_fault(mwaa::errc::credentials_failed, mwaa::errc::credentials_failed, "null pointer")) {
    CAPTURE(static_cast<int>(each.how));
    canned_service service;
    const auto source = std::make_shared<provider>(each.how);
    mwaa::provider_options options;
    options.time = service.time;
    options.fetch_timeout = 4s;
    service.config.credentials = mwaa::make_cached_credentials(source, options);
    const auto client = service.make_client();
    std::vector<std::optional<mwaa::error>> failures(50);
    for (auto& into : failures) {
      asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                     [&into](const std::exception_ptr& e, const mwaa::list_task_instances_response&) {
                       try {
                         if (e) std::rethrow_exception(e);
                       } catch (const mwaa::exception& failed) {
                         into = failed.details();
                       }
                     });
    }
    service.time->run_until(service.io, service.time->now() + 5s);
    for (const auto& failure : failures) {
      REQUIRE(failure);
      check(*failure, each, "make_cached_credentials");
    }
    CHECK(source->asked <= 1);  // none for the two that fail before
    CHECK(service.network->requests.empty());
  }
}

TEST_CASE("user's source in make_cached_credentials: one that recovers is used") {
  canned_service service;
  const auto source = std::make_shared<provider>(fault::ignores_cancel);
  mwaa::provider_options options;
  options.time = service.time;
  options.fetch_timeout = 4s;
  service.config.credentials = mwaa::make_cached_credentials(source, options);
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  CHECK(failure_of(service, client).code == mwaa::errc::credentials_failed);
  source->how = fault::none;
  service.time->run_until(service.io, service.time->now() + 6s);
  CHECK(service.run(client.list_task_instances({"arn", "run"})).task_instances.size() == 1);
}

TEST_CASE("user's objects: null and empty ones are refused by name where they are given") {
  CHECK_THROWS_WITH_AS(mwaa::make_cached_credentials(nullptr),
                       doctest::Contains("make_cached_credentials: source must not be null"), mwaa::exception);
  CHECK_THROWS_WITH_AS(mwaa::make_assume_role_credentials(nullptr, {"arn", "us-east-1"}),
                       doctest::Contains("make_assume_role_credentials: base must not be null"), mwaa::exception);
  mwaa::credentials keys{"AKIDEXAMPLEAKIDEXAMPLE", "a secret that is no small string"};
  const mwaa::credentials taken = std::move(keys);
  CHECK_THROWS_WITH_AS(mwaa::make_static_credentials(keys), doctest::Contains("make_static_credentials"),
                       mwaa::exception);
}

TEST_CASE("user's mfa_code: each fault is an error") {
  const std::vector<std::pair<fault, const char*>> rows{
      {fault::throws_int, "no std::exception"},     {fault::throws_runtime_error, "out of luck"},
      {fault::throws_aborted, "operation_aborted"}, {fault::throws_at_once, "out of luck"},
      {fault::empty_awaitable, "empty awaitable"},  {fault::never_ends, "did not end"},
      {fault::ignores_cancel, "did not end"},       {fault::drops_handler, "completion handler"},
  };
  for (const auto& [how, text] : rows) {
    CAPTURE(static_cast<int>(how));
    canned_service service;
    mwaa::provider_options options;
    options.time = service.time;
    options.fetch_timeout = 4s;
    options.network = service.network;
    options.mfa_code = [fails_how = how](std::string) -> asio::awaitable<std::string> {
      if (fails_at_once(fails_how)) return asio::awaitable<std::string>{};
      return answer_mfa(fails_how);
    };
    mwaa::assume_role_options role{"arn:aws:iam::123456789012:role/name", "us-east-1"};
    role.mfa_serial = "arn:aws:iam::123456789012:mfa/name";
    service.config.credentials =
        mwaa::make_assume_role_credentials(mwaa::make_static_credentials({"AKID", "secret"}), role, options);
    const auto failure = failure_of(service, service.make_client());
    CHECK(failure.phase == mwaa::operation_phase::credentials);
    CHECK_MESSAGE(failure.message.find(text) != std::string::npos, failure.message);
    CHECK(service.network->requests.empty());
  }
}

TEST_CASE("user's attempt gate: each fault is an error that names it") {
  for (const expectation& each : each_fault(mwaa::errc::broken_contract, mwaa::errc::operation_timeout, nullptr)) {
    CAPTURE(static_cast<int>(each.how));
    canned_service service;
    service.config.attempt_limiter = std::make_shared<gate>(each.how);
    const auto failure = failure_of(service, service.make_client());
    check(failure, each, "client_config::attempt_limiter");
    CHECK(failure.phase == mwaa::operation_phase::attempt_gate);
    CHECK(service.network->requests.empty());
  }
}

TEST_CASE("user's transport: each fault is an error that names it") {
  for (const expectation& each :
       each_fault(mwaa::errc::broken_contract, mwaa::errc::operation_timeout, "status is 0")) {
    CAPTURE(static_cast<int>(each.how));
    canned_service service;
    service.config.network = std::make_shared<network>(each.how);
    const auto client = service.make_client();
    check(failure_of(service, client), each, "client_config::network: send()");
    if (each.how == fault::nothing || each.how == fault::throws_at_once || each.how == fault::empty_awaitable) continue;

    const auto warmed = service.run(mwaa::as_result(client.prewarm()));
    REQUIRE(warmed.has_error());
    if (warmed.error().code != mwaa::errc::attempt_timeout)
      check(warmed.error(), each, "client_config::network: prewarm()");
    if (each.how == fault::success_error || each.how == fault::aborted_error) continue;
    if (each.how == fault::never_ends || each.how == fault::ignores_cancel) {
      // close() has no limit, but can be cancelled.
      asio::cancellation_signal stop;
      std::exception_ptr ended;
      asio::co_spawn(service.io, client.close(),
                     asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { ended = e; }));
      service.time->run(service.io);
      REQUIRE_FALSE(ended);
      stop.emit(asio::cancellation_type::terminal);
      service.time->run(service.io);
      CHECK_THROWS_AS(std::rethrow_exception(ended), boost::system::system_error);
    } else {
      const auto closed = service.run(mwaa::as_result(client.close()));
      REQUIRE(closed.has_error());
      check(closed.error(), each, "client_config::network: close()");
    }
  }
}

TEST_CASE("user's objects: a call can be cancelled while one ignores that") {
  for (const int which : {0, 1, 2}) {
    CAPTURE(which);
    canned_service service;
    if (which == 0) service.config.credentials = std::make_shared<provider>(fault::ignores_cancel);
    if (which == 1) service.config.attempt_limiter = std::make_shared<gate>(fault::ignores_cancel);
    if (which == 2) service.config.network = std::make_shared<network>(fault::ignores_cancel);
    asio::cancellation_signal stop;
    std::exception_ptr ended;
    {
      const auto client = service.make_client();
      asio::co_spawn(
          service.io, client.list_task_instances({"arn", "run"}),
          asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e, auto&&) { ended = e; }));
    }
    service.time->run_until(service.io, service.time->now() + 1s);
    REQUIRE_FALSE(ended);
    stop.emit(asio::cancellation_type::terminal);
    service.io.restart();
    service.io.poll();  // no time passes
    REQUIRE(ended);
    try {
      std::rethrow_exception(ended);
    } catch (const boost::system::system_error& e) {
      CHECK(e.code() == asio::error::operation_aborted);
    }
    CHECK(service.time->sleepers() == 0);
  }
}

TEST_CASE("user's credentials provider: rejected() that throws promises no other keys") {
  canned_service service;
  service.config.credentials = std::make_shared<provider>(fault::none);
  service.network->script.emplace_back(test::response(403, R"({"__type":"ExpiredTokenException"})"));
  CHECK(failure_of(service, service.make_client()).code == mwaa::errc::expired_token);
  CHECK(service.network->requests.size() == 1);
}

TEST_CASE("user's random source: nonsense is replaced") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double huge = std::numeric_limits<double>::max();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::function<double()>> sources{[] { return -1.0; },
                                                     [] { return 1.0; },
                                                     [huge] { return huge; },
                                                     [huge] { return -huge; },
                                                     [nan] { return nan; },
                                                     [infinity] { return infinity; },
                                                     [infinity] { return -infinity; },
                                                     []() -> double { throw 7; }};
  for (const auto& each : sources) {
    canned_service service;
    service.config.random = each;
    service.network->script.emplace_back(test::internal_error());
    service.network->script.emplace_back(test::throttle(2));
    service.network->script.emplace_back(test::page({"x"}));
    const auto client = service.make_client();
    CHECK(service.run(client.list_task_instances({"arn", "run"})).task_instances.size() == 1);
    REQUIRE(service.network->times.size() == 3);
    const auto first = service.network->times[1] - service.network->times[0];
    const auto second = service.network->times[2] - service.network->times[1];
    CHECK(first >= 0s);
    CHECK(first < 50ms);
    CHECK(second >= 2s);
    CHECK(second <= 4s);
  }
}

namespace {

/// A clock in front of the virtual one.
class odd_clock final : public mwaa::clock {
 public:
  explicit odd_clock(std::shared_ptr<mwaa::clock> base) : base_(std::move(base)) {}
  time_point now() const noexcept override { return base_->now() + shift; }
  wall_time_point wall_now() const noexcept override { return wall.value_or(base_->wall_now()); }
  asio::awaitable<void> sleep_until(time_point when) override {
    ++sleeps;
    if (fails_at_once(how)) return asio::awaitable<void>{};
    return sleep(*this, when);
  }

  std::chrono::nanoseconds shift{0};
  std::optional<wall_time_point> wall;
  fault how = fault::none;
  std::chrono::nanoseconds early{0};
  int sleeps = 0;

 private:
  static asio::awaitable<void> sleep(odd_clock& self, time_point when) {
    co_await misbehave(self.how);
    co_await self.base_->sleep_until(when - self.shift - self.early);
  }
  std::shared_ptr<mwaa::clock> base_;
};

}  // namespace

TEST_CASE("user's clock: one that goes back does not stop the client") {
  canned_service service;
  const auto odd = std::make_shared<odd_clock>(service.time);
  service.config.time = odd;
  service.network->otherwise = [&](const mwaa::http_request&) {
    odd->shift -= 1h;  // with every request
    return test::canned_answer{test::internal_error()};
  };
  const auto client = service.make_client();
  const auto started = service.time->now();
  auto failed = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == mwaa::errc::internal_server);
  CHECK(failed.error().attempts.size() == 3);
  for (const auto& attempt : failed.error().attempts) {
    CHECK(attempt.took >= 0s);
    CHECK(attempt.gate_wait >= 0s);
  }
  CHECK(service.time->now() - started == 75ms);  // 25 ms and 50 ms
  // Limits hold after it, too.
  service.config.credentials = std::make_shared<provider>(fault::never_ends);
  CHECK(failure_of(service, service.make_client()).code == mwaa::errc::operation_timeout);
}

TEST_CASE("user's clock: times at the ends of the range overflow nothing") {
  for (const auto shift :
       {std::chrono::nanoseconds::max() / 2, std::chrono::nanoseconds::min() / 2, -std::chrono::nanoseconds{2h}}) {
    for (const auto wall : {mwaa::clock::wall_time_point::min(), mwaa::clock::wall_time_point::max()}) {
      canned_service service;
      const auto odd = std::make_shared<odd_clock>(service.time);
      odd->shift = shift;
      odd->wall = wall;
      service.config.time = odd;
      service.network->script.emplace_back(test::throttle(0));
      service.network->script.emplace_back(test::page({"x"}));
      const auto client = service.make_client();
      const auto got = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
      CHECK((got || got.error().code.failed()));
      (void)client.metrics();
    }
  }
}

TEST_CASE("user's clock: a sleep that ends early is repeated; one that always does is an error") {
  canned_service service;
  const auto odd = std::make_shared<odd_clock>(service.time);
  service.config.time = odd;
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(test::page({"x"}));
  SUBCASE("a little") {
    odd->early = 1ms;  // as one that rounds
    CHECK(service.run(service.make_client().list_task_instances({"arn", "run"})).task_instances.size() == 1);
    REQUIRE(service.network->times.size() == 2);
    CHECK(service.network->times[1] - service.network->times[0] >= 25ms);
    CHECK(service.network->times[1] - service.network->times[0] <= 27ms);
  }
  SUBCASE("always") {
    odd->early = 1h;
    const auto failure = failure_of(service, service.make_client());
    CHECK(failure.code == mwaa::errc::internal_server);  // one attempt: no sleep
    service.network->requests.clear();
    service.network->script.clear();
    service.network->script.emplace_back(test::internal_error());
    auto outcome = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"})));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == mwaa::errc::broken_contract);
    CHECK(outcome.error().message.find("client_config::time: sleep_until() returned before its time") !=
          std::string::npos);
    CHECK(outcome.error().operation == "ListTaskInstances");
    CHECK(outcome.error().attempts.size() == 1);
    CHECK(odd->sleeps < 1000);
  }
}

TEST_CASE("user's clock: what its sleep throws is an error that names it") {
  using mwaa::errc;
  const expectation rows[]{
      {fault::throws_int, errc::broken_contract, "no std::exception"},
      {fault::throws_runtime_error, errc::broken_contract, "out of luck"},
      {fault::throws_aborted, errc::broken_contract, "operation_aborted"},
      {fault::throws_at_once, errc::broken_contract, "out of luck"},
      {fault::empty_awaitable, errc::broken_contract, "empty awaitable"},
      {fault::drops_handler, errc::broken_contract, "completion handler"},
  };
  for (const expectation& each : rows) {
    CAPTURE(static_cast<int>(each.how));
    canned_service service;
    const auto odd = std::make_shared<odd_clock>(service.time);
    odd->how = each.how;
    service.config.time = odd;
    service.network->script.emplace_back(test::internal_error());
    auto outcome = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"})));
    REQUIRE(outcome.has_error());
    check(outcome.error(), each, "client_config::time: sleep_until()");
    CHECK(outcome.error().operation == "ListTaskInstances");
  }
}

TEST_CASE("user's clock: a call can be cancelled while its sleep ignores that") {
  canned_service service;
  const auto odd = std::make_shared<odd_clock>(service.time);
  odd->how = fault::ignores_cancel;
  service.config.time = odd;
  service.network->script.emplace_back(test::internal_error());
  asio::cancellation_signal stop;
  std::exception_ptr ended;
  asio::co_spawn(service.io, service.make_client().list_task_instances({"arn", "run"}),
                 asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e, auto&&) { ended = e; }));
  service.time->run(service.io);
  REQUIRE_FALSE(ended);
  stop.emit(asio::cancellation_type::terminal);
  service.time->run(service.io);
  REQUIRE(ended);
  CHECK_THROWS_AS(std::rethrow_exception(ended), boost::system::system_error);
}

TEST_CASE("http_request: without an origin, and with a head longer than its bytes") {
  const mwaa::http_request odd{nullptr, "GET / HTTP/1.1\r\n\r\n", 1000};
  CHECK(odd.destination().host.empty());
  CHECK(odd.head().size() == 18);
  CHECK(odd.body().empty());
  CHECK_FALSE(odd.header("host").has_value());
}
