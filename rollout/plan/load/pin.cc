#include "rollout/plan/load/pin.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "analysis/templates/faults.h"
#include "analysis/templates/fields.h"
#include "analysis/templates/merge.h"
#include "analysis/templates/read.h"
#include "analysis/templates/substitute.h"
#include "analysis/templates/validation.h"
#include "base/config/document.h"
#include "base/config/reader.h"
#include "base/config/writer.h"
#include "rollout/plan/load/arguments.h"
#include "rollout/plan/load/presets.h"

namespace serin::rollout {
namespace {

using analysis::AnalysisTemplate;
using analysis::Argument;
using analysis::Metric;
using analysis::Versions;
using config::Dialect;

constexpr std::string_view kCanary = "canary";
constexpr std::string_view kStable = "stable";
constexpr std::string_view kPrometheus = "prometheus";

// An argument without a value whose place is a secret.
std::map<std::string, analysis::SecretKeyRef> secrets_of(const std::vector<Argument>& args) {
  std::map<std::string, analysis::SecretKeyRef> secrets;
  for (const Argument& argument : args) {
    // In Argo's way a secret counts even beside a value.
    if (argument.value_from && argument.value_from->secret_key_ref) {
      secrets[argument.name] = *argument.value_from->secret_key_ref;
    }
  }
  return secrets;
}

// Arguments that stay placeholders: secrets, and stable's version while nobody knows it.
std::set<std::string> kept(const PinnedAnalysis& analysis, std::string_view stable_version) {
  std::set<std::string> names;
  for (const auto& [name, secret] : analysis.secrets) names.insert(name);
  if (stable_version.empty()) names.emplace(kStable);
  return names;
}

Result<Versions> fill_versions(const Versions& versions, const std::vector<Argument>& args,
                               const std::set<std::string>& keep) {
  SERIN_TRY(filled, analysis::substitute(config::write(versions), args, keep));
  Versions result;
  auto text = [&](std::string_view field) { return std::string(filled[field].string()); };
  result.label = text("label");
  result.canary = text("canary");
  result.stable = text("stable");
  result.instance = text("instance");
  return result;
}

// serin's own arguments, which a rollout or a template may override.
std::vector<Argument> own_args(const PinOptions& options) {
  std::vector<Argument> args;
  args.push_back({"canary", options.version, std::nullopt});
  if (!options.stable_version.empty()) {
    args.push_back({std::string(kStable), options.stable_version, std::nullopt});
  }
  return args;
}

void put(std::vector<Argument>& args, const std::string& name, std::string value) {
  auto found = std::ranges::find(args, name, &Argument::name);
  if (found == args.end()) {
    args.push_back({name, std::move(value), std::nullopt});
  } else {
    *found = {name, std::move(value), std::nullopt};
  }
}

// Compared metrics that say nothing of where and how often get the defaults.
void fill_defaults(Metric& metric, const PinOptions& options) {
  if (metric.dialect == Dialect::argo) return;
  if (metric.compared() && metric.interval.empty()) {
    metric.interval = config::DurationText(kComparedIntervalDefault);
  }
  auto address = options.args.find(std::string(kPrometheus));
  if (address == options.args.end()) return;
  if (metric.compared() && metric.provider.count() == 0) metric.provider.prometheus.emplace();
  auto& provider = metric.provider.prometheus;
  if (provider && provider->address.empty()) provider->address = address->second;
}

// A `{{args.prometheus}}` that nobody filled: a replay needs no provider.
void drop_unfilled_provider(Metric& metric) {
  auto& provider = metric.provider.prometheus;
  if (provider && config::has_placeholder(provider->address)) provider->address.clear();
}

// What Argo says of its metrics once they are filled in, and serin of its own.
Status check(const std::vector<PinnedMetric>& pinned) {
  if (pinned.empty()) return fail(Code::invalid_argument, "no metrics specified");
  std::vector<Metric> ours;
  for (const PinnedMetric& each : pinned) {
    if (each.metric.dialect == Dialect::serin) {
      ours.push_back(each.metric);
    } else if (auto faults = analysis::faults_of(each.metric); !faults.empty()) {
      return fail(Code::invalid_argument, fmt::format("Analysis spec invalid: metric '{}': {}",
                                                      each.metric.name, faults.front().message));
    }
  }
  // Placeholders that are left are kept on purpose.
  std::vector<Argument> any;
  for (const Metric& metric : ours) {
    for (const std::string& name : analysis::arguments_of(metric.written)) {
      any.push_back({name, "", std::nullopt});
    }
  }
  config::Document nowhere;
  config::Diagnostics problems;
  analysis::validate_metrics(ours, any, config::Reporter(nowhere, problems),
                             config::Path() / "metrics", false);
  return problems.has_errors() ? Status(std::unexpected(config::as_error(problems))) : Status();
}

// A merged run with its arguments put in.
Result<PinnedAnalysis> fill(analysis::AnalysisRunSpec run,
                            const std::map<std::string, Versions>& versions,
                            const PinOptions& options) {
  PinnedAnalysis pinned;
  pinned.secrets = secrets_of(run.args);
  pinned.dry_run = std::move(run.dry_run);
  pinned.measurement_retention = std::move(run.measurement_retention);
  pinned.kayenta = run.kayenta;
  pinned.false_rollback_rate =
      run.false_rollback_rate.value_or(AnalysisSpec::kFalseRollbackRateDefault);
  std::set<std::string> keep = kept(pinned, options.stable_version);
  bool no_address = !options.args.contains(std::string(kPrometheus));
  for (const Metric& metric : run.metrics) {
    std::vector<Argument> args = run.args;
    std::set<std::string> keep_here = keep;
    bool argo = metric.dialect == Dialect::argo;
    for (const Argument& own : own_args(options)) {
      if (std::ranges::find(args, own.name, &Argument::name) == args.end()) args.push_back(own);
    }
    if (!no_address && std::ranges::find(args, kPrometheus, &Argument::name) == args.end()) {
      args.push_back({std::string(kPrometheus), options.args.at(std::string(kPrometheus)), {}});
    }
    bool declared = std::ranges::find(args, kPrometheus, &Argument::name) != args.end();
    if (!argo && !declared) keep_here.emplace(kPrometheus);
    auto resolved = analysis::resolve_metric(metric, args, keep_here);
    if (!resolved) {
      return std::unexpected(
          std::move(resolved).error().with("Unable to resolve metric arguments"));
    }
    fill_defaults(*resolved, options);
    drop_unfilled_provider(*resolved);
    SERIN_CHECK(expand_preset(*resolved));
    resolved->written = analysis::to_json(*resolved);
    auto own = versions.find(metric.name);
    SERIN_TRY(filled,
              fill_versions(own == versions.end() ? preset_versions(metric.preset) : own->second,
                            args, keep));
    pinned.metrics.push_back({std::move(*resolved), std::move(filled)});
  }
  SERIN_CHECK(check(pinned.metrics));
  return pinned;
}

class Pinner {
 public:
  Pinner(const ConfigSet& set, const Rollout& rollout, const PinOptions& options, PinnedPlan& plan)
      : set_(set), rollout_(rollout), options_(options), plan_(plan) {}

  template <class Analysis>
  Result<PinnedAnalysis> pin(const Analysis& spec, std::string_view where) {
    auto pinned = build(spec);
    if (!pinned) return std::unexpected(std::move(pinned).error().with(std::string(where)));
    return pinned;
  }

  // Users that rules choose differ from stable's.
  void warn_of_match(const Rollout& rollout) {
    if (!rollout.canary || rollout.canary->match.empty() || !plan_.background) return;
    for (const PinnedMetric& pinned : plan_.background->metrics) {
      if (!pinned.metric.compare || pinned.metric.options.slo) continue;
      plan_.warnings.push_back(fmt::format(
          "{} is not judged: with `match` other users reach the canary than stable, so nothing is "
          "compared; a target (`slo`) or a threshold rule would be judged",
          pinned.metric.name));
    }
  }

  void warn_of_unused() {
    for (const auto& [name, value] : options_.args) {
      if (used_.contains(name) || name == kPrometheus) continue;
      plan_.warnings.push_back(fmt::format("no template has an argument '{}'", name));
    }
  }

 private:
  template <class Analysis>
  Result<PinnedAnalysis> build(const Analysis& spec) {
    SERIN_TRY(found, analysis::resolve_references(spec.templates, [&](const auto& reference) {
                return set_.find_template(reference);
              }));
    SERIN_TRY(looked_up, look_up(spec.args, rollout_, options_.version, options_.stable_version));
    // Metrics written in the rollout are a template of their own, whose arguments are given.
    AnalysisTemplate own;
    own.dialect = rollout_.dialect;
    own.spec.metrics = spec.metrics;
    own.spec.versions = spec.versions;
    if (!spec.metrics.empty()) {
      for (const Argument& argument : looked_up) own.spec.args.push_back({argument.name, {}, {}});
    }
    analysis::Templates templates{&own};
    templates.insert(templates.end(), found.templates.begin(), found.templates.end());

    analysis::Incoming incoming{own_args(options_), spec.dry_run, spec.measurement_retention};
    for (const Argument& argument : looked_up) {
      std::erase_if(incoming.args,
                    [&](const Argument& each) { return each.name == argument.name; });
      incoming.args.push_back(argument);
    }
    for (const auto& [name, value] : options_.args) put(incoming.args, name, value);
    note_used(templates);
    note_used(found.cluster_templates);
    leave_stable_open(templates);
    leave_stable_open(found.cluster_templates);
    SERIN_TRY(run, analysis::merge(templates, found.cluster_templates, incoming));
    SERIN_TRY(args, look_up(run.args, rollout_, options_.version, options_.stable_version));
    run.args = std::move(args);
    warn_of_secrets(incoming.args, run.args);
    if (options_.safe) {
      for (Metric& metric : run.metrics) metric.dialect = Dialect::serin;
    }
    return fill(std::move(run), versions_of(templates, found.cluster_templates), options_);
  }

  // While stable's version is unknown, a template that asks for it must not fail for that.
  void leave_stable_open(analysis::Templates& templates) {
    if (!options_.stable_version.empty()) return;
    for (const AnalysisTemplate*& each : templates) {
      auto declared = std::ranges::find(each->spec.args, kStable, &Argument::name);
      bool open = declared != each->spec.args.end() && !declared->value && !declared->value_from;
      if (!open) continue;
      AnalysisTemplate& copy = copies_.emplace_back(*each);
      std::erase_if(copy.spec.args, [](const Argument& arg) { return arg.name == kStable; });
      each = &copy;
    }
  }

  // In Argo's way the secret counts, not the value.
  void warn_of_secrets(const std::vector<Argument>& given, const std::vector<Argument>& merged) {
    for (const auto& [name, secret] : secrets_of(merged)) {
      auto value = std::ranges::find(given, name, &Argument::name);
      if (value == given.end() || !value->value) continue;
      plan_.warnings.push_back(fmt::format(
          "the argument '{}' is the template's secret; the value given is not used", name));
    }
  }

  void note_used(const analysis::Templates& templates) {
    for (const AnalysisTemplate* each : templates) {
      for (const Argument& argument : each->spec.args) used_.insert(argument.name);
    }
  }

  static std::map<std::string, Versions> versions_of(const analysis::Templates& templates,
                                                     const analysis::Templates& cluster) {
    std::map<std::string, Versions> versions;
    for (const auto* list : {&templates, &cluster}) {
      for (const AnalysisTemplate* each : *list) {
        if (!each->spec.versions) continue;
        for (const Metric& metric : each->spec.metrics)
          versions[metric.name] = *each->spec.versions;
      }
    }
    return versions;
  }

  const ConfigSet& set_;
  const Rollout& rollout_;
  const PinOptions& options_;
  PinnedPlan& plan_;
  std::set<std::string> used_;
  std::deque<AnalysisTemplate> copies_;
};

}  // namespace

Result<PinnedPlan> pin(const ConfigSet& set, const Rollout& rollout, const PinOptions& options) {
  PinnedPlan plan;
  plan.rollout = rollout;
  plan.version = options.version;
  plan.stable_version = options.stable_version;
  Pinner pinner(set, rollout, options, plan);
  if (rollout.canary) {
    if (const auto& background = rollout.canary->analysis) {
      SERIN_TRY(pinned, pinner.pin(*background, "analysis"));
      if (background->false_rollback_rate) {
        pinned.false_rollback_rate = *background->false_rollback_rate;
      }
      pinned.boundary = background->boundary.value_or(Boundary::exact);
      plan.background = std::move(pinned);
    }
    for (std::size_t i = 0; i < rollout.canary->steps.size(); ++i) {
      const auto* step = std::get_if<AnalysisStep>(&rollout.canary->steps[i].action);
      if (step == nullptr) continue;
      SERIN_TRY(pinned, pinner.pin(*step, fmt::format("steps[{}].analysis", i)));
      plan.steps.emplace(i, std::move(pinned));
    }
  }
  if (rollout.blue_green && rollout.blue_green->pre_promotion_analysis) {
    SERIN_TRY(pinned,
              pinner.pin(*rollout.blue_green->pre_promotion_analysis, "prePromotionAnalysis"));
    plan.pre_promotion = std::move(pinned);
  }
  if (rollout.blue_green && rollout.blue_green->post_promotion_analysis) {
    SERIN_TRY(pinned,
              pinner.pin(*rollout.blue_green->post_promotion_analysis, "postPromotionAnalysis"));
    plan.post_promotion = std::move(pinned);
  }
  pinner.warn_of_unused();
  pinner.warn_of_match(rollout);
  return plan;
}

Result<PinnedAnalysis> pin_run(const analysis::AnalysisRun& run, const PinOptions& options) {
  analysis::AnalysisRunSpec spec = run.spec;
  for (const auto& [name, value] : options.args) put(spec.args, name, value);
  std::map<std::string, Versions> versions;
  if (spec.versions) {
    for (const Metric& metric : spec.metrics) versions[metric.name] = *spec.versions;
  }
  if (options.safe) {
    for (Metric& metric : spec.metrics) metric.dialect = Dialect::serin;
  }
  return fill(std::move(spec), versions, options);
}

namespace {

Status fill_versions_of(PinnedAnalysis& analysis, const std::vector<Argument>& args) {
  std::set<std::string> keep = kept(analysis, "known");
  keep.emplace(kPrometheus);
  for (PinnedMetric& each : analysis.metrics) {
    SERIN_TRY(metric, analysis::resolve_metric(each.metric, args, keep));
    SERIN_TRY(versions, fill_versions(each.versions, args, keep));
    each = {std::move(metric), std::move(versions)};
  }
  return check(analysis.metrics);
}

Status fill_versions_of(PinnedPlan& plan, const std::vector<Argument>& args) {
  for (auto* analysis : {&plan.background, &plan.pre_promotion, &plan.post_promotion}) {
    if (*analysis) SERIN_CHECK(fill_versions_of(**analysis, args));
  }
  for (auto& [index, analysis] : plan.steps) SERIN_CHECK(fill_versions_of(analysis, args));
  return {};
}

}  // namespace

Result<PinnedPlan> with_stable(PinnedPlan plan, const std::string& stable_version) {
  if (plan.stable_version == stable_version) return plan;
  if (!plan.stable_version.empty()) {
    return fail(Code::failed_precondition,
                fmt::format("stable is pinned as {}, not {}", plan.stable_version, stable_version));
  }
  plan.stable_version = stable_version;
  SERIN_CHECK(fill_versions_of(plan, {{std::string(kStable), stable_version, std::nullopt}}));
  return plan;
}

Result<PinnedPlan> pin_reusable(const ConfigSet& set, const Rollout& rollout,
                                const PinOptions& options) {
  SERIN_TRY(plan, pin(set, rollout, options));
  // Each placeholder's value is the placeholder itself.
  PinOptions any = options;
  any.version = fmt::format("{{{{args.{}}}}}", kCanary);
  any.stable_version = fmt::format("{{{{args.{}}}}}", kStable);
  if (auto open = pin(set, rollout, any)) plan.open = to_json(*open);
  return plan;
}

Result<PinnedPlan> with_versions(const PinnedPlan& plan, const std::string& version,
                                 const std::string& stable_version) {
  if (plan.open.is_null()) {
    return fail(Code::failed_precondition,
                fmt::format("the plan of {} was pinned for this version alone: release {} with "
                            "`serin run` and its files",
                            plan.version, version));
  }
  SERIN_TRY(filled, pinned_plan_from_json(plan.open));
  filled.version = version;
  filled.stable_version = stable_version;
  SERIN_CHECK(fill_versions_of(filled, {{std::string(kCanary), version, std::nullopt},
                                        {std::string(kStable), stable_version, std::nullopt}}));
  filled.open = plan.open;
  return filled;
}

}  // namespace serin::rollout
