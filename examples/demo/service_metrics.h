// What the demo's service tells Prometheus, by Prometheus's own client library.
//
//   metrics.answered("/cart", 500, 0.012);
//   std::string page = metrics.text();
//
// No metric carries the version: whoever scrapes says which target is which, as is usual.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace serin::demo {

class ServiceMetrics {
 public:
  // `start_unix_s`: when the process started.
  explicit ServiceMetrics(double start_unix_s);

  void began() { in_flight_.Increment(); }
  // Counts one answer. Paths beyond a handful are counted together, so that no client can fill the
  // memory with series.
  void answered(std::string_view path, int code, double seconds);
  // The text format, version 0.0.4.
  std::string text();

 private:
  struct OfPath {
    prometheus::Histogram* duration = nullptr;
    std::map<int, prometheus::Counter*> by_code{};
  };

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Gauge& in_flight_;
  prometheus::Counter& cpu_;
  prometheus::Gauge& memory_;
  std::map<std::string, OfPath, std::less<>> paths_;
};

}  // namespace serin::demo
