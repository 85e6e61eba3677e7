#include "rollout/plan/load/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "analysis/templates/codes.h"
#include "analysis/templates/merge.h"
#include "analysis/templates/read.h"
#include "analysis/templates/validation.h"
#include "base/config/document.h"
#include "rollout/plan/codes.h"
#include "rollout/plan/read.h"
#include "rollout/plan/validation.h"

namespace serin::rollout {
namespace {

using analysis::AnalysisTemplate;
using analysis::Metric;
using config::Dialect;
using config::Path;
using config::Reporter;

void apply_safe(std::vector<Metric>& metrics) {
  for (Metric& metric : metrics) metric.dialect = Dialect::serin;
}

class Loader {
 public:
  Loader(const LoadOptions& options, Loaded& loaded) : options_(options), loaded_(loaded) {}

  void read(const ConfigFile& file) {
    for (auto& document : config::read_documents(file.name, file.text, loaded_.problems)) {
      documents_.push_back(std::move(document));
      take(documents_.back());
    }
  }

  // Once all files are there: what one document says of others.
  void follow() {
    for (std::size_t i = 0; i < loaded_.set.rollouts.size(); ++i) {
      rollout(loaded_.set.rollouts[i], Reporter(*sources_[i], loaded_.problems));
    }
    for (const auto& [index, document] : template_sources_) {
      references(loaded_.set.templates[index], Reporter(*document, loaded_.problems));
    }
    for (const auto& [index, document] : cluster_sources_) {
      references(loaded_.set.cluster_templates[index], Reporter(*document, loaded_.problems));
    }
  }

 private:
  void take(const config::Document& document) {
    auto header = config::header_of(document, loaded_.problems);
    if (!header) return;
    Reporter reporter(document, loaded_.problems);
    if (header->kind == "AnalysisTemplate" || header->kind == "ClusterAnalysisTemplate") {
      take_template(document, *header, reporter);
    } else if (header->kind == "AnalysisRun") {
      auto run = analysis::read_run(document, *header, loaded_.problems);
      if (options_.safe) apply_safe(run.spec.metrics);
      analysis::validate(run, reporter);
      supported(run.spec.metrics, run.dialect, reporter);
      loaded_.set.runs.push_back(std::move(run));
    } else if (header->kind == "Rollout") {
      Rollout value = read_rollout(document, *header, loaded_.problems);
      validate(value, reporter);
      check_supported(value, reporter, rule_for(value.dialect));
      const rollout::Rollout* same = loaded_.set.find_rollout(value.metadata.name);
      if (same != nullptr) {
        taken(reporter, "rollout",
              *sources_[static_cast<std::size_t>(same - loaded_.set.rollouts.data())]);
      }
      loaded_.set.rollouts.push_back(std::move(value));
      sources_.push_back(&document);
    } else {
      reporter.add(config::kUnknownKind, Path() / "kind",
                   fmt::format("kind '{}' is not read", header->kind),
                   "AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun and Rollout are");
    }
  }

  void take_template(const config::Document& document, const config::Header& header,
                     const Reporter& reporter) {
    AnalysisTemplate value = analysis::read_template(document, header, loaded_.problems);
    if (options_.safe) apply_safe(value.spec.metrics);
    analysis::validate(value, reporter);
    supported(value.spec.metrics, value.dialect, reporter);
    auto& list = value.cluster_scope ? loaded_.set.cluster_templates : loaded_.set.templates;
    auto& sources = value.cluster_scope ? cluster_sources_ : template_sources_;
    const AnalysisTemplate* same =
        loaded_.set.find_template({value.metadata.name, value.cluster_scope});
    if (same != nullptr) {
      taken(reporter, "template", *sources[static_cast<std::size_t>(same - list.data())].second);
    }
    sources.emplace_back(list.size(), &document);
    list.push_back(std::move(value));
  }

  const config::Rule& rule_for(Dialect dialect) const {
    bool refused =
        options_.unsupported == Unsupported::refuse ||
        (options_.unsupported == Unsupported::refuse_in_serin && dialect == Dialect::serin);
    return refused ? analysis::kNotYet : analysis::kOnlyRead;
  }

  void supported(const std::vector<Metric>& metrics, Dialect dialect, const Reporter& reporter) {
    analysis::check_supported(metrics, reporter, Path() / "spec" / "metrics", rule_for(dialect));
  }

  static void taken(const Reporter& reporter, std::string_view what,
                    const config::Document& first) {
    const Path name = Path() / "metadata" / "name";
    reporter.add(analysis::kDuplicateName, name,
                 fmt::format("another {} has this name, at {}:{}", what, first.file,
                             first.root.locate(name).line));
  }

  // A template that is not among the files may still be in a cluster, for Argo's documents.
  void missing(const analysis::TemplateRef& reference, Dialect dialect, const Reporter& reporter,
               const Path& path) {
    std::string what =
        fmt::format("{} '{}' is not among the files",
                    reference.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate",
                    reference.template_name);
    reporter.add(dialect == Dialect::argo ? kElsewhere : analysis::kReference, path, what);
  }

  void name_missing(const std::vector<analysis::TemplateRef>& references, Dialect dialect,
                    const Reporter& reporter, const Path& path) {
    for (std::size_t i = 0; i < references.size(); ++i) {
      if (loaded_.set.find_template(references[i]) != nullptr) continue;
      missing(references[i], dialect, reporter, path / i);
    }
  }

  void references(const AnalysisTemplate& value, const Reporter& reporter) {
    name_missing(value.spec.templates, value.dialect, reporter, Path() / "spec" / "templates");
  }

  void rollout(const Rollout& value, const Reporter& reporter) {
    Path strategy = Path() / "spec" / "strategy";
    if (value.canary) {
      Path canary = strategy / "canary";
      if (value.canary->analysis) {
        follow(*value.canary->analysis, value.dialect, reporter, canary / "analysis", true);
      }
      const auto& steps = value.canary->steps;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if (const auto* step = std::get_if<AnalysisStep>(&steps[i].action)) {
          follow(*step, value.dialect, reporter, canary / "steps" / i / "analysis", false);
        }
      }
    }
    if (!value.blue_green) return;
    Path blue_green = strategy / "blueGreen";
    if (const auto& before = value.blue_green->pre_promotion_analysis) {
      follow(*before, value.dialect, reporter, blue_green / "prePromotionAnalysis", false);
    }
    if (const auto& after = value.blue_green->post_promotion_analysis) {
      follow(*after, value.dialect, reporter, blue_green / "postPromotionAnalysis", false);
    }
  }

  template <class Analysis>
  void follow(const Analysis& spec, Dialect dialect, const Reporter& reporter, const Path& path,
              bool background) {
    name_missing(spec.templates, dialect, reporter, path / "templates");
    auto resolved = analysis::resolve_references(
        spec.templates,
        [&](const analysis::TemplateRef& name) { return loaded_.set.find_template(name); });
    // A missing template is reported where it is named, here or in another template.
    if (!resolved) {
      if (resolved.error().code != Code::not_found) {
        reporter.add(analysis::kMerge, path / "templates", resolved.error().message);
      }
      return;
    }
    merge(spec, *resolved, reporter, path);
    if (background) return;
    endless(spec, *resolved, reporter, path);
    only_rules(spec, *resolved, reporter, path);
  }

  template <class Analysis>
  void merge(const Analysis& spec, const analysis::Resolved& resolved, const Reporter& reporter,
             const Path& path) {
    analysis::Incoming incoming;
    incoming.dry_run = spec.dry_run;
    incoming.measurement_retention = spec.measurement_retention;
    std::set<std::string> known;
    auto declare = [&](const analysis::Templates& templates) {
      for (const AnalysisTemplate* each : templates) {
        for (const analysis::Argument& argument : each->spec.args) {
          known.insert(argument.name);
          supply(spec.args, argument, incoming, reporter, path);
        }
      }
    };
    declare(resolved.templates);
    declare(resolved.cluster_templates);
    if (!spec.metrics.empty()) {
      for (const analysis::Argument& argument : spec.args) {
        if (!known.contains(argument.name)) supply({}, argument, incoming, reporter, path);
      }
    }
    for (std::size_t i = 0; i < spec.args.size(); ++i) {
      if (known.contains(spec.args[i].name) || !spec.metrics.empty()) continue;
      reporter.add(analysis::kUnusedArgument, path / "args" / i,
                   fmt::format("no template has an argument '{}'", spec.args[i].name));
    }
    auto merged =
        analysis::merge(resolved.templates, resolved.cluster_templates, std::move(incoming));
    if (!merged) {
      reporter.add(analysis::kMerge, path / "templates", merged.error().message);
      return;
    }
    for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
      if (std::ranges::find(merged->metrics, spec.metrics[i].name, &Metric::name) ==
          merged->metrics.end()) {
        continue;
      }
      reporter.add(analysis::kDuplicateName, path / "metrics" / i / "name",
                   "a metric of a template has this name");
    }
  }

  // An argument without a value has to come from the rollout, from serin, or from the start.
  void supply(const std::vector<analysis::Argument>& given, const analysis::Argument& declared,
              analysis::Incoming& incoming, const Reporter& reporter, const Path& path) {
    if (declared.value || declared.value_from) return;
    incoming.args.push_back({declared.name, "", std::nullopt});
    bool supplied =
        std::ranges::find(given, declared.name, &analysis::Argument::name) != given.end() ||
        std::ranges::find(analysis::kOwnArguments, declared.name) !=
            std::ranges::end(analysis::kOwnArguments) ||
        options_.args.contains(declared.name);
    if (supplied) return;
    reporter.add(kGivenAtStart, path, fmt::format("the argument '{}' has no value", declared.name),
                 fmt::format("give it under args, or with --set {}=… at the start", declared.name));
  }

  // Only what runs beside the steps may look without end.
  template <class Analysis>
  void endless(const Analysis& spec, const analysis::Resolved& resolved, const Reporter& reporter,
               const Path& path) {
    auto check = [&](const std::vector<Metric>& metrics, std::string_view where) {
      for (const Metric& metric : metrics) {
        if (metric.compared() || metric.effective_count()) continue;
        bool waits = metric.count && config::has_placeholder(metric.count->to_string());
        if (waits) continue;
        reporter.add(
            kPlan, path,
            fmt::format("AnalysisTemplate {} has metric {} which runs indefinitely. Invalid "
                        "value for count: {}",
                        where, metric.name, metric.count ? metric.count->to_string() : "<nil>"));
      }
    };
    for (const AnalysisTemplate* each : resolved.templates) {
      check(each->spec.metrics, each->metadata.name);
    }
    for (const AnalysisTemplate* each : resolved.cluster_templates) {
      check(each->spec.metrics, each->metadata.name);
    }
    check(spec.metrics, "of this step");
  }

  // What compares collects evidence over the whole release.
  template <class Analysis>
  void only_rules(const Analysis& spec, const analysis::Resolved& resolved,
                  const Reporter& reporter, const Path& path) {
    auto check = [&](const Metric& metric, const Path& where, const std::string& of) {
      if (!metric.compared()) return;
      reporter.add(kPlan, where,
                   fmt::format("the metric '{}'{} is compared (compare, preset), and only rules "
                               "judge in an analysis of a step, or before or after a promotion",
                               metric.name, of),
                   "put it into canary.analysis, or give it a query and conditions");
    };
    for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
      check(spec.metrics[i], path / "metrics" / i, "");
    }
    for (const auto* list : {&resolved.templates, &resolved.cluster_templates}) {
      for (const AnalysisTemplate* each : *list) {
        for (const Metric& metric : each->spec.metrics) {
          check(metric, path / "templates",
                fmt::format(" of the template '{}'", each->metadata.name));
        }
      }
    }
  }

  const LoadOptions& options_;
  Loaded& loaded_;
  std::deque<config::Document> documents_;        // stay where they are
  std::vector<const config::Document*> sources_;  // of the rollouts, in order
  std::vector<std::pair<std::size_t, const config::Document*>> template_sources_;
  std::vector<std::pair<std::size_t, const config::Document*>> cluster_sources_;
};

}  // namespace

const Rollout* ConfigSet::find_rollout(std::string_view name) const {
  auto found = std::ranges::find(
      rollouts, name, [](const Rollout& each) { return std::string_view(each.metadata.name); });
  return found == rollouts.end() ? nullptr : &*found;
}

const AnalysisTemplate* ConfigSet::find_template(const analysis::TemplateRef& reference) const {
  const auto& list = reference.cluster_scope ? cluster_templates : templates;
  auto found = std::ranges::find(list, reference.template_name,
                                 [](const AnalysisTemplate& each) { return each.metadata.name; });
  return found == list.end() ? nullptr : &*found;
}

Loaded load_config(const std::vector<ConfigFile>& files, const LoadOptions& options) {
  Loaded loaded;
  Loader loader(options, loaded);
  for (const ConfigFile& file : files) loader.read(file);
  loader.follow();
  return loaded;
}

config::Diagnostics lint(const std::vector<ConfigFile>& files, const LoadOptions& options) {
  return load_config(files, options).problems;
}

}  // namespace serin::rollout
