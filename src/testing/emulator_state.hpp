// What the handles, transports and servers of one emulator share.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/transport.hpp>
#include <string>

#include "testing/delivery.hpp"
#include "testing/messages.hpp"
#include "testing/service.hpp"

namespace mwaa_serverless::testing {

/// The core, and what it is kept from knowing: a clock and a lock. From any threads at once.
class emulator_state {
 public:
  explicit emulator_state(const emulator_options& options);

  /// Answers a request that is complete now.
  [[nodiscard]] delivery handle(const incoming_request& request, bool keep_alive);
  /// Does what a request below `/-/` asks for, and answers it.
  [[nodiscard]] delivery steer(const incoming_request& request, bool from_this_machine, bool keep_alive);
  /// The answer to bytes that are no request.
  [[nodiscard]] delivery refuse(int http_status, std::string_view message) const;

  /// The contents of the start, from now on.
  void reset();

  /// Calls `use` with the core, under its lock.
  template <class Use>
  auto locked(Use use) {
    const std::lock_guard lock{mutex_};
    return use(heart_);
  }

  /// Calls use(account, now) with what is there now, under the lock.
  template <class Use>
  auto with_contents(Use use) {
    const auto now = time_->now();
    return locked([&](service& core) { return use(core.contents(now), now); });
  }

  [[nodiscard]] const std::shared_ptr<clock>& time() const noexcept { return time_; }
  [[nodiscard]] const std::string& workflow_arn() const noexcept { return workflow_arn_; }

 private:
  [[nodiscard]] account contents_of_the_start() const;

  const std::shared_ptr<clock> time_;
  const std::string workflow_arn_;
  const emulator_options options_;
  std::mutex mutex_;
  service heart_;
};

/// The emulator as a client's network, without a network.
[[nodiscard]] std::shared_ptr<transport> make_in_memory_transport(std::shared_ptr<emulator_state> service);

}  // namespace mwaa_serverless::testing
