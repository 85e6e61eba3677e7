#include "examples/demo/service_metrics.h"

#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace serin::demo {
namespace {

constexpr std::size_t kPathsMax = 20;
constexpr std::string_view kOtherPaths = "other";

const prometheus::Histogram::BucketBoundaries& bucket_bounds() {
  static const prometheus::Histogram::BucketBoundaries kBounds = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return kBounds;
}

template <class Builder>
auto& family(Builder builder, const std::string& name, const std::string& help,
             prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ServiceMetrics::ServiceMetrics(double start_unix_s)
    : requests_(family(prometheus::BuildCounter(), "http_requests_total",
                       "Requests answered, by status code and path.", registry_)),
      durations_(family(prometheus::BuildHistogram(), "http_request_duration_seconds",
                        "Time from a request's arrival to its answer.", registry_)),
      in_flight_(family(prometheus::BuildGauge(), "http_requests_in_flight",
                        "Requests that are not answered yet.", registry_)
                     .Add({})),
      cpu_(family(prometheus::BuildCounter(), "process_cpu_seconds_total",
                  "User and system time of the process.", registry_)
               .Add({})),
      memory_(family(prometheus::BuildGauge(), "process_resident_memory_bytes",
                     "Resident memory of the process.", registry_)
                  .Add({})) {
  family(prometheus::BuildGauge(), "process_start_time_seconds",
         "When the process started, in seconds since 1970.", registry_)
      .Add({})
      .Set(start_unix_s);
}

void ServiceMetrics::answered(std::string_view path, int code, double seconds) {
  in_flight_.Decrement();
  auto found = paths_.find(path);
  if (found == paths_.end()) {
    const std::string name(paths_.size() < kPathsMax ? path : kOtherPaths);
    found = paths_.try_emplace(name).first;
    if (found->second.duration == nullptr) {
      found->second.duration = &durations_.Add({{"path", name}}, bucket_bounds());
    }
  }
  found->second.duration->Observe(seconds);
  prometheus::Counter*& counter = found->second.by_code[code];
  if (counter == nullptr) {
    counter = &requests_.Add({{"code", std::to_string(code)}, {"path", found->first}});
  }
  counter->Increment();
}

std::string ServiceMetrics::text() {
  cpu_.Increment(cpu_seconds() - cpu_.Value());
  memory_.Set(resident_bytes());
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace serin::demo
