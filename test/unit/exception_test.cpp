#include <doctest/doctest.h>
#include <boost/asio/error.hpp>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <type_traits>
#include <utility>

using mwaa_serverless::errc;
using mwaa_serverless::error;
using mwaa_serverless::exception;

static_assert(std::is_nothrow_copy_constructible_v<exception>);
static_assert(std::is_nothrow_move_constructible_v<exception>);

TEST_CASE("exception: one that was moved from still has its error and its text") {
  exception first{error{errc::throttled, "slow down"}};
  const exception second{std::move(first)};
  exception third{error{errc::validation, "no"}};
  third = std::move(first);
  for (const exception* each : {&std::as_const(first), &second, &std::as_const(third)}) {
    CHECK(each->code() == errc::throttled);
    CHECK(each->details().message == "slow down");
    CHECK(std::string{each->what()} == "slow down");
  }
}
