#include "app/backtest/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/stats/proportion.h"
#include "analysis/templates/model.h"

namespace serin::app {
namespace {

using analysis::CompareKind;
using analysis::MetricRules;
using analysis::SequentialPlan;
using analysis::planning::Backtester;
using analysis::planning::BacktestResult;
using analysis::planning::HarmResult;

// Detection that a report calls found.
constexpr double kFoundMin = 0.9;
// Below so many releases side by side the past says little.
constexpr double kIndependentMin = 50;
// Harmless releases that should get through without a person.
constexpr double kPromotedMin = 0.5;

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string time_text(double seconds) {
  return seconds < 120 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

double median_of(const std::vector<double>& ascending) {
  return ascending.empty() ? 0 : ascending[ascending.size() / 2];
}

double late_of(const std::vector<double>& ascending) {
  return ascending.empty() ? 0 : ascending[(ascending.size() * 9 - 1) / 10];
}

// The margins to try, from the least on.
std::vector<MetricRules> wider(const MetricRules& rules) {
  std::vector<MetricRules> all;
  const bool shift = rules.kind == CompareKind::histogram && !rules.slo;
  for (double margin : {0.05, 0.1, 0.2, 0.35, 0.5, 1.0}) {
    MetricRules wide = rules;
    if (shift) {
      if (margin <= rules.tolerate_absolute) continue;
      wide.tolerate_absolute = margin;
      wide.acceptable_absolute = std::max(rules.acceptable_absolute, margin + 0.15);
    } else {
      if (1 + margin <= rules.tolerate_ratio) continue;
      wide.tolerate_ratio = 1 + margin;
      wide.acceptable_ratio = std::max(rules.acceptable_ratio, 1.3 * (1 + margin));
    }
    all.push_back(wide);
  }
  return all;
}

std::optional<PolicyChange> find_change(const SequentialPlan& plan, const Backtester& backtester) {
  const BacktestResult& result = backtester.result();
  const auto worst = std::ranges::max_element(result.by_metric);
  if (worst == result.by_metric.end() || *worst == 0) return std::nullopt;
  const auto metric = static_cast<std::size_t>(worst - result.by_metric.begin());
  const MetricRules& rules = plan.metrics[metric].rules;
  const bool shift = rules.kind == CompareKind::histogram && !rules.slo;
  const auto before = static_cast<int>(result.false_rollbacks.size());
  const double allowed = plan.alpha * result.releases;
  std::optional<PolicyChange> best;
  for (const MetricRules& wide : wider(rules)) {
    SequentialPlan changed = plan;
    changed.metrics[metric].rules = wide;
    const int after = backtester.again(changed);
    if (best && after >= best->after) continue;
    best =
        PolicyChange{.metric = plan.metrics[metric].name,
                     .tolerate = shift ? fmt::format("{{absolute: {:g}}}", wide.tolerate_absolute)
                                       : fmt::format("{{ratio: {:g}}}", wide.tolerate_ratio),
                     .acceptable = shift && wide.acceptable_absolute > rules.acceptable_absolute
                                       ? fmt::format("{{absolute: {:g}}}", wide.acceptable_absolute)
                                   : !shift && wide.acceptable_ratio > rules.acceptable_ratio
                                       ? fmt::format("{{ratio: {:g}}}", wide.acceptable_ratio)
                                       : "",
                     .before = before,
                     .after = after};
    if (after <= allowed) break;
  }
  if (best && best->after >= before) return std::nullopt;
  return best;
}

std::string found_text(const BacktestReport& report) {
  std::string text;
  std::vector<double> medians;
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    const HarmResult* least = nullptr;
    bool any = false;
    for (const HarmResult& harm : report.result.harms) {
      if (harm.metric != m || harm.releases == 0) continue;
      any = true;
      if (least == nullptr && harm.found >= kFoundMin * harm.releases) least = &harm;
    }
    if (!any) continue;
    if (least == nullptr) {
      text += fmt::format("{}{}: nothing tried", text.empty() ? "" : "; ", report.metrics[m]);
      continue;
    }
    text += fmt::format("{}{} {} in {}", text.empty() ? "" : "; ", report.metrics[m],
                        to_string(least->harm), time_text(median_of(least->seconds)));
  }
  return text;
}

void decide(BacktestReport& report) {
  const BacktestResult& result = report.result;
  const auto n = static_cast<double>(result.releases);
  const auto k = static_cast<double>(result.false_rollbacks.size());
  const auto interval = analysis::stats::clopper_pearson(k, n, 0.05);
  report.lower = interval.lower;
  report.upper = interval.upper;
  const double rate = n > 0 ? k / n : 1;
  report.trust = report.lower > report.limit ? Trust::no
                 : rate <= 2 * report.limit  ? Trust::yes
                                             : Trust::nearly;
  const std::string counts = fmt::format("{} of {} harmless releases rolled back ({}, at most {})",
                                         k, n, percent(rate), percent(report.upper));
  std::string advice;
  if (report.change) {
    advice = fmt::format("; `tolerate: {}` for {} brings that to {}", report.change->tolerate,
                         report.change->metric, report.change->after);
  }
  switch (report.trust) {
    case Trust::yes:
      report.verdict = "Trust it: " + counts + "; found: " + found_text(report);
      break;
    case Trust::nearly:
      report.verdict = "Nearly: " + counts + advice + "; found: " + found_text(report);
      break;
    case Trust::no:
      report.verdict = "Don't trust it yet: " + counts + advice;
      if (!report.change) {
        report.verdict += "; no margin helps: leave that metric out, or let it notify only";
      }
      break;
  }
}

void add_notes(BacktestReport& report) {
  const BacktestResult& result = report.result;
  if (result.independent < kIndependentMin) {
    report.notes.push_back(
        fmt::format("The past is only {:.0f} releases long: releases overlap, and what is rare in "
                    "it may not be "
                    "rare. A month says more.",
                    result.independent));
  }
  const double promoted =
      result.releases > 0 ? static_cast<double>(result.promoted) / result.releases : 0;
  if (promoted < kPromotedMin) {
    report.notes.push_back(fmt::format(
        "Only {} of {} harmless releases would be promoted without a person: longer steps, more "
        "traffic for the canary, or fewer required metrics.",
        result.promoted, result.releases));
  }
  for (const HarmResult& harm : result.harms) {
    if (harm.promoted == 0) continue;
    report.notes.push_back(fmt::format("{} of {} releases with {} of {} would be promoted.",
                                       harm.promoted, harm.releases, to_string(harm.harm),
                                       report.metrics[harm.metric]));
  }
  if (result.false_rollbacks.size() >= 3) {
    // Many at one time: something was going on then.
    std::vector<WallTime> starts;
    for (const auto& each : result.false_rollbacks) starts.push_back(each.start);
    std::ranges::sort(starts);
    const auto half = starts.size() / 2;
    for (std::size_t i = 0; i + half < starts.size(); ++i) {
      if (starts[i + half] - starts[i] > std::chrono::hours(3)) continue;
      report.notes.push_back(fmt::format(
          "Most of them began between {} and {}: was something released or broken then? Leave it "
          "out with --except.",
          format_rfc3339(starts[i]), format_rfc3339(starts[i + half])));
      break;
    }
  }
}

}  // namespace

std::string_view to_string(Trust trust) {
  return trust == Trust::yes ? "yes" : trust == Trust::nearly ? "nearly" : "no";
}

BacktestReport make_report(const std::string& rollout, const SequentialPlan& plan,
                           const Backtester& backtester) {
  BacktestReport report;
  report.rollout = rollout;
  for (const auto& metric : plan.metrics) report.metrics.push_back(metric.name);
  report.limit = plan.alpha;
  report.result = backtester.result();
  if (static_cast<double>(report.result.false_rollbacks.size()) >
      plan.alpha * report.result.releases) {
    report.change = find_change(plan, backtester);
  }
  decide(report);
  add_notes(report);
  return report;
}

std::vector<std::string> report_lines(const BacktestReport& report, const Terminal& terminal) {
  const BacktestResult& result = report.result;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}: {} to {}, {} harmless releases of {} to {} instances",
                              report.rollout, format_rfc3339(result.from),
                              format_rfc3339(result.until), result.releases, result.instances_min,
                              result.instances_max));
  lines.push_back(fmt::format(
      "promoted {} of {}, undecided {}, rolled back {}", result.promoted, result.releases,
      result.releases - result.promoted - static_cast<int>(result.false_rollbacks.size()),
      result.false_rollbacks.size()));
  Table metrics({{"METRIC", Table::Align::left},
                 {"FALSE ROLLBACKS", Table::Align::right},
                 {"SHARE", Table::Align::right},
                 {"95 %", Table::Align::right}});
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    const double k = result.by_metric[m];
    const double n = result.releases;
    const auto interval = analysis::stats::clopper_pearson(k, n, 0.05);
    metrics.row({report.metrics[m], fmt::format("{} of {}", k, n), percent(n > 0 ? k / n : 0),
                 percent(interval.lower) + " to " + percent(interval.upper)});
  }
  for (std::string& line : metrics.lines()) lines.push_back(std::move(line));
  Table harms({{"METRIC", Table::Align::left},
               {"WORSE BY", Table::Align::left},
               {"FOUND", Table::Align::right},
               {"MEDIAN", Table::Align::right},
               {"90 %", Table::Align::right},
               {"PROMOTED", Table::Align::right}});
  for (const HarmResult& harm : result.harms) {
    const bool any = !harm.seconds.empty();
    harms.row({report.metrics[harm.metric], to_string(harm.harm),
               fmt::format("{} of {}", harm.found, harm.releases),
               any ? time_text(median_of(harm.seconds)) : "-",
               any ? time_text(late_of(harm.seconds)) : "-", std::to_string(harm.promoted)});
  }
  for (std::string& line : harms.lines()) lines.push_back(std::move(line));
  for (const std::string& note : report.notes) lines.push_back("note: " + note);
  const Tone tone = report.trust == Trust::yes  ? Tone::good
                    : report.trust == Trust::no ? Tone::bad
                                                : Tone::unsure;
  lines.push_back(terminal.paint(tone, report.verdict));
  return lines;
}

Json to_json(const BacktestReport& report) {
  const BacktestResult& result = report.result;
  Json metrics = Json::array();
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    metrics.push(
        Json::object().set("name", report.metrics[m]).set("falseRollbacks", result.by_metric[m]));
  }
  Json harms = Json::array();
  for (const HarmResult& harm : result.harms) {
    const bool any = !harm.seconds.empty();
    harms.push(Json::object()
                   .set("metric", report.metrics[harm.metric])
                   .set("worseBy", to_string(harm.harm))
                   .set("releases", harm.releases)
                   .set("found", harm.found)
                   .set("promoted", harm.promoted)
                   .set("medianSeconds", any ? Json(median_of(harm.seconds)) : Json())
                   .set("lateSeconds", any ? Json(late_of(harm.seconds)) : Json()));
  }
  Json rollbacks = Json::array();
  for (const auto& each : result.false_rollbacks) {
    rollbacks.push(Json::object()
                       .set("start", format_rfc3339(each.start))
                       .set("afterSeconds", to_seconds(each.after))
                       .set("metric", report.metrics[each.metric])
                       .set("instance", each.instance)
                       .set("guard", each.guard));
  }
  Json json = Json::object()
                  .set("rollout", report.rollout)
                  .set("trust", to_string(report.trust))
                  .set("verdict", report.verdict)
                  .set("from", format_rfc3339(result.from))
                  .set("until", format_rfc3339(result.until))
                  .set("releases", result.releases)
                  .set("promoted", result.promoted)
                  .set("falseRollbacks", result.false_rollbacks.size())
                  .set("falseRollbackRateLower", report.lower)
                  .set("falseRollbackRateUpper", report.upper)
                  .set("limit", report.limit)
                  .set("independent", result.independent)
                  .set("metrics", std::move(metrics))
                  .set("harms", std::move(harms))
                  .set("rollbacks", std::move(rollbacks));
  Json notes = Json::array();
  for (const std::string& note : report.notes) notes.push(note);
  json.set("notes", std::move(notes));
  if (report.change) {
    json.set("change", Json::object()
                           .set("metric", report.change->metric)
                           .set("tolerate", report.change->tolerate)
                           .set("acceptable", report.change->acceptable)
                           .set("before", report.change->before)
                           .set("after", report.change->after));
  }
  return json;
}

Result<std::string> with_change(const std::string& text, const PolicyChange& change) {
  const std::string head = "- name: " + change.metric;
  std::size_t at = 0;
  while ((at = text.find(head, at)) != std::string::npos) {
    const std::size_t line = text.rfind('\n', at) + 1;  // 0 at the text's begin
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string indent = text.substr(line, at - line);
    const std::string rest = text.substr(at + head.size(), end - at - head.size());
    const bool alone = indent.find_first_not_of(' ') == std::string::npos &&
                       rest.substr(0, rest.find('#')).find_first_not_of(" \r") == std::string::npos;
    if (!alone) {
      at = end;
      continue;
    }
    // The item ends where a line is indented no deeper.
    std::size_t until = end;
    while (until < text.size()) {
      const std::size_t next = until + 1;
      const std::size_t content = text.find_first_not_of(' ', next);
      if (content != std::string::npos && text[content] != '\n' &&
          content - next <= indent.size()) {
        break;
      }
      until = std::min(text.find('\n', next), text.size());
    }
    const std::string item = text.substr(at, until - at);
    if (item.find("tolerate:") != std::string::npos ||
        (!change.acceptable.empty() && item.find("acceptable:") != std::string::npos)) {
      return fail(
          Code::failed_precondition,
          fmt::format("metric {} has margins of its own: change them to tolerate: {}{}",
                      change.metric, change.tolerate,
                      change.acceptable.empty() ? "" : ", acceptable: " + change.acceptable));
    }
    std::string added = fmt::format(
        "\n{}  tolerate: {}  # serin backtest: {} of its harmless "
        "releases fewer are rolled back",
        indent, change.tolerate, change.before - change.after);
    if (!change.acceptable.empty()) {
      added += fmt::format("\n{}  acceptable: {}", indent, change.acceptable);
    }
    return text.substr(0, end) + added + text.substr(end);
  }
  return fail(Code::not_found,
              fmt::format("no line `{}` to write behind: add tolerate: {} to it by hand", head,
                          change.tolerate));
}

}  // namespace serin::app
