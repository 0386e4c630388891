// A status that changes with time.
#pragma once

#include <algorithm>
#include <chrono>
#include <mwaa_serverless/clock.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace mwaa_serverless::testing {

/// `Status` has is_terminal().
template <class Status>
class timeline {
 public:
  struct change {
    clock::time_point at;
    Status status;
  };

  /// Behind the changes of the same time.
  void add(clock::time_point at, Status status) { changes_.insert(later_than(at), change{at, std::move(status)}); }
  /// From `now` on it is `status`, whatever was to come.
  void turn(clock::time_point now, Status status) {
    std::erase_if(changes_, [&](const change& each) { return each.at > now; });
    add(now, std::move(status));
  }
  void shift(std::chrono::nanoseconds into_the_past) {
    for (change& each : changes_) each.at -= into_the_past;
  }

  /// The change that holds at `now`; null before the first.
  [[nodiscard]] const change* at(clock::time_point now) const {
    const auto later = later_than(now);
    return later == changes_.begin() ? nullptr : &*std::prev(later);
  }
  /// The first change, and the last, to `status` up to `now`; null without one.
  [[nodiscard]] const change* first(clock::time_point now, Status status) const {
    for (const change& each : changes_)
      if (each.at <= now && each.status == status) return &each;
    return nullptr;
  }
  [[nodiscard]] const change* last(clock::time_point now, Status status) const {
    const change* out = nullptr;
    for (const change& each : changes_)
      if (each.at <= now && each.status == status) out = &each;
    return out;
  }
  [[nodiscard]] std::ptrdiff_t count(clock::time_point now, Status status) const {
    return std::count_if(changes_.begin(), changes_.end(),
                         [&](const change& each) { return each.at <= now && each.status == status; });
  }
  /// When it is terminal for the first time; nullopt for never.
  [[nodiscard]] std::optional<clock::time_point> end() const {
    for (const change& each : changes_)
      if (each.status.is_terminal()) return each.at;
    return std::nullopt;
  }

 private:
  [[nodiscard]] typename std::vector<change>::const_iterator later_than(clock::time_point at) const {
    return std::upper_bound(changes_.begin(), changes_.end(), at,
                            [](clock::time_point when, const change& each) { return when < each.at; });
  }

  std::vector<change> changes_;
};

}  // namespace mwaa_serverless::testing
