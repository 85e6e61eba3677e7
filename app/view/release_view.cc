#include "app/view/release_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/view/metric_text.h"

namespace serin::app {
namespace {

struct Look {
  Tone tone;
  const char* icon;
};

Look look_of_status(std::string_view status) {
  if (status == "Succeeded") return {Tone::good, "✔"};
  if (status == "Failed") return {Tone::bad, "✖"};
  if (status == "Terminated") return {Tone::unsure, "✖"};
  if (status == "Paused") return {Tone::unsure, "॥"};
  if (status == "RollingBack") return {Tone::bad, "↩"};
  return {Tone::running, "◌"};
}

Look look_of_step(std::string_view state) {
  if (state == "done") return {Tone::good, "✔"};
  if (state == "failed") return {Tone::bad, "✖"};
  if (state == "current") return {Tone::running, "◌"};
  if (state == "skipped") return {Tone::dim, "-"};
  return {Tone::dim, "·"};
}

std::string steps_line(const Json& view, const Terminal& terminal) {
  std::string line;
  double left = view["next"]["in_s"].number(-1);
  for (const Json& step : view["steps"].items()) {
    Look look = look_of_step(step["status"].string());
    std::string_view kind = step["kind"].string();
    std::string text;
    if (kind == "setWeight") {
      text = fmt::format("{:g} %", step["weight"].number());
    } else if (kind == "pause" && step["duration_s"].is_number()) {
      text = fmt::format("{:.0f} s", step["duration_s"].number());
    } else {
      text = kind;
      if (step.contains("route")) text += " " + std::string(step["route"].string());
    }
    double planned = step["duration_s"].number();
    if (step["status"].string() == "current" && planned > 0 && left >= 0) {
      int full = static_cast<int>(std::clamp(1 - left / planned, 0.0, 1.0) * 10);
      text += " ";
      for (int i = 0; i < 10; ++i) text += i < full ? "█" : "░";
    }
    line += (line.empty() ? "" : "  ") +
            terminal.paint(look.tone, fmt::format("{} {}", look.icon, text));
  }
  return line;
}

std::string weight_line(const Json& weight) {
  std::string line = fmt::format("set {:g} %", weight["set"].number());
  if (weight["observed"].is_number())
    line += fmt::format("   read back {:g} %", weight["observed"].number());
  if (weight.contains("rules"))
    line += fmt::format("   and by {} rule(s) on content", weight["rules"].integer());
  if (weight.contains("mirrors"))
    line += fmt::format("   copies by {} rule(s)", weight["mirrors"].integer());
  return line + (weight["confirmed"].boolean() ? "" : "   not confirmed yet");
}

}  // namespace

std::vector<std::string> metric_lines(const Json& metrics, const Terminal& terminal) {
  if (metrics.items().empty()) return {};
  using Align = Table::Align;
  Table table({{"METRIC", Align::left},
               {"STABLE", Align::left},
               {"CANARY", Align::left},
               {"DIFFERENCE IN STEP [95 %]", Align::left},
               {"EVIDENCE", Align::right},
               {"N CANARY", Align::right},
               {"STATE", Align::left}});
  for (const Json& metric : metrics.items()) {
    MetricState state = state_of(metric);
    double level = metric["level"].number();
    std::string evidence =
        level > 0 ? fmt::format("{:.0f} % of limit",
                                std::clamp(metric["logE"].number() / level, 0.0, 9.99) * 100)
                  : std::string("–");
    if (metric["kind"].string() == "threshold") {
      table.row({std::string(metric["name"].string()), "–", std::string(metric["value"].string()),
                 fmt::format("{:g} of {:g} failed", metric["failed"].number(),
                             metric["measurements"].number()),
                 "rule", with_thousands(metric["measurements"].number()),
                 terminal.paint(state.tone, state.text)});
      continue;
    }
    table.row({std::string(metric["name"].string()), side_text(metric, metric["stable"]),
               side_text(metric, metric["canary"]), effect_text(metric["effect"]),
               std::move(evidence), with_thousands(metric["canary"]["exposure"].number()),
               terminal.paint(state.tone, state.text)});
  }
  return table.lines();
}

std::vector<std::string> release_lines(const Json& view, const Terminal& terminal) {
  std::vector<std::string> lines;
  auto add = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) lines.push_back(fmt::format("{:<11}{}", label, text));
  };
  std::string status(view["status"].string());
  Look look = look_of_status(status);
  std::string_view reason = view["reason"].string();
  add("Release:", fmt::format("{}   Ticket: {}", view["rollout"].string(), view["id"].string()));
  add("Status:",
      terminal.paint(look.tone, fmt::format("{} {}{}", look.icon, status,
                                            reason.empty() ? "" : fmt::format(" ({})", reason))) +
          (view["sentence"].string().empty() ? ""
                                             : fmt::format("  {}", view["sentence"].string())));
  std::string_view stable = view["stable_version"].string();
  add("Versions:", fmt::format("{} (stable)  {} (canary)", stable.empty() ? "?" : stable,
                               view["version"].string()));
  add("Traffic:", weight_line(view["weight"]));
  add("Steps:", steps_line(view, terminal));
  if (std::string_view problem = view["weight"]["problem"].string(); !problem.empty()) {
    add("Router:",
        terminal.paint(Tone::unsure,
                       fmt::format("? no answer since {}, the release holds: {}",
                                   view["weight"]["observed_at"].string("the start"), problem)));
  }
  if (std::string_view stays = view["stays"].string(); !stays.empty()) {
    add("Stays:", std::string(stays));
  }
  if (view["journal_failed"].boolean()) {
    add("Journal:", terminal.paint(Tone::unsure,
                                   "? can't be written, nothing advances: free space on its disk"));
  }
  if (view["judgement"]["sources_down"].boolean()) {
    add("Metrics:",
        terminal.paint(Tone::unsure, fmt::format("? no answer, the release holds: {}",
                                                 view["judgement"]["sources_sentence"].string())));
  }
  if (view["report"].contains("notCompared")) {
    add("Metrics:",
        terminal.paint(Tone::unsure, fmt::format("? not compared: {}",
                                                 view["report"]["notComparedSentence"].string())));
  }
  if (view["report"]["degraded"].boolean()) {
    add("Metrics:",
        terminal.paint(Tone::unsure,
                       fmt::format("? degraded: {}", view["report"]["degradedSentence"].string())));
  }
  std::vector<std::string> metrics = metric_lines(view["report"]["metrics"], terminal);
  if (!metrics.empty()) {
    lines.emplace_back();
    for (std::string& line : metrics) lines.push_back("  " + line);
  }
  return lines;
}

}  // namespace serin::app
