// A loop whose time stands for the machine: what gates divide by, so that their limits hold on
// others, and beside other work.
#pragma once

#include <benchmark/benchmark.h>

#include <cmath>

namespace serin::bench {

// A hundred logarithms, each of the one before: about 1.4 microseconds at 2.6 GHz.
inline void calibrate(benchmark::State& state) {
  double x = 1.5;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) x = 1.5 + std::log(x);
    benchmark::DoNotOptimize(x);
  }
}

}  // namespace serin::bench
