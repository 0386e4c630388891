// What a fuzz target does when something does not hold.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

/// Ends the program, which libFuzzer takes for a finding, unless `holds`.
inline void require(bool holds, std::string_view rule, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s: %.*s\n", static_cast<int>(rule.size()), rule.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

}  // namespace fuzz
