// What a load counted.
//
//   report.answered("2.4.0", 200, 0.012);
//   std::string line = report.to_json().dump();
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "base/time.h"

namespace serin::demo {

enum class LoadFailure { connect, closed, timeout, malformed };
inline constexpr std::array<const char*, 4> kLoadFailureNames = {"connect", "closed", "timeout",
                                                                 "malformed"};

class LoadReport {
 public:
  // `version` is the answer's X-Version, "" where it has none.
  void answered(const std::string& version, int status, double seconds);
  void failed(LoadFailure failure) { ++failures_[static_cast<std::size_t>(failure)]; }
  void sent() { ++sent_; }
  void retried() { ++retried_; }
  void skipped(std::uint64_t requests) { skipped_ += requests; }
  void took(Duration time) { took_ = time; }

  std::uint64_t answers() const { return answers_; }
  // {"sent","answered","failed":{…},"retried","skipped","duration_s","status":{"200":n},
  //  "versions":{"2.4.0":{"200":n}},"latency_ms":{"p50","p90","p99","max"}}. Each request is
  // answered, failed or skipped, once; a retried one counts as sent once.
  Json to_json() const;
  // The latency that a share of the answers did not exceed, to within 2 %; 0 without answers.
  double quantile_ms(double share) const;

 private:
  static constexpr std::size_t kBuckets = 1024;
  std::uint64_t sent_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t retried_ = 0;
  std::uint64_t skipped_ = 0;
  Duration took_{};
  std::array<std::uint64_t, kLoadFailureNames.size()> failures_{};
  std::map<std::string, std::map<int, std::uint64_t>> versions_;
  std::array<std::uint64_t, kBuckets> latencies_{};
  double latency_max_ms_ = 0;
};

}  // namespace serin::demo
