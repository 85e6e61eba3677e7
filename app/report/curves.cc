#include "app/report/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace serin::app {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
// An interval that reaches so many times beyond what is seen says "unknown": it is cut there.
constexpr double kBandMax = 3;
constexpr int kEvidenceHeight = 150;
constexpr double kEvidenceMost = 2;  // what is far beyond the limit does not press it flat

double unix_seconds(WallTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e9;
}

// The canary's value beyond which it counts as worse; NaN where the limit is not one of values.
double limit_value(const Json& metric, double stable) {
  const Json& limit = metric["limit"];
  if (limit["most"].is_number()) return limit["most"].number();
  if (limit["least"].is_number()) return limit["least"].number();
  if (!limit["ratio"].is_number() || metric["kind"].string() == "histogram") return kNothing;
  double ratio = limit["ratio"].number();
  double absolute = limit["absolute"].number();
  return limit["down"].boolean() ? std::min(stable / ratio, stable - absolute)
                                 : std::max(stable * ratio, stable + absolute);
}

std::vector<ChartMark> marks_of(const Json& release) {
  std::vector<ChartMark> marks;
  for (const Json& step : release["steps"].items()) {
    if (step["kind"].string() != "setWeight") continue;
    auto start = parse_rfc3339(step["start"].string());
    if (start)
      marks.push_back({unix_seconds(*start), fmt::format("{:g} %", step["weight"].number())});
  }
  if (auto end = parse_rfc3339(release["end"].string())) {
    marks.push_back({unix_seconds(*end), std::string(release["status"].string())});
  }
  return marks;
}

MetricCharts charts_of(const Story& story, const Json& metric, const StoryCurve& curve) {
  MetricCharts charts;
  charts.metric = curve.metric;
  charts.sentence = std::string(metric["sentence"].string());
  double level = metric["level"].number();
  bool ratio = metric["effect"]["scale"].string() == "ratio";
  std::string_view kind = metric["kind"].string();
  ChartLine stable{.name = "stable", .style = "stable", .values = {}};
  ChartLine canary{.name = "canary", .style = "canary", .values = {}};
  ChartLine limit{.name = "limit", .style = "limit", .values = {}};
  ChartLine evidence{.name = "evidence", .style = "evidence", .values = {}};
  for (const StorySample& sample : curve.samples) {
    charts.values.times.push_back(unix_seconds(sample.time));
    stable.values.push_back(sample.stable);
    canary.values.push_back(sample.canary);
    limit.values.push_back(limit_value(metric, sample.stable));
    evidence.values.push_back(level > 0 ? std::max(0.0, sample.log_e / level) : kNothing);
    if (!ratio) continue;
    double most = kBandMax * std::max(sample.stable, sample.canary);
    double lower = sample.stable * sample.lower;
    double upper = std::isfinite(sample.upper) ? sample.stable * sample.upper : most;
    bool known = std::isfinite(lower) && sample.stable > 0;
    charts.values.lower.push_back(known ? std::min(lower, most) : kNothing);
    charts.values.upper.push_back(known ? std::clamp(upper, std::min(lower, most), most)
                                        : kNothing);
  }
  charts.values.share = kind == "errors" || kind == "histogram";
  charts.values.title = fmt::format("{}: canary and stable, so far in the release", curve.metric);
  charts.values.summary = charts.sentence;
  charts.values.marks = marks_of(story.release);
  charts.values.lines = {std::move(stable), std::move(limit), std::move(canary)};
  charts.evidence.times = charts.values.times;
  charts.evidence.marks = charts.values.marks;
  charts.evidence.title = fmt::format("{}: evidence that it is worse", curve.metric);
  charts.evidence.summary = "100 % rolls back.";
  charts.evidence.share = true;
  charts.evidence.top_min = 1.1;
  charts.evidence.top_max = kEvidenceMost;
  charts.evidence.height = kEvidenceHeight;
  std::vector<double> full(charts.evidence.times.size(), 1.0);
  charts.evidence.lines = {{.name = "rolls back", .style = "limit", .values = std::move(full)},
                           std::move(evidence)};
  return charts;
}

}  // namespace

std::vector<MetricCharts> charts_of(const Story& story) {
  std::vector<MetricCharts> all;
  for (const Json& metric : story.release["report"]["metrics"].items()) {
    auto curve = std::ranges::find(story.curves, metric["name"].string(), &StoryCurve::metric);
    if (curve == story.curves.end() || curve->samples.empty()) continue;
    if (metric["kind"].string() == "threshold") continue;
    all.push_back(charts_of(story, metric, *curve));
  }
  return all;
}

}  // namespace serin::app
