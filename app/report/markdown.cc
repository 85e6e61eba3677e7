#include <fmt/format.h>

#include <algorithm>

#include "app/report/render.h"
#include "app/view/metric_text.h"

namespace serin::app {
namespace {

// Text inside a line or a cell: what Markdown or a table would take for markup is escaped.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]<>|#~").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string icon_of(std::string_view status) {
  if (status == "Succeeded") return "✔";
  if (status == "Failed" || status == "RollingBack") return "✖";
  return "‖";
}

std::string metric_row(const Json& metric) {
  std::string state = state_of(metric).text;
  if (metric["kind"].string() == "threshold") {
    return fmt::format("| {} | – | {} | {:g} of {:g} failed | {} | {} |\n",
                       plain(metric["name"].string()), plain(metric["value"].string()),
                       metric["failed"].number(), metric["measurements"].number(),
                       with_thousands(metric["measurements"].number()), state);
  }
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", plain(metric["name"].string()),
                     plain(side_text(metric, metric["stable"])),
                     plain(side_text(metric, metric["canary"])),
                     plain(effect_text(metric["effect"])),
                     with_thousands(metric["canary"]["exposure"].number()), state);
}

}  // namespace

std::string to_markdown(const Story& story) {
  const Json& release = story.release;
  std::string out =
      fmt::format("## {} {}\n\n**{}**\n\n{} → {}, {}\n\n", icon_of(release["status"].string()),
                  plain(release["id"].string()), plain(verdict_line(release)),
                  plain(release["stable_version"].string("?")), plain(release["version"].string()),
                  plain(took_text(story)));
  if (!story.note.empty()) out += fmt::format("> {}\n\n", plain(story.note));
  const Json& metrics = release["report"]["metrics"];
  if (!metrics.items().empty()) {
    out +=
        "| metric | stable | canary | difference in the step [95 %] | n canary | state |\n"
        "|---|---|---|---|---:|---|\n";
    for (const Json* metric : worst_first(metrics)) out += metric_row(*metric);
    out += "\n";
  }
  out += "| step | | state |\n|---:|---|---|\n";
  int number = 0;
  for (const Json& step : release["steps"].items()) {
    out += fmt::format("| {} | {} | {} |\n", ++number, plain(step_text(step)),
                       plain(step_state(release, step)));
  }
  if (!story.happenings.empty()) {
    out += "\n<details><summary>What happened</summary>\n\n| time | |\n|---|---|\n";
    for (const Happening& happening : story.happenings) {
      out += fmt::format("| {} | {} {} |\n", format_rfc3339(happening.time), happening.icon,
                         plain(happening.text));
    }
    out += "\n</details>\n";
  }
  out += "\n";
  for (const auto& [label, value] : facts_of(story))
    out += fmt::format("- {}: {}\n", label, plain(value));
  return out + fmt::format("\nMade from the journal by serin {}.\n", plain(story.serin));
}

}  // namespace serin::app
