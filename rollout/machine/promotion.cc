// Promoting: the canary takes all, is watched there, and the roles are exchanged.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rollout/machine/phases.h"
#include "rollout/machine/step_end.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

constexpr const char* kExchangeKey = "exchange";

void enter_stage(Context& c, PromotionStage stage) {
  c.state.promotion.stage = stage;
  c.state.timer = Timer{};
  c.state.timer.begun = true;
}

// True once the canary slot holds as many ready instances as stable had.
bool scale(Context& c) {
  if (!bring_up(c)) return false;
  if (!c.spec.has_workload) {
    if (!c.spec.capacity || *c.spec.capacity == Weight::full() || c.state.promotion.word)
      return true;
    pause(c, Reason::capacity,
          fmt::format("promotion wants 100 % and the canary slot can take {}: add instances, then "
                      "continue",
                      c.spec.capacity->to_string()));
    return false;
  }
  const auto& canary = c.state.workload.canary;
  if (canary && canary->ready >= instances_needed(c) && !canary->mixed) return true;
  want_workload(c, Slot::canary, instances_needed(c), When::after_durable);
  wait_for_instances(c, instances_needed(c));
  return false;
}

// True once the stable slot has the new version, and the router finds it there. It has no traffic
// meanwhile.
bool is_copied(Context& c) {
  PromotionState& promotion = c.state.promotion;
  promotion.copying = true;
  int wanted = std::max(1, stable_own(c.state));
  const auto& stable = c.state.workload.stable;
  bool there = promotion.copied && stable && stable->ready >= wanted && !stable->mixed &&
               (stable->version.empty() || stable->version == c.spec.version);
  const SlotState& seen = c.state.traffic.observed->stable;
  if (there && (!seen.health_known || seen.servers_ready >= wanted)) return true;
  if (!there) want_workload(c, Slot::stable, wanted, When::after_durable);
  wait_for_instances(c, wanted);
  return false;
}

void exchange(Context& c) {
  PromotionState& promotion = c.state.promotion;
  if (c.state.store_failed || promotion.in_flight || c.mono() < promotion.next_try) return;
  promotion.in_flight = true;
  promotion.next_try = c.mono() + backoff(++promotion.attempt, kRetryMax);
  c.effects.push_back(
      {When::after_durable,
       effect::ExchangeRoles{kExchangeKey, c.spec.version, c.spec.promotion == PromoteBy::copy}});
}

}  // namespace

void begin_promotion(Context& c, bool word) {
  ReleaseState& state = c.state;
  for (int i = state.step; i < c.steps_count(); ++i) log_step(c, i, StepOutcome::skipped);
  state.step = c.steps_count();
  state.promotion.word = state.promotion.word || word;
  if (c.spec.promotion == PromoteBy::manual) {
    state.manual_weight.reset();
    if (target_weight(c).units() == 0) {
      end(c, ReleaseStatus::succeeded, "the canary has no traffic any more");
      return;
    }
    end(c, ReleaseStatus::succeeded,
        fmt::format("{} ends at {} of the traffic; bringing the rest of stable to it is left to "
                    "you (promotion: manual)",
                    c.spec.version, state.traffic.accepted.to_string()));
    return;
  }
  set_status(c, ReleaseStatus::promoting, Reason::none, "");
  enter_stage(c, PromotionStage::scale);
}

void promoting(Context& c) {
  ReleaseState& state = c.state;
  PromotionState& promotion = state.promotion;
  for (int round = 0; round < 6 && state.status == ReleaseStatus::promoting; ++round) {
    if (promotion.stage != PromotionStage::exchange && is_held(state)) return;
    switch (promotion.stage) {
      case PromotionStage::none:
        return;
      case PromotionStage::scale:
        if (!scale(c)) return;
        enter_stage(c, PromotionStage::full);
        state.manual_weight.reset();  // it held until now
        want_traffic(c, Weight::full(), true);
        break;
      case PromotionStage::full:
        if (!state.traffic.confirmed) return;
        enter_stage(c, PromotionStage::verify);
        break;
      case PromotionStage::verify: {
        if (!state.traffic.confirmed) return;
        bool done =
            promotion.word ? state.timer.looked >= c.spec.verify : may_end(c, c.spec.verify, false);
        if (!done) return;
        bool copies = c.spec.promotion == PromoteBy::copy;
        enter_stage(c, copies ? PromotionStage::copy : PromotionStage::exchange);
        if (copies) log_own_step(c, StepKind::deploy_rolling, StepOutcome::current);
        promotion.next_try = c.mono();
        break;
      }
      case PromotionStage::copy:
        if (!state.traffic.confirmed || !is_copied(c)) return;
        log_own_step(c, StepKind::deploy_rolling, StepOutcome::done);
        enter_stage(c, PromotionStage::hand_over);
        want_traffic(c, Weight(), true);
        break;
      case PromotionStage::hand_over:
        if (!state.traffic.confirmed) return;
        enter_stage(c, PromotionStage::exchange);
        promotion.next_try = c.mono();
        break;
      case PromotionStage::exchange:
        exchange(c);
        return;
    }
  }
}

void fail_release(Context& c, Cause cause, std::string sentence) {
  PromotionState& promotion = c.state.promotion;
  if (!is_exchanging(c.state) || (!promotion.in_flight && !promotion.uncertain)) {
    return_to_stable(c, cause, std::move(sentence), cause == Cause::guard);
    return;
  }
  if (promotion.recall != Cause::none) return;
  promotion.recall = cause;
  promotion.recall_sentence = std::move(sentence);
}

void on_exchanged(Context& c, const event::RolesExchanged& event) {
  PromotionState& promotion = c.state.promotion;
  if (c.state.status != ReleaseStatus::promoting || !promotion.in_flight ||
      event.key != kExchangeKey) {
    return;
  }
  promotion.in_flight = false;
  promotion.uncertain = promotion.uncertain || event.result == Outcome::unknown;
  if (event.result != Outcome::done) {
    // It is idempotent: asked again, unless the canary failed meanwhile and it was not done.
    if (promotion.recall == Cause::none || promotion.uncertain) return;
    Cause cause = std::exchange(promotion.recall, Cause::none);
    return_to_stable(c, cause, promotion.recall_sentence, cause == Cause::guard);
    return;
  }
  if (promotion.recall != Cause::none) {
    tell(c, Severity::alert, "failed-while-promoted",
         fmt::format("{} became stable while it failed: {}; roll back to return to {}",
                     c.spec.version, promotion.recall_sentence, c.spec.stable_version));
    promotion.recall = Cause::none;
  }
  std::string rest =
      fmt::format("{} stays warm for {}", c.spec.stable_version, format_duration(c.spec.warm));
  if (step_of_promotion(c.spec, StepKind::cleanup)) {
    rest = fmt::format("the instances of {} are taken away", c.spec.stable_version);
  }
  if (c.spec.promotion == PromoteBy::copy) rest = "the stable slot has it";
  tell(c, Severity::info, "promoted",
       fmt::format("{} {} is stable; {}", c.spec.rollout, c.spec.version, rest));
  end(c, ReleaseStatus::succeeded, fmt::format("{} is stable", c.spec.version));
}

}  // namespace serin::rollout::machine
