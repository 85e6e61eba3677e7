#include "app/live/event_lines.h"

#include <fmt/format.h>

namespace serin::app {
namespace {

EventLines::Event status_event(const Json& view) {
  std::string_view status = view["status"].string();
  std::string_view reason = view["reason"].string();
  std::string_view sentence = view["sentence"].string();
  EventLines::Event event{
      .kind = "status", .icon = "◌", .tone = Tone::running, .text = std::string(status)};
  if (status == "Succeeded")
    event = {.kind = "status", .icon = "✔", .tone = Tone::good, .text = "Succeeded"};
  if (status == "Failed")
    event = {.kind = "status", .icon = "✖", .tone = Tone::bad, .text = "Failed"};
  if (status == "Terminated")
    event = {.kind = "status", .icon = "✖", .tone = Tone::unsure, .text = "Terminated"};
  if (status == "Paused")
    event = {.kind = "status", .icon = "॥", .tone = Tone::unsure, .text = "Paused"};
  if (status == "RollingBack")
    event = {.kind = "status", .icon = "↩", .tone = Tone::bad, .text = "RollingBack"};
  if (!reason.empty()) event.text += fmt::format(" ({})", reason);
  if (!sentence.empty()) event.text += fmt::format(": {}", sentence);
  return event;
}

bool differ(const Json& a, const Json& b, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (a[key] != b[key]) return true;
  }
  return false;
}

// Why a step does not end.
std::string lacking(const Json& view) {
  const Json& judgement = view["judgement"];
  if (judgement["contested"].boolean())
    return std::string(judgement["contested_sentence"].string());
  if (!judgement["covered"].boolean()) return "less than 80 % of the expected scrapes were seen";
  return std::string(judgement["undecided_sentence"].string());
}

}  // namespace

std::vector<EventLines::Event> EventLines::next(const Json& view) {
  std::vector<Event> events;
  const Json& steps = view["steps"];
  std::int64_t step = view["step"].integer();
  bool confirmed = view["weight"]["confirmed"].boolean();
  bool before =
      last_["weight"]["confirmed"].boolean() && last_["weight"]["set"] == view["weight"]["set"];
  // After a promotion the canary's slot is another one: its share says nothing of this release.
  bool promoted = view["status"].string() == "Succeeded";
  if (confirmed && !before && !promoted && !last_.is_null()) {
    events.push_back({.kind = "weight",
                      .icon = "✔",
                      .tone = Tone::good,
                      .text = fmt::format("canary at {:g} % of traffic, read back from the router",
                                          view["weight"]["observed"].number())});
  }
  if (last_.is_null() || differ(view, last_, {"status", "reason"}))
    events.push_back(status_event(view));
  bool moved = last_.is_null() || step != last_["step"].integer();
  if (moved && view["status"].string() == "Progressing" &&
      step < static_cast<std::int64_t>(steps.size())) {
    const Json& current = steps.at(static_cast<std::size_t>(step));
    std::string what(current["kind"].string());
    if (what == "setWeight") what = fmt::format("set weight to {:g} %", current["weight"].number());
    if (what == "pause") {
      what = current["duration_s"].is_number()
                 ? fmt::format("watch for {:g} s", current["duration_s"].number())
                 : "wait until a person continues";
    }
    events.push_back({.kind = "step",
                      .icon = "◌",
                      .tone = Tone::running,
                      .text = fmt::format("step {}/{}: {}", step + 1, steps.size(), what)});
  }
  for (const Json& metric : view["report"]["metrics"].items()) {
    const Json& forecast = metric["forecast"];
    if (!metric["required"].boolean() || !forecast["known"].boolean() ||
        forecast["canPass"].boolean()) {
      continue;
    }
    if (!told_.insert(std::string(metric["name"].string())).second) continue;
    events.push_back({.kind = "forecast",
                      .icon = "!",
                      .tone = Tone::unsure,
                      .text = fmt::format("the plan is too short to promote by itself: {}",
                                          forecast["sentence"].string())});
  }
  const bool silent = view["weight"].contains("problem");
  if (silent && !last_["weight"].contains("problem")) {
    events.push_back({.kind = "router",
                      .icon = "?",
                      .tone = Tone::unsure,
                      .text = fmt::format("the router does not answer, the release holds: {}",
                                          view["weight"]["problem"].string())});
  } else if (!silent && last_["weight"].contains("problem")) {
    events.push_back(
        {.kind = "router", .icon = "✔", .tone = Tone::good, .text = "the router answers again"});
  }
  if (view.contains("stays") && !last_.contains("stays")) {
    events.push_back({.kind = "stays",
                      .icon = "◌",
                      .tone = Tone::running,
                      .text = fmt::format("stays {}", view["stays"].string())});
  }
  const bool unkept = view["journal_failed"].boolean();
  if (unkept && !last_["journal_failed"].boolean()) {
    events.push_back(
        {.kind = "journal",
         .icon = "?",
         .tone = Tone::unsure,
         .text = "the journal can't be written, nothing advances: free space on its disk"});
  } else if (!unkept && last_["journal_failed"].boolean()) {
    events.push_back({.kind = "journal",
                      .icon = "✔",
                      .tone = Tone::good,
                      .text = "the journal can be written again"});
  }
  bool down = view["judgement"]["sources_down"].boolean();
  if (down && !last_["judgement"]["sources_down"].boolean()) {
    events.push_back({.kind = "metrics",
                      .icon = "?",
                      .tone = Tone::unsure,
                      .text = fmt::format("metrics do not answer, the release holds: {}",
                                          view["judgement"]["sources_sentence"].string())});
  } else if (!down && last_["judgement"]["sources_down"].boolean()) {
    events.push_back(
        {.kind = "metrics", .icon = "✔", .tone = Tone::good, .text = "metrics answer again"});
  }
  if (view["next"]["extended"].boolean() && !last_["next"]["extended"].boolean()) {
    events.push_back({.kind = "step",
                      .icon = "◌",
                      .tone = Tone::unsure,
                      .text = fmt::format("step {} takes longer: {}", step + 1, lacking(view))});
  }
  last_ = view;
  return events;
}

std::string event_line(const EventLines::Event& event, const std::string& time,
                       const Terminal& terminal) {
  return fmt::format("{} {}", time, terminal.paint(event.tone, event.icon + " " + event.text));
}

}  // namespace serin::app
