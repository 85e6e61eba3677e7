#include "tests/sim/checks/checker.h"

#include <algorithm>

#include "base/assert.h"
#include "rollout/machine/machine.h"

namespace serin::sim {

using namespace rollout;
using engine::Engine;
using machine::PromotionStage;
using machine::ReleaseState;
using machine::ReleaseStatus;
using machine::StepKind;
using machine::StepOutcome;

namespace {

// The journal's text, there and back: what is compared has been on disk.
std::vector<JournalRecord> through_text(const std::vector<JournalRecord>& records) {
  std::vector<JournalRecord> list;
  for (const JournalRecord& record : records) list.push_back(from_line(to_line(record)));
  return list;
}

constexpr int kSnapshotsEvery = 200;  // outputs, beside every state that changed
constexpr Duration kSlack = milliseconds(300);

// Where two texts part, with what stands there.
std::string difference(const std::string& live, const std::string& folded) {
  auto at = static_cast<std::size_t>(
      std::mismatch(live.begin(), live.end(), folded.begin(), folded.end()).first - live.begin());
  constexpr std::size_t kBefore = 120;
  constexpr std::size_t kShown = 200;
  std::size_t from = at > kBefore ? at - kBefore : 0;
  return fmt::format("'{}' is '{}'", live.substr(from, kShown), folded.substr(from, kShown));
}

}  // namespace

Checker::Checker(World& world, std::map<std::string, std::unique_ptr<Route>>& routes,
                 Metrics& metrics, engine::MakeAnalysis make_analysis)
    : world_(world), routes_(routes), metrics_(metrics), make_analysis_(std::move(make_analysis)) {}

void Checker::expect(const engine::Ticket& ticket) {
  expected_[ticket.key] = ticket;
}

void Checker::begin() {
  world_.after(kEvery, [this] {
    ++ticks_;
    tick();
    begin();
  });
}

std::unique_ptr<Engine> Checker::folding_engine(const Process& process) const {
  return std::make_unique<Engine>(engine::Config{process.instance(), "folded"}, make_analysis_);
}

void Checker::fold(Engine& engine, const std::vector<JournalRecord>& records,
                   const char* which) const {
  Status folded = engine.fold(records);
  if (!folded) violated("the {} journal can't be folded: {}", which, folded.error().to_string());
  if (engine.fold_mismatches() > 0) {
    violated("the {} journal has a judgement that its own evidence does not give", which);
  }
}

void Checker::on_start(Process& process) {
  Mind& mind = minds_[process.instance()];
  processes_[process.instance()] = &process;
  if (mind.durable == nullptr) mind.durable = folding_engine(process);
  if (mind.durable->snapshot().dump() != process.engine().snapshot().dump()) {
    violated("{}: what was read from disk is not what was written", process.instance());
  }
  mind.live = folding_engine(process);
  Status restored = mind.live->restore(*Json::parse(process.engine().snapshot().dump()));
  if (!restored) violated("a snapshot can't be restored: {}", restored.error().to_string());
  mind.operated.clear();
  mind.last_output = world_.mono();
  for (auto& [release, track] : mind.tracks) {
    // What was not durable did not happen.
    const ReleaseState* state = process.engine().state(release);
    track.known = state != nullptr;
    if (state != nullptr) {
      track.last = *state;
      const machine::ReleaseSpec& spec = process.engine().ticket(release)->spec;
      track.ticket.spec.steps = spec.steps;  // an edit that was not durable
      track.ticket.spec.match = spec.match;
    }
    track.failed = state != nullptr && (state->back.cause == machine::Cause::metric ||
                                        state->back.cause == machine::Cause::guard);
    track.looked = state != nullptr ? std::max(track.looked, state->timer.looked) : Duration{};
    // A recall that was not durable takes nothing back of what was watched before it.
    bool over = state != nullptr && state->promotion.stage >= PromotionStage::copy;
    if (over) track.looked = std::max(track.looked, track.verified);
  }
}

void Checker::on_crash(Process& process) {
  minds_[process.instance()].live.reset();
  minds_[process.instance()].restated.clear();
}

void Checker::on_durable(Process& process, const std::vector<JournalRecord>& records) {
  Mind& mind = minds_[process.instance()];
  fold(*mind.durable, through_text(records), "durable");
  for (const JournalRecord& record : records) {
    if (record.kind == "operated")
      count_operation(mind, std::string(record.body["request"].string()));
    if (record.kind != "restated") continue;
    for (const std::string& request : mind.restated[{record.release, record.sequence}])
      count_operation(mind, request);
    mind.restated.erase({record.release, record.sequence});
  }
}

// An engine that folded the same says the same.
void Checker::on_restated(Process& process, const std::vector<JournalRecord>& records,
                          const engine::Engine::Sequences& kept) {
  Mind& mind = minds_[process.instance()];
  ++checks_;
  world_.note("{}: restates {} releases", process.instance(), records.size());
  std::vector<JournalRecord> folded = mind.live->restate(kept, process.now());
  for (JournalRecord& record : folded) record.boot_id = records.front().boot_id;
  if (through_text(records) != through_text(folded)) {
    violated("{}: what is restated is not what was folded", process.instance());
  }
  mind.restated.clear();
  for (const JournalRecord& record : records) {
    auto& requests = mind.restated[{record.release, record.sequence}];
    for (const auto& [request, accepted] : mind.operated) {
      if (accepted.first == record.release) requests.push_back(request);
    }
  }
}

void Checker::count_operation(Mind& mind, const std::string& request) {
  auto accepted = mind.operated.find(request);
  if (accepted == mind.operated.end()) return;
  const auto& [release, operation] = accepted->second;
  // "op-17/2": the second try of what a person meant once.
  std::string meant = request.substr(0, request.find('/'));
  if (++applied_[meant] > 1) {
    violated("{}: operation {} ({}) was applied twice", release, meant, operation);
  }
  Track& track = mind.tracks[release];
  track.word = track.word || operation == "promoteFully" || operation == "continue" ||
               operation == "approve" || operation == "resume";
  mind.operated.erase(accepted);
}

void Checker::on_durable_snapshot(Process& process, const Json& snapshot) {
  Mind& mind = minds_[process.instance()];
  mind.durable = folding_engine(process);
  Status restored = mind.durable->restore(*Json::parse(snapshot.dump()));
  if (!restored) violated("a snapshot can't be restored: {}", restored.error().to_string());
  // Whatever was accepted by now is in it.
  while (!mind.operated.empty()) count_operation(mind, std::string(mind.operated.begin()->first));
}

void Checker::on_output(Process& process, const engine::Event& event, const engine::Output& out) {
  Mind& mind = minds_[process.instance()];
  if (mind.live == nullptr) return;
  ++checks_;
  Duration elapsed = world_.mono() - std::exchange(mind.last_output, world_.mono());
  std::set<std::string> operated;
  for (const engine::Effect& effect : out.effects) {
    const auto* reply = std::get_if<engine::effect::Reply>(&effect.action);
    if (reply == nullptr || !reply->accepted || reply->repeated) continue;
    const auto* operate = std::get_if<engine::event::Operate>(&event);
    if (operate == nullptr) continue;
    mind.operated[reply->request] = {effect.release,
                                     std::string(machine::to_string(operate->operated.operation))};
    operated.insert(effect.release);
  }
  for (const JournalRecord& record : out.records) {
    if (record.kind == "opened") {
      Track& track = mind.tracks[record.release];
      track.ticket = *engine::ticket_from_json(record.body);
      auto expected = expected_.find(track.ticket.key);
      if (expected != expected_.end()) {
        machine::ReleaseSpec spec = expected->second.spec;
        spec.id = track.ticket.spec.id;
        spec.owner = track.ticket.spec.owner;
        track.ticket.spec = spec;
      }
      track.operated = world_.mono();
      routes_.at(track.ticket.service)->undrain_by_word();
    }
    if (record.kind == "edited") check_edit(mind, record);
    if (record.kind == "hookOutcome" && record.body["result"].string() == "done") {
      mind.tracks[record.release].hooks.emplace(record.body["key"].string());
    }
    if (record.kind == "answered" && record.body["answer"]["json"]["mood"].string() == "good") {
      ++mind.tracks[record.release].good_looks;
    }
  }
  fold(*mind.live, through_text(out.records), "live");
  compare(process, mind, out);
  for (const JournalRecord& record : out.records) check_judged(mind, record);
  for (const std::string& release : process.engine().releases()) {
    follow(process, mind, release, elapsed, operated.contains(release));
  }
}

void Checker::compare(Process& process, Mind& mind, const engine::Output& out) {
  for (const std::string& release : out.changed) {
    const ReleaseState* live = process.engine().state(release);
    const ReleaseState* folded = mind.live->state(release);
    if (live == nullptr && folded == nullptr) continue;
    if (live == nullptr || folded == nullptr || !(*live == *folded)) {
      violated("{}: the folded state is not the live one", release);
    }
  }
  if (++mind.outputs % kSnapshotsEvery == 0) check_folded(process, mind);
}

void Checker::check_folded(Process& process, Mind& mind) {
  std::string live = process.engine().snapshot().dump();
  std::string folded = mind.live->snapshot().dump();
  if (live == folded) return;
  violated("{}: the folded engine is not the live one: {}", process.instance(),
           difference(live, folded));
}

// 1: a failure is acted on in the very event that brings it.
void Checker::check_judged(const Mind& mind, const JournalRecord& record) const {
  if (record.kind != "judged") return;
  const ReleaseState* state = mind.live->state(record.release);
  if (state == nullptr || !state->exposed) return;
  for (const Json& finding : record.body["judgement"]["findings"].items()) {
    if (finding["action"].string() != "rollback") continue;
    std::string metric(finding["metric"].string());
    bool muted = std::find(state->muted.begin(), state->muted.end(), metric) != state->muted.end();
    bool away = state->status == ReleaseStatus::rolling_back || machine::is_terminal(state->status);
    // While the roles may be changing: at once, or as soon as it is known that they did not.
    bool recalled = state->promotion.recall != machine::Cause::none;
    if (!muted && !away && !recalled) {
      violated("{}: {} failed and the release is {}", record.release, metric,
               machine::to_string(state->status));
    }
  }
}

void Checker::follow(Process& process, Mind& mind, const std::string& release, Duration elapsed,
                     bool operated) {
  const ReleaseState& now = *process.engine().state(release);
  Track& track = mind.tracks[release];
  if (track.known && machine::is_terminal(track.last.status) && !operated) return;
  if (operated) {
    track.operated = world_.mono();
    routes_.at(track.ticket.service)->undrain_by_word();
  }
  if (track.known) {
    const ReleaseState& before = track.last;
    bool looking =
        elapsed <= machine::kLookGapMax && before.traffic.confirmed &&
        (before.status == ReleaseStatus::progressing || before.status == ReleaseStatus::promoting);
    bool watched = before.promotion.stage < PromotionStage::copy;  // after it the window is over
    if (looking && watched) track.looked += elapsed;
    follow_steps(track, now, operated);
    check_hook(track, now, operated);
    check_baseline(process, track, now, operated);
    if (before.status != ReleaseStatus::promoting && now.status == ReleaseStatus::promoting &&
        now.promotion.stage != PromotionStage::none &&
        before.resume_to != ReleaseStatus::promoting) {
      check_promotion(track, now);
    }
    bool manual = track.ticket.spec.promotion == machine::PromoteBy::manual;
    if (manual && !machine::is_terminal(before.status) && now.status == ReleaseStatus::succeeded) {
      check_promotion(track, now);
    }
    const bool prepared = !before.timer.prepared && now.timer.prepared;
    if (prepared && track.ticket.spec.hooks.before_step) track.looked = Duration{};
    if (watched && now.promotion.stage >= PromotionStage::copy) track.verified = track.looked;
    if (before.step != now.step || before.promotion.stage != now.promotion.stage) {
      if (now.promotion.stage < PromotionStage::copy) track.looked = Duration{};
    }
    bool failed =
        now.back.cause == machine::Cause::metric || now.back.cause == machine::Cause::guard;
    track.failed = track.failed || failed;
    if (!machine::is_terminal(before.status) && machine::is_terminal(now.status)) {
      check_end(process, track, now);
    }
  }
  track.known = true;
  track.last = now;
}

// 13
void Checker::check_edit(Mind& mind, const JournalRecord& record) const {
  Track& track = mind.tracks[record.release];
  machine::ReleaseSpec after = engine::ticket_from_json(record.body["ticket"])->spec;
  const machine::ReleaseSpec& before = track.ticket.spec;
  for (int i = 0; i < track.last.step && i < static_cast<int>(before.steps.size()); ++i) {
    auto index = static_cast<std::size_t>(i);
    if (index >= after.steps.size() || after.steps[index] != before.steps[index]) {
      violated("{}: step {} is done and was edited", record.release, i + 1);
    }
  }
  after.verify = before.verify;  // people edit steps and rules
  track.ticket.spec = std::move(after);
}

// 12: what must succeed first has succeeded.
void Checker::check_hook(const Track& track, const ReleaseState& now, bool operated) const {
  const ReleaseState& before = track.last;
  const machine::ReleaseSpec& spec = track.ticket.spec;
  bool begins = before.start.stage != machine::StartStage::started &&
                now.start.stage == machine::StartStage::started && !spec.instant;
  if (begins && spec.hooks.start && !spec.restored && !machine::is_terminal(now.status) &&
      !track.hooks.contains("start")) {
    violated("{}: begun before its first hook has succeeded", spec.id);
  }
  if (now.step == before.step || operated || before.status != ReleaseStatus::progressing) return;
  auto index = static_cast<std::size_t>(before.step);
  if (index >= spec.steps.size() || now.log[index].outcome != StepOutcome::done) return;
  auto need = [&](bool hook, std::string_view point) {
    std::string key = fmt::format("{}-{}", point, before.step + 1);
    if (hook && !track.hooks.contains(key)) {
      violated("{}: step {} is done and its hook {} has not succeeded", spec.id, before.step + 1,
               key);
    }
  };
  need(spec.hooks.before_step.has_value(), "beforeStep");
  need(spec.steps[index].kind == StepKind::hook, "step");
  need(spec.hooks.after_step.has_value(), "afterStep");
}

// 14, 15
void Checker::check_baseline(const Process& process, const Track& track, const ReleaseState& now,
                             bool operated) const {
  const machine::ReleaseSpec& spec = track.ticket.spec;
  const ReleaseState& before = track.last;
  const auto& own = now.baseline.own;
  const bool begins = before.start.stage != machine::StartStage::started &&
                      now.start.stage == machine::StartStage::started &&
                      !machine::is_terminal(now.status);
  const bool compares = spec.fresh_baseline && spec.has_workload && !spec.instant;
  if (begins && compares && (!own || !before.baseline.since)) {
    violated("{}: begins without fresh instances to compare with", spec.id);
  }
  // Another serin's releases on the route know nothing of these instances, nor these of theirs.
  if (!own || processes_.size() > 1 || left_.contains(track.ticket.service)) return;
  if (own->instances > kStableMost) {
    violated("{}: takes {} instances for stable's own, {} are the most", spec.id, own->instances,
             kStableMost);
  }
  if (!compares || !process.alive() || !(begins || is_scaled(track, now, operated))) return;
  // What comes next may ask for more of them at once; it is not there yet.
  const ObservedTraffic truth = routes_.at(track.ticket.service)->truth();
  const int there = truth.stable.servers_total;
  const int canary = truth.canary_slot.servers_total;
  if (before.baseline.fresh < canary || there < own->instances + canary) {
    violated("{}: compares with {} of stable's instances, {} its own and {} fresh, beside {}",
             spec.id, there, own->instances, before.baseline.fresh, canary);
  }
}

// A setCanaryScale that serin itself found done.
bool Checker::is_scaled(const Track& track, const ReleaseState& now, bool operated) {
  const ReleaseState& before = track.last;
  if (now.step == before.step || operated || before.status != ReleaseStatus::progressing ||
      before.start.stage != machine::StartStage::started) {
    return false;
  }
  const auto index = static_cast<std::size_t>(before.step);
  const auto& steps = track.ticket.spec.steps;
  return index < steps.size() && steps[index].kind == StepKind::set_canary_scale &&
         now.log[index].outcome == StepOutcome::done;
}

// 9: a timed pause that ended by itself lasted as long as it should.
void Checker::follow_steps(const Track& track, const ReleaseState& now, bool operated) const {
  const ReleaseState& before = track.last;
  if (now.step == before.step || operated || before.status != ReleaseStatus::progressing) return;
  auto index = static_cast<std::size_t>(before.step);
  const auto& steps = track.ticket.spec.steps;
  if (index >= steps.size() || steps[index].kind != StepKind::pause || !steps[index].duration)
    return;
  if (now.log[index].outcome != StepOutcome::done) return;
  if (track.looked + kSlack < *steps[index].duration) {
    violated("{}: step {} of {} ended after {:.1f} s in which serin looked", track.ticket.spec.id,
             before.step + 1, format_duration(*steps[index].duration), to_seconds(track.looked));
  }
}

// 3: evidence, or a word.
void Checker::check_promotion(const Track& track, const ReleaseState& now) const {
  const machine::ReleaseSpec& spec = track.ticket.spec;
  // A rollback's ticket is a person's word.
  if (now.promotion.word || track.ticket.type == engine::TicketType::rollback) return;
  if (!now.judgement || now.judgement->contested) violated("{}: contested and promoted", spec.id);
  if (!now.judgement->covered) violated("{}: promoted without data", spec.id);
  if (spec.undecided == machine::Undecided::promote) return;
  Fleet* fleet = metrics_.fleet(track.ticket.service);
  if (fleet != nullptr && fleet->canary_is_bad()) violated("{}: bad and promoted", spec.id);
  if (!now.judgement->passed) violated("{}: promoted undecided", spec.id);
  const Json& needed = track.ticket.pinned["good_needed"];
  if (!needed.is_null() && track.good_looks < needed.integer()) {
    violated("{}: promoted with {} of {} good looks", spec.id, track.good_looks, needed.integer());
  }
}

// 1, the end of it.
void Checker::check_end(Process& process, Track& track, const ReleaseState& now) {
  const Route& route = *routes_.at(track.ticket.service);
  if (now.status == ReleaseStatus::succeeded) {
    ++promoted_;
    bool withdrawn = track.ticket.type == engine::TicketType::rollback &&
                     track.ticket.spec.promotion == machine::PromoteBy::manual;
    if (withdrawn && now.traffic.claimed && now.traffic.desired.canary.units() > 0) {
      violated("{}: rolled back and the canary is left {}", track.ticket.spec.id,
               now.traffic.desired.canary.to_string());
    }
    return;
  }
  ++returned_;
  if (now.back.cause == machine::Cause::route_lost && now.baseline.own) {
    left_.insert(track.ticket.service);
  }
  bool ours = now.back.cause != machine::Cause::route_lost &&
              now.back.cause != machine::Cause::refused && now.traffic.claimed;
  bool touched = world_.mono() - route.last_foreign_change() < seconds(3);
  bool gets = route.share().units() > 0 || !route.content().empty();
  if (ours && !touched && gets && route.owner() == track.ticket.spec.owner) {
    violated("{}: {} ended {} and the canary still gets {}{}", process.instance(),
             track.ticket.spec.id, machine::to_string(now.status), route.share().to_string(),
             route.content().empty() ? "" : " and what rules take");
  }
}

void Checker::at_end(const std::vector<std::unique_ptr<Process>>& processes) {
  for (const auto& process : processes) {
    if (!process->alive()) violated("{}: did not come back", process->instance());
    for (const std::string& release : process->engine().releases()) {
      const ReleaseState& state = *process->engine().state(release);
      if (machine::is_terminal(state.status)) continue;
      violated("{}: {} does not end: {} ({}) step {}, {}", process->instance(), release,
               machine::to_string(state.status), machine::to_string(state.reason), state.step,
               state.sentence);
    }
    check_folded(*process, minds_[process->instance()]);
  }
  // 15
  for (const auto& [name, route] : routes_) {
    int there = route->truth().stable.servers_total;
    if (processes.size() > 1 || there <= kStableMost || left_.contains(name)) continue;
    violated("{}: stable is left with {} instances, {} are the most", name, there, kStableMost);
  }
}

}  // namespace serin::sim
