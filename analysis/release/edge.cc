#include "analysis/release/edge.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/judges/sequential/guards.h"

namespace serin::analysis {
namespace {

using queries::Side;

constexpr std::size_t index_of(Side side) {
  return static_cast<std::size_t>(side);
}

// What a total grew by; one that fell started again from zero.
double grown(double before, double after) {
  return after >= before ? after - before : after;
}

EdgeCounts::Side grown(const EdgeCounts::Side& before, const EdgeCounts::Side& after) {
  return {grown(before.requests, after.requests), grown(before.bad, after.bad)};
}

Json side_json(const EdgeCounts::Side& side) {
  return Json::object().set("requests", side.requests).set("bad", side.bad);
}

EdgeCounts::Side side_from_json(const Json& json) {
  return {json["requests"].number(), json["bad"].number()};
}

}  // namespace

std::optional<queries::ComparisonWindow> EdgeWatch::add(const EdgeCounts& counts,
                                                        double canary_fraction, Now now) {
  std::int64_t now_ms = to_unix_ms(now.wall);
  if (!last_ || last_->epoch != counts.epoch) {
    last_ = counts;
    if (from_ms_ == 0) from_ms_ = now_ms;
    return std::nullopt;
  }
  EdgeCounts::Side stable = grown(last_->stable, counts.stable);
  EdgeCounts::Side canary = grown(last_->canary, counts.canary);
  last_ = counts;
  for (auto [side, more] : {std::pair{Side::stable, stable}, std::pair{Side::canary, canary}}) {
    gathered_[index_of(side)].requests += more.requests;
    gathered_[index_of(side)].bad += more.bad;
  }
  canary_requests_ += canary.requests;
  seen_ += canary.requests;
  stable_seen_ += stable.requests;
  if (canary_fraction > 0 && canary_fraction < 1) {
    expected_ += stable.requests * canary_fraction / (1 - canary_fraction);
  }
  if (now_ms - from_ms_ <
      std::chrono::duration_cast<std::chrono::milliseconds>(interval_).count()) {
    return std::nullopt;
  }
  queries::ComparisonWindow window;
  for (Side side : {Side::stable, Side::canary}) {
    EdgeCounts::Side& sum = gathered_[index_of(side)];
    queries::InstanceWindow instance;
    instance.instance = side == Side::stable ? "stable slot" : "canary slot";
    instance.side = side;
    instance.from_ms = from_ms_;
    instance.to_ms = now_ms;
    instance.age_s = 1e9;  // the slot as a whole has no warm-up
    // A failed attempt may be counted without a request, and several attempts within one.
    instance.total = std::max(sum.requests, sum.bad);
    instance.bad = sum.bad;
    if (instance.total > 0) window.instances.push_back(std::move(instance));
    window.scrapes_expected[index_of(side)] = 1;
    window.scrapes_seen[index_of(side)] = 1;
    sum = {};
  }
  window.scrape_interval_s = to_seconds(interval_);
  from_ms_ = now_ms;
  return window;
}

void EdgeWatch::start_step() {
  expected_ = 0;
  seen_ = 0;
  stable_seen_ = 0;
}

std::optional<Finding> EdgeWatch::missing_traffic() const {
  if (expected_ < kExpectedMin || seen_ > 0) return std::nullopt;
  return Finding{.metric = "traffic",
                 .sentence = fmt::format(
                     "no request reached the canary in this step, about {:.0f} were expected "
                     "beside {:.0f} to stable, as the router counts them",
                     expected_, stable_seen_),
                 .action = OnFail::pause};
}

Json EdgeWatch::to_json() const {
  Json json = Json::object();
  json.set("interval_ns", interval_.count());
  if (last_) {
    json.set("last", Json::object()
                         .set("stable", side_json(last_->stable))
                         .set("canary", side_json(last_->canary))
                         .set("epoch", last_->epoch));
  }
  json.set("gathered", Json::array().push(side_json(gathered_[0])).push(side_json(gathered_[1])));
  json.set("from_ms", from_ms_).set("expected", expected_).set("seen", seen_);
  json.set("stable_seen", stable_seen_).set("canary_requests", canary_requests_);
  return json;
}

Result<EdgeWatch> EdgeWatch::from_json(const Json& json) {
  if (!json["interval_ns"].is_integer() || json["gathered"].size() != 2) {
    return fail(Code::data_loss, "the router's counters need interval_ns and two sides");
  }
  EdgeWatch watch{Duration(json["interval_ns"].integer())};
  if (const Json* last = json.find("last")) {
    watch.last_ = EdgeCounts{.stable = side_from_json((*last)["stable"]),
                             .canary = side_from_json((*last)["canary"]),
                             .epoch = std::string((*last)["epoch"].string())};
  }
  watch.gathered_[0] = side_from_json(json["gathered"].at(0));
  watch.gathered_[1] = side_from_json(json["gathered"].at(1));
  watch.from_ms_ = json["from_ms"].integer();
  watch.expected_ = json["expected"].number();
  watch.seen_ = json["seen"].number();
  watch.stable_seen_ = json["stable_seen"].number();
  watch.canary_requests_ = json["canary_requests"].number();
  return watch;
}

void EdgeGuard::add(const queries::ComparisonWindow& window) {
  latest_ = (latest_ + 1) % kRecent;
  stats::RateCounts& counts = recent_[latest_] = {};
  for (const queries::InstanceWindow& slot : window.instances) {
    bool canary = slot.side == Side::canary;
    (canary ? counts.canary_events : counts.stable_events) += slot.bad;
    (canary ? counts.canary_exposure : counts.stable_exposure) += slot.total;
  }
}

std::optional<Finding> EdgeGuard::gross(std::string_view metric, std::string_view counted) const {
  stats::RateCounts all;
  for (const stats::RateCounts& counts : recent_) all += counts;
  for (const stats::RateCounts& counts : {recent_[latest_], all}) {
    if (!gross_errors(counts)) continue;
    return Finding{
        .metric = std::string(metric),
        .sentence = fmt::format("{} grossly worse: {:.0f} of {:.0f} against {:.0f} of {:.0f}{}",
                                metric, counts.canary_events, counts.canary_exposure,
                                counts.stable_events, counts.stable_exposure, counted),
        .guard = true};
  }
  return std::nullopt;
}

Json EdgeGuard::to_json() const {
  Json recent = Json::array();
  for (const stats::RateCounts& counts : recent_) {
    recent.push(Json::array()
                    .push(counts.canary_events)
                    .push(counts.canary_exposure)
                    .push(counts.stable_events)
                    .push(counts.stable_exposure));
  }
  return Json::object().set("recent", std::move(recent)).set("latest", latest_);
}

Result<EdgeGuard> EdgeGuard::from_json(const Json& json) {
  EdgeGuard guard;
  const Json& recent = json["recent"];
  std::int64_t latest = json["latest"].integer(-1);
  if (recent.size() != kRecent || latest < 0 || latest >= static_cast<std::int64_t>(kRecent)) {
    return fail(Code::data_loss, "the guard on the router's counters needs recent and latest");
  }
  for (std::size_t i = 0; i < kRecent; ++i) {
    const Json& counts = recent.at(i);
    guard.recent_[i] = {.canary_events = counts.at(0).number(),
                        .canary_exposure = counts.at(1).number(),
                        .stable_events = counts.at(2).number(),
                        .stable_exposure = counts.at(3).number()};
  }
  guard.latest_ = static_cast<std::size_t>(latest);
  return guard;
}

}  // namespace serin::analysis
