#include "app/inquiry/analyses.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/analyze/analyze.h"
#include "app/inquiry/bench_asker.h"
#include "app/live/secrets.h"
#include "app/workbench/policy.h"

namespace serin::app {
namespace {

constexpr std::size_t kNameMax = 253;

std::unexpected<Problem> refusal(Problem what) {
  return std::unexpected(std::move(what));
}

// It may be put into an address: nothing that could lead that elsewhere.
std::string version_of(Fields& fields, const std::string& name) {
  std::string text = fields.text(name, kNameMax);
  bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '+' || c == '-';
  });
  if (!plain) fields.wrong(name, "must be letters, digits, '.', '_', '+' and '-'");
  return text;
}

std::string second(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

// What is asked, secrets filled in.
std::expected<ChosenAnalysis, Problem> chosen_analysis(
    const AnalysisQuestion& question, const Configuration& configuration,
    const std::map<std::string, std::string>& defaults, const Principal& who) {
  const bool is_viewer = who.role < Role::operator_;
  if (is_viewer && !(question.files.empty() && question.arguments.empty())) {
    return refusal({.kind = kForbidden,
                    .detail = "files and args need the role operator: they choose what the server "
                              "asks, with its secrets"});
  }
  auto asked = documents_of(question.files, question.arguments, configuration, defaults);
  if (!asked) return refusal(asked.error());
  rollout::PinOptions pin{.version = question.canary, .stable_version = question.stable};
  pin.args = asked->arguments;
  auto chosen = choose_analysis(asked->set(), question.name, pin);
  if (!chosen) return refusal(problem_of(chosen.error()));
  for (rollout::PinnedMetric& each : chosen->analysis.metrics) {
    if (each.metric.provider.count() == 0) {
      return refusal({.kind = kInvalid,
                      .detail = fmt::format("metric {} names no provider: give one, or the "
                                            "argument prometheus",
                                            each.metric.name)});
    }
    if (is_viewer && each.metric.provider.job) {
      return refusal({.kind = kForbidden,
                      .detail = fmt::format("metric {} runs a job: that needs the role operator",
                                            each.metric.name)});
    }
    if (Status known = check_versions(each); !known) return refusal(problem_of(known.error()));
    auto metric = with_secrets(each.metric, chosen->analysis.secrets);
    if (!metric) return refusal(problem_of(metric.error()));
    each.metric = *std::move(metric);
  }
  return *std::move(chosen);
}

}  // namespace

AnalysisQuestion analysis_question(Fields& fields, WallTime now) {
  AnalysisQuestion question;
  question.name = fields.text("name", kNameMax);
  question.canary = version_of(fields, "canary");
  question.stable = version_of(fields, "stable");
  question.arguments = fields.texts("args");
  question.files = files_of(fields);
  auto from = fields.time("from");
  auto to = fields.time("to");
  if (!from) {
    fields.wrong("from", "must be given: the time at which the span begins");
    return question;
  }
  question.from = *from;
  question.to = to.value_or(now);
  if (question.to <= question.from || question.to > now) {
    fields.wrong("to", "must be after from, and not in the future");
  } else if (question.to - question.from > kAnalysisSpanMax) {
    fields.wrong("from", fmt::format("must be at most {} before to: more takes `serin analyze`",
                                     format_duration(kAnalysisSpanMax)));
  }
  return question;
}

std::expected<Json, Problem> judged(const AnalysisQuestion& question,
                                    const Configuration& configuration,
                                    const std::map<std::string, std::string>& defaults,
                                    const Principal& who, const Workbench::Limit& limit) {
  SERIN_TRY(chosen, chosen_analysis(question, configuration, defaults, who));
  BenchAsker asker(limit);
  AnalyzePlan plan{.name = chosen.name,
                   .past = true,
                   .start = {limit.clock().now().mono, question.from},
                   .length = question.to - question.from};
  AnalyzePorts ports{.ask = [&](const auto& provider, const auto& request,
                                Duration timeout) { return asker.ask(provider, request, timeout); },
                     .wait_until = [](Now until) { return until; },
                     .stop = [&] { return limit.is_over(); }};
  auto outcome = analyze(chosen.analysis, plan, ports);
  if (!outcome) return refusal(problem_of(outcome.error()));
  if (limit.is_over()) return refusal(problem_of(limit.error()));
  Json warnings = Json::array();
  for (const std::string& warning : chosen.warnings) warnings.push(warning);
  return outcome->to_json()
      .set("name", chosen.name)
      .set("from", second(question.from))
      .set("to", second(question.to))
      .set("warnings", std::move(warnings));
}

}  // namespace serin::app
