// Kayenta's judge against a direct port of its algorithm, at 10 to 1440 points a side.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "analysis/judges/kayenta/classify.h"
#include "base/random.h"
#include "bench/analysis/kayenta_port.h"

namespace serin::bench {
namespace {

constexpr std::size_t kPairs = 16;

struct Pair {
  std::vector<double> control;
  std::vector<double> experiment;
};

// Latencies in milliseconds; every other canary is a fifth slower.
std::vector<Pair> pairs_of(std::size_t points) {
  Rng rng(42);
  auto normal = [&] {
    return std::sqrt(-2 * std::log(1 - rng.uniform())) *
           std::cos(6.283185307179586 * rng.uniform());
  };
  std::vector<Pair> pairs(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    for (std::size_t k = 0; k < points; ++k) {
      pairs[i].control.push_back(100 * std::exp(0.3 * normal()));
      pairs[i].experiment.push_back((i % 2 == 0 ? 100 : 120) * std::exp(0.3 * normal()));
    }
  }
  return pairs;
}

void BM_Kayenta_Judge(benchmark::State& state) {
  const std::vector<Pair> pairs = pairs_of(static_cast<std::size_t>(state.range(0)));
  std::size_t i = 0;
  for (auto _ : state) {
    const Pair& pair = pairs[i++ % kPairs];
    benchmark::DoNotOptimize(
        analysis::kayenta::classify({"latency", {}, {}, pair.control, pair.experiment}, {}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Kayenta_Judge)->Arg(10)->Arg(60)->Arg(360)->Arg(1440);

void BM_Kayenta_Port(benchmark::State& state) {
  const std::vector<Pair> pairs = pairs_of(static_cast<std::size_t>(state.range(0)));
  std::size_t i = 0;
  for (auto _ : state) {
    const Pair& pair = pairs[i++ % kPairs];
    benchmark::DoNotOptimize(ported_kayenta(pair.control, pair.experiment));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Kayenta_Port)->Arg(10)->Arg(60)->Arg(360)->Arg(1440);

// Both must say the same, or their times say nothing.
void BM_Kayenta_Agreement(benchmark::State& state) {
  double different = 0;
  for (auto _ : state) {
    different = 0;
    for (std::size_t points : {10U, 60U, 360U, 1440U}) {
      for (const Pair& pair : pairs_of(points)) {
        const auto own =
            analysis::kayenta::classify({"latency", {}, {}, pair.control, pair.experiment}, {});
        const PortedVerdict port = ported_kayenta(pair.control, pair.experiment);
        const bool same = own.shift && own.shift->interval.lower == port.lower &&
                          own.shift->interval.upper == port.upper &&
                          own.shift->estimate == port.estimate;
        different += same ? 0 : 1;
      }
    }
  }
  state.counters["different"] = different;
  if (different > 0) state.SkipWithError("the judge and the port disagree");
}
BENCHMARK(BM_Kayenta_Agreement)->Iterations(1);

}  // namespace
}  // namespace serin::bench
