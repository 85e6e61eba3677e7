// Analyses for rollouts that another tool moves: serin looks and judges, and moves nothing.
//
//   Analyses analyses(fleet, log);
//   SERIN_CHECK(analyses.start({.key = "shop/checkout/7f9c", .rollout = "checkout", …}));
//   auto answer = analyses.poll("shop/checkout/7f9c");      // {"verdict":"pass",…}
//
// An analysis lives for as long as somebody asks for it: after kMissedPolls intervals without a
// poll it is given up. It is not journalled: a restart begins it anew.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "analysis/release/policy_analysis.h"
#include "app/fleet/fleet.h"

namespace serin::app {

struct AnalysisRequest {
  std::string key{};
  std::string rollout{};
  std::string canary{};
  std::string stable{};
  std::map<std::string, std::string> arguments{};
  double canary_fraction = 0.5;                 // of the traffic, as the other tool says
  Duration interval = std::chrono::minutes(1);  // between polls
};

struct AnalysisAnswer {
  analysis::MetricVerdict verdict = analysis::MetricVerdict::noData;
  bool contested = false;
  std::string sentence{};
  Json document{};  // what callers get
};

// Thread: loop-only. The fleet outlives it.
class Analyses {
 public:
  static constexpr std::size_t kLiveMax = 100;
  static constexpr int kMissedPolls = 3;
  static constexpr std::size_t kKeyMax = 200;
  static constexpr Duration kIntervalMin = std::chrono::seconds(1);
  static constexpr Duration kIntervalMax = std::chrono::hours(1);

  Analyses(Fleet& fleet, const Log& log);
  ~Analyses();
  Analyses(const Analyses&) = delete;
  Analyses& operator=(const Analyses&) = delete;

  // One that lives under the key goes on. Errors: not_found (no such rollout), invalid_argument,
  // rate_limited (kLiveMax live), failed_precondition (the key is another analysis').
  Status start(const AnalysisRequest& request);
  // Null verdict is not given: not_found where nothing lives under the key.
  Result<AnalysisAnswer> poll(const std::string& key);
  // Errors: not_found.
  Status end(const std::string& key);
  std::size_t live() const { return live_.size(); }

 private:
  struct Live;
  void look(const std::string& key);
  void arm(const std::string& key, Live& live);
  void watch(const std::string& key, Live& live);

  Fleet& fleet_;
  Log log_;
  std::map<std::string, std::unique_ptr<Live>> live_;
  std::uint64_t started_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::app
