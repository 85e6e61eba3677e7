#include "analysis/run/schedule.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/random.h"

namespace serin::analysis {

Duration phase_of(std::string_view release, std::string_view metric, Duration interval) {
  SERIN_ASSERT(interval > Duration::zero());
  std::uint64_t hash = stable_hash(release.data(), release.size());
  hash = stable_hash("\n", 1, hash);
  hash = stable_hash(metric.data(), metric.size(), hash);
  // The low bits of FNV-1a are the better ones, but short names differ little: mix once more.
  Rng mixed(hash);
  return Duration(
      static_cast<Duration::rep>(mixed.below(static_cast<std::uint64_t>(interval.count()))));
}

Schedule::Schedule(Instant start, Duration interval, Duration phase)
    : first_(start + phase), interval_(interval), next_(start + phase) {
  SERIN_ASSERT(interval > Duration::zero());
  SERIN_ASSERT(phase >= Duration::zero());
}

void Schedule::asked(Instant now) {
  SERIN_ASSERT(due(now));
  waiting_ = true;
  asked_ = now;
}

void Schedule::answered(Instant now, int stretch) {
  SERIN_ASSERT(stretch >= 1);
  waiting_ = false;
  failures_ = 0;
  if (now < first_ && asked_ < first_) {  // nothing was looked at yet
    next_ = first_;
    return;
  }
  // The look began up to an interval after its own grid point.
  const auto begun = (std::max(asked_, first_) - first_) / interval_;
  next_ = first_ + std::max((now - first_) / interval_ + 1, begun + stretch) * interval_;
}

void Schedule::failed(Instant now) {
  ++failures_;
  int doublings = std::min(failures_ - 1, 16);
  Duration longest = std::max(kBackoffMax, interval_);
  Duration wait = interval_;
  for (int i = 0; i < doublings && wait < longest; ++i) wait *= 2;
  waiting_ = false;
  next_ = now + std::min(wait, longest);
}

void Schedule::resumed(Instant now) {
  waiting_ = false;
  next_ = std::max(now, first_);
}

void Schedule::shift(Duration by) {
  first_ += by;
  next_ += by;
  asked_ += by;
}

Json Schedule::to_json() const {
  return Json::object()
      .set("first_ns", first_.time_since_epoch().count())
      .set("interval_ns", interval_.count())
      .set("next_ns", next_.time_since_epoch().count())
      .set("asked_ns", asked_.time_since_epoch().count())
      .set("waiting", waiting_)
      .set("failures", failures_);
}

Result<Schedule> Schedule::from_json(const Json& json) {
  Schedule schedule;
  schedule.interval_ = Duration(json["interval_ns"].integer());
  if (schedule.interval_ <= Duration::zero() || !json["next_ns"].is_integer()) {
    return fail(Code::data_loss, "a schedule needs interval_ns > 0 and next_ns");
  }
  schedule.first_ = Instant(Duration(json["first_ns"].integer()));
  schedule.next_ = Instant(Duration(json["next_ns"].integer()));
  schedule.asked_ = Instant(Duration(json["asked_ns"].integer()));
  schedule.waiting_ = json["waiting"].boolean();
  schedule.failures_ = static_cast<int>(json["failures"].integer());
  return schedule;
}

}  // namespace serin::analysis
