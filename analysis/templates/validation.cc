#include "analysis/templates/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/templates/codes.h"
#include "analysis/templates/faults.h"
#include "analysis/templates/features.h"
#include "analysis/templates/metric_checks.h"
#include "analysis/templates/read.h"
#include "analysis/templates/substitute.h"
#include "analysis/templates/warts.h"

namespace serin::analysis {
namespace {

using config::Dialect;
using config::Path;
using config::Reporter;

bool is_own_argument(const std::string& name) {
  return std::ranges::find(kOwnArguments, name) != std::ranges::end(kOwnArguments);
}

// Placeholders that no declared argument fills.
void check_placeholders(const Metric& metric, const std::vector<Argument>& args,
                        const Reporter& reporter, const Path& path) {
  bool argo = metric.dialect == Dialect::argo;
  for (const std::string& name : arguments_of(metric.written)) {
    bool declared = std::ranges::find(args, name, &Argument::name) != args.end();
    if (declared || (!argo && is_own_argument(name))) continue;
    reporter.add(argo ? kUndeclaredArgument : kArgument, path,
                 fmt::format("nothing fills {{{{args.{}}}}}", name),
                 fmt::format("declare '{}' under args", name));
  }
}

void check_names(const std::vector<Metric>& metrics, const Reporter& reporter, const Path& path) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (names.insert(metrics[i].name).second) continue;
    reporter.add(kDuplicateName, path / i / "name",
                 fmt::format("duplicate name '{}'", metrics[i].name));
  }
}

// `alone`: no other template brings metrics to these.
template <class Spec>
void validate_spec(const Spec& spec, const Reporter& reporter, Dialect dialect, bool alone) {
  Path path = Path() / "spec";
  // Argo takes the last of equal names, and a source beside a value.
  if (dialect == Dialect::serin) validate_args(spec.args, reporter, path / "args");
  validate_metrics(spec.metrics, spec.args, reporter, path / "metrics", alone);
  name_rule_warts(spec.dry_run, spec.measurement_retention, spec.metrics, alone, reporter, path);
}

void validate_name(const config::Metadata& metadata, Dialect dialect, const Reporter& reporter) {
  if (dialect == Dialect::argo) return;  // Kubernetes says what its names may be
  if (metadata.name.empty() && !metadata.generate_name.empty()) return;
  std::string why = config::why_no_name(metadata.name);
  if (!why.empty()) reporter.add(kBadName, Path() / "metadata" / "name", why);
}

}  // namespace

void validate_args(const std::vector<Argument>& args, const Reporter& reporter, const Path& path) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i].name.empty()) {
      reporter.add(config::kMissingField, path / i / "name", "an argument needs a name");
    } else if (!names.insert(args[i].name).second) {
      reporter.add(kDuplicateName, path / i / "name",
                   fmt::format("the argument '{}' stands twice", args[i].name));
    }
    if (args[i].value && args[i].value_from) {
      reporter.add(config::kNotOneOf, path / i, "an argument has a value or a valueFrom, not both");
    }
  }
}

void validate_metrics(const std::vector<Metric>& metrics, const std::vector<Argument>& args,
                      const Reporter& reporter, const Path& path, bool needed) {
  if (metrics.empty() && needed) reporter.add(kMetric, path, "no metrics specified");
  check_names(metrics, reporter, path);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    Path at = path / i;
    check_placeholders(metrics[i], args, reporter, at);
    name_shared_warts(metrics[i], reporter, at);
    check_conditions(metrics[i], reporter, at);
    if (metrics[i].dialect == Dialect::argo) {
      for (const Fault& fault : faults_of(metrics[i], Placeholders::left_alone)) {
        reporter.add(kMetric, fault.field.empty() ? at : at / fault.field, fault.message);
      }
      name_warts(metrics[i], reporter, at);
    } else {
      check_serin_metric(metrics[i], reporter, at);
    }
  }
}

void validate(const AnalysisTemplate& document, const Reporter& reporter) {
  validate_name(document.metadata, document.dialect, reporter);
  validate_spec(document.spec, reporter, document.dialect, document.spec.templates.empty());
}

void validate(const AnalysisRun& document, const Reporter& reporter) {
  validate_name(document.metadata, document.dialect, reporter);
  validate_spec(document.spec, reporter, document.dialect, true);
}

void check_supported(const std::vector<Metric>& metrics, const Reporter& reporter, const Path& path,
                     const config::Rule& rule) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const Metric& metric = metrics[i];
    auto check = [&](std::string_view feature, const Path& field) {
      if (is_supported(feature)) return;
      reporter.add(rule, path / i / field, not_supported(feature));
    };
    if (metric.provider.count() > 0) {
      std::string kind(metric.provider.kind());
      check("provider." + kind, Path() / "provider" / kind);
      if (metric.provider.job && metric.provider.job->command.empty()) {
        check("provider.job.spec", Path() / "provider" / "job" / "spec");
      }
    }
    const JudgeOptions& options = metric.options;
    if (metric.preset) check("option.preset", Path() / "preset");
    if (metric.compare && metric.compare->kind()) {
      std::string kind(to_string(*metric.compare->kind()));
      check("compare." + kind, Path() / "compare" / kind);
      bool native = metric.compare->histogram && !metric.compare->histogram->native.empty();
      if (native) check("compare.native", Path() / "compare" / "histogram" / "native");
    }
    if (options.judge) check(fmt::format("judge.{}", to_string(*options.judge)), Path() / "judge");
    if (options.mode) check(fmt::format("mode.{}", to_string(*options.mode)), Path() / "mode");
    if (!options.sustained.empty()) check("option.for", Path() / "for");
    if (options.consecutive_failure_limit) {
      check("option.consecutiveFailureLimit", Path() / "consecutiveFailureLimit");
    }
  }
}

}  // namespace serin::analysis
