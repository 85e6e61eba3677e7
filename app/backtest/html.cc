// The report as a page: drawings are SVG within it, nothing is fetched.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/stats/proportion.h"
#include "app/backtest/report.h"
#include "app/view/markup.h"

namespace serin::app {
namespace {

using analysis::planning::HarmResult;

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}table{border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.2rem .8rem .2rem 0;text-align:left}td.n,th.n{text-align:right}"
    ".verdict{font-size:1.15rem;border-left:.4rem solid #57606a;padding:.4rem .8rem}"
    ".yes{border-color:#1a7f37}.no{border-color:#cf222e}.nearly{border-color:#9a6700}"
    "svg{max-width:100%}svg text{font:12px system-ui,sans-serif;fill:currentColor}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}}";

constexpr double kLeft = 210;
constexpr double kWidth = 560;
constexpr double kRow = 24;

// False rollbacks of each metric, with their intervals, beside the limit.
std::string rates_svg(const BacktestReport& report) {
  double most = 2 * report.limit;
  const double n = report.result.releases;
  for (int count : report.result.by_metric) {
    most = std::max(most, analysis::stats::clopper_pearson(count, n, 0.05).upper);
  }
  const auto x = [&](double rate) { return kLeft + kWidth * rate / most; };
  const double height = kRow * static_cast<double>(report.metrics.size()) + 40;
  std::string svg = fmt::format(
      "<svg role=\"img\" aria-label=\"False rollbacks by metric\" viewBox=\"0 0 {} {}\">",
      kLeft + kWidth + 90, height);
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    const double k = report.result.by_metric[m];
    const auto interval = analysis::stats::clopper_pearson(k, n, 0.05);
    const double y = kRow * static_cast<double>(m) + 18;
    svg += fmt::format(
        "<text x=\"{0}\" y=\"{1}\" text-anchor=\"end\">{2}</text>"
        "<line x1=\"{3:.1f}\" x2=\"{4:.1f}\" y1=\"{5}\" y2=\"{5}\" stroke=\"#0969da\" "
        "stroke-width=\"3\"/><circle cx=\"{6:.1f}\" cy=\"{5}\" r=\"5\" fill=\"#0969da\"/>"
        "<text x=\"{7:.1f}\" y=\"{1}\">{8} of {9}</text>",
        kLeft - 10, y + 4, escaped(report.metrics[m]), x(interval.lower), x(interval.upper), y,
        x(k / std::max(n, 1.0)), x(interval.upper) + 8, k, n);
  }
  const double bottom = height - 26;
  svg += fmt::format(
      "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"2\" y2=\"{1}\" stroke=\"#cf222e\" "
      "stroke-dasharray=\"6 4\"/><text x=\"{0:.1f}\" y=\"{2}\" text-anchor=\"middle\">limit {3:g} "
      "%</text></svg>",
      x(report.limit), bottom, height - 8, 100 * report.limit);
  return svg;
}

// Times until each regression was found: the middle one, and nine of ten.
std::string times_svg(const BacktestReport& report) {
  double most = 60;
  for (const HarmResult& harm : report.result.harms) {
    if (!harm.seconds.empty()) most = std::max(most, harm.seconds.back());
  }
  const auto x = [&](double seconds) { return kLeft + kWidth * seconds / most; };
  const double height = kRow * static_cast<double>(report.result.harms.size()) + 40;
  std::string svg = fmt::format(
      "<svg role=\"img\" aria-label=\"Time until regressions are found\" viewBox=\"0 0 {} {}\">",
      kLeft + kWidth + 90, height);
  double y = 18;
  for (const HarmResult& harm : report.result.harms) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{} {}</text>", kLeft - 10,
                       y + 4, escaped(report.metrics[harm.metric]), escaped(to_string(harm.harm)));
    double end = kLeft;
    if (!harm.seconds.empty()) {
      const double first = harm.seconds.front();
      const double late = harm.seconds[(harm.seconds.size() * 9 - 1) / 10];
      const double middle = harm.seconds[harm.seconds.size() / 2];
      end = x(late);
      svg += fmt::format(
          "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\" stroke=\"#8250df\" "
          "stroke-width=\"3\"/><circle cx=\"{:.1f}\" cy=\"{}\" r=\"5\" fill=\"#8250df\"/>",
          x(first), end, y, y, x(middle), y);
    }
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{} of {}</text>", end + 10, y + 4, harm.found,
                       harm.releases);
    y += kRow;
  }
  for (int i = 0; i <= 4; ++i) {
    const double seconds = most * i / 4;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.0f} min</text>",
                       x(seconds), height - 8, seconds / 60);
  }
  return svg + "</svg>";
}

}  // namespace

std::string to_html(const BacktestReport& report) {
  const auto& result = report.result;
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Back-test of {0}"
      "</title><style>{1}</style></head><body><h1>Back-test of {0}</h1>"
      "<p class=\"verdict {2}\">{3}</p>"
      "<p>{4} to {5}. {6} harmless releases: {7} promoted, {8} undecided, {9} rolled back.</p>",
      escaped(report.rollout), kStyle, to_string(report.trust), escaped(report.verdict),
      format_rfc3339(result.from), format_rfc3339(result.until), result.releases, result.promoted,
      result.releases - result.promoted - static_cast<int>(result.false_rollbacks.size()),
      result.false_rollbacks.size());
  if (!report.notes.empty()) {
    html += "<ul>";
    for (const std::string& note : report.notes) html += "<li>" + escaped(note) + "</li>";
    html += "</ul>";
  }
  html += "<h2>False rollbacks</h2>" + rates_svg(report);
  html += "<h2>Regressions</h2><p>First to ninth of ten; the dot is the middle one.</p>" +
          times_svg(report);
  if (!result.false_rollbacks.empty()) {
    html +=
        "<h2>Harmless releases that were rolled back</h2><table><tr><th>start<th class=\"n\">after"
        "<th>metric<th>instance</tr>";
    for (const auto& each : result.false_rollbacks) {
      html += fmt::format("<tr><td>{}<td class=\"n\">{:.0f} s<td>{}{}<td>{}</tr>",
                          format_rfc3339(each.start), to_seconds(each.after),
                          escaped(report.metrics[each.metric]), each.guard ? " (guard)" : "",
                          escaped(each.instance));
    }
    html += "</table>";
  }
  return html + "</body></html>\n";
}

}  // namespace serin::app
