// Seeded randomness, passed in: the third and last source of nondeterminism beside clock and ports.
#pragma once

#include <cstdint>
#include <limits>

namespace serin {

// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, good enough for jitter, phases and
// simulation; not for keys. A uniform random bit generator of the standard library's kind.
class Rng {
 public:
  using result_type = std::uint64_t;
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  // Uniform on [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11U) * 0x1p-53; }
  // Uniform on [0, n); 0 where n is 0.
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : (*this)() % n; }
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::uint64_t state_;
};

// FNV-1a over bytes, the same on every machine: phases of schedules, content hashes that are not
// secret.
constexpr std::uint64_t stable_hash(const char* bytes, std::size_t size,
                                    std::uint64_t seed = 0xcbf29ce484222325U) {
  for (std::size_t i = 0; i < size; ++i) {
    seed ^= static_cast<unsigned char>(bytes[i]);
    seed *= 0x100000001b3U;
  }
  return seed;
}

}  // namespace serin
