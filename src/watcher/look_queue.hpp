// Which runs are most likely worth a look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mwaa_serverless::watcher {

/// Members ordered by the time at which they are expected to reach the price. A binary heap that knows each member's
/// place.
class look_queue {
 public:
  using member = std::uint32_t;

  /// Adds a member, or gives it another time.
  void put(member which, double when) {
    if (which >= places_.size()) places_.resize(which + 1, nowhere);
    if (places_[which] == nowhere) {
      places_[which] = static_cast<std::uint32_t>(heap_.size());
      heap_.emplace_back(when, which);
      up(heap_.size() - 1);
      return;
    }
    const std::size_t at = places_[which];
    const bool earlier = when < heap_[at].first;
    heap_[at].first = when;
    if (earlier)
      up(at);
    else
      down(at);
  }
  void drop(member which) noexcept {
    if (!has(which)) return;
    const std::size_t at = places_[which];
    places_[which] = nowhere;
    const auto last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    set(at, last);
    up(at);
    down(places_[last.second]);
  }
  [[nodiscard]] bool has(member which) const noexcept { return which < places_.size() && places_[which] != nowhere; }
  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  /// The n-th as the heap lies, from 0: those in front are early ones, the first is the earliest.
  [[nodiscard]] member at(std::size_t n) const noexcept { return heap_[n].second; }
  [[nodiscard]] double when(std::size_t n) const noexcept { return heap_[n].first; }

 private:
  using entry = std::pair<double, member>;
  static constexpr std::uint32_t nowhere = 0xffffffff;

  void set(std::size_t at, const entry& value) noexcept {
    heap_[at] = value;
    places_[value.second] = static_cast<std::uint32_t>(at);
  }
  void up(std::size_t at) noexcept {
    const entry moving = heap_[at];
    while (at > 0 && moving.first < heap_[(at - 1) / 2].first) {
      set(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    set(at, moving);
  }
  void down(std::size_t at) noexcept {
    const entry moving = heap_[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1].first < heap_[child].first) ++child;
      if (heap_[child].first >= moving.first) break;
      set(at, heap_[child]);
      at = child;
    }
    set(at, moving);
  }

  std::vector<entry> heap_;
  std::vector<std::uint32_t> places_;  // by member
};

}  // namespace mwaa_serverless::watcher
