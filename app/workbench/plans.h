// What a plan's steps can show, asked of a server: `serin plan` from figures.
#pragma once

#include <optional>

#include "analysis/planning/figures_plan.h"
#include "app/api/fields.h"
#include "app/replay/setup.h"
#include "app/workbench/workbench.h"

namespace serin::app {

inline constexpr std::size_t kPlanStepsMax = 12;
inline constexpr Duration kPlanIntervalMin = std::chrono::seconds(5);
inline constexpr double kPlanRequestsMax = 1e7;  // a second
inline constexpr double kPlanValueMax = 1e15;    // of a mean and its standard deviation

struct PlanRequest {
  analysis::planning::FiguresPlan plan{};
  double power = 0.9;
};

// "rps", "baseline" ("0.5%") or "latency" ("p50=80ms,p99=400ms", with "over") or "mean" and "sd",
// "effect" ("+0.5pp"), "weights" (per cent), "durations", "interval", "power", "risk" of a body.
// What is wrong is told by `fields`.
PlanRequest plan_request(const Json& body, Fields& fields);
// With the rules, shares and error rates of a policy's first metric of the figures' kind.
void follow(PlanRequest& request, const ReplaySetup& setup);

// {"steps":[…],…,"lines":[…],"warnings":[…],"suggestion":…,"fits":…}. Errors: invalid_argument,
// deadline_exceeded.
Result<Json> planned(const PlanRequest& request, const Workbench::Limit& limit);

}  // namespace serin::app
