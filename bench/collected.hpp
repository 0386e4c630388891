// What `valgrind --tool=callgrind --collect-atstart=no` counts the instructions of: see bench/cost_test.py.
#pragma once

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#endif

namespace bench {

/// Callgrind counts while this lives; otherwise it does nothing. One at a time.
class collected {
 public:
  collected() { toggle(); }
  collected(const collected&) = delete;
  collected& operator=(const collected&) = delete;
  ~collected() { toggle(); }

 private:
  static void toggle() { CALLGRIND_TOGGLE_COLLECT; }
};

}  // namespace bench
