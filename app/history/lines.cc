#include "app/history/lines.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/view/release_view.h"

namespace serin::app {
namespace {

using Align = Table::Align;

std::string seconds_of(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

std::string text(const Json& json) {
  return std::string(json.string());
}

std::string or_dash(std::string value) {
  return value.empty() ? "-" : value;
}

Tone tone_of(std::string_view status) {
  if (status == "Succeeded") return Tone::good;
  if (status == "Failed" || status == "RollingBack") return Tone::bad;
  if (status == "Paused" || status == "Terminated") return Tone::unsure;
  return Tone::running;
}

Tone tone_of(rollout::Severity severity) {
  if (severity == rollout::Severity::alert) return Tone::bad;
  return severity == rollout::Severity::warning ? Tone::unsure : Tone::plain;
}

// "Progressing step 2 at 5 %", without what did not change.
std::string standing(const Json& json, const Json& other) {
  std::string out;
  auto add = [&](std::string_view part) { out += (out.empty() ? "" : " ") + std::string(part); };
  std::string_view status = json["status"].string();
  std::string_view reason = json["reason"].string();
  if (status.empty()) return "";
  if (status != other["status"].string() || reason != other["reason"].string()) {
    add(status);
    if (!reason.empty()) add(fmt::format("({})", reason));
  }
  if (json["step"] != other["step"]) add(fmt::format("step {}", json["step"].integer() + 1));
  if (json["weight"] != other["weight"]) add(fmt::format("{:g} %", json["weight"].number()));
  return out;
}

std::string change_of(const rollout::AuditEntry& entry) {
  std::string before = standing(entry.before, entry.after);
  std::string after = standing(entry.after, entry.before);
  if (before.empty() && after.empty()) return "-";
  return before.empty() ? after : fmt::format("{} → {}", before, after);
}

std::string took(const store::ReleaseInfo& release) {
  if (!release.entry.ended) return "-";
  return format_duration(
      std::chrono::floor<std::chrono::seconds>(*release.entry.ended - release.entry.started));
}

void add_section(std::vector<std::string>& lines, const std::string& title,
                 const std::vector<std::string>& more) {
  if (more.empty()) return;
  lines.emplace_back();
  lines.push_back(title);
  for (const std::string& line : more) lines.push_back("  " + line);
}

std::vector<std::string> step_lines(const Json& steps) {
  if (steps.size() == 0) return {};
  Table table({{"STEP", Align::right},
               {"WHAT", Align::left},
               {"STATUS", Align::left},
               {"START", Align::left},
               {"END", Align::left}});
  int number = 0;
  for (const Json& step : steps.items()) {
    std::string what = text(step["kind"]);
    if (step["weight"].is_number()) what += fmt::format(" {:g} %", step["weight"].number());
    if (step["duration_s"].is_number()) what += fmt::format(" {:g} s", step["duration_s"].number());
    table.row({std::to_string(++number), what, text(step["status"]), or_dash(text(step["start"])),
               or_dash(text(step["end"]))});
  }
  return table.lines();
}

}  // namespace

std::vector<std::string> history_lines(const std::vector<store::ReleaseInfo>& releases, bool wide,
                                       const Terminal& terminal) {
  std::vector<std::pair<std::string, Align>> columns = {
      {"TICKET", Align::left},   {"TYPE", Align::left},    {"RESULT", Align::left},
      {"FROM", Align::left},     {"TO", Align::left},      {"EXECUTOR", Align::left},
      {"PIPELINE", Align::left}, {"STARTED", Align::left}, {"TOOK", Align::right}};
  if (wide) {
    for (const char* more : {"POLICY", "ENVIRONMENT", "STEP", "OF", "WHY"}) {
      columns.emplace_back(more, Align::left);
    }
  }
  Table table(columns);
  for (const store::ReleaseInfo& release : releases) {
    const Json& summary = release.entry.summary;
    std::string status = text(summary["status"]);
    std::vector<std::string> cells = {release.entry.id,
                                      or_dash(text(summary["type"])),
                                      terminal.paint(tone_of(status), or_dash(status)),
                                      or_dash(text(summary["stable_version"])),
                                      or_dash(text(summary["version"])),
                                      or_dash(text(summary["executor"])),
                                      or_dash(text(summary["pipeline"])),
                                      seconds_of(release.entry.started),
                                      took(release)};
    if (wide) {
      cells.push_back(or_dash(text(summary["policy"])));
      cells.push_back(or_dash(text(summary["environment"])));
      cells.push_back(fmt::format("{}/{}", summary["step"].integer(), summary["steps"].integer()));
      cells.push_back(or_dash(text(summary["of"])));
      cells.push_back(or_dash(text(summary["sentence"])));
    }
    table.row(std::move(cells));
  }
  return table.lines();
}

std::vector<std::string> audit_lines(const std::vector<store::AuditRow>& rows, bool wide) {
  std::vector<std::pair<std::string, Align>> columns = {
      {"ENTRY", Align::right},    {"TIME", Align::left},    {"ACTOR", Align::left},
      {"OPERATION", Align::left}, {"SUBJECT", Align::left}, {"CHANGE", Align::left},
      {"RESULT", Align::left}};
  columns.emplace_back("REASON", Align::left);
  if (wide) columns.emplace_back("HASH", Align::left);
  Table table(columns);
  for (const store::AuditRow& row : rows) {
    const rollout::AuditEntry& entry = row.entry;
    std::vector<std::string> cells = {std::to_string(row.position),
                                      seconds_of(entry.when),
                                      entry.actor,
                                      entry.operation,
                                      entry.subject,
                                      change_of(entry),
                                      entry.result,
                                      or_dash(entry.reason)};
    if (wide) cells.push_back(row.hash);
    table.row(std::move(cells));
  }
  return table.lines();
}

std::vector<std::string> event_lines(const std::vector<store::EventRow>& rows, bool wide,
                                     const Terminal& terminal) {
  std::vector<std::pair<std::string, Align>> columns;
  if (wide) columns.emplace_back("RELEASE", Align::left);
  columns.insert(columns.end(), {{"COMPONENT", Align::left},
                                 {"TYPE", Align::left},
                                 {"FIRST", Align::left},
                                 {"LAST", Align::left},
                                 {"COUNT", Align::right},
                                 {"MESSAGE", Align::left}});
  Table table(columns);
  for (const store::EventRow& row : rows) {
    const rollout::ReleaseEvent& event = row.event;
    std::vector<std::string> cells;
    if (wide) cells.push_back(or_dash(event.release));
    cells.insert(cells.end(), {event.component, event.kind, seconds_of(event.first),
                               seconds_of(event.last), std::to_string(event.count),
                               terminal.paint(tone_of(event.severity), event.message)});
    table.row(std::move(cells));
  }
  return table.lines();
}

std::string event_line(const store::EventRow& row, const Terminal& terminal) {
  const rollout::ReleaseEvent& event = row.event;
  std::string times = event.count > 1 ? fmt::format(" ({} times)", event.count) : "";
  return fmt::format("{} {} {}/{}: {}{}", seconds_of(event.last), or_dash(event.release),
                     event.component, event.kind,
                     terminal.paint(tone_of(event.severity), event.message), times);
}

std::vector<std::string> release_page(const store::ReleaseInfo& release, const Json& report,
                                      const std::vector<store::AuditRow>& audit,
                                      const std::vector<store::EventRow>& events,
                                      const Terminal& terminal) {
  std::vector<std::string> lines = report.is_object() ? release_lines(report, terminal)
                                                      : history_lines({release}, true, terminal);
  const Json& summary = release.entry.summary;
  const Json& basic = report["basic"];
  std::vector<std::string> facts;
  auto add = [&](const char* name, const std::string& value) {
    facts.push_back(fmt::format("{:<16}{}", name, or_dash(value)));
  };
  add("ticket type", text(summary["type"]));
  add("result", text(summary["result"]));
  add("executor", text(summary["executor"]));
  add("pipeline", text(summary["pipeline"]));
  add("policy", text(summary["policy"]));
  add("environment", text(summary["environment"]));
  add("endpoint", text(summary["endpoint"]));
  add("config revision", text(basic["config_revision"]));
  add("version", text(summary["version"]));
  add("start", seconds_of(release.entry.started));
  add("end", release.entry.ended ? seconds_of(*release.entry.ended) : "");
  if (!summary["of"].string().empty()) add("follows", text(summary["of"]));
  for (const Json& next : summary["followed_by"].items()) add("followed by", text(next));
  add_section(lines, "Basic information", facts);
  add_section(lines, "Flow", step_lines(report["steps"]));
  if (!audit.empty()) add_section(lines, "Decisions and operations", audit_lines(audit, false));
  if (!events.empty()) add_section(lines, "Events", event_lines(events, false, terminal));
  return lines;
}

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::puts(line.c_str());
}

void print_items(const std::vector<Json>& items, const Json& next, ListFormat format) {
  if (format == ListFormat::jsonl) {
    for (const Json& item : items) std::puts(item.dump().c_str());
    return;
  }
  Json list = Json::array();
  for (const Json& item : items) list.push(item);
  std::puts(Json::object().set("items", std::move(list)).set("next", next).dump().c_str());
}

}  // namespace serin::app
