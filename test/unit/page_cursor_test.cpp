#include "protocol/page_cursor.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace std::literals;
using mwaa_serverless::errc;
using mwaa_serverless::protocol::decode_page_token;
using mwaa_serverless::protocol::encode_page_token;
using mwaa_serverless::protocol::page_cycle;
using mwaa_serverless::protocol::page_position;

namespace {

struct row {
  std::optional<std::string> next_token;
  std::uint64_t truncate_amount;
  std::string_view token;
};

}  // namespace

TEST_CASE("page_cursor: tokens are those that botocore writes and reads") {
  // Made by botocore.paginate.TokenEncoder, version 1.43.
  const row rows[]{
      {std::nullopt, 1, "eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ=="},
      {"t1", 0, "eyJOZXh0VG9rZW4iOiAidDEifQ=="},
      {"t1", 20, "eyJOZXh0VG9rZW4iOiAidDEiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAyMH0="},
      {"a", 0, "eyJOZXh0VG9rZW4iOiAiYSJ9"},
      {"", 0, "eyJOZXh0VG9rZW4iOiAiIn0="},
      {"quote \" back \\ slash / tab\t nul\0 del\x7f é 東 😀"s, 0,
       "eyJOZXh0VG9rZW4iOiAicXVvdGUgXCIgYmFjayBcXCBzbGFzaCAvIHRhYlx0IG51bFx1MDAwMCBkZWxcdTAwN2YgXHUwMGU5IFx1Njc3MSBcdWQ"
       "4"
       "M2RcdWRlMDAifQ=="},
  };
  for (const row& each : rows) {
    CAPTURE(each.token);
    CHECK(encode_page_token(page_position{each.next_token, each.truncate_amount}) == each.token);
    const auto position = decode_page_token(each.token);
    REQUIRE(position.has_value());
    CHECK((position->next_token == each.next_token));
    CHECK(position->truncate_amount == each.truncate_amount);
  }
}

TEST_CASE("page_cursor: every position comes back") {
  for (const std::uint64_t amount : {0ULL, 1ULL, 99ULL, 1'000'000'000'000ULL}) {
    for (const std::optional<std::string>& token :
         {std::optional<std::string>{}, std::optional{"\b\f\n\r\x01\x1f ~"s}, std::optional{std::string(3000, 'x')},
          std::optional{"ÿ߿ࠀ\xef\xbf\xbf𐀀\xf4\x8f\xbf\xbf"s}}) {
      const auto position = decode_page_token(encode_page_token(page_position{token, amount}));
      REQUIRE(position.has_value());
      CHECK((position->next_token == token));
      CHECK(position->truncate_amount == amount);
    }
  }
}

TEST_CASE("page_cursor: what is no token of botocore's is the service's own") {
  for (const std::string_view token : {
           "AAQA-service_token.with+all/kinds=of:characters", "t1",
           "eyJOZXh0VG9rZW4iOiAidDEifQ",        // padding is missing
           "eyJOZXh0VG9rZW4iOiAidDEi",          // base64 of JSON that breaks off
           "MTIz",                              // base64 of 123
           "WyJOZXh0VG9rZW4iXQ==",              // base64 of ["NextToken"]
           "eyJQYWdlIjogNSwgIlRva2VuIjogMX0=",  // base64 of {"Page": 5, "Token": 1}
           "====", "not ASCII: é", "None",
           "t1___5",  // botocore's form before 2015, which no token of this service has
       }) {
    CAPTURE(token);
    const auto position = decode_page_token(token);
    REQUIRE(position.has_value());
    CHECK(position->next_token == std::string{token});
    CHECK(position->truncate_amount == 0);
  }
}

TEST_CASE("page_cursor: an empty token and altered ones are errors") {
  for (const std::string_view token : {
           ""sv,
           "eyJOZXh0VG9rZW4iOiA1fQ=="sv,                                          // {"NextToken": 5}
           "eyJOZXh0VG9rZW4iOiAidDEiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAtMX0="sv,  // amount -1
           "eyJOZXh0VG9rZW4iOiAidDEiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAiMSJ9"sv,  // amount "1"
           "eyJOZXh0VG9rZW4iOiAidDEiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxLjV9"sv,  // amount 1.5
       }) {
    CAPTURE(token);
    const auto position = decode_page_token(token);
    REQUIRE(position.has_error());
    CHECK(position.error().code == errc::invalid_page_token);
    CHECK_FALSE(position.error().message.empty());
  }
}

TEST_CASE("page_cycle: finds each cycle within a few rounds, and nothing else") {
  for (const std::uint64_t tail : {0U, 1U, 2U, 3U, 10U, 1000U}) {
    for (const std::uint64_t length : {1U, 2U, 3U, 4U, 5U, 17U, 64U, 999U}) {
      CAPTURE(tail);
      CAPTURE(length);
      page_cycle seen;
      // The token of step n; they come back from step tail + length on.
      const auto token = [&](std::uint64_t n) {
        return "t" + std::to_string(n < tail ? n : tail + (n - tail) % length);
      };
      std::uint64_t step = 0;
      while (!seen.find(token(step)) && step < 10'000) {
        seen.add(token(step), step + 1);
        ++step;
      }
      CHECK(step >= tail + length);  // no sooner than a token has come back
      CHECK(step <= 3 * (tail + length));
      const auto named = seen.find(token(step));
      REQUIRE(named);
      CHECK(token(*named - 1) == token(step));
      CHECK(seen.find(token(step)) == named);  // to ask changes nothing
    }
  }
}
