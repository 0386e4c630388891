#include "async/random_source.hpp"

#include <algorithm>
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

std::array<char, 36> random_source::uuid() {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const std::lock_guard lock{mutex_};
    high = next();
    low = next();
  }
  high = (high & 0xffffffffffff0fffU) | 0x4000U;            // version 4
  low = (low & 0x3fffffffffffffffU) | 0x8000000000000000U;  // variant 10
  std::array<unsigned char, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<unsigned char>(low >> (56 - 8 * i));
  }
  const auto digits = strings::hex_characters(bytes);
  std::array<char, 36> text;
  auto from = digits.begin();
  auto to = text.begin();
  for (const int group : {8, 4, 4, 4, 12}) {
    if (to != text.begin()) *to++ = '-';
    to = std::copy_n(from, group, to);
    from += group;
  }
  return text;
}

}  // namespace mwaa_serverless::async
