// What the live benches share: a directory, a run of trials, and what was measured as one JSON
// object a line.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace serin::bench {

// The value that `share` of the sorted values are at or below (nearest rank); 0 for none.
inline double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()) + 0.999999);
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

inline void print_samples(const std::string& what, std::vector<double> milliseconds) {
  std::ranges::sort(milliseconds);
  auto at = [&](double share) { return quantile(milliseconds, share); };
  std::string line =
      fmt::format(R"({{"what":"{}","trials":{},"min_ms":{:.2f},)"
                  R"("p50_ms":{:.2f},"p90_ms":{:.2f},"p99_ms":{:.2f},"max_ms":{:.2f}}})",
                  what, milliseconds.size(), at(0), at(0.5), at(0.9), at(0.99), at(1));
  std::puts(line.c_str());
  std::fflush(stdout);
}

// A new directory for a bench's files in `parent`, as an absolute path; "" where it can't be made.
inline std::string make_directory(const std::filesystem::path& parent) {
  std::string name = (std::filesystem::absolute(parent) / "serin-bench-XXXXXX").string();
  return ::mkdtemp(name.data()) == nullptr ? std::string() : name;
}

// Prepares the bench, takes `trials` samples and prints them; returns the exit status. A trial that
// fails ends the run: what is printed is of whole runs only.
template <class Bench>
int run_trials(Bench& bench, int trials, const std::string& what) {
  if (Status ready = bench.prepare(); !ready) {
    std::fprintf(stderr, "%s\n", ready.error().to_string().c_str());
    return 1;
  }
  std::vector<double> times;
  for (int i = 0; i < trials; ++i) {
    auto time = bench.trial(i);
    if (!time) {
      std::fprintf(stderr, "trial %d: %s\n", i + 1, time.error().to_string().c_str());
      return 1;
    }
    times.push_back(*time);
  }
  print_samples(what, std::move(times));
  return 0;
}

}  // namespace serin::bench
