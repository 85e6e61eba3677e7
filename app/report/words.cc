// What both forms of a report say.
#include <fmt/format.h>

#include <algorithm>

#include "app/report/render.h"

namespace serin::app {
namespace {

// Of a release that goes on: what its metrics say of it now.
std::string judged_text(const Json& judgement) {
  if (!judgement.is_object()) return "nothing is judged yet";
  if (judgement["sources_down"].boolean()) {
    return fmt::format("metrics do not answer ({})", judgement["sources_sentence"].string());
  }
  const auto& findings = judgement["findings"].items();
  if (!findings.empty()) return std::string(findings.front()["sentence"].string());
  if (judgement["contested"].boolean()) {
    return fmt::format("too much speaks against it to go on: {}",
                       judgement["contested_sentence"].string());
  }
  std::string undecided(judgement["undecided_sentence"].string());
  return judgement["passed"].boolean() || undecided.empty() ? "no metric says worse" : undecided;
}

}  // namespace

std::string verdict_line(const Json& release) {
  std::string_view status = release["status"].string();
  std::string_view sentence = release["sentence"].string();
  std::string line(status);
  if (status == "Succeeded") line = "Promoted";
  if (status == "Failed") {
    line = release["cause"].string() == "refused" ? "Not released" : "Rolled back";
  }
  if (status == "Terminated") line = "Ended by a person";
  if (status == "RollingBack") line = "Rolling back";
  std::string_view reason = release["reason"].string();
  if (!reason.empty()) line += fmt::format(" ({})", reason);
  if (!sentence.empty()) return line + ": " + std::string(sentence);
  if (status != "Progressing") return line;
  const Json& weight = release["weight"];
  return fmt::format("{}: {} has {:g} % of the traffic; {}", line, release["version"].string(),
                     weight["observed"].number(weight["set"].number()),
                     judged_text(release["judgement"]));
}

std::string step_text(const Json& step) {
  std::string_view kind = step["kind"].string();
  if (kind == "setWeight") return fmt::format("{:g} %", step["weight"].number());
  if (kind != "pause") return std::string(kind);
  return step["duration_s"].is_number()
             ? "watch " + format_duration(from_seconds(step["duration_s"].number()))
             : "wait for a person";
}

std::string step_state(const Json& release, const Json& step) {
  std::string_view status = step["status"].string();
  if (status == "pending" && release["end"].is_string()) return "not reached";
  return std::string(status);
}

std::string took_text(const Story& story) {
  auto begin = parse_rfc3339(story.release["start"].string());
  if (!begin) return "";
  auto end = parse_rfc3339(story.release["end"].string());
  WallTime last = *begin;
  if (end) {
    last = *end;
  } else if (!story.happenings.empty()) {
    last = story.happenings.back().time;
  }
  for (const StoryCurve& curve : story.curves) {
    if (!end && !curve.samples.empty()) last = std::max(last, curve.samples.back().time);
  }
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(last - *begin);
  return format_duration(std::max(Duration(seconds), Duration{}));
}

std::vector<std::pair<std::string, std::string>> facts_of(const Story& story) {
  const Json& release = story.release;
  const Json& info = release["info"];
  std::vector<std::pair<std::string, std::string>> facts;
  auto add = [&](const char* label, std::string_view value) {
    if (!value.empty()) facts.emplace_back(label, value);
  };
  add("Ticket", release["id"].string());
  add("Rollout", release["rollout"].string());
  add("Service", release["service"].string());
  add("Environment", info["environment"].string());
  add("Canary version", release["version"].string());
  add("Stable version", release["stable_version"].string());
  add("Type", release["type"].string());
  add("Of", release["of"].string());
  add("Executor", info["executor"].string());
  add("Pipeline", info["pipeline"].string());
  add("Policy", info["policy"].string());
  add("Endpoint", info["endpoint"].string());
  add("Start", release["start"].string());
  add("End", release["end"].string());
  add("Took", took_text(story));
  return facts;
}

std::string render(const Story& story, ReportForm form) {
  switch (form) {
    case ReportForm::html:
      return to_html(story);
    case ReportForm::markdown:
      return to_markdown(story);
    case ReportForm::json:
      break;
  }
  return to_json(story).dump();
}

std::string_view type_of(ReportForm form) {
  return form == ReportForm::html       ? "text/html"
         : form == ReportForm::markdown ? "text/markdown"
                                        : "application/json";
}

}  // namespace serin::app
