// The invariants on traffic: commands as they are sent, and shares as they truly are.
#include "rollout/machine/traffic.h"

#include <algorithm>

#include "rollout/machine/machine.h"
#include "tests/sim/checks/checker.h"

namespace serin::sim {

using namespace rollout;
using machine::PromotionStage;
using machine::ReleaseState;
using machine::ReleaseStatus;

namespace {

// The greatest share that plan and people allow a release in this state.
Weight allowed_share(const machine::ReleaseSpec& spec, const ReleaseState& state) {
  bool promoting =
      state.status == ReleaseStatus::promoting ||
      (state.status == ReleaseStatus::paused && state.resume_to == ReleaseStatus::promoting);
  if (promoting && state.promotion.stage >= PromotionStage::full) return Weight::full();
  if (state.manual_weight) return *state.manual_weight;
  Weight weight;
  for (int i = 0; i <= state.step && i < static_cast<int>(spec.steps.size()); ++i) {
    const machine::ReleaseStep& step = spec.steps[static_cast<std::size_t>(i)];
    if (step.kind == machine::StepKind::set_weight) weight = step.weight;
  }
  return weight;
}

// The rules on content that the plan has once the header routes up to `last` are set.
std::string planned_rules(const machine::ReleaseSpec& spec, int last) {
  std::vector<std::pair<std::string, std::vector<MatchRule>>> routes;
  for (int i = 0; i <= last && i < static_cast<int>(spec.steps.size()); ++i) {
    const machine::ReleaseStep& step = spec.steps[static_cast<std::size_t>(i)];
    if (!is_route(step.kind)) continue;
    std::erase_if(routes, [&](const auto& route) { return route.first == step.route; });
    routes.emplace_back(step.route, step.content);
  }
  std::vector<MatchRule> rules = spec.match;
  for (const auto& [name, content] : routes)
    rules.insert(rules.end(), content.begin(), content.end());
  return content_id(rules);
}

// Of this step or one just left: a step that has not begun to act yet has not set its route either,
// and what a person passed over may still be on its way.
bool is_planned(const machine::ReleaseSpec& spec, const ReleaseState& state,
                const std::string& rules) {
  if (rules.empty()) return true;
  bool steps = state.status == ReleaseStatus::progressing ||
               state.status == ReleaseStatus::paused || state.status == ReleaseStatus::promoting;
  // A promotion by a person's word may pass over all of them.
  const bool passed = state.status == ReleaseStatus::promoting && state.promotion.word;
  const int most = passed ? state.step : 2;
  for (int back = 0; steps && back <= most; ++back) {
    if (rules == planned_rules(spec, state.step - back)) return true;
  }
  return false;
}

}  // namespace

// Rules on content are traffic, whatever the share.
void Checker::check_rules(Process& process, const Route& route, const engine::Effect& effect) {
  const DesiredTraffic& desired = std::get<machine::effect::ApplyTraffic>(effect.action).desired;
  Mind& mind = minds_[process.instance()];
  const Track& track = mind.tracks[effect.release];
  const ReleaseState& state = *process.engine().state(effect.release);
  std::string rules = content_id(desired.content);
  if (rules.empty()) return;
  // 1
  if (track.failed) violated("{}: failed, and is given rules", effect.release);
  // 2
  if (!is_planned(track.ticket.spec, state, rules)) {
    violated("{}: given rules that the plan does not have ({}, step {})", effect.release,
             to_string(state.status), state.step + 1);
  }
  if (!desired.canary_in_service || rules == route.content()) return;
  // 10
  Duration up = world_.mono() - process.started();
  if (up < machine::kRecoverySettle - milliseconds(100) && process.incarnation() > 1 &&
      track.operated < process.started()) {
    violated("{}: given rules {:.2f} s after a restart", effect.release, to_seconds(up));
  }
  const auto& observed = state.traffic.observed;
  bool knows = observed && observed->content == route.content();
  // 7
  if (route.rules_drained() && knows && track.operated < route.last_foreign_change()) {
    violated("{}: a person took its rules away; they are given again", effect.release);
  }
  // 2
  if (effect.when == machine::When::at_once) {
    if (knows) violated("{}: given rules without waiting for the journal", effect.release);
    return;
  }
  const ReleaseState* durable = mind.durable->state(effect.release);
  if (durable == nullptr || durable->traffic.desired.generation < desired.generation) {
    violated("{}: given rules before that was on disk", effect.release);
  }
}

void Checker::on_apply(Process& process, Route& route, const engine::Effect& effect) {
  ++checks_;
  const auto& apply = std::get<machine::effect::ApplyTraffic>(effect.action);
  Mind& mind = minds_[process.instance()];
  Track& track = mind.tracks[effect.release];
  const ReleaseState& state = *process.engine().state(effect.release);
  const machine::ReleaseSpec& spec = track.ticket.spec;
  Weight wanted = apply.desired.canary;
  Weight truth = route.share();
  bool raises = wanted.units() > truth.units() + machine::tolerance_units(wanted);

  // 8
  const auto& observed = state.traffic.observed;
  bool foreign = observed && !observed->owner.empty() && observed->owner != spec.owner;
  if (foreign && apply.desired.owner == spec.owner &&
      state.start.stage >= machine::StartStage::claim &&
      observed->owner != state.start.stale_owner) {
    violated("{}: commands although it saw the mark of '{}'", effect.release, observed->owner);
  }
  // What a person did to the route before the release took it was of another release.
  if (state.start.stage == machine::StartStage::claim && route.owner() != spec.owner) {
    route.undrain_by_word();
  }
  check_rules(process, route, effect);
  // 14: instances first.
  bool before_start = state.start.stage != machine::StartStage::started &&
                      state.status != ReleaseStatus::rolling_back;
  bool gives = wanted.units() > 0 || !apply.desired.content.empty();
  if (before_start && gives && !machine::is_terminal(state.status)) {
    violated("{}: given {} before its instances are up ({})", effect.release, wanted.to_string(),
             to_string(state.start.stage));
  }
  if (!raises) return;

  bool knows = observed && observed->canary == truth &&
               observed->canary_slot.in_service == route.in_service();
  Instant changed = std::max(route.last_foreign_change(), route.last_health_change());
  bool unseen = !knows || world_.mono() - changed < seconds(3);

  // 1: what it keeps for want of stable's capacity may cross a reload that it has not seen.
  if (track.failed && (knows || world_.mono() - changed >= seconds(3))) {
    violated("{}: failed, and is given {} again (has {})", effect.release, wanted.to_string(),
             truth.to_string());
  }
  // 10
  Duration up = world_.mono() - process.started();
  if (up < machine::kRecoverySettle - milliseconds(100) && process.incarnation() > 1 &&
      track.operated < process.started()) {
    violated("{}: raised from {} to {} {:.2f} s after a restart", effect.release, truth.to_string(),
             wanted.to_string(), to_seconds(up));
  }
  // 7: serin knew of the drain, and no person has said a word since.
  if (route.drained() && knows && track.operated < route.last_foreign_change()) {
    violated("{}: a person drained the canary to {}; it is given {}", effect.release,
             truth.to_string(), wanted.to_string());
  }
  // 2: unless the world changed where serin could not have seen it yet.
  if (effect.when == machine::When::at_once && !unseen && knows) {
    violated("{}: raised from {} to {} without waiting for the journal", effect.release,
             truth.to_string(), wanted.to_string());
  }
  if (effect.when == machine::When::at_once) return;
  const ReleaseState* durable = mind.durable->state(effect.release);
  if (durable == nullptr || durable->traffic.desired.generation < apply.desired.generation) {
    violated("{}: raised to {} before it was on disk", effect.release, wanted.to_string());
  }
  Weight allowed = allowed_share(spec, state);
  if (wanted > allowed) {
    violated("{}: given {} where the plan has {} ({}, step {})", effect.release, wanted.to_string(),
             allowed.to_string(), to_string(state.status), state.step + 1);
  }
}

// 12: what acts on the world is on disk first; the way back waits for nothing.
void Checker::on_hook(Process& process, const std::string& release,
                      const machine::effect::RunHook& hook) {
  ++checks_;
  const ReleaseState* durable = minds_[process.instance()].durable->state(release);
  bool aside = hook.point == machine::HookPoint::rollback || hook.point == machine::HookPoint::end;
  if (!aside && (durable == nullptr || durable->gate.key != hook.key)) {
    violated("{}: runs the hook {} before that is on disk", release, hook.key);
  }
}

void Checker::on_exchange(Process& process, const std::string& release) {
  ++checks_;
  Mind& mind = minds_[process.instance()];
  const Track& track = mind.tracks[release];
  const ReleaseState* durable = mind.durable->state(release);
  if (durable == nullptr || durable->promotion.stage != PromotionStage::exchange) {
    violated("{}: roles exchanged before it was on disk", release);
  }
  const ReleaseState& live = *process.engine().state(release);
  if (live.promotion.recall != machine::Cause::none && !live.promotion.uncertain) {
    violated("{}: failed, and its roles are exchanged", release);
  }
  const machine::ReleaseSpec& spec = track.ticket.spec;
  bool word = track.word || spec.instant;
  if (durable->promotion.word && !word) violated("{}: promoted on nobody's word", release);
  Duration looked = std::max(track.looked, durable->timer.looked);
  if (!durable->promotion.word && looked + milliseconds(300) < spec.verify) {
    violated("{}: watched {:.1f} s at 100 % instead of {}", release, to_seconds(looked),
             format_duration(spec.verify));
  }
}

// 1: on the way back, and after the end, zero within the bound.
void Checker::check_share(const Route& route, const ReleaseState& state, Track& track) {
  bool back = state.status == ReleaseStatus::rolling_back && state.reason == machine::Reason::none;
  bool ended = machine::is_terminal(state.status) && state.status != ReleaseStatus::succeeded &&
               state.back.cause != machine::Cause::route_lost &&
               state.back.cause != machine::Cause::refused;
  bool ours = route.owner() == track.ticket.spec.owner;
  // Rules that lead to servers which are out fail the requests that they take.
  bool gets = route.share().units() > 0 || !route.content().empty();
  if (!(back || (ended && ours)) || !gets) {
    track.exposed_failed = Duration{};
    return;
  }
  if (route.reachable()) track.exposed_failed += kEvery;
  if (track.exposed_failed > kReturnBound) {
    violated("{}: {} for {:.1f} s and still gets {}{}", track.ticket.spec.id,
             back ? "returns to stable" : "has ended", to_seconds(track.exposed_failed),
             route.share().to_string(), route.content().empty() ? "" : " and what rules take");
  }
}

// 2: what people, servers that go down and late commands make of it is put right.
void Checker::check_plan(const Route& route, const ReleaseState& state, Track& track) {
  bool judged = state.status == ReleaseStatus::progressing ||
                state.status == ReleaseStatus::paused || state.status == ReleaseStatus::promoting;
  // 1 again: a failure while the exchange waits must not wait with it.
  bool recalled = state.promotion.recall != machine::Cause::none && !state.promotion.uncertain;
  track.recalled = recalled ? track.recalled + kEvery : Duration{};
  if (track.recalled > kReturnBound) {
    violated("{}: failed for {:.1f} s while its exchange waits", track.ticket.spec.id,
             to_seconds(track.recalled));
  }
  bool readable = state.promotion.stage != PromotionStage::exchange && !state.store_failed &&
                  route.truth().stable.servers_ready > 0;
  Weight allowed = std::max(allowed_share(track.ticket.spec, state), state.traffic.desired.canary);
  bool more = route.share().units() > allowed.units() + machine::tolerance_units(allowed);
  bool ours = judged && readable && route.owner() == track.ticket.spec.owner;
  bool other_rules = route.takes_matched() &&
                     !is_planned(track.ticket.spec, state, route.content()) &&
                     route.content() != content_id(state.traffic.desired.content);
  // Other rules wait for the journal, however slow it is.
  bool commanded = !state.traffic.in_flight.empty() &&
                   is_planned(track.ticket.spec, state, content_id(state.traffic.desired.content));
  if (!ours || !other_rules || commanded) {
    track.exposed_rules = Duration{};
  } else if (route.reachable()) {
    track.exposed_rules += kEvery;
  }
  if (track.exposed_rules > kReturnBound) {
    violated("{}: rules that the plan does not have for {:.1f} s", track.ticket.spec.id,
             to_seconds(track.exposed_rules));
  }
  if (!ours || !more) {
    track.exposed_more = Duration{};
    return;
  }
  if (route.reachable()) track.exposed_more += kEvery;
  if (track.exposed_more > kReturnBound) {
    violated("{}: has {} for {:.1f} s where the plan has {}", track.ticket.spec.id,
             route.share().to_string(), to_seconds(track.exposed_more), allowed.to_string());
  }
}

void Checker::tick() {
  for (auto& [name, route] : routes_) route->serve(kEvery);
  for (auto& [instance, process] : processes_) {
    if (!process->alive()) continue;
    Mind& mind = minds_[instance];
    for (const std::string& release : process->engine().releases()) {
      const ReleaseState& state = *process->engine().state(release);
      Track& track = mind.tracks[release];
      const Route& route = *routes_.at(track.ticket.service);
      check_share(route, state, track);
      check_plan(route, state, track);
      check_counts(*process, track);
    }
  }
}

// 11
void Checker::check_counts(const Process& process, const Track& track) const {
  if (world_.mono().time_since_epoch() % seconds(5) >= kEvery) return;
  Fleet* fleet = metrics_.fleet(track.ticket.service);
  if (fleet == nullptr || track.ticket.spec.id.empty()) return;
  Json view = process.engine().view(track.ticket.spec.id, process.now());
  const Json& metrics = view["report"]["metrics"];
  WallTime opened = track.last.created.wall - seconds(60);
  for (const Json& metric : metrics.items()) {
    if (metric["name"].string() != "errors") continue;
    for (bool canary : {false, true}) {
      const Json& counted = metric[canary ? "canary" : "stable"];
      Totals now = fleet->truth(canary);
      Totals then = fleet->truth_at(canary, opened);
      double requests = now.requests - then.requests;
      double bad = now.bad - then.bad;
      if (counted["exposure"].number() > requests + 0.5 || counted["events"].number() > bad + 0.5) {
        violated("{}: counted {} of {} requests of {} as bad; there were {} of {}",
                 track.ticket.spec.id, counted["events"].number(), counted["exposure"].number(),
                 canary ? "the canary" : "stable", bad, requests);
      }
    }
  }
}

}  // namespace serin::sim
