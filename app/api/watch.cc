#include "app/api/watch.h"

#include <fmt/format.h>

#include <utility>

namespace serin::app {
namespace {

namespace machine = rollout::machine;

// What a person would call a change; evidence is told apart.
bool moved(const machine::ReleaseState& a, const machine::ReleaseState& b) {
  return a.status != b.status || a.reason != b.reason || a.step != b.step ||
         a.sentence != b.sentence || a.back.cause != b.back.cause ||
         a.traffic.desired.canary != b.traffic.desired.canary ||
         a.traffic.confirmed != b.traffic.confirmed || a.promotion.stage != b.promotion.stage ||
         a.timer.extending != b.timer.extending || a.ended != b.ended || a.log != b.log;
}

}  // namespace

void Watch::touch(const std::vector<std::string>& releases) {
  for (const std::string& release : releases) {
    ++seen_[release].version;
    ++version_;
    dirty_.insert(release);
  }
  if (timer_ != TimerId::none || dirty_.empty()) return;
  timer_ = loop_.call_at(loop_.clock().now().mono + kGather, [this] {
    timer_ = TimerId::none;
    flush();
  });
}

void Watch::flush() {
  const Now now = loop_.clock().now();
  std::set<std::string> later;
  for (const std::string& release : std::exchange(dirty_, {})) {
    Seen& seen = seen_[release];
    const machine::ReleaseState* state = fleet_.engine().state(release);
    if (state == nullptr) {
      seen_.erase(release);
      continue;
    }
    bool is_change = !seen.told || moved(seen.state, *state);
    if (is_change || now.mono - seen.metrics_at >= kMetricsApart) {
      tell(release, seen, now);
    } else {
      later.insert(release);
    }
  }
  late_.merge(later);
  if (late_.empty() || late_timer_ != TimerId::none) return;
  late_timer_ = loop_.call_at(now.mono + kMetricsApart, [this] {
    late_timer_ = TimerId::none;
    dirty_.merge(late_);
    late_.clear();
    flush();
  });
}

void Watch::tell(const std::string& release, Seen& seen, Now now) {
  const machine::ReleaseState& state = *fleet_.engine().state(release);
  Json view = fleet_.view(release);
  series_.add(release, view, now);
  const machine::ReleaseState before = std::exchange(seen.state, state);
  bool is_first = !std::exchange(seen.told, true);
  seen.metrics_at = now.mono;
  if (on_status &&
      (is_first || before.status != state.status || before.back.cause != state.back.cause)) {
    on_status(release, before, state);
  }
  if (!is_first && !moved(before, state)) {
    feed_.publish("metrics", release,
                  Json::object().set("release", release).set("report", view["report"]));
    return;
  }
  if (is_first || before.step != state.step) {
    feed_.publish("step.changed", release,
                  Json::object()
                      .set("release", release)
                      .set("step", state.step)
                      .set("step_view", view["steps"].at(static_cast<std::size_t>(state.step))));
  }
  if (state.traffic.confirmed && (!before.traffic.confirmed ||
                                  before.traffic.desired.canary != state.traffic.desired.canary)) {
    feed_.publish("traffic.confirmed", release,
                  Json::object().set("release", release).set("weight", view["weight"]));
  }
  if (before.status != state.status || before.reason != state.reason ||
      before.back.cause != state.back.cause) {
    feed_.publish("decision", release,
                  Json::object()
                      .set("release", release)
                      .set("status", view["status"])
                      .set("reason", view["reason"])
                      .set("sentence", view["sentence"])
                      .set("cause", view["cause"]));
  }
  feed_.publish("release.updated", release, fleet_.document(release));
}

std::string Watch::tag(const std::string& release) const {
  auto found = seen_.find(release);
  return fmt::format("\"{}-{}\"", epoch_, found == seen_.end() ? 0 : found->second.version);
}

std::string Watch::tag() const {
  return fmt::format("\"{}-{}\"", epoch_, version_);
}

}  // namespace serin::app
