// What a fuzz target does when something does not hold.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace fuzz {

/// Ends the program, which libFuzzer takes for a finding, unless `holds`.
inline void require(bool holds, std::string_view rule, std::string_view detail = {}) {
  if (holds) return;
  std::cerr << "broken: " << rule << ": " << detail << std::endl;
  std::abort();
}

}  // namespace fuzz
