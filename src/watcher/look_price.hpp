// What a look is worth: the weighted seconds of not knowing that it saves for each second that it is put off.
#pragma once

#include "watcher/change_model.hpp"

namespace mwaa_serverless::watcher {

/// Changes that come at `rate` and were last looked for `age` seconds ago: the integral of u dN(u) from 0 to `age`,
/// where N(u) changes are expected within u seconds.
///
/// Source: Tripathi and Modiano 2019 (arXiv 1908.10438), in continuous form.
[[nodiscard]] double price_of_changes(const expected_rate& rate, double age) noexcept;

/// An end that comes with the `steps`-th change from now, at `rate` changes a second. From 1 step; zero for many.
[[nodiscard]] double price_of_end(unsigned steps, double rate, double age) noexcept;
inline constexpr unsigned most_steps_to_end = 8;

/// An end that is due at any moment, after `mean` seconds on average.
[[nodiscard]] double price_of_due_end(double mean, double age) noexcept;

/// Starts that come at `starts` a second, each worth `start_weight` at once and `rate` changes a second from then on;
/// and ends at `ends` a second, each worth `end_weight`.
[[nodiscard]] double price_of_states(double starts, double start_weight, double rate, double ends, double end_weight,
                                     double age) noexcept;

}  // namespace mwaa_serverless::watcher
