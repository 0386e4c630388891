#pragma once

namespace test {

/// How often a test repeats what it does on one thread: ThreadSanitizer, which makes it ten times as long, sees in a
/// tenth of it all that it can see.
constexpr int on_one_thread(int times) {
#if defined(__SANITIZE_THREAD__)
  return times / 10;
#else
  return times;
#endif
}

}  // namespace test
