#include "app/workbench/plans.h"

#include "analysis/release/policy_analysis.h"
#include "app/plan/figures.h"
#include "app/plan/plan.h"

namespace serin::app {
namespace {

using analysis::planning::FiguresPlan;

constexpr double kWeightsAssumed[] = {1, 5, 25, 50};
constexpr Duration kStepAssumed = std::chrono::minutes(5);
constexpr std::uint64_t kSeed = 1;  // the same question has the same answer

Duration duration_of(const Json& text) {
  auto duration = parse_duration(text.string());
  return duration ? *duration : Duration::zero();
}

void add_figures(FiguresPlan& plan, const Json& body, Fields& fields) {
  const auto rps = fields.number("rps", kPlanRequestsMax);
  // Where there is one that is wrong, that has been told: the rest is looked at all the same.
  const FigureTexts texts{.rps = rps.value_or(body.contains("rps") ? 1 : 0),
                          .baseline = fields.text("baseline"),
                          .latency = fields.text("latency"),
                          .over = fields.text("over"),
                          .mean = fields.number("mean", kPlanValueMax).value_or(0),
                          .sd = fields.number("sd", kPlanValueMax).value_or(0),
                          .effect = fields.text("effect")};
  auto figures = parse_figures(texts);
  if (figures) {
    plan.figures = *std::move(figures);
    plan.rules = analysis::rules_for(plan.figures.kind(), {});
  } else {
    fields.wrong(figures.error().field, figures.error().why);
  }
}

void add_steps(FiguresPlan& plan, Fields& fields) {
  std::vector<double> weights;
  for (const Json& weight : fields.list("weights", kPlanStepsMax)) {
    if (weight.number() > 0 && weight.number() < 100) {
      weights.push_back(weight.number());
    } else {
      fields.wrong("weights", "must be numbers above 0 and below 100");
    }
  }
  if (weights.empty()) weights.assign(std::begin(kWeightsAssumed), std::end(kWeightsAssumed));
  std::vector<Duration> durations;
  for (const Json& text : fields.list("durations", kPlanStepsMax)) {
    durations.push_back(duration_of(text));
    if (durations.back() <= Duration::zero())
      fields.wrong("durations", "must be durations such as 5m");
  }
  if (durations.empty()) durations.push_back(kStepAssumed);
  if (durations.size() == 1) durations.resize(weights.size(), durations.front());
  if (durations.size() != weights.size()) {
    fields.wrong("durations", "must be one, or one for each weight");
    return;
  }
  for (std::size_t i = 0; i < weights.size(); ++i)
    plan.steps.push_back({weights[i] / 100, durations[i]});
}

}  // namespace

PlanRequest plan_request(const Json& body, Fields& fields) {
  PlanRequest request;
  FiguresPlan& plan = request.plan;
  add_figures(plan, body, fields);
  if (auto power = fields.number("power", 0.999)) request.power = *power;
  if (auto risk = fields.number("risk", 0.5)) plan.alpha = *risk;
  if (auto interval = fields.duration("interval")) plan.interval = *interval;
  if (plan.interval < kPlanIntervalMin) {
    fields.wrong("interval", "must be at least " + format_duration(kPlanIntervalMin));
    plan.interval = kPlanIntervalMin;
  }
  add_steps(plan, fields);
  return request;
}

void follow(PlanRequest& request, const ReplaySetup& setup) {
  follow_policy(request.plan, *setup.policy);
}

Result<Json> planned(const PlanRequest& request, const Workbench::Limit& limit) {
  if (limit.is_over()) return std::unexpected(limit.error());
  Rng rng(kSeed);
  SERIN_TRY(report, plan_figures(request.plan, request.power, rng));
  Json lines = Json::array();
  for (std::string& line : report.lines) lines.push(std::move(line));
  Json warnings = Json::array();
  for (std::string& warning : report.warnings) warnings.push(std::move(warning));
  return std::move(report.json)
      .set("lines", std::move(lines))
      .set("warnings", std::move(warnings))
      .set("suggestion", report.suggestion)
      .set("fits", report.fits);
}

}  // namespace serin::app
