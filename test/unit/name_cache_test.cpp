#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "net/name_cache.hpp"

namespace {

using namespace std::chrono_literals;
using cache = mwaa_serverless::net::name_cache<std::string>;

constexpr cache::time_point start{};

}  // namespace

TEST_CASE("name_cache: an answer serves until its time is over, to the moment") {
  cache names;
  CHECK(names.find("a", start) == nullptr);
  names.keep("a", "1", 60s, start);
  REQUIRE(names.find("a", start + 59999ms) != nullptr);
  CHECK(*names.find("a", start + 59999ms) == "1");
  CHECK(names.find("a", start + 60s) == nullptr);
}

TEST_CASE("name_cache: the last answer counts, also one that is not to be kept") {
  cache names;
  names.keep("a", "1", 60s, start);
  names.keep("a", "2", 10s, start);
  CHECK(*names.find("a", start) == "2");
  CHECK(names.find("a", start + 10s) == nullptr);
  names.keep("a", "3", 0s, start);
  CHECK(names.find("a", start) == nullptr);
}

TEST_CASE("name_cache: no answer is kept for more than an hour") {
  cache names;
  names.keep("a", "1", 1000000s, start);
  CHECK(names.find("a", start + 1h - 1ns) != nullptr);
  CHECK(names.find("a", start + 1h) == nullptr);
}

TEST_CASE("name_cache: forgotten, and only that") {
  cache names;
  names.keep("a", "1", 60s, start);
  names.keep("b", "2", 60s, start);
  names.forget("a");
  CHECK(names.find("a", start) == nullptr);
  CHECK(names.find("b", start) != nullptr);
}

TEST_CASE("name_cache: when it is full, the answer that would go first makes room") {
  cache names;
  for (std::size_t i = 0; i < cache::max_names; ++i)
    names.keep("host" + std::to_string(i), "1", i == 7 ? 1s : 60s, start);
  names.keep("one more", "1", 60s, start);
  CHECK(names.find("host7", start) == nullptr);
  CHECK(names.find("host6", start) != nullptr);
  CHECK(names.find("one more", start) != nullptr);
}
