#include "analysis/release/pace.h"

namespace serin::analysis {
namespace {

constexpr int kSlowPart = 2;   // of the interval: more than a half is slow
constexpr int kBriskPart = 8;  // less than an eighth is brisk

}  // namespace

void Pace::answered_after(Duration took) {
  const Duration interval = stretch_ * shortest_;
  if (took > interval / kSlowPart) return slow();
  brisk_ = took < interval / kBriskPart ? brisk_ + 1 : 0;
  if (brisk_ < kBriskAnswers) return;
  brisk_ = 0;
  stretch_ = std::max(1, stretch_ / 2);
}

void Pace::slow() {
  brisk_ = 0;
  stretch_ = std::min(kStretchMax, stretch_ * 2);
}

Json Pace::to_json() const {
  return Json::object().set("stretch", stretch_).set("brisk", brisk_);
}

void Pace::restore(const Json& json) {
  stretch_ = std::clamp(static_cast<int>(json["stretch"].integer(1)), 1, kStretchMax);
  brisk_ = std::max(0, static_cast<int>(json["brisk"].integer()));
}

}  // namespace serin::analysis
