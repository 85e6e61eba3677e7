#include "rollout/machine/model/state.h"

#include "rollout/machine/model/codec.h"
#include "rollout/machine/model/scale_fields.h"

namespace serin::rollout::machine {
namespace {
using codec::Field;
using codec::Later;
}  // namespace

constexpr auto fields(std::type_identity<StepLog>) {
  return std::tuple{Field{"outcome", &StepLog::outcome}, Field{"entered_ns", &StepLog::entered},
                    Field{"ended_ns", &StepLog::ended},  Field{"approval", &StepLog::approval},
                    Field{"by", &StepLog::by},           Field{"comment", &StepLog::comment}};
}

constexpr auto fields(std::type_identity<Timer>) {
  return std::tuple{Field{"begun", &Timer::begun},
                    Field{"looked_ns", &Timer::looked},
                    Field{"extending", &Timer::extending},
                    Field{"prepared", &Timer::prepared},
                    Field{"finished", &Timer::finished},
                    Later{"scaling_from_ns", &Timer::scaling_from},
                    Later{"scaling_told", &Timer::scaling_told}};
}

constexpr auto fields(std::type_identity<ReadyCounts>) {
  return std::tuple{Field{"stable", &ReadyCounts::stable}, Field{"canary", &ReadyCounts::canary}};
}

constexpr auto fields(std::type_identity<TrafficState>) {
  return std::tuple{Field{"desired", &TrafficState::desired},
                    Field{"claimed", &TrafficState::claimed},
                    Field{"confirmed", &TrafficState::confirmed},
                    Field{"seen_again", &TrafficState::seen_again},
                    Field{"accepted", &TrafficState::accepted},
                    Field{"accepted_in_service", &TrafficState::accepted_in_service},
                    Field{"accepted_content", &TrafficState::accepted_content},
                    Field{"ready", &TrafficState::ready},
                    Field{"instance", &TrafficState::instance},
                    Field{"in_flight", &TrafficState::in_flight},
                    Field{"in_flight_gives", &TrafficState::in_flight_gives},
                    Field{"stale_raise", &TrafficState::stale_raise},
                    Field{"uncertain_until_ns", &TrafficState::uncertain_until},
                    Field{"attempt", &TrafficState::attempt},
                    Field{"next_try_ns", &TrafficState::next_try},
                    Field{"unconfirmed_since_ns", &TrafficState::unconfirmed_since},
                    Field{"late_told", &TrafficState::late_told},
                    Field{"turn", &TrafficState::turn},
                    Field{"seen_turn", &TrafficState::seen_turn},
                    Field{"settled_turn", &TrafficState::settled_turn},
                    Field{"foreign_raises", &TrafficState::foreign_raises},
                    Field{"drained", &TrafficState::drained},
                    Field{"observed", &TrafficState::observed},
                    Field{"observed_at", &TrafficState::observed_at},
                    Field{"unreachable_since_ns", &TrafficState::unreachable_since},
                    Field{"unreachable_told", &TrafficState::unreachable_told}};
}

constexpr auto fields(std::type_identity<StartState>) {
  return std::tuple{Field{"stage", &StartState::stage},
                    Field{"since_ns", &StartState::since},
                    Field{"next_try_ns", &StartState::next_try},
                    Field{"asked", &StartState::asked},
                    Field{"ready_since_ns", &StartState::ready_since},
                    Field{"late_told", &StartState::late_told},
                    Field{"drain_first", &StartState::drain_first},
                    Field{"stale_owner", &StartState::stale_owner},
                    Field{"before", &StartState::before},
                    Field{"stable_instances", &StartState::stable_instances}};
}

constexpr auto fields(std::type_identity<BaselineState>) {
  return std::tuple{Field{"own", &BaselineState::own}, Field{"fresh", &BaselineState::fresh},
                    Field{"since_ns", &BaselineState::since}};
}

constexpr auto fields(std::type_identity<WorkloadState>) {
  return std::tuple{Field{"in_flight", &WorkloadState::in_flight},
                    Later{"stable_last", &WorkloadState::stable_last},
                    Later{"problem", &WorkloadState::problem},
                    Field{"next_try_ns", &WorkloadState::next_try},
                    Field{"look", &WorkloadState::look},
                    Field{"next_look_ns", &WorkloadState::next_look},
                    Field{"look_at_stable", &WorkloadState::look_at_stable},
                    Field{"canary", &WorkloadState::canary},
                    Field{"stable", &WorkloadState::stable}};
}

constexpr auto fields(std::type_identity<PromotionState>) {
  return std::tuple{Field{"stage", &PromotionState::stage},
                    Field{"word", &PromotionState::word},
                    Field{"in_flight", &PromotionState::in_flight},
                    Field{"next_try_ns", &PromotionState::next_try},
                    Field{"attempt", &PromotionState::attempt},
                    Field{"uncertain", &PromotionState::uncertain},
                    Field{"recall", &PromotionState::recall},
                    Field{"recall_sentence", &PromotionState::recall_sentence},
                    Field{"copying", &PromotionState::copying},
                    Field{"copied", &PromotionState::copied}};
}

constexpr auto fields(std::type_identity<ReturnState>) {
  return std::tuple{Field{"cause", &ReturnState::cause},
                    Field{"sentence", &ReturnState::sentence},
                    Field{"since", &ReturnState::since},
                    Field{"hard", &ReturnState::hard},
                    Field{"late_told", &ReturnState::late_told},
                    Field{"capacity_told", &ReturnState::capacity_told},
                    Field{"escalated", &ReturnState::escalated},
                    Field{"restore_stable", &ReturnState::restore_stable},
                    Field{"drain_until_ns", &ReturnState::drain_until}};
}

constexpr auto fields(std::type_identity<Remainder>) {
  return std::tuple{Field{"hand_back", &Remainder::hand_back},
                    Field{"attempts", &Remainder::attempts},
                    Field{"stop_canary_at_ns", &Remainder::stop_canary_at},
                    Later{"stop_fresh_at_ns", &Remainder::stop_fresh_at}};
}

constexpr auto fields(std::type_identity<HookGate>) {
  return std::tuple{Field{"key", &HookGate::key}, Field{"running", &HookGate::running},
                    Field{"done", &HookGate::done}};
}

constexpr auto fields(std::type_identity<HookAside>) {
  return std::tuple{Field{"point", &HookAside::point}, Field{"running", &HookAside::running}};
}

constexpr auto fields(std::type_identity<AppliedOperation>) {
  return std::tuple{Field{"key", &AppliedOperation::key},
                    Field{"operation", &AppliedOperation::operation}};
}

constexpr auto fields(std::type_identity<ReleaseState>) {
  return std::tuple{Field{"status", &ReleaseState::status},
                    Field{"reason", &ReleaseState::reason},
                    Field{"sentence", &ReleaseState::sentence},
                    Field{"resume_to", &ReleaseState::resume_to},
                    Field{"since", &ReleaseState::since},
                    Field{"created", &ReleaseState::created},
                    Field{"ended_ns", &ReleaseState::ended},
                    Field{"step", &ReleaseState::step},
                    Field{"timer", &ReleaseState::timer},
                    Field{"log", &ReleaseState::log},
                    Field{"manual_weight", &ReleaseState::manual_weight},
                    Field{"scale", &ReleaseState::scale},
                    Field{"gate", &ReleaseState::gate},
                    Field{"asides", &ReleaseState::asides},
                    Field{"traffic", &ReleaseState::traffic},
                    Field{"start", &ReleaseState::start},
                    Field{"workload", &ReleaseState::workload},
                    Later{"baseline", &ReleaseState::baseline},
                    Field{"promotion", &ReleaseState::promotion},
                    Field{"back", &ReleaseState::back},
                    Field{"remainder", &ReleaseState::remainder},
                    Field{"judgement", &ReleaseState::judgement},
                    Field{"judged_step", &ReleaseState::judged_step},
                    Field{"exposed", &ReleaseState::exposed},
                    Field{"muted", &ReleaseState::muted},
                    Field{"acknowledged", &ReleaseState::acknowledged},
                    Field{"told", &ReleaseState::told},
                    Field{"sources_down_since_ns", &ReleaseState::sources_down_since},
                    Field{"sources_told", &ReleaseState::sources_told},
                    Field{"recovering", &ReleaseState::recovering},
                    Field{"calm_until_ns", &ReleaseState::calm_until},
                    Field{"store_failed", &ReleaseState::store_failed},
                    Field{"operations", &ReleaseState::operations},
                    Field{"effects", &ReleaseState::effects},
                    Field{"last_look", &ReleaseState::last_look}};
}

ReleaseState initial_state(const ReleaseSpec& spec, Now now) {
  ReleaseState state;
  state.since = now;
  state.created = now;
  state.last_look = now;
  state.log.resize(spec.steps.size());
  state.traffic.desired.owner = spec.owner;
  return state;
}

Json to_json(const ReleaseState& state) {
  return codec::encode(state);
}

Result<ReleaseState> release_state_from_json(const Json& json) {
  return codec::decode<ReleaseState>(json);
}

}  // namespace serin::rollout::machine
