#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <mwaa_serverless/client.hpp>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
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
        service.make_client().paginate_list_task_instances({"arn", "run"}).page_size(100).prefetch(prefetch);
    const auto jump = [&]() -> asio::awaitable<std::vector<std::string>> {
      auto items = paginator.items();
      for (int i = 0; i < 10; ++i) (void)co_await items.next();
      paginator.starting_token("200");
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
  auto listing_of_run = client.paginate_list_task_instances({"arn", "run"}).page_size(100);
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
  const auto ids = service.run(ids_of(client.paginate_list_task_instances({"arn", "run"}).page_size(100).items()));
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
      auto stream = client.paginate_list_task_instances({"arn", "run"}).prefetch(prefetch).items();
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
    auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(10).max_items(each.max);
    CHECK(service.run(ids_of(run.items())) == expected(0, each.given));
    CHECK(run.resume_token() == each.token);
    if (*each.token == '\0') continue;
    // By pages the same, and both go on from the token to the end.
    auto by_page = client.paginate_list_task_instances({"arn", "run"}).page_size(10).max_items(each.max);
    const auto pages = service.run(mwaa::collect(by_page.pages(), 10));
    int items = 0;
    for (const auto& page : pages) items += static_cast<int>(page.task_instances.size());
    CHECK(items == each.given);
    CHECK(by_page.resume_token() == each.token);
    auto rest = client.paginate_list_task_instances({"arn", "run"}).page_size(10).starting_token(each.token);
    CHECK(service.run(ids_of(rest.items())) == expected(each.given, 25));
  }
}

TEST_CASE("paginator: a starting token of the service's own, and one that is none") {
  canned_service service;
  service.network->otherwise = listing{25};
  const auto client = service.make_client();
  auto rest = client.paginate_list_task_instances({"arn", "run"}).starting_token("21");
  CHECK(service.run(ids_of(rest.items())) == expected(21, 25));
  boost::system::error_code code;
  try {
    (void)client.paginate_list_task_instances({"arn", "run"}).starting_token("");
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
      auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(5);
      auto items = run.items();
      for (int i = 0; i < cut; ++i) (void)co_await items.next();
      token = run.resume_token();
    };
    service.run(work());
    CHECK(token.empty() == (cut == 23));
    if (token.empty()) continue;
    auto rest = client.paginate_list_task_instances({"arn", "run"}).page_size(5).starting_token(token);
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
    auto place = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(prefetch);
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
    CHECK(service.run(ids_of(
              client.paginate_list_task_instances({"arn", "run"}).page_size(10).starting_token(token).items())) ==
          expected(10, 30));
  }
}

TEST_CASE("paginator: dropped inside a page, it goes on with the page it has") {
  canned_service service;
  service.network->otherwise = listing{15};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(10);
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
      auto pages = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(prefetch).pages();
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
  auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(true).max_items(10);
  CHECK(service.run(ids_of(run.items())) == expected(0, 10));
  CHECK(service.network->requests.size() == 1);
}

TEST_CASE("paginator: dropping the generator cancels the page that is on its way") {
  canned_service service;
  service.network->otherwise = listing{50, 100ms};
  const auto client = service.make_client();
  auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(true);
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
    auto items = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(true).items();
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
    auto run = client.paginate_list_task_instances({"arn", "run"}).page_size(10).prefetch(prefetch);
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
