// What a bench measured, and how it is said: one JSON object a line.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

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

}  // namespace serin::bench
