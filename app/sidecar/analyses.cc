#include "app/sidecar/analyses.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analysis/stopping.h"
#include "app/live/setup.h"
#include "app/live/sources.h"
#include "base/zones/zone_files.h"

namespace serin::app {

using analysis::MetricVerdict;

namespace {

// What a person has to look at before the canary gets more.
const analysis::Finding* doubt_in(const analysis::Judgement& judgement) {
  const analysis::Finding* failed = analysis::finding_with(judgement, analysis::OnFail::pause);
  if (failed != nullptr || judgement.pauses.empty()) return failed;
  return &judgement.pauses.front();
}

}  // namespace

struct Analyses::Live {
  AnalysisRequest request;
  std::uint64_t number = 0;  // tells it from one that had the key before
  std::unique_ptr<analysis::PolicyAnalysis> analysis;
  std::map<std::string, std::string> identities;  // of sources, by their key in the policy
  Instant begun{};
  TimerId look_timer = TimerId::none;
  TimerId watch_timer = TimerId::none;
};

Analyses::Analyses(Fleet& fleet, const Log& log) : fleet_(fleet), log_(log) {}

Analyses::~Analyses() {
  *alive_ = false;
  for (auto& [key, live] : live_) {
    fleet_.loop().cancel(live->look_timer);
    fleet_.loop().cancel(live->watch_timer);
  }
}

Status Analyses::start(const AnalysisRequest& request) {
  if (request.key.empty() || request.key.size() > kKeyMax) {
    return fail(Code::invalid_argument, fmt::format("a key has 1 to {} characters", kKeyMax));
  }
  if (auto found = live_.find(request.key); found != live_.end()) {
    const AnalysisRequest& lives = found->second->request;
    if (lives.rollout == request.rollout && lives.canary == request.canary &&
        lives.stable == request.stable) {
      return {};
    }
    return fail(Code::failed_precondition,
                fmt::format("'{}' is under way for {} of {}: use another key, or end it first",
                            request.key, lives.canary, lives.rollout));
  }
  if (live_.size() >= kLiveMax) {
    return fail(Code::rate_limited,
                fmt::format("{} analyses are under way, which is the limit", kLiveMax));
  }
  if (request.interval < kIntervalMin || request.interval > kIntervalMax)
    return fail(Code::invalid_argument, "interval is a duration from 1s to 1h");
  const auto& set = fleet_.configuration()->set;
  const rollout::Rollout* rollout = set.find_rollout(request.rollout);
  if (rollout == nullptr) {
    return fail(Code::not_found,
                fmt::format("there is no rollout '{}' in the configuration", request.rollout));
  }
  if (request.canary.empty() || request.stable.empty() || request.canary == request.stable)
    return fail(Code::invalid_argument, "canary and stable are two versions");
  rollout::PinOptions pin{.version = request.canary, .stable_version = request.stable};
  pin.args = fleet_.options().arguments;
  for (const auto& [name, value] : request.arguments) pin.args[name] = value;
  SERIN_TRY(plan, rollout::pin(set, *rollout, pin));
  plan.rollout.edge_errors.enabled = false;  // there is no router of ours to count
  SERIN_TRY(policy, make_policy(plan, request.key, true));
  if (policy->sources.empty()) {
    return fail(Code::invalid_argument,
                fmt::format("the rollout '{}' has no background analysis", request.rollout));
  }
  SERIN_CHECK(fleet_.adopt(plan));
  const Now now = fleet_.loop().clock().now();
  auto live = std::make_unique<Live>();
  live->request = request;
  live->number = ++started_;
  live->begun = now.mono;
  for (const analysis::PolicySource& source : policy->sources)
    live->identities[source.key] = source_identity(source.provider);
  SERIN_TRY(made, analysis::PolicyAnalysis::create(policy, now, read_zone_file));
  live->analysis = std::move(made);
  live->analysis->traffic_commanded(request.canary_fraction, now);
  live->analysis->traffic_confirmed(0, request.canary_fraction, now);
  Live& kept = *live_.emplace(request.key, std::move(live)).first->second;
  watch(request.key, kept);
  look(request.key);
  return {};
}

void Analyses::look(const std::string& key) {
  auto found = live_.find(key);
  if (found == live_.end()) return;
  Live& live = *found->second;
  const Now now = fleet_.loop().clock().now();
  for (analysis::Ask& ask : live.analysis->due(now)) {
    auto identity = live.identities.find(ask.source);
    queries::MetricSource* source =
        identity == live.identities.end() ? nullptr : fleet_.source(identity->second);
    auto answered = [this, key, id = ask.id, number = live.number,
                     alive = alive_](const Result<queries::Answer>& answer) {
      if (!*alive) return;
      auto still = live_.find(key);
      if (still == live_.end() || still->second->number != number) return;
      still->second->analysis->answered(id, answer, fleet_.loop().clock().now());
      arm(key, *still->second);
    };
    if (source == nullptr) {
      live.analysis->answered(ask.id, fail(Code::failed_precondition, "no provider"), now);
      continue;
    }
    source->ask(ask.request, now.mono + ask.timeout, std::move(answered));
  }
  arm(key, live);
}

void Analyses::arm(const std::string& key, Live& live) {
  fleet_.loop().cancel(std::exchange(live.look_timer, TimerId::none));
  auto next = live.analysis->next_wakeup();
  if (!next) return;
  Instant soonest = fleet_.loop().clock().now().mono + std::chrono::milliseconds(10);
  live.look_timer = fleet_.loop().call_at(std::max(*next, soonest), [this, key, &live] {
    live.look_timer = TimerId::none;
    look(key);
  });
}

void Analyses::watch(const std::string& key, Live& live) {
  fleet_.loop().cancel(live.watch_timer);
  Instant ends = fleet_.loop().clock().now().mono + kMissedPolls * live.request.interval;
  live.watch_timer = fleet_.loop().call_at(ends, [this, key, &live] {
    live.watch_timer = TimerId::none;
    log_.info("an analysis that nobody asks for any more is given up", {{"key", key}});
    static_cast<void>(end(key));
  });
}

Status Analyses::end(const std::string& key) {
  auto found = live_.find(key);
  if (found == live_.end())
    return fail(Code::not_found, fmt::format("no analysis is under way for '{}'", key));
  fleet_.loop().cancel(found->second->look_timer);
  fleet_.loop().cancel(found->second->watch_timer);
  live_.erase(found);
  return {};
}

Result<AnalysisAnswer> Analyses::poll(const std::string& key) {
  auto found = live_.find(key);
  if (found == live_.end())
    return fail(Code::not_found, fmt::format("no analysis is under way for '{}'", key));
  Live& live = *found->second;
  watch(key, live);
  const Now now = fleet_.loop().clock().now();
  analysis::Judgement judgement = live.analysis->judgement(now);
  AnalysisAnswer answer;
  answer.contested = judgement.contested;
  // A metric that would only pause a release, or tell of itself, takes nothing back here either.
  const analysis::Finding* failed = analysis::finding_with(judgement, analysis::OnFail::rollback);
  const analysis::Finding* doubt = doubt_in(judgement);
  if (failed != nullptr) {
    answer.verdict = MetricVerdict::fail;
    answer.sentence = failed->sentence;
  } else if (judgement.sources_down || !judgement.covered) {
    answer.verdict = MetricVerdict::noData;
    answer.sentence = judgement.sources_down ? judgement.sources_sentence
                                             : "less than 80 % of the expected scrapes were seen";
  } else if (doubt != nullptr) {
    answer.verdict = MetricVerdict::inconclusive;
    answer.sentence = doubt->sentence;
  } else if (judgement.passed && !judgement.contested) {
    answer.verdict = MetricVerdict::pass;
    answer.sentence = "every metric that decides has passed";
  } else {
    answer.verdict = MetricVerdict::inconclusive;
    answer.sentence =
        judgement.contested ? judgement.contested_sentence : judgement.undecided_sentence;
  }
  answer.document = Json::object()
                        .set("key", key)
                        .set("rollout", live.request.rollout)
                        .set("verdict", analysis::to_string(answer.verdict))
                        .set("sentence", answer.sentence)
                        .set("contested", answer.contested)
                        .set("t_s", to_seconds(now.mono - live.begun))
                        .set("report", live.analysis->report(now));
  return answer;
}

}  // namespace serin::app
