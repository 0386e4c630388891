// The operations of the service: what they work on, and how one is found by its name.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mwaa_serverless/clock.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "testing/account.hpp"
#include "testing/input.hpp"
#include "testing/messages.hpp"
#include "testing/page_tokens.hpp"

namespace mwaa_serverless::testing {

inline constexpr std::string_view signing_name = "airflow-serverless";

struct page_rules {
  int default_size = 20;
  int max_size = 100;
  listing_order order = listing_order::oldest_first;
};

/// Requests that succeeded, by their operation and client token, for as long as a token is known.
class answered_tokens {
 public:
  /// `life` zero: forever.
  explicit answered_tokens(std::chrono::milliseconds life) : life_(life) {}

  struct entry {
    std::string request;
    reply answer;
  };
  /// Null when the token is new.
  [[nodiscard]] const entry* find(std::string_view operation, std::string_view token, clock::time_point now);
  void keep(std::string_view operation, std::string_view token, entry answered, clock::time_point now);
  void clear();

 private:
  void forget(clock::time_point now);

  std::chrono::milliseconds life_;
  std::map<std::string, entry, std::less<>> entries_;
  std::deque<std::pair<clock::time_point, std::string>> ends_;  ///< In order; the keys of entries that have one.
};

/// What the operations work on.
class operation_context {
 public:
  account& in;
  answered_tokens& answered;
  const page_tokens& tokens;
  const page_rules pages;
  const clock::time_point now;

  [[nodiscard]] clock::wall_time_point date() const { return in.dates(now); }
};

/// An error in place of a response: what an operation throws.
class refused_request {
 public:
  explicit refused_request(reply answer_value) : answer(std::move(answer_value)) {}
  reply answer;
};

/// The answer to a request for `operation`, which is one of the service's.
[[nodiscard]] reply perform(std::string_view operation, const input& members, const operation_context& context);

}  // namespace mwaa_serverless::testing
