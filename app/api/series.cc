#include "app/api/series.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace serin::app {
namespace {

double number_of(const Json& json) {
  return json.is_null() ? std::nan("") : json.number(std::nan(""));
}

// A threshold rule's last value is a text; one that is no number is none.
double value_of(const Json& text) {
  std::string_view digits = text.string();
  if (digits.starts_with('[')) digits.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(end);
  return error == std::errc() ? value : std::nan("");
}

Json json_of(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

}  // namespace

void Series::add(const std::string& release, const Json& view, Now now) {
  auto [found, is_new] = releases_.try_emplace(release);
  if (is_new) {
    order_.push_back(release);
    if (order_.size() > kReleasesMax) {
      releases_.erase(order_.front());
      order_.pop_front();
    }
  }
  Release& kept = found->second;
  if (!is_new && now.mono - kept.last < kept.apart) return;
  kept.last = now.mono;
  // A release that is over is looked at a little later: its last point belongs to its end.
  WallTime time = now.wall;
  if (const auto end = parse_rfc3339(view["end"].string())) time = std::min(time, *end);
  std::size_t longest = 0;
  for (const Json& metric : view["report"]["metrics"].items()) {
    std::string name(metric["name"].string());
    if (kept.metrics.size() >= kMetricsMax && !kept.metrics.contains(name)) continue;
    bool rule = metric["kind"].string() == "threshold";
    auto& points = kept.metrics[name];
    points.push_back(
        {.time = time,
         .canary = rule ? value_of(metric["value"]) : number_of(metric["canary"]["value"]),
         .stable = number_of(metric["stable"]["value"]),
         .lower = number_of(metric["effect"]["lower"]),
         .upper = number_of(metric["effect"]["upper"]),
         .log_e = number_of(metric["logE"]),
         .log_e_pass = number_of(metric["logEPass"]),
         .weight = number_of(view["weight"]["observed"]),
         .n = rule ? number_of(metric["measurements"]) : number_of(metric["canary"]["exposure"])});
    longest = std::max(longest, points.size());
  }
  if (longest <= kPointsMax) return;
  kept.apart *= 2;
  for (auto& [name, points] : kept.metrics) {
    std::vector<Point> half;
    for (std::size_t i = points.size() % 2; i < points.size(); i += 2) half.push_back(points[i]);
    points = std::move(half);
  }
}

Json Series::points(const std::string& release, const std::string& metric, WallTime from,
                    WallTime to) const {
  Json items = Json::array();
  auto kept = releases_.find(release);
  if (kept == releases_.end()) return items;
  auto points = kept->second.metrics.find(metric);
  if (points == kept->second.metrics.end()) return items;
  for (const Point& point : points->second) {
    if (point.time < from || point.time > to) continue;
    items.push(
        Json::object()
            .set("time", format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(point.time)))
            .set("canary", json_of(point.canary))
            .set("stable", json_of(point.stable))
            .set("lower", json_of(point.lower))
            .set("upper", json_of(point.upper))
            .set("logE", json_of(point.log_e))
            .set("logEPass", json_of(point.log_e_pass))
            .set("weight", json_of(point.weight))
            .set("n", json_of(point.n)));
  }
  return items;
}

}  // namespace serin::app
