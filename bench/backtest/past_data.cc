// The past of a service as files that `promtool tsdb create-blocks-from openmetrics` reads.
//
//   bench-past-data DIRECTORY DAYS END_SECONDS
//
// Ten instances scraped every 15 s until the end (Unix time): requests_total of four codes,
// latency_bucket of twelve buckets, memory_bytes and cpu_seconds: eighteen series each, a file for
// each two hours: promtool makes one block of it.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "analysis/planning/draws.h"

namespace serin::bench {
namespace {

using analysis::planning::draw_normal;
using analysis::planning::draw_poisson;

constexpr int kInstances = 10;
constexpr std::int64_t kScrapeS = 15;
constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kPartS = 7'200;  // blocks begin at multiples of this
// Requests of each code a scrape.
constexpr std::array<std::pair<const char*, double>, 4> kCodes = {
    {{"200", 140}, {"301", 6}, {"404", 3}, {"500", 1.5}}};
// Requests in each bucket a scrape.
constexpr std::array<std::pair<const char*, double>, 12> kBuckets = {{{"0.005", .1},
                                                                      {"0.01", .4},
                                                                      {"0.025", 6},
                                                                      {"0.05", 30},
                                                                      {"0.1", 59},
                                                                      {"0.25", 48},
                                                                      {"0.5", 6},
                                                                      {"1", .8},
                                                                      {"2.5", .1},
                                                                      {"5", .02},
                                                                      {"10", .005},
                                                                      {"+Inf", .001}}};

struct Instance {
  Rng rng{1};
  std::array<double, kCodes.size()> requests{};
  std::array<double, kBuckets.size()> below{};
  double level = 0;
};

// A part of an instance's past, whose counters go on from the part before.
void write_part(std::FILE* out, const std::string& pod, std::int64_t from_s, Instance& instance) {
  // Series after series, as the format wants metrics together.
  constexpr std::size_t kScrapes = kPartS / kScrapeS;
  std::vector<std::string> series(kCodes.size() + kBuckets.size() + 2);
  for (std::string& text : series) text.reserve(kScrapes * 80);
  for (std::size_t k = 0; k < kScrapes; ++k) {
    const std::int64_t at = from_s + static_cast<std::int64_t>(k) * kScrapeS;
    std::size_t place = 0;
    auto add = [&](const char* name, const char* label, const char* value, double number) {
      fmt::format_to(std::back_inserter(series[place++]),
                     "{}{{pod=\"{}\",version=\"v1\"{}{}{}}} {} {}\n", name, pod, label, value,
                     *label == 0 ? "" : "\"", number, at);
    };
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
      instance.requests[i] += draw_poisson(kCodes[i].second, instance.rng);
      add("requests_total", ",code=\"", kCodes[i].first, instance.requests[i]);
    }
    double sum = 0;
    for (std::size_t j = 0; j < kBuckets.size(); ++j) {
      sum += draw_poisson(kBuckets[j].second, instance.rng);
      instance.below[j] += sum;
      add("latency_bucket", ",le=\"", kBuckets[j].first, instance.below[j]);
    }
    instance.level = 0.5 * instance.level + 0.02 * draw_normal(instance.rng);
    add("memory_bytes", "", "", std::round(3e8 * std::exp(instance.level)));
    add("cpu_seconds", "", "", 0.4 * std::exp(0.05 * draw_normal(instance.rng)));
  }
  for (const std::string& text : series) std::fputs(text.c_str(), out);
}

int run(const std::string& directory, int days, std::int64_t end_s) {
  std::vector<Instance> instances(kInstances);
  for (int i = 0; i < kInstances; ++i)
    instances[static_cast<std::size_t>(i)].rng = Rng(7U + static_cast<unsigned>(i));
  const std::int64_t parts = days * kDayS / kPartS;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::string path = fmt::format("{}/part-{:05}.om", directory, part);
    std::FILE* out = std::fopen(path.c_str(), "w");
    if (out == nullptr) {
      std::fprintf(stderr, "%s can't be written\n", path.c_str());
      return 1;
    }
    for (int i = 0; i < kInstances; ++i) {
      write_part(out, fmt::format("pod-{}", i), end_s - (parts - part) * kPartS,
                 instances[static_cast<std::size_t>(i)]);
    }
    std::fputs("# EOF\n", out);
    if (std::fclose(out) != 0) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace serin::bench

int main(int argc, char** argv) {
  if (argc != 4 || std::atoi(argv[2]) <= 0) {
    std::fputs("usage: bench-past-data DIRECTORY DAYS END_SECONDS\n", stderr);
    return 2;
  }
  return serin::bench::run(argv[1], std::atoi(argv[2]), std::atoll(argv[3]));
}
