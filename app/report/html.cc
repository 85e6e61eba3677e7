#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/report/curves.h"
#include "app/report/render.h"
#include "app/view/markup.h"
#include "app/view/metric_text.h"

namespace serin::app {
namespace {

constexpr std::string_view kStyle = R"(
:root { --ground:#fff; --text:#1c2128; --dim:#57606a; --line:#dfe3e8; --stable:#0072b2;
  --canary:#b35900; --ok:#007a5a; --fail:#c23b00; --unsure:#7a5c00; --running:#5b4b9a; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground:#0f1419; --text:#e6e9ed; --dim:#9aa4af; --line:#2c343d; --stable:#56b4e9;
    --canary:#e69f00; --ok:#2bc48a; --fail:#ff8a5c; --unsure:#f0e442; --running:#b9a7f5; } }
body { font:15px/1.45 system-ui,sans-serif; color:var(--text); background:var(--ground);
  max-width:60rem; margin:1.5rem auto; padding:0 1rem; }
h1 { font-size:1.5rem; margin:0 0 .3rem; } h2 { font-size:1.1rem; margin:1.8rem 0 .5rem; }
h3 { font-size:1rem; margin:1.2rem 0 .2rem; }
.verdict { font-size:1.15rem; border-left:5px solid var(--unsure); padding:.2rem .8rem; }
.verdict.good { border-color:var(--ok); } .verdict.bad { border-color:var(--fail); }
.good { color:var(--ok); } .bad { color:var(--fail); } .unsure { color:var(--unsure); }
.running { color:var(--running); } .dim, .plain { color:var(--dim); }
.verdict.good, .verdict.bad { color:var(--text); }
.scroll { overflow-x:auto; } table { border-collapse:collapse; width:100%; }
th, td { text-align:left; vertical-align:top; padding:.35rem .6rem .35rem 0;
  border-bottom:1px solid var(--line); font-variant-numeric:tabular-nums; }
th { font-size:.85rem; } tbody th { font-size:1rem; }
.scroll td:not([colspan]) { white-space:nowrap; }
dl { display:grid; grid-template-columns:repeat(auto-fill,minmax(13rem,1fr)); gap:.5rem 1rem; }
dt { font-size:.8rem; color:var(--dim); } dd { margin:0; overflow-wrap:anywhere; }
pre { white-space:pre-wrap; overflow-wrap:anywhere; font-size:.8rem; }
svg.chart { width:100%; height:auto; display:block; }
svg text { font:11px system-ui,sans-serif; fill:var(--dim); }
svg .grid { stroke:var(--line); } svg .mark { stroke:var(--dim); }
svg polyline { fill:none; stroke-width:2; } svg .stable { stroke:var(--stable); }
svg .canary { stroke:var(--canary); stroke-dasharray:6 4; }
svg .evidence { stroke:var(--canary); }
svg .limit { stroke:var(--fail); stroke-width:1.5; stroke-dasharray:12 6; }
svg .band { fill:var(--canary); opacity:.16; }
.key { margin-right:1rem; } .key::before { content:""; display:inline-block; width:1.6rem;
  vertical-align:middle; margin-right:.35rem; border-top:3px solid currentColor; }
.key.stable { color:var(--stable); } .key.canary { color:var(--canary); }
.key.canary::before, .key.limit::before { border-top-style:dashed; } .key.limit { color:var(--fail); }
@media print { body { margin:0; max-width:none; } h2, h3 { break-after:avoid; }
  figure, tr { break-inside:avoid; } details { display:none; } }
)";

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "good";
    case Tone::bad:
      return "bad";
    case Tone::unsure:
      return "unsure";
    case Tone::running:
      return "running";
    case Tone::plain:
    case Tone::dim:
    case Tone::strong:
      break;
  }
  return "plain";
}

std::string_view class_of_status(std::string_view status) {
  if (status == "Succeeded") return "good";
  return status == "Failed" || status == "RollingBack" ? "bad" : "unsure";
}

std::string towards(const Json& of, const Json& level) {
  if (!(level.number() > 0)) return "–";
  return fmt::format("{:.0f} %", std::clamp(of.number() / level.number(), 0.0, 9.99) * 100);
}

std::string metric_row(const Json& metric) {
  MetricState state = state_of(metric);
  std::string cells;
  auto cell = [&](const std::string& text) { cells += "<td>" + escaped(text) + "</td>"; };
  if (metric["kind"].string() == "threshold") {
    cell("–");
    cell(std::string(metric["value"].string()));
    cell(fmt::format("{:g} of {:g} failed", metric["failed"].number(),
                     metric["measurements"].number()));
    cell("rule");
    cell("–");
  } else {
    cell(side_text(metric, metric["stable"]));
    cell(side_text(metric, metric["canary"]));
    cell(effect_text(metric["effect"]));
    cell(towards(metric["logE"], metric["level"]));
    cell(with_thousands(metric["canary"]["exposure"].number()));
  }
  std::string below(metric["sentence"].string());
  std::string step = counted_in_step(metric["effect"]);
  if (!step.empty()) below += (below.empty() ? "" : "; ") + step;
  return fmt::format(
      "<tr><th scope=\"row\">{}</th>{}<td class=\"{}\">{}</td></tr>\n"
      "<tr><td colspan=\"7\" class=\"dim\">{}</td></tr>\n",
      escaped(metric["name"].string()), cells, class_of(state.tone), escaped(state.text),
      escaped(below));
}

std::string metrics_section(const Story& story) {
  const Json& metrics = story.release["report"]["metrics"];
  if (metrics.items().empty()) return "<p class=\"dim\">No metric was judged.</p>\n";
  std::string rows;
  for (const Json* metric : worst_first(metrics)) rows += metric_row(*metric);
  return "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Metric</th>"
         "<th scope=\"col\">Stable</th><th scope=\"col\">Canary</th>"
         "<th scope=\"col\">Difference in the step [95 %]</th>"
         "<th scope=\"col\">Evidence, of its limit</th>"
         "<th scope=\"col\">n canary</th><th scope=\"col\">State</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

std::string charts_section(const Story& story) {
  std::string out;
  for (const MetricCharts& charts : charts_of(story)) {
    std::string values = draw(charts.values);
    if (values.empty()) continue;
    auto has = [](const std::vector<double>& all) {
      return std::ranges::any_of(all, [](double value) { return std::isfinite(value); });
    };
    out += fmt::format(
        "<h3>{}</h3>\n<p><span class=\"key stable\">stable</span>"
        "<span class=\"key canary\">canary{}</span>{}</p>\n<figure>{}</figure>\n"
        "<p class=\"dim\">Evidence that it is worse: 100 % rolls back.</p>\n"
        "<figure>{}</figure>\n",
        escaped(charts.metric), has(charts.values.upper) ? " (95 % interval shaded)" : "",
        has(charts.values.lines[kLimitLine].values) ? "<span class=\"key limit\">limit</span>" : "",
        values, draw(charts.evidence));
  }
  return out.empty() ? "<p class=\"dim\">There is no curve.</p>\n" : out;
}

std::string steps_section(const Story& story) {
  std::string out = "<ol>\n";
  for (const Json& step : story.release["steps"].items()) {
    out += fmt::format(
        "<li>{} – {}{}</li>\n", escaped(step_text(step)), escaped(step_state(story.release, step)),
        step["start"].is_string()
            ? fmt::format(" <span class=\"dim\">since {}</span>", escaped(step["start"].string()))
            : "");
  }
  return out + "</ol>\n";
}

std::string happenings_section(const Story& story) {
  if (story.happenings.empty()) return "<p class=\"dim\">Nothing was recorded.</p>\n";
  std::string out = "<table><tbody>\n";
  for (const Happening& happening : story.happenings) {
    std::string time = format_rfc3339(happening.time);
    out += fmt::format(
        "<tr><td><time datetime=\"{0}\">{0}</time></td><td class=\"{1}\">{2} {3}</td></tr>\n",
        escaped(time), class_of(happening.tone), escaped(happening.icon), escaped(happening.text));
  }
  return out + "</tbody></table>\n";
}

}  // namespace

std::string to_html(const Story& story) {
  const Json& release = story.release;
  std::string facts;
  for (const auto& [label, value] : facts_of(story)) {
    facts += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", label, escaped(value));
  }
  std::string title = fmt::format("{}: {}", release["id"].string(), release["status"].string());
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style></head><body>\n",
      escaped(title), kStyle);
  out +=
      fmt::format("<h1>{}</h1>\n<p>{} → {}</p>\n<p class=\"verdict {}\">{}</p>\n",
                  escaped(release["id"].string()), escaped(release["stable_version"].string("?")),
                  escaped(release["version"].string()), class_of_status(release["status"].string()),
                  escaped(verdict_line(release)));
  if (!story.note.empty()) out += "<p class=\"unsure\">" + escaped(story.note) + "</p>\n";
  out += "<h2>Metrics</h2>\n" + metrics_section(story);
  out += "<h2>Canary against stable</h2>\n" + charts_section(story);
  out += "<h2>Plan</h2>\n" + steps_section(story);
  out += "<h2>What happened</h2>\n" + happenings_section(story);
  out += "<h2>Basic information</h2>\n<dl>" + facts + "</dl>\n";
  out += "<details><summary>Configuration as pinned</summary><pre>" + escaped(story.plan.dump(2)) +
         "</pre></details>\n";
  out += fmt::format("<p class=\"dim\">Made from the journal by serin {}. Times are UTC.</p>\n",
                     escaped(story.serin));
  return out + "</body></html>\n";
}

}  // namespace serin::app
