#include "async/random_source.hpp"

#include <cstddef>
#include <random>
#include <utility>

#include "strings/hex.hpp"

namespace mwaa_serverless::async {

random_source::random_source(std::function<double()> uniform) : uniform_(std::move(uniform)) {
  seed();
}

void random_source::seed() {
  std::random_device device;
  state_ = (std::uint64_t{device()} << 32) | device();
}

// SplitMix64 (Steele, Lea, Flood 2014): 8 bytes of state, good enough for jitter and labels.
std::uint64_t random_source::next() {
  if (process_.inherited()) {
    seed();
    process_ = {};
  }
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

double random_source::unit() {
  const std::lock_guard lock{mutex_};
  if (uniform_) {
    try {
      const double given = uniform_();
      if (given >= 0 && given < 1) return given;  // not so for NaN
    } catch (...) {                               // as good as a number out of range
    }
  }
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::string random_source::uuid() {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const std::lock_guard lock{mutex_};
    high = next();
    low = next();
  }
  high = (high & 0xffffffffffff0fffU) | 0x4000U;            // version 4
  low = (low & 0x3fffffffffffffffU) | 0x8000000000000000U;  // variant 10
  std::string text(36, '-');
  std::size_t at = 0;
  const auto put = [&](std::uint64_t value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
      text[at++] = strings::hex_digits[(value >> shift) & 0xfU];
    ++at;
  };
  put(high >> 32, 8);
  put(high >> 16, 4);
  put(high, 4);
  put(low >> 48, 4);
  put(low, 12);
  return text;
}

}  // namespace mwaa_serverless::async
