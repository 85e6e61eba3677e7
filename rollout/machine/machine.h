// The release machine: what becomes of a release when something happens, and what is to be done.
//
//   Transition next = step(spec, std::move(state), event::Judged{judgement, step}, now);
//   journal(event);                                // where next.changed
//   perform(next.effects);                         // each says when
//
// Pure: no I/O, no clock. The same events give the same states and effects. It knows nothing of
// statistics (it is told judgements) nor of proxies (it is told what was read back).
//
// Events that change nothing are no steps: `changed` is false, the only effect is a reply to
// whoever asked, and the event need not be kept. Effects that give the canary traffic, or other
// traffic than before, say after_durable; whoever performs one asks is_wanted() first, for it may
// have waited.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rollout/machine/model/effect.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/spec.h"
#include "rollout/machine/model/state.h"

namespace serin::rollout::machine {

// Bounds of time, each with a test.
inline constexpr Duration kHeartbeat = std::chrono::seconds(1);   // between looks that are kept
inline constexpr Duration kLookGapMax = std::chrono::seconds(5);  // longer: nobody looked
inline constexpr Duration kConfirmEvery = std::chrono::milliseconds(100);
inline constexpr Duration kObserveEvery = std::chrono::seconds(1);
inline constexpr Duration kRetryFirst = std::chrono::milliseconds(100);
inline constexpr Duration kReturnRetryMax = std::chrono::seconds(2);
inline constexpr Duration kRetryMax = std::chrono::seconds(10);
inline constexpr Duration kDeliveryLate = std::chrono::seconds(30);  // a weight is not confirmed
inline constexpr Duration kReturnLate = std::chrono::seconds(5);
inline constexpr Duration kReturnEscalate = std::chrono::seconds(10);
inline constexpr Duration kUncertain = std::chrono::seconds(5);  // a lost command may still land
// After a restart nothing is raised for this long.
inline constexpr Duration kRecoverySettle = std::chrono::seconds(2);
inline constexpr Duration kStartLate = std::chrono::seconds(60);
inline constexpr Duration kSourcesLate = std::chrono::seconds(60);
inline constexpr Duration kRouterSilent = std::chrono::seconds(10);
inline constexpr Duration kWorkloadEvery = std::chrono::seconds(1);
// Instances are looked at so often while they are judged, one slot after the other.
inline constexpr Duration kWorkloadLookEvery = std::chrono::seconds(5);
// The metric of a pause that says that the canary gets less traffic than its share.
inline constexpr std::string_view kTrafficMetric = "traffic";
inline constexpr int kHandBackMax = 20;
inline constexpr std::uint64_t kGenerationGap = 1'000'000;  // commands that a lost journal may hide
// A return of at most this share is no burden to a stable slot that lacks instances.
inline constexpr Weight kLightShare = Weight::from_units(2000);

struct Transition {
  ReleaseState state;
  std::vector<Effect> effects;
  bool changed = false;
};

Transition step(const ReleaseSpec& spec, ReleaseState state, const Event& event, Now now);

// The state of a release whose plan is edited while it runs: done steps stay, the current one may
// have another time, what comes is the new plan's. Errors: failed_precondition (its status, or the
// store, does not allow it now), invalid_argument (a done step, or what can't change in
// mid-release, is another: named).
Result<ReleaseState> edited(const ReleaseSpec& before, const ReleaseSpec& after, ReleaseState state,
                            Now now);

// When the state may next change by time alone; nothing where it can't. May lie in the past.
std::optional<Instant> next_wakeup(const ReleaseSpec& spec, const ReleaseState& state);

// How often the route is to be read now; nothing: it need not be.
std::optional<Duration> observe_every(const ReleaseState& state);

// False where an effect that waited was overtaken: it must not be performed; its outcome is
// `dropped`.
bool is_wanted(const ReleaseState& state, const Effect& effect);

// The share that a router may be giving the canary now by what is known: the greatest of what was
// commanded and not overtaken, and what was read.
Weight share_possible(const ReleaseState& state);

// Of a release that has ended: what stable's slot holds by itself, where fresh instances may still
// be in it. The next release is told (event::Start).
std::optional<StableOwn> fresh_left(const ReleaseSpec& spec, const ReleaseState& state);

// Whether such traffic is the canary's to be judged by: a share, the requests that the release's
// own rules choose, or copies. Header routes are a person's.
bool gives_traffic(const ReleaseSpec& spec, const DesiredTraffic& desired);

}  // namespace serin::rollout::machine
