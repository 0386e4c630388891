// Two ways to do one thing, measured in turn.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <vector>

#include "collected.hpp"

namespace bench {

/// CPU time of this thread: others on this machine do not count.
inline std::chrono::nanoseconds thread_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Medians over the rounds.
class contest_figures {
 public:
  double ns = 0;        // an operation of ours
  double rival_ns = 0;  // an operation of the rival's
  double ratio = 0;     // of the two in one round: what slows the machine down slows down both
};

/// Each round is `batch` calls of `ours`, which callgrind counts, and as many of `rival`, in turn either first. A tenth
/// of the rounds, and one at the least, come before as warm-up.
template <class Ours, class Rival>
contest_figures contest(int rounds, int batch, Ours ours, Rival rival) {
  const auto timed = [batch](auto& one) {
    const auto begin = thread_time();
    for (int i = 0; i < batch; ++i) one();
    return static_cast<double>((thread_time() - begin).count()) / batch;
  };
  for (int i = 0; i <= rounds / 10; ++i) {
    (void)timed(ours);
    (void)timed(rival);
  }
  std::vector<double> all;
  std::vector<double> rivals;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    double second = i % 2 == 1 ? timed(rival) : 0;
    double first = 0;
    {
      const collected instructions;
      first = timed(ours);
    }
    if (i % 2 == 0) second = timed(rival);
    all.push_back(first);
    rivals.push_back(second);
    ratios.push_back(first / second);
  }
  contest_figures out;
  out.ns = median(all);
  out.rival_ns = median(rivals);
  out.ratio = median(ratios);
  return out;
}

}  // namespace bench
