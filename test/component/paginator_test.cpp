#include <doctest/doctest.h>
#include <algorithm>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/page_cursor.hpp"
#include "support/canned_transport.hpp"
#include "support/notifier.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using namespace std::string_literals;
using test::canned_service;

namespace {

/// A run of `count` tasks, t0 to t<count-1>, behind the service's paging: tokens name the index of the next item.
class listing {
 public:
  explicit listing(int count_value, std::chrono::nanoseconds latency_value = {})
      : count(count_value), latency(latency_value) {}

  test::canned_answer operator()(const mwaa::http_request& request) const {
    const auto body = boost::json::parse(std::string{request.body()}).as_object();
    const int size = body.contains("MaxResults") ? static_cast<int>(body.at("MaxResults").as_int64()) : 20;
    const int from = body.contains("NextToken") ? std::stoi(std::string{body.at("NextToken").as_string()}) : 0;
    std::vector<std::string> ids;
    int next = from;
    for (; next < count && next < from + size; ++next) ids.push_back("t" + std::to_string(next));
    return {test::page(ids, next < count ? std::to_string(next) : std::string{}), latency};
  }

  int count;
  std::chrono::nanoseconds latency;
};

asio::awaitable<std::vector<std::string>> ids_of(mwaa::async_generator<mwaa::task_instance> items) {
  std::vector<std::string> ids;
  while (auto item = co_await items.next()) ids.push_back(item->task_instance_id.str());
  co_return ids;
}

asio::awaitable<void> append_ids(mwaa::async_generator<mwaa::task_instance> items, std::vector<std::string>& ids) {
  while (auto item = co_await items.next()) ids.push_back(item->task_instance_id.str());
}

asio::awaitable<void> one_id(mwaa::async_generator<mwaa::task_instance>& items, std::vector<std::string>& ids) {
  const auto item = co_await items.next();
  if (item) ids.push_back(item->task_instance_id.str());
}

/// Pages of one item whose tokens are `tail` different ones and then a cycle of `length`, forever.
class cycle {
 public:
  cycle(int tail_value, int length_value) : tail(tail_value), length(length_value) {}

  test::canned_answer operator()(const mwaa::http_request& request) const {
    const auto body = boost::json::parse(std::string{request.body()}).as_object();
    // The page without a token is page 0; page n names n + 1, and the last of the cycle its first.
    const int at = body.contains("NextToken") ? std::stoi(std::string{body.at("NextToken").as_string()}) : 0;
    const int next = at == tail + length ? tail + 1 : at + 1;
    return {test::page({"t" + std::to_string(at)}, std::to_string(next))};
  }

  int tail;
  int length;
};

std::vector<std::string> ids_of(const std::vector<mwaa::task_instance>& items) {
  std::vector<std::string> ids;
  for (const auto& item : items) ids.push_back(item.task_instance_id.str());
  return ids;
}

/// Answers when its notifier is rung.
class rung_network final : public mwaa::transport {
 public:
  explicit rung_network(asio::io_context& io) : fetch(io) {}
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                          mwaa::clock::time_point) override {
    ++requests;
    test::canned_answer answer = answers(request);
    co_await fetch.wait();
    co_return std::move(answer.what);
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

  test::notifier fetch;
  std::function<test::canned_answer(const mwaa::http_request&)> answers = listing{45};
  int requests = 0;
};

class rung_service {
 public:
  rung_service() : network(std::make_shared<rung_network>(io)), other(io) {
    config.region = "us-east-1";
    config.credentials = mwaa::make_static_credentials({"AKIDEXAMPLE", "secret"});
    config.network = network;
  }
  [[nodiscard]] mwaa::client make_client() { return mwaa::client{io.get_executor(), config}; }

  asio::io_context io;
  std::shared_ptr<rung_network> network;
  test::notifier other;
  mwaa::client_config config;
};

/// The token behind the first `count` of items in pages of 10.
std::string token_of(std::size_t count) {
  const std::string page = std::to_string(count / 10 * 10);
  return mwaa::protocol::encode_page_token(mwaa::protocol::page_position(page, count % 10));
}

/// A service that answers at once, on any thread, with pages of 10 items without an end.
class many_pages final : public mwaa::transport {
 public:
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    co_return test::page(std::vector<std::string>(10, "t"), std::to_string(++pages_));
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

 private:
  std::atomic<int> pages_{0};
};

std::vector<std::string> expected(int from, int to) {
  std::vector<std::string> ids;
  for (int i = from; i < to; ++i) ids.push_back("t" + std::to_string(i));
  return ids;
}

}  // namespace

TEST_CASE("paginator: a starting token given while a generator runs moves its place") {
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    canned_service service;
    service.network->otherwise = listing{250};
    auto paginator =
        service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(100).with_prefetch(prefetch);
    const auto jump = [&]() -> asio::awaitable<std::vector<std::string>> {
      auto items = paginator.items();
      for (int i = 0; i < 10; ++i) (void)co_await items.next();
      paginator.with_starting_token("200");
      std::vector<std::string> rest;
      while (auto item = co_await items.next()) rest.push_back(item->task_instance_id.str());
      co_return rest;
    };
    CHECK(service.run(jump()) == expected(200, 250));
  }
}

TEST_CASE("paginator: every item once, page by page, lazily") {
  canned_service service;
  service.network->otherwise = listing{250};
  const auto client = service.make_client();
  auto listing_of_run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(100);
  CHECK(listing_of_run.resume_token().empty());
  auto items = listing_of_run.items();
  CHECK(service.network->requests.empty());
  CHECK(service.run(ids_of(std::move(items))) == expected(0, 250));
  CHECK(service.network->requests.size() == 3);
  CHECK(listing_of_run.resume_token().empty());
}

TEST_CASE("paginator: 250 items through three throttles: nothing lost, nothing twice, the waits of the rules") {
  canned_service service;
  // Jitter is one half; hints: none, 3 s in the body, 7 s in Retry-After.
  const listing run{250};
  int request_number = 0;
  service.network->otherwise = [&](const mwaa::http_request& request) -> test::canned_answer {
    ++request_number;
    if (request_number == 2) return test::throttle();
    if (request_number == 4) return test::throttle(3);
    if (request_number == 5) return test::throttle(1, "Retry-After: 7\r\n");
    return run(request);
  };
  const auto client = service.make_client();
  const auto ids = service.run(ids_of(client.paginate_list_task_instances({"arn", "run"}).with_page_size(100).items()));
  CHECK(ids == expected(0, 250));
  const auto& times = service.network->times;
  REQUIRE(times.size() == 6);
  CHECK(times[2] - times[1] == 500ms);  // half of the throttling base of 1 s
  // A hint is obeyed, and half of the base of 1 s on top keeps a herd from coming back as one.
  CHECK(times[4] - times[3] == 3500ms);
  CHECK(times[5] - times[4] == 7500ms);
  CHECK(client.metrics().throttled == 3);
}

TEST_CASE("paginator: pages, empty ones too, until there is no token") {
  canned_service service;
  service.network->script.emplace_back(test::page({"a"}, "1"));
  service.network->script.emplace_back(test::page({}, "2"));
  service.network->script.emplace_back(
      test::response(200, R"({"TaskInstances":[{"TaskInstanceId":"b"}],"NextToken":""})"));
  const auto client = service.make_client();
  SUBCASE("pages") {
    const auto pages = service.run(mwaa::collect(client.paginate_list_task_instances({"arn", "run"}).pages(), 10));
    REQUIRE(pages.size() == 3);
    CHECK(pages[0].task_instances.size() == 1);
    CHECK(pages[0].next_token == "1");
    CHECK(pages[1].task_instances.empty());
    CHECK(pages[2].task_instances[0].task_instance_id == "b");
    CHECK(pages[2].request_id == "request-1");
  }
  SUBCASE("items") {
    CHECK(service.run(ids_of(client.paginate_list_task_instances({"arn", "run"}).items())) ==
          std::vector<std::string>{"a", "b"});
  }
  CHECK(service.network->requests.size() == 3);
}

TEST_CASE("paginator: the same token again ends in an error, after the items of its page") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::page({"x"}, "same")}; };
  const auto client = service.make_client();
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    int items = 0;
    auto work = [&]() -> asio::awaitable<void> {
      auto stream = client.paginate_list_task_instances({"arn", "run"}).with_prefetch(prefetch).items();
      while (co_await stream.next()) ++items;
    };
    boost::system::error_code code;
    try {
      service.run(work());
    } catch (const mwaa::exception& e) {
      code = e.code();
    }
    CHECK(code == mwaa::errc::repeated_page_token);
    CHECK(items == 2);
  }
}

TEST_CASE("paginator: page tokens that lead back end in an error, after a cycle of any length") {
  struct row {
    int tail;
    int length;
    const char* message;
  };
  const row rows[]{
      {0, 1, "the service's page tokens repeat: page 2 ends with the token of page 2, so the listing would never end"},
      {0, 2, "the service's page tokens repeat: page 3 ends with the token of page 2, so the listing would never end"},
      {3, 1, "the service's page tokens repeat: page 5 ends with the token of page 5, so the listing would never end"},
      {0, 3, nullptr},
      {1, 2, nullptr},
      {5, 7, nullptr},
      {2, 50, nullptr},
      {100, 3, nullptr},
  };
  for (const row& each : rows) {
    for (const bool prefetch : {false, true}) {
      CAPTURE(each.tail);
      CAPTURE(each.length);
      CAPTURE(prefetch);
      canned_service service;
      service.network->otherwise = cycle{each.tail, each.length};
      auto run = service.make_client().paginate_list_task_instances({"arn", "run"}).with_prefetch(prefetch);
      for (int again = 0; again < 2; ++again) {  // the next generator says the same, without a request
        std::vector<std::string> ids;
        const std::size_t asked_before = service.network->requests.size();
        mwaa::error failure;
        try {
          service.run(append_ids(run.items(), ids));
        } catch (const mwaa::exception& e) {
          failure = e.details();
        }
        CHECK(failure.code == mwaa::errc::repeated_page_token);
        if (each.message != nullptr) CHECK(failure.message == each.message);
        if (again == 0) {
          CHECK(ids.size() == service.network->requests.size());
          CHECK(ids.size() <= static_cast<std::size_t>(3 * (each.tail + each.length) + 2));
        } else {
          CHECK(ids.empty());
          CHECK(service.network->requests.size() == asked_before);
        }
      }
      // The token names what comes next, to who wants to go on.
      auto rest = service.make_client()
                      .paginate_list_task_instances({"arn", "run"})
                      .with_starting_token(run.resume_token())
                      .with_max_items(1);
      CHECK(service.run(ids_of(rest.items())).size() == 1);
    }
  }
}

TEST_CASE("paginator: a long listing without a cycle, and one that starts inside of one") {
  canned_service service;
  service.network->otherwise = listing{1500};
  const auto client = service.make_client();
  CHECK(service.run(ids_of(client.paginate_list_task_instances({"arn", "run"}).with_page_size(1).items())) ==
        expected(0, 1500));
  service.network->otherwise = cycle{0, 2};
  auto run = client.paginate_list_task_instances({"arn", "run"}).with_starting_token("1");
  std::vector<std::string> ids;
  CHECK_THROWS_WITH_AS(
      service.run(append_ids(run.items(), ids)),
      "the service's page tokens repeat: page 2 ends with the token of page 1, so the listing would never end",
      mwaa::exception);
  CHECK(ids == std::vector<std::string>{"t1", "t2"});
}

TEST_CASE("paginator: max_items and the token it leaves, in the AWS CLI's form") {
  canned_service service;
  service.network->otherwise = listing{25};
  const auto client = service.make_client();
  struct row {
    std::uint64_t max;
    int given;
    const char* token;
  };
  // The tokens are what the AWS CLI prints for the same cuts: base64 of {"NextToken": null, "boto_truncate_amount": 3}
  // inside the first page, {"NextToken": "10"} at its end, {"NextToken": "10", "boto_truncate_amount": 4} in the next.
  const row rows[]{
      {3, 3, "eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAzfQ=="},
      {10, 10, "eyJOZXh0VG9rZW4iOiAiMTAifQ=="},
      {14, 14, "eyJOZXh0VG9rZW4iOiAiMTAiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiA0fQ=="},
      {25, 25, ""},
      {26, 25, ""},
  };
  for (const row& each : rows) {
    CAPTURE(each.max);
    auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_max_items(each.max);
    CHECK(service.run(ids_of(run.items())) == expected(0, each.given));
    CHECK(run.resume_token() == each.token);
    if (*each.token == '\0') continue;
    // By pages the same, and both go on from the token to the end.
    auto by_page = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_max_items(each.max);
    const auto pages = service.run(mwaa::collect(by_page.pages(), 10));
    int items = 0;
    for (const auto& page : pages) items += static_cast<int>(page.task_instances.size());
    CHECK(items == each.given);
    CHECK(by_page.resume_token() == each.token);
    auto rest = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_starting_token(each.token);
    CHECK(service.run(ids_of(rest.items())) == expected(each.given, 25));
  }
}

TEST_CASE("paginator: a starting token of the service's own, and one that is none") {
  canned_service service;
  service.network->otherwise = listing{25};
  const auto client = service.make_client();
  auto rest = client.paginate_list_task_instances({"arn", "run"}).with_starting_token("21");
  CHECK(service.run(ids_of(rest.items())) == expected(21, 25));
  boost::system::error_code code;
  try {
    (void)client.paginate_list_task_instances({"arn", "run"}).with_starting_token("");
  } catch (const mwaa::exception& e) {
    code = e.code();
  }
  CHECK(code == mwaa::errc::invalid_page_token);
}

TEST_CASE("paginator: resume_token() is right after every single item") {
  canned_service service;
  service.network->otherwise = listing{23};
  const auto client = service.make_client();
  for (int cut = 1; cut <= 23; ++cut) {
    CAPTURE(cut);
    std::string token;
    auto work = [&]() -> asio::awaitable<void> {
      auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(5);
      auto items = run.items();
      for (int i = 0; i < cut; ++i) (void)co_await items.next();
      token = run.resume_token();
    };
    service.run(work());
    CHECK(token.empty() == (cut == 23));
    if (token.empty()) continue;
    auto rest = client.paginate_list_task_instances({"arn", "run"}).with_page_size(5).with_starting_token(token);
    CHECK(service.run(ids_of(rest.items())) == expected(cut, 23));
  }
}

TEST_CASE("paginator: after an error the place is kept, in the paginator and in its token") {
  canned_service service;
  service.config.retry.max_attempts = 1;
  const listing run{30};
  int request_number = 0;
  service.network->otherwise = [&](const mwaa::http_request& request) -> test::canned_answer {
    if (++request_number == 2) return test::internal_error();
    return run(request);
  };
  const auto client = service.make_client();
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    request_number = 0;
    auto place = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
    std::vector<std::string> ids;
    std::vector<boost::system::error_code> codes;
    auto work = [&]() -> asio::awaitable<void> {
      auto items = place.items();
      for (;;) {
        auto item = co_await mwaa::as_result(items.next());
        if (!item) {
          codes.push_back(item.error().code);
          if (codes.size() == 2) co_return;  // the generator throws the same again
        } else if (*item) {
          ids.push_back((*item)->task_instance_id.str());
        } else {
          co_return;
        }
      }
    };
    service.run(work());
    CHECK(ids == expected(0, 10));
    CHECK(codes == std::vector<boost::system::error_code>(2, mwaa::errc::internal_server));
    const std::string token = place.resume_token();
    CHECK(service.run(ids_of(place.items())) == expected(10, 30));
    CHECK(service.run(ids_of(client.paginate_list_task_instances({"arn", "run"})
                                 .with_page_size(10)
                                 .with_starting_token(token)
                                 .items())) == expected(10, 30));
  }
}

TEST_CASE("paginator: dropped inside a page, it goes on with the page it has") {
  canned_service service;
  service.network->otherwise = listing{15};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10);
  auto first = [&]() -> asio::awaitable<void> {
    auto items = run.items();
    for (int i = 0; i < 4; ++i) (void)co_await items.next();
  };
  service.run(first());
  SUBCASE("by items") {
    CHECK(service.run(ids_of(run.items())) == expected(4, 15));
  }
  SUBCASE("by pages") {
    const auto pages = service.run(mwaa::collect(run.pages(), 10));
    REQUIRE(pages.size() == 2);
    CHECK(pages[0].task_instances.size() == 6);
    CHECK(pages[0].task_instances[0].task_instance_id == "t4");
  }
  CHECK(service.network->requests.size() == 2);
}

TEST_CASE("paginator: prefetch hides the fetch behind the reader's own work, one page ahead") {
  canned_service service;
  service.network->otherwise = listing{50, 100ms};
  const auto client = service.make_client();
  std::vector<std::chrono::nanoseconds> took;
  for (const bool prefetch : {false, true}) {
    const auto started = service.time->now();
    service.network->requests.clear();
    auto work = [&]() -> asio::awaitable<void> {
      auto pages =
          client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch).pages();
      std::size_t page_number = 0;
      while (auto page = co_await pages.next()) {
        ++page_number;
        co_await service.time->sleep_until(service.time->now() + 100ms);
        const std::size_t fetched = std::min<std::size_t>(page_number + (prefetch ? 1 : 0), 5);
        CHECK(service.network->requests.size() == fetched);
      }
    };
    service.run(work());
    CHECK(service.network->requests.size() == 5);
    took.push_back(service.time->now() - started);
  }
  CHECK(took == std::vector<std::chrono::nanoseconds>{1000ms, 600ms});
}

TEST_CASE("paginator: prefetch asks for no page that max_items makes useless") {
  canned_service service;
  service.network->otherwise = listing{50};
  const auto client = service.make_client();
  auto run =
      client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(true).with_max_items(10);
  CHECK(service.run(ids_of(run.items())) == expected(0, 10));
  CHECK(service.network->requests.size() == 1);
}

TEST_CASE("paginator: dropping the generator cancels the page that is on its way") {
  canned_service service;
  service.network->otherwise = listing{50, 100ms};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(true);
  auto work = [&]() -> asio::awaitable<void> {
    auto items = run.items();
    (void)co_await items.next();
    // The fetch of the second page has begun once the loop gets to run.
    co_await service.time->sleep_until(service.time->now() + 1ms);
    CHECK(service.network->under_way == 1);
  };
  service.run(work());
  CHECK(service.network->under_way == 0);
  CHECK(service.time->elapsed() == 101ms);  // nobody waited for the second page
  CHECK(service.run(ids_of(run.items())) == expected(1, 50));
}

TEST_CASE("paginator: dropped just before its io_context while a page is on its way") {
  canned_service service;
  service.network->otherwise = listing{50, 100ms};
  {
    asio::io_context brief;
    const mwaa::client client{brief.get_executor(), service.config};
    auto items = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(true).items();
    auto work = [&]() -> asio::awaitable<void> { (void)co_await items.next(); };
    asio::co_spawn(brief, work(), [](std::exception_ptr) {});
    service.time->run_until(brief, service.time->now() + 150ms);
    CHECK(service.network->under_way == 1);
    // The cancellation is posted, and nobody runs the context any more.
  }
  CHECK(service.network->under_way == 0);
  CHECK(service.time->sleepers() == 0);
}

TEST_CASE("paginator: cancelling next() ends the fetch and keeps the place") {
  canned_service service;
  service.network->otherwise = listing{50, 100ms};
  const auto client = service.make_client();
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
    std::vector<std::string> ids;
    asio::cancellation_signal signal;
    boost::system::error_code code;
    auto work = [&]() -> asio::awaitable<void> {
      auto items = run.items();
      while (auto item = co_await items.next()) ids.push_back(item->task_instance_id.str());
    };
    asio::co_spawn(service.io, work(), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                     try {
                       if (e) std::rethrow_exception(e);
                     } catch (const boost::system::system_error& failure) {
                       code = failure.code();
                     }
                   }));
    service.time->run_until(service.io, service.time->now() + 150ms);
    signal.emit(asio::cancellation_type::terminal);
    service.io.restart();
    service.io.poll();
    CHECK(code == asio::error::operation_aborted);
    CHECK(ids == expected(0, 10));
    CHECK(service.network->under_way == 0);
    CHECK(service.run(ids_of(run.items())) == expected(10, 50));
  }
}

TEST_CASE("collect: a paginator's generator goes on from where collect() began") {
  canned_service service;
  service.network->otherwise = listing{30, 100ms};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10);
  auto items = run.items();
  auto work = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 4; ++i) (void)co_await items.next();
    const std::string token = run.resume_token();
    for (const std::size_t max : {3U, 6U, 7U, 25U}) {
      bool refused = false;
      try {
        (void)co_await mwaa::collect(items, max);
      } catch (const std::length_error&) {
        refused = true;
      }
      CHECK(refused);
      CHECK(run.resume_token() == token);
    }
    const auto rest = co_await mwaa::collect(items, 26);
    CHECK(ids_of(rest) == expected(4, 30));
  };
  service.run(work());
}

TEST_CASE("collect: all or nothing, the paginator goes back to where it began") {
  for (const std::string& how : {"page 3 fails, by items and by pages"s, "there are more than it may take"s,
                                 "cancelled on the way"s, "destroyed on the way"s}) {
    CAPTURE(how);
    for (const bool prefetch : {false, true}) {
      for (const int skipped : {0, 4, 10}) {
        CAPTURE(prefetch);
        CAPTURE(skipped);
        canned_service service;
        service.config.retry.max_attempts = 1;
        service.network->otherwise = listing{30, 100ms};
        const auto client = service.make_client();
        auto run = client.paginate_list_task_instances({"arn", "run"})
                       .with_page_size(10)
                       .with_prefetch(prefetch)
                       .with_max_items(25);
        auto skip = [&]() -> asio::awaitable<void> {
          auto items = run.items();
          for (int i = 0; i < skipped; ++i) (void)co_await items.next();
        };
        service.run(skip());
        const std::string token = run.resume_token();
        boost::system::error_code code;
        int page_number = 0;
        if (how == "page 3 fails, by items and by pages") {
          service.network->otherwise = [&page_number, pages = listing{30, 100ms}](const mwaa::http_request& request) {
            return ++page_number == 3 ? test::canned_answer{test::internal_error()} : pages(request);
          };
          for (const bool by_pages : {false, true}) {
            page_number = skipped > 0 ? 1 : 0;
            try {
              if (by_pages)
                (void)service.run(mwaa::collect(run.pages(), 100));
              else
                (void)service.run(mwaa::collect(run.items(), 100));
            } catch (const mwaa::exception& e) {
              code = e.code();
            }
            CHECK(code == mwaa::errc::internal_server);
            CHECK(run.resume_token() == token);
          }
          page_number = 3;
        }
        if (how == "there are more than it may take") {
          CHECK_THROWS_AS((void)service.run(mwaa::collect(run.items(), 15 - static_cast<std::size_t>(skipped))),
                          std::length_error);
        }
        if (how == "cancelled on the way") {
          using namespace asio::experimental::awaitable_operators;
          for (const auto time_limit : {50ms, 150ms}) {
            auto work = [&]() -> asio::awaitable<void> {
              const auto first = co_await (service.time->sleep_until(service.time->now() + time_limit) ||
                                           mwaa::collect(run.items(), 100));
              CHECK(first.index() == 0);
            };
            service.run(work());
            CHECK(run.resume_token() == token);
          }
        }
        if (how == "destroyed on the way") {
          asio::io_context brief;
          asio::co_spawn(brief, mwaa::collect(run.items(), 100), asio::detached);
          service.time->run_until(brief, service.time->now() + 150ms);
        }
        CHECK(run.resume_token() == token);
        const auto items = service.run(mwaa::collect(run.items(), 100));
        CHECK(ids_of(items) == expected(skipped, 25));
      }
    }
  }
}

TEST_CASE("paginator: || loses nothing, whichever side is first") {
  for (const std::string& how : {"items"s, "pages"s, "collect"s}) {
    CAPTURE(how);
    using namespace asio::experimental::awaitable_operators;
    for (const bool other_first : {false, true}) {
      for (const bool new_generator : {false, true}) {  // after the other side was first
        CAPTURE(other_first);
        CAPTURE(new_generator);
        rung_service service;
        auto run = service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10);
        std::vector<std::string> ids;
        int others = 0;
        auto by_items = [&]() -> asio::awaitable<void> {
          auto items = run.items();
          while (ids.size() < 45) {
            auto first = co_await (service.other.wait() || items.next());
            if (first.index() == 1) {
              ids.push_back(std::get<1>(std::move(first))->task_instance_id.str());
            } else {
              ++others;
              CHECK(run.resume_token() == (ids.empty() ? std::string{} : token_of(ids.size())));
              if (new_generator) items = run.items();
            }
          }
        };
        auto page_by_page = [&]() -> asio::awaitable<void> {
          auto pages = run.pages();
          while (ids.size() < 45) {
            auto first = co_await (service.other.wait() || pages.next());
            if (first.index() == 1) {
              const auto page = std::get<1>(std::move(first));
              for (const auto& id : ids_of(page->task_instances)) ids.push_back(id);
            } else {
              ++others;
              CHECK(run.resume_token() == (ids.empty() ? std::string{} : token_of(ids.size())));
              if (new_generator) pages = run.pages();
            }
          }
        };
        auto all_at_once = [&]() -> asio::awaitable<void> {
          while (ids.empty()) {
            auto first = co_await (service.other.wait() || mwaa::collect(run.items(), 100));
            if (first.index() == 1) {
              ids = ids_of(std::get<1>(std::move(first)));
            } else {
              ++others;
              CHECK(run.resume_token().empty());
              if (others == 3) run.with_prefetch(true);
              if (others == 6) co_return;
            }
          }
        };
        if (how == "items") {
          asio::co_spawn(service.io, by_items(), [](std::exception_ptr e) { CHECK_FALSE(e); });
        }
        if (how == "pages") {
          asio::co_spawn(service.io, page_by_page(), [](std::exception_ptr e) { CHECK_FALSE(e); });
        }
        if (how == "collect") {
          asio::co_spawn(service.io, all_at_once(), [](std::exception_ptr e) { CHECK_FALSE(e); });
          test::ring_together(service.io, other_first ? service.other : service.network->fetch,
                              other_first ? service.network->fetch : service.other);
          CHECK(ids.empty());  // one of the five pages always comes together with the other side
          CHECK(others == 6);
          continue;
        }
        test::ring_together(service.io, other_first ? service.other : service.network->fetch,
                            other_first ? service.network->fetch : service.other);
        CHECK(ids == expected(0, 45));
        CHECK(service.network->requests == 5);  // each was complete: none was cancelled, none sent again
        if (other_first) CHECK(others == 5);
      }
    }
  }
}

TEST_CASE("paginator: what a cancelled next() had goes to who asks first") {
  using namespace asio::experimental::awaitable_operators;
  rung_service service;
  auto run = service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10);
  std::vector<std::string> ids;
  auto work = [&]() -> asio::awaitable<void> {
    auto items = run.items();
    auto pages = run.pages();
    auto others = run.items();
    auto tie = co_await (service.other.wait() || items.next());
    CHECK(tie.index() == 0);
    co_await one_id(others, ids);
    co_await one_id(items, ids);
    for (int i = 0; i < 8; ++i) co_await one_id(others, ids);
    auto page_tie = co_await (service.other.wait() || pages.next());
    CHECK(page_tie.index() == 0);
    co_await one_id(others, ids);
    const auto page = co_await pages.next();
    CHECK(page->task_instances.size() == 9);
    for (const auto& id : ids_of(page->task_instances)) ids.push_back(id);
    while (ids.size() < 45) co_await one_id(items, ids);
  };
  asio::co_spawn(service.io, work(), [](std::exception_ptr e) { CHECK_FALSE(e); });
  test::ring_together(service.io, service.other, service.network->fetch);
  CHECK(ids == expected(0, 45));
}

TEST_CASE("paginator: an empty page is not lost to || either") {
  using namespace asio::experimental::awaitable_operators;
  rung_service service;
  service.network->answers = [](const mwaa::http_request& request) -> test::canned_answer {
    const bool first = request.body().find("NextToken") == std::string_view::npos;
    return {first ? test::page({}, "1") : test::page({"a"})};
  };
  auto run = service.make_client().paginate_list_task_instances({"arn", "run"});
  std::vector<std::size_t> sizes;
  auto work = [&]() -> asio::awaitable<void> {
    auto pages = run.pages();
    auto tie = co_await (service.other.wait() || pages.next());
    CHECK(tie.index() == 0);
    while (auto page = co_await pages.next()) sizes.push_back(page->task_instances.size());
  };
  asio::co_spawn(service.io, work(), [](std::exception_ptr e) { CHECK_FALSE(e); });
  test::ring_together(service.io, service.other, service.network->fetch);
  CHECK(sizes == std::vector<std::size_t>{0, 1});
  CHECK(service.network->requests == 2);
}

TEST_CASE("paginator: next_until gives up on a page at the deadline, and a new generator goes on") {
  canned_service service;
  service.network->otherwise = listing{25, 100ms};
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    auto run =
        service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
    std::vector<std::string> ids;
    int given_up = 0;
    auto work = [&]() -> asio::awaitable<void> {
      auto items = run.items();
      while (ids.size() < 25) {
        const auto time_limit = given_up == 0 ? 60ms : given_up == 1 ? 100ms : 140ms;
        auto item = co_await mwaa::as_result(items.next_until(service.time->now() + time_limit, service.time));
        if (item) {
          ids.push_back((*item)->task_instance_id.str());
        } else {
          CHECK(item.error().code == mwaa::errc::operation_timeout);
          ++given_up;
          items = run.items();
        }
      }
    };
    service.run(work());
    CHECK(ids == expected(0, 25));
    CHECK(given_up >= 1);
  }
  CHECK(service.network->under_way == 0);
}

TEST_CASE("paginator: two generators in turn share the position") {
  for (const std::string& how :
       {"one by one"s, "the second takes the rest of the page and more"s, "a page in between"s,
        "the second is dropped, after it fetched and in the middle of a page"s, "the first is dropped"s}) {
    CAPTURE(how);
    for (const bool prefetch : {false, true}) {
      CAPTURE(prefetch);
      canned_service service;
      service.network->otherwise = listing{35, 100ms};
      auto run =
          service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
      std::vector<std::string> ids;
      auto work = [&]() -> asio::awaitable<void> {
        auto first = run.items();
        auto second = run.items();
        if (how == "one by one") {
          for (int i = 0; i < 35; ++i) {
            if (i % 2 == 0)
              co_await one_id(first, ids);
            else
              co_await one_id(second, ids);
          }
        }
        if (how == "the second takes the rest of the page and more") {
          for (int i = 0; i < 3; ++i) co_await one_id(first, ids);
          for (int i = 0; i < 19; ++i) co_await one_id(second, ids);
          for (int i = 0; i < 13; ++i) co_await one_id(first, ids);
        }
        if (how == "a page in between") {
          for (int i = 0; i < 3; ++i) co_await one_id(first, ids);
          auto pages = run.pages();
          for (const auto& id : ids_of((co_await pages.next())->task_instances)) ids.push_back(id);
          for (int i = 0; i < 25; ++i) co_await one_id(i % 2 == 0 ? first : second, ids);
        }
        if (how == "the second is dropped, after it fetched and in the middle of a page") {
          for (int i = 0; i < 3; ++i) co_await one_id(first, ids);
          {
            auto brief = run.items();
            for (int i = 0; i < 9; ++i) co_await one_id(brief, ids);
          }
          for (int i = 0; i < 23; ++i) co_await one_id(first, ids);
        }
        if (how == "the first is dropped") {
          for (int i = 0; i < 13; ++i) co_await one_id(first, ids);
          co_await one_id(second, ids);
          first = run.items();
          for (int i = 0; i < 21; ++i) co_await one_id(second, ids);
        }
        CHECK_FALSE((co_await first.next()).has_value());
        CHECK_FALSE((co_await second.next()).has_value());
      };
      service.run(work());
      CHECK(ids == expected(0, 35));
      CHECK(service.network->requests.size() == 4);
      CHECK(service.network->under_way == 0);
    }
  }
}

TEST_CASE("paginator: two readers at once, each item to one of them, each page fetched once") {
  for (const std::string& how : {"to the end"s, "the one that fetches is cancelled, then the one that waits goes on"s,
                                 "the one that waits is cancelled"s}) {
    CAPTURE(how);
    for (const bool prefetch : {false, true}) {
      CAPTURE(prefetch);
      canned_service service;
      service.network->otherwise = listing{35, 100ms};
      auto run =
          service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
      std::vector<std::string> ids;
      if (how == "to the end") {
        for (int reader = 0; reader < 3; ++reader)
          asio::co_spawn(service.io, append_ids(run.items(), ids), [](std::exception_ptr e) { CHECK_FALSE(e); });
        service.time->run(service.io);
        CHECK(service.network->requests.size() == 4);
      }
      if (how == "the one that fetches is cancelled, then the one that waits goes on") {
        asio::cancellation_signal signal;
        asio::co_spawn(service.io, append_ids(run.items(), ids),
                       asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr e) { CHECK(e); }));
        asio::co_spawn(service.io, append_ids(run.items(), ids), [](std::exception_ptr e) { CHECK_FALSE(e); });
        service.time->run_until(service.io, service.time->now() + 50ms);
        signal.emit(asio::cancellation_type::terminal);
        service.io.restart();
        service.time->run(service.io);
      }
      if (how == "the one that waits is cancelled") {
        asio::cancellation_signal signal;
        asio::co_spawn(service.io, append_ids(run.items(), ids), [](std::exception_ptr e) { CHECK_FALSE(e); });
        asio::co_spawn(service.io, append_ids(run.items(), ids),
                       asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr e) { CHECK(e); }));
        service.time->run_until(service.io, service.time->now() + 50ms);
        signal.emit(asio::cancellation_type::terminal);
        service.io.restart();
        service.time->run(service.io);
      }
      std::sort(ids.begin(), ids.end());
      auto all = expected(0, 35);
      std::sort(all.begin(), all.end());
      CHECK(ids == all);
      CHECK(service.network->under_way == 0);
    }
  }
}

TEST_CASE("paginator: a starting token while a next() fetches") {
  for (const bool prefetch : {false, true}) {
    for (const auto when : {50ms, 150ms}) {  // the first page is on its way; the second, which prefetch has begun
      CAPTURE(prefetch);
      CAPTURE(when.count());
      canned_service service;
      service.network->otherwise = listing{50, 100ms};
      auto run =
          service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_prefetch(prefetch);
      std::vector<std::string> ids;
      asio::co_spawn(service.io, append_ids(run.items(), ids), [](std::exception_ptr e) { CHECK_FALSE(e); });
      service.time->run_until(service.io, service.time->now() + when);
      CHECK(ids == expected(0, when == 50ms ? 0 : 10));
      ids.clear();
      run.with_starting_token("30");
      service.time->run(service.io);
      CHECK(ids == expected(30, 50));
      CHECK(run.resume_token().empty());
      CHECK(service.network->under_way == 0);
    }
  }
}

TEST_CASE("paginator: one that was moved from is a copy, and a chain may be kept by reference") {
  canned_service service;
  service.network->otherwise = listing{25};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).with_page_size(10);
  auto taken = std::move(run);
  auto first = [&]() -> asio::awaitable<void> {
    auto items = taken.items();
    (void)co_await items.next();
  };
  service.run(first());
  CHECK(run.resume_token() == taken.resume_token());
  CHECK(service.run(ids_of(run.with_max_items(3).items())) == expected(1, 3));

  // Each && setter returns a value, whose life the reference prolongs.
  auto&& chain =
      client.paginate_list_task_instances({"arn", "run"}).with_page_size(10).with_max_items(5).with_prefetch(true);
  CHECK(service.run(ids_of(chain.items())) == expected(0, 5));
  auto&& from_token = client.paginate_list_task_instances({"arn", "run"}).with_starting_token("20");
  CHECK(service.run(ids_of(from_token.items())) == expected(20, 25));
  auto&& request = mwaa::list_task_instances_request{"arn", "run"}.with_max_results(5).with_next_token("20");
  CHECK(request.workflow_arn == "arn");
  CHECK(service.run(client.list_task_instances(request)).task_instances.size() == 5);
  auto&& options = mwaa::call_options().with_max_attempts(2).with_operation_timeout(1s).with_attempt_timeout(1s);
  CHECK(options.max_attempts == 2);
}

TEST_CASE("paginator: max_items below what was given ends it") {
  for (const bool by_pages : {false, true}) {
    CAPTURE(by_pages);
    canned_service service;
    service.network->otherwise = listing{50};
    auto run = service.make_client().paginate_list_task_instances({"arn", "run"}).with_page_size(20);
    std::vector<std::string> ids;
    std::size_t more = 0;
    auto work = [&]() -> asio::awaitable<void> {
      auto items = run.items();
      for (int i = 0; i < 5; ++i) co_await one_id(items, ids);
      run.with_max_items(3);
      if (by_pages) {
        more = (co_await mwaa::collect(run.pages(), 9)).size();
      } else {
        while (co_await items.next()) ++more;
      }
    };
    service.run(work());
    CHECK(ids == expected(0, 5));
    CHECK(more == 0);
    CHECK(run.resume_token() == "eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiA1fQ==");
    CHECK(service.run(ids_of(run.with_max_items(8).items())) == expected(5, 8));
  }
}

TEST_CASE("paginator: generators that outlive their io_context") {
  for (const auto when : {50ms, 150ms, 250ms}) {  // the first page is awaited; the second on its way; the second here
    for (const bool go_on : {false, true}) {
      CAPTURE(when.count());
      CAPTURE(go_on);
      canned_service service;
      service.network->otherwise = listing{30, 100ms};
      std::optional<mwaa::paginator<mwaa::list_task_instances_request>> run;
      std::optional<mwaa::async_generator<mwaa::task_instance>> items;
      std::vector<std::string> ids;
      {
        asio::io_context brief;
        run = mwaa::client{brief.get_executor(), service.config}
                  .paginate_list_task_instances({"arn", "run"})
                  .with_page_size(10)
                  .with_prefetch(true);
        items = run->items();
        asio::co_spawn(brief, one_id(*items, ids), asio::detached);
        service.time->run_until(brief, service.time->now() + when);
      }
      CHECK(service.network->under_way == 0);
      if (go_on) {
        // On another context. What the first one waited for is gone with it.
        boost::system::error_code code;
        try {
          service.run(append_ids(*std::exchange(items, std::nullopt), ids));
        } catch (const boost::system::system_error& e) {
          code = e.code();
        }
        CHECK(code.failed() == (when != 250ms));
        if (code) CHECK(code == asio::error::operation_aborted);
        CHECK(service.run(ids_of(run->items())) == expected(code ? static_cast<int>(ids.size()) : 30, 30));
      }
      items.reset();
    }
  }
}

TEST_CASE("paginator: the attempt log of a fetch ahead shows with its page, on many threads too") {
  canned_service service;
  const auto log = std::make_shared<std::vector<mwaa::attempt_record>>();
  SUBCASE("the log is that of the page that is here") {
    const listing run{30};
    int request_number = 0;
    service.network->otherwise = [&](const mwaa::http_request& request) -> test::canned_answer {
      if (++request_number == 2) return test::internal_error();  // of the second page
      return run(request);
    };
    const auto client = service.make_client();
    auto work = [&]() -> asio::awaitable<void> {
      auto pages = client.paginate_list_task_instances({"arn", "run"}, mwaa::call_options().with_attempt_log(log))
                       .with_page_size(10)
                       .with_prefetch(true)
                       .pages();
      std::size_t attempts[]{1, 2, 1};
      for (const std::size_t each : attempts) {
        (void)co_await pages.next();
        co_await service.time->sleep_until(service.time->now() + 10s);  // the next one is here too by then
        CHECK(log->size() == each);
      }
    };
    service.run(work());
  }
  SUBCASE("a reader of the log beside a fetch on another thread") {
    asio::thread_pool pool{3};
    mwaa::client_config config = service.config;
    config.time = nullptr;
    config.network = std::make_shared<many_pages>();
    const mwaa::client client{pool.get_executor(), config};
    auto work = [&]() -> asio::awaitable<std::size_t> {
      auto items = client.paginate_list_task_instances({"arn", "run"}, mwaa::call_options().with_attempt_log(log))
                       .with_prefetch(true)
                       .with_max_items(2000)
                       .items();
      std::size_t attempts = 0;
      while (co_await items.next()) attempts += log->size();
      co_return attempts;
    };
    CHECK(asio::co_spawn(pool, work(), asio::use_future).get() == 2000);
    pool.join();
  }
}
