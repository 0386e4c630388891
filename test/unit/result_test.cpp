#include <doctest/doctest.h>

#include <memory>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa = mwaa_serverless;

// They stand in co_await expressions, where GCC 12 destroys aggregates twice.
static_assert(!std::is_aggregate_v<mwaa::result<int>> && !std::is_aggregate_v<mwaa::result<std::string>>);

namespace {

mwaa::error slow_down() {
  mwaa::error out{mwaa::errc::throttled, "slow down"};
  out.request_id = "id-1";
  return out;
}

}  // namespace

TEST_CASE("result: holds a value") {
  mwaa::result<std::string> got = "text";
  REQUIRE(got);
  CHECK(got.has_value());
  CHECK_FALSE(got.has_error());
  CHECK(*got == "text");
  CHECK(got->size() == 4);
  CHECK(got.value() == "text");
  CHECK_FALSE(got.error().code);
  CHECK(got.error().message.empty());
  got.value() += "s";
  CHECK(*std::as_const(got) == "texts");
  const std::string taken = *std::move(got);
  CHECK(taken == "texts");
  CHECK(mwaa::result<std::vector<int>> {} -> empty());
}

TEST_CASE("result: holds an error, which value() throws") {
  const mwaa::result<std::string> got = slow_down();
  REQUIRE_FALSE(got);
  CHECK(got.has_error());
  CHECK(got.error().code == mwaa::errc::throttled);
  try {
    (void)got.value();
    FAIL("no exception");
  } catch (const mwaa::exception& thrown) {
    CHECK(thrown.code() == mwaa::errc::throttled);
    CHECK(thrown.details().request_id == "id-1");
  }
}

TEST_CASE("result: a copy has an error of its own, a move takes it") {
  mwaa::result<int> first = slow_down();
  const mwaa::result<int> copy = first;
  mwaa::result<int> assigned = 3;
  assigned = first;
  CHECK(&copy.error() != &first.error());
  CHECK(assigned.error().request_id == "id-1");
  assigned = mwaa::result<int>{4};
  REQUIRE(assigned);
  CHECK(*assigned == 4);

  const mwaa::error taken = std::move(first).error();
  CHECK(taken.request_id == "id-1");
  CHECK(copy.error().request_id == "id-1");
  mwaa::result<int> moved_from = slow_down();
  const mwaa::result<int> moved = std::move(moved_from);
  CHECK(moved.error().message == "slow down");
  CHECK_FALSE(moved_from.has_value());
  CHECK_FALSE(moved_from.error().code);
}

TEST_CASE("result: of what can only be moved, and of nothing") {
  mwaa::result<std::unique_ptr<int>> owner = std::make_unique<int>(7);
  const std::unique_ptr<int> owned = std::move(owner).value();
  CHECK(*owned == 7);

  const mwaa::result<void> done;
  CHECK(done.has_value());
  CHECK_NOTHROW(done.value());
  mwaa::result<void> failed = slow_down();
  CHECK(failed.has_error());
  CHECK_THROWS_AS(failed.value(), mwaa::exception);
  const mwaa::result<void> copy = failed;
  const mwaa::result<void> moved = std::move(failed);
  CHECK(moved.error().message == "slow down");
  CHECK(failed.has_error());
  CHECK_FALSE(failed.error().code);
  CHECK(copy.error().message == "slow down");
}
