#include "app/view/metric_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace serin::app {

std::string share_text(double share) {
  if (!std::isfinite(share)) return "–";
  double value = share * 100;
  if (value == 0) return "0 %";
  int decimals =
      value >= 100
          ? 0
          : std::clamp(1 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 4);
  return fmt::format("{:.{}f} %", value, decimals);
}

std::string side_text(const Json& metric, const Json& side) {
  double value = side["value"].number(std::nan(""));
  if (!std::isfinite(value)) return "–";
  std::string_view kind = metric["kind"].string();
  if (kind == "errors") {
    return fmt::format("{} ({}/{})", share_text(value), with_thousands(side["events"].number()),
                       with_thousands(side["exposure"].number()));
  }
  if (kind == "histogram") {
    return fmt::format("tail {} of {}", share_text(value),
                       with_thousands(side["exposure"].number()));
  }
  return fmt::format("{:.4g}", value);
}

std::string effect_text(const Json& effect) {
  double estimate = effect["estimate"].number(std::nan(""));
  double lower = effect["lower"].number(std::nan(""));
  double upper = effect["upper"].number(std::nan(""));
  std::string_view scale = effect["scale"].string();
  bool ratio = scale == "ratio";
  std::string text = std::isnan(estimate)   ? "–"
                     : !ratio               ? fmt::format("{:+.2f} {}", estimate, scale)
                     : std::isinf(estimate) ? "none on stable"
                                            : fmt::format("×{:.2f}", estimate);
  if (text.starts_with("-0.00 ")) text[0] = '+';
  if (std::isnan(lower) || std::isnan(upper)) return text;
  bool open_below = ratio ? !(lower > 0) : std::isinf(lower);
  if (open_below && std::isinf(upper)) return text + ", too few to tell";
  if (ratio && std::isinf(upper)) return fmt::format("{}, at least ×{:.2f}", text, lower);
  auto number = [](double value) {
    return std::isinf(value) ? std::string("∞") : fmt::format("{:.2f}", value);
  };
  return fmt::format("{} [{}, {}]", text, number(lower), number(upper));
}

std::vector<const Json*> worst_first(const Json& metrics) {
  std::vector<const Json*> all;
  for (const Json& metric : metrics.items()) all.push_back(&metric);
  std::ranges::stable_partition(
      all, [](const Json* metric) { return (*metric)["verdict"].string() == "fail"; });
  return all;
}

std::string counted_in_step(const Json& effect) {
  if (!effect["canary"].is_object() || !effect["stable"].is_object()) return "";
  auto side = [](const Json& of) {
    return fmt::format("{} of {}", with_thousands(of["events"].number()),
                       with_thousands(of["exposure"].number()));
  };
  return fmt::format("in this step {} against {}", side(effect["canary"]), side(effect["stable"]));
}

MetricState state_of(const Json& metric) {
  std::string_view verdict = metric["verdict"].string();
  bool rule = metric["kind"].string() == "threshold";
  if (verdict == "fail") return {Tone::bad, rule ? "✖ broken" : "✖ worse"};
  if (verdict == "pass") return {Tone::good, "✔ ok"};
  if (!metric["problem"].string().empty()) return {Tone::unsure, "? no answer"};
  if (double left = metric["warmupLeftSeconds"].number(); left > 0) {
    return {Tone::dim, fmt::format("· warm-up {:.0f} s", std::ceil(left))};
  }
  if (verdict == "noData") return {Tone::unsure, "? no data"};
  return {Tone::unsure, "? undecided"};
}

}  // namespace serin::app
