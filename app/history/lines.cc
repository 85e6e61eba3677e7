#include "app/history/lines.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/view/release_view.h"
#include "base/time.h"

namespace serin::app {
namespace {

using Align = Table::Align;

// Without fractions; what is no time stays as it is.
std::string seconds_of(const Json& time) {
  auto parsed = parse_rfc3339(time.string());
  if (!parsed) return std::string(time.string());
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(*parsed));
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

Tone tone_of_severity(std::string_view severity) {
  if (severity == "alert") return Tone::bad;
  return severity == "warning" ? Tone::unsure : Tone::plain;
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

std::string change_of(const Json& row) {
  std::string before = standing(row["before"], row["after"]);
  std::string after = standing(row["after"], row["before"]);
  if (before.empty() && after.empty()) return "-";
  return before.empty() ? after : fmt::format("{} → {}", before, after);
}

std::string took(const Json& release) {
  auto start = parse_rfc3339(release["start"].string());
  auto end = parse_rfc3339(release["end"].string());
  if (!start || !end) return "-";
  return format_duration(std::chrono::floor<std::chrono::seconds>(*end - *start));
}

void add_section(std::vector<std::string>& lines, const std::string& title,
                 const std::vector<std::string>& more) {
  if (more.empty()) return;
  lines.emplace_back();
  lines.push_back(title);
  for (const std::string& line : more) lines.push_back("  " + line);
}

// "done (approved by ada: the till is right)".
std::string step_status(const Json& step) {
  std::string how = text(step["approval"]);
  if (std::string who = text(step["by"]); !who.empty()) {
    how += fmt::format("{}by {}", how.empty() ? "" : " ", who);
  }
  if (std::string why = text(step["comment"]); !why.empty()) how += ": " + why;
  std::string status = text(step["status"]);
  return how.empty() ? status : fmt::format("{} ({})", status, how);
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
    table.row({std::to_string(++number), what, step_status(step), or_dash(text(step["start"])),
               or_dash(text(step["end"]))});
  }
  return table.lines();
}

}  // namespace

std::vector<std::string> history_lines(const Json& releases, bool wide, const Terminal& terminal) {
  std::vector<std::pair<std::string, Align>> columns = {
      {"TICKET", Align::left},   {"TYPE", Align::left},    {"RESULT", Align::left},
      {"FROM", Align::left},     {"TO", Align::left},      {"EXECUTOR", Align::left},
      {"PIPELINE", Align::left}, {"STARTED", Align::left}, {"TOOK", Align::right}};
  if (wide) {
    for (const char* more : {"POLICY", "ENVIRONMENT", "STEP", "OF", "WHY"})
      columns.emplace_back(more, Align::left);
  }
  Table table(columns);
  for (const Json& release : releases.items()) {
    std::string status = text(release["status"]);
    std::vector<std::string> cells = {text(release["id"]),
                                      or_dash(text(release["type"])),
                                      terminal.paint(tone_of(status), or_dash(status)),
                                      or_dash(text(release["stable_version"])),
                                      or_dash(text(release["version"])),
                                      or_dash(text(release["executor"])),
                                      or_dash(text(release["pipeline"])),
                                      seconds_of(release["start"]),
                                      took(release)};
    if (wide) {
      cells.push_back(or_dash(text(release["policy"])));
      cells.push_back(or_dash(text(release["environment"])));
      cells.push_back(fmt::format("{}/{}", release["step"].integer(), release["steps"].integer()));
      cells.push_back(or_dash(text(release["of"])));
      cells.push_back(or_dash(text(release["sentence"])));
    }
    table.row(std::move(cells));
  }
  return table.lines();
}

std::vector<std::string> audit_lines(const Json& rows, bool wide) {
  std::vector<std::pair<std::string, Align>> columns = {
      {"ENTRY", Align::right},    {"TIME", Align::left},    {"ACTOR", Align::left},
      {"OPERATION", Align::left}, {"SUBJECT", Align::left}, {"CHANGE", Align::left},
      {"RESULT", Align::left}};
  columns.emplace_back("REASON", Align::left);
  if (wide) columns.emplace_back("HASH", Align::left);
  Table table(columns);
  for (const Json& row : rows.items()) {
    std::vector<std::string> cells = {std::to_string(row["position"].integer()),
                                      seconds_of(row["time"]),
                                      text(row["actor"]),
                                      text(row["operation"]),
                                      text(row["subject"]),
                                      change_of(row),
                                      text(row["result"]),
                                      or_dash(text(row["reason"]))};
    if (wide) cells.push_back(text(row["hash"]));
    table.row(std::move(cells));
  }
  return table.lines();
}

std::vector<std::string> event_lines(const Json& rows, bool wide, const Terminal& terminal) {
  std::vector<std::pair<std::string, Align>> columns;
  if (wide) columns.emplace_back("RELEASE", Align::left);
  columns.insert(columns.end(), {{"COMPONENT", Align::left},
                                 {"TYPE", Align::left},
                                 {"FIRST", Align::left},
                                 {"LAST", Align::left},
                                 {"COUNT", Align::right},
                                 {"MESSAGE", Align::left}});
  Table table(columns);
  for (const Json& row : rows.items()) {
    std::vector<std::string> cells;
    if (wide) cells.push_back(or_dash(text(row["release"])));
    cells.insert(cells.end(), {text(row["component"]), text(row["type"]), seconds_of(row["first"]),
                               seconds_of(row["last"]), std::to_string(row["count"].integer()),
                               terminal.paint(tone_of_severity(row["severity"].string()),
                                              row["message"].string())});
    table.row(std::move(cells));
  }
  return table.lines();
}

std::string event_line(const Json& row, const Terminal& terminal) {
  std::int64_t count = row["count"].integer();
  std::string times = count > 1 ? fmt::format(" ({} times)", count) : "";
  return fmt::format(
      "{} {} {}/{}: {}{}", seconds_of(row["last"]), or_dash(text(row["release"])),
      row["component"].string(), row["type"].string(),
      terminal.paint(tone_of_severity(row["severity"].string()), row["message"].string()), times);
}

std::vector<std::string> release_fact_lines(const Json& view) {
  const Json& info = view["info"];
  std::vector<std::string> facts;
  auto add = [&](const char* name, const Json& value) {
    facts.push_back(fmt::format("{:<16}{}", name, or_dash(text(value))));
  };
  add("ticket type", view["type"]);
  add("executor", info["executor"]);
  add("pipeline", info["pipeline"]);
  add("policy", info["policy"]);
  add("environment", info["environment"]);
  add("endpoint", info["endpoint"]);
  add("start", view["start"]);
  add("end", view["end"]);
  std::vector<std::string> lines;
  add_section(lines, "Basic information", facts);
  add_section(lines, "Flow", step_lines(view["steps"]));
  return lines;
}

std::vector<std::string> release_page_lines(const Json& page, const Terminal& terminal) {
  const Json& release = page["release"];
  const Json& report = page["report"];
  std::vector<std::string> lines = report.is_object()
                                       ? release_lines(report, terminal)
                                       : history_lines(Json::array().push(release), true, terminal);
  std::vector<std::string> facts;
  auto add = [&](const char* name, const std::string& value) {
    facts.push_back(fmt::format("{:<16}{}", name, or_dash(value)));
  };
  add("ticket type", text(release["type"]));
  add("result", text(release["result"]));
  add("executor", text(release["executor"]));
  add("pipeline", text(release["pipeline"]));
  add("policy", text(release["policy"]));
  add("environment", text(release["environment"]));
  add("endpoint", text(release["endpoint"]));
  add("config revision", text(report["basic"]["config_revision"]));
  add("version", text(release["version"]));
  add("start", seconds_of(release["start"]));
  add("end", seconds_of(release["end"]));
  if (!release["of"].string().empty()) add("follows", text(release["of"]));
  for (const Json& next : release["followed_by"].items()) add("followed by", text(next));
  const Json& audit = page["audit"];
  const Json& events = page["events"];
  add_section(lines, "Basic information", facts);
  add_section(lines, "Flow", step_lines(report["steps"]));
  if (audit.size() > 0) add_section(lines, "Decisions and operations", audit_lines(audit, false));
  if (events.size() > 0) add_section(lines, "Events", event_lines(events, false, terminal));
  return lines;
}

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::puts(line.c_str());
}

}  // namespace serin::app
