// Operations for stackful coroutines: boost::asio::spawn and its yield_context.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/spawn.hpp>
#include <cstddef>
#include <mwaa_serverless/initiate.hpp>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using mwaa::initiate;

TEST_CASE("initiate: a yield_context gets the response, and the exception") {
  test::emulated_service service;
  const mwaa::client client{service.io.get_executor(), test::config_for(service)};
  std::size_t items = 0;
  boost::system::error_code failed;
  bool ended = false;
  asio::spawn(
      service.io,
      [&](asio::yield_context yield) {
        items = initiate(client.list_task_instances(test::request_for("run-finished")), yield).task_instances.size();
        initiate(client.prewarm(), yield);
        try {
          initiate(client.list_task_instances(test::request_for("no-such-run")), yield);
        } catch (const mwaa::exception& e) {
          failed = e.code();
        }
        initiate(client.get_executor(), client.close(), yield);
        ended = true;
      },
      asio::detached);
  service.time->run(service.io);
  CHECK(items == 20);
  CHECK(failed == mwaa::condition::service);
  CHECK(ended);
}

TEST_CASE("initiate: cancelling a stackful coroutine cancels the operation") {
  test::emulated_service service;
  const mwaa::client client{service.io.get_executor(), test::config_for(service)};
  service.emulator.script(mwaa::testing::fault::delay(500ms));
  asio::cancellation_signal signal;
  boost::system::error_code failed;
  asio::spawn(
      service.io,
      [&](asio::yield_context yield) {
        try {
          initiate(client.list_task_instances(test::request_for("run-finished")), yield);
        } catch (const boost::system::system_error& e) {
          failed = e.code();
        }
      },
      asio::bind_cancellation_slot(signal.slot(), asio::detached));
  service.time->run_until(service.io, service.time->now() + 100ms);
  signal.emit(asio::cancellation_type::terminal);
  service.time->run(service.io);
  CHECK(failed == asio::error::operation_aborted);
}
