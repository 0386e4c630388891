// The emulated service: a plain function from request and time to answer. No I/O, no clock, no thread of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "testing/account.hpp"
#include "testing/input.hpp"
#include "testing/messages.hpp"
#include "testing/operations.hpp"
#include "testing/page_tokens.hpp"
#include "testing/request_quotas.hpp"
#include "testing/signature_check.hpp"

namespace mwaa_serverless::testing {

/// What can be said of a request without looking at the service's state.
struct judgement {
  std::optional<reply> refusal;
  input members;
};

/// Not to be used from two threads at once, but for judge().
class service {
 public:
  /// Throws exception(errc::invalid_configuration) for options that make no sense.
  service(const emulator_options& options, account contents, clock::time_point start);

  /// The expensive half of an answer. Const, from any threads.
  [[nodiscard]] judgement judge(const incoming_request& request, clock::wall_time_point wall) const;
  /// The answer to `request`; `judged` is what judge() said of it at `wall`.
  [[nodiscard]] exchange answer(const incoming_request& request, judgement judged, clock::time_point now,
                                clock::wall_time_point wall);

  /// What is there at `now`.
  [[nodiscard]] account& contents(clock::time_point now) {
    account_->settle(now);
    return *account_;
  }
  /// As constructed with `contents`.
  void reset(account contents, clock::time_point start);
  void script(fault next);
  void clear_faults();
  [[nodiscard]] std::size_t scripted() const noexcept;
  void strike_randomly(double probability, std::vector<fault> choices);
  [[nodiscard]] const std::deque<request_record>& log() const noexcept { return log_; }
  [[nodiscard]] std::uint64_t request_count() const noexcept { return request_count_; }
  void clear_log() { log_.clear(); }

 private:
  [[nodiscard]] std::optional<fault> next_fault();
  [[nodiscard]] std::optional<reply> refusal_of(const incoming_request& request, clock::wall_time_point wall) const;
  [[nodiscard]] reply serve(std::string_view operation, const input& members, clock::time_point now);
  [[nodiscard]] std::string next_request_id();

  const emulator_options options_;
  signature_check signatures_;
  page_tokens tokens_;
  request_quotas quotas_;
  std::optional<account> account_;  ///< Always there; reset() makes a new one in its place.
  answered_tokens answered_;
  std::mt19937_64 random_;
  std::deque<fault> script_;
  double fault_probability_ = 0;
  std::vector<fault> fault_choices_;
  std::deque<request_record> log_;
  std::uint64_t request_count_ = 0;
};

}  // namespace mwaa_serverless::testing
