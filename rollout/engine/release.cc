#include "rollout/engine/release.h"

#include <algorithm>

#include "base/assert.h"

namespace serin::rollout::engine {
namespace {

using machine::ReleaseState;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

analysis::EdgeCounts edge_counts(const ObservedTraffic& observed) {
  auto side = [](const SlotCounts& counts) {
    return analysis::EdgeCounts::Side{
        counts.requests, counts.responses_5xx + counts.connect_errors + counts.response_errors +
                             counts.retries + counts.redispatches};
  };
  return {side(observed.stable.counts), side(observed.canary_slot.counts),
          observed.router_instance};
}

// A step's data, like its time, count from the end of the hook before it.
bool has_begun(const machine::ReleaseSpec& spec, const ReleaseState& state) {
  return !spec.hooks.before_step || state.timer.prepared ||
         state.step >= static_cast<int>(spec.steps.size());
}

bool confirmed_anew(const machine::ReleaseSpec& spec, const ReleaseState& before,
                    const ReleaseState& after) {
  if (!after.traffic.confirmed || after.start.stage != machine::StartStage::started) return false;
  if (!has_begun(spec, after)) return false;
  return !before.traffic.confirmed || before.step != after.step || !has_begun(spec, before) ||
         before.start.stage != after.start.stage ||
         before.traffic.accepted != after.traffic.accepted;
}

}  // namespace

Json Release::save() const {
  return Json::object()
      .set("ticket", to_json(ticket))
      .set("sequence", sequence)
      .set("state", machine::to_json(state))
      .set("analysis", analysis != nullptr ? analysis->save() : Json())
      .set("report", report);
}

Status Release::load(const Json& saved, const MakeAnalysis& make_analysis) {
  SERIN_TRY(read, machine::release_state_from_json(saved["state"]));
  std::unique_ptr<analysis::ReleaseAnalysis> made;
  if (!saved["analysis"].is_null()) {
    SERIN_TRY(fresh, make_analysis(ticket, read.created));
    if (fresh == nullptr) {
      return fail(Code::data_loss, id() + ": a saved analysis of a release that has none");
    }
    SERIN_CHECK(fresh->load(saved["analysis"]));
    made = std::move(fresh);
  }
  state = std::move(read);
  analysis = std::move(made);
  sequence = static_cast<std::uint64_t>(saved["sequence"].integer());
  report = saved["report"];
  judge_again = true;
  wakeup_known_ = false;
  return {};
}

Applied Release::apply(const Entry& entry, Now now) {
  wakeup_known_ = false;
  ++sequence;
  Applied applied = std::visit(
      Overloaded{[&](const entry::Asked&) {
                   Applied asked{.changed = true};
                   SERIN_ASSERT(analysis != nullptr);
                   asked.asks = analysis->due(now);
                   judge_again = true;
                   return asked;
                 },
                 [&](const entry::Answered& answered) {
                   if (analysis == nullptr) return Applied{};  // too late: the release has ended
                   for (analysis::AskId ask : answered.asks) {
                     analysis->answered(ask, *answered.answer, now);
                   }
                   judge_again = true;
                   return Applied{.changed = true};
                 },
                 [&](const entry::Learned& learned) {
                   if (analysis == nullptr) return Applied{};
                   judge_again = true;
                   return Applied{.changed = true,
                                  .status = analysis->learned(learned.ask, learned.what, now)};
                 },
                 [&](const machine::Event& event) { return apply_event(event, now); }},
      entry);
  if (!applied.changed) --sequence;
  return applied;
}

Applied Release::apply_event(const machine::Event& event, Now now) {
  machine::Transition next = machine::step(ticket.spec, state, event, now);
  if (!next.changed) return {.changed = false, .effects = std::move(next.effects)};
  ReleaseState before = std::exchange(state, std::move(next.state));
  if (analysis != nullptr) {
    tell_analysis(before, event, next.effects, now);
    if (!active()) {
      report = analysis->report(now);
      analysis.reset();
    }
  }
  return {.changed = true, .effects = std::move(next.effects)};
}

void Release::tell_analysis(const ReleaseState& before, const machine::Event& event,
                            const std::vector<machine::Effect>& effects, Now now) {
  bool restarted = std::holds_alternative<machine::event::Recovered>(event);
  if (restarted || now.mono - before.last_look.mono > machine::kLookGapMax) {
    analysis->resumed(now);
    judge_again = true;
  }
  if (state.baseline.since && !before.baseline.since) analysis->baseline_asked(now);
  for (const machine::Effect& effect : effects) {
    const auto* apply = std::get_if<machine::effect::ApplyTraffic>(&effect.action);
    if (apply == nullptr || !machine::gives_traffic(ticket.spec, apply->desired)) continue;
    analysis->traffic_commanded(apply->desired.canary.fraction(), now);
  }
  if (confirmed_anew(ticket.spec, before, state)) {
    analysis->traffic_confirmed(state.step, state.traffic.accepted.fraction(), now);
    judge_again = true;
  }
  const auto* observed = std::get_if<machine::event::TrafficObserved>(&event);
  if (observed != nullptr && observed->observed && state.exposed) {
    analysis->edge_counts(edge_counts(*observed->observed), observed->observed->canary.fraction(),
                          now);
    judge_again = true;
  }
}

void Release::replace(Ticket by, ReleaseState next,
                      std::unique_ptr<analysis::ReleaseAnalysis> judge) {
  ticket = std::move(by);
  state = std::move(next);
  analysis = std::move(judge);
  judge_again = true;
  wakeup_known_ = false;
  ++sequence;
}

std::optional<Instant> Release::look() const {
  return analysis != nullptr && !waiting() ? analysis->next_wakeup() : std::nullopt;
}

std::optional<Instant> Release::next_wakeup() const {
  if (wakeup_known_) return wakeup_;
  wakeup_known_ = true;
  wakeup_ = timer();
  auto earlier = [&](std::optional<Instant> when) {
    if (when && (!wakeup_ || *when < *wakeup_)) wakeup_ = when;
  };
  earlier(look());
  if (auto every = machine::observe_every(state); every && !observing_) {
    earlier(observe_asked_ == Instant::min() ? observe_asked_ : observe_asked_ + *every);
  }
  if (wakeup_) wakeup_ = std::max(*wakeup_, not_before_);
  return wakeup_;
}

bool Release::observe_due(Instant now) const {
  auto every = machine::observe_every(state);
  if (!every || observing_) return false;
  return observe_asked_ == Instant::min() || now - observe_asked_ >= *every;
}

void Release::observe_begun(Instant now) {
  observing_ = true;
  observe_asked_ = now;
  wakeup_known_ = false;
}

bool Release::observe_ended(Instant now) {
  observing_ = false;
  wakeup_known_ = false;
  return observe_asked_ == Instant::min() || now - observe_asked_ <= kReadingAgeMax;
}

void Release::ticked(Instant not_before) {
  not_before_ = not_before;
  wakeup_known_ = false;
}

}  // namespace serin::rollout::engine
