#include "app/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/view/markup.h"
#include "app/view/metric_text.h"
#include "base/assert.h"
#include "base/time.h"

namespace serin::app {
namespace {

constexpr double kLeft = 64;
constexpr double kRight = 12;
constexpr double kTop = 18;
constexpr double kBottom = 24;
constexpr double kHeadroom = 1.12;
constexpr int kTicks = 4;
constexpr int kTimeTicks = 6;
constexpr int kPixelsPerCharacter = 7;

// The round step (1, 2 or 5 times a power of ten) of which about `ticks` fit into `range`.
double round_step(double range, int ticks) {
  double raw = range / ticks;
  double power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string clock_text(double unix_seconds) {
  auto nanoseconds = static_cast<std::int64_t>(std::llround(unix_seconds)) * 1'000'000'000;
  return format_rfc3339(WallTime(Duration(nanoseconds))).substr(11, 8);
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    begin_ = chart.times.front();
    end_ = std::max(chart.times.back(), begin_ + 1);
    top_ = chart.top_min;
    auto reach = [this](const std::vector<double>& values) {
      for (double value : values) {
        if (std::isfinite(value)) top_ = std::max(top_, value * kHeadroom);
      }
    };
    for (const ChartLine& line : chart.lines) reach(line.values);
    reach(chart.upper);
    if (chart.top_max > 0) top_ = std::min(top_, chart.top_max);
    if (!(top_ > 0)) top_ = 1;
  }

  std::string svg() {
    out_ = fmt::format(
        "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "xmlns=\"http://www.w3.org/2000/svg\"><title>{}</title><desc>{}</desc>\n",
        chart_.width, chart_.height, escaped(chart_.title), escaped(chart_.summary));
    axes();
    band();
    marks();
    for (const ChartLine& line : chart_.lines) polyline(line);
    return out_ + "</svg>\n";
  }

 private:
  double x(double time) const {
    return kLeft + (time - begin_) / (end_ - begin_) * (chart_.width - kLeft - kRight);
  }
  double y(double value) const {
    double share = std::clamp(value / top_, 0.0, 1.0);
    return chart_.height - kBottom - share * (chart_.height - kTop - kBottom);
  }
  std::string value_text(double value) const {
    return chart_.share ? share_text(value) : fmt::format("{:.3g}", value);
  }

  void axes() {
    double step = round_step(top_, kTicks);
    for (double value = 0; value <= top_ * 1.0001; value += step) {
      out_ += fmt::format(
          "<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>"
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          kLeft, y(value), chart_.width - kRight, y(value), kLeft - 6, y(value) + 4,
          value_text(value));
    }
    // The clock has whole seconds: ticks closer than that would repeat themselves.
    std::string before;
    for (int i = 0; i <= kTimeTicks; ++i) {
      double time = begin_ + (end_ - begin_) * i / kTimeTicks;
      if (std::exchange(before, clock_text(time)) == clock_text(time)) continue;
      const char* anchor = i == 0 ? "start" : i == kTimeTicks ? "end" : "middle";
      out_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", x(time),
                          chart_.height - 6, anchor, before);
    }
  }

  void band() {
    std::string there;
    std::string back;
    auto flush = [&] {
      if (!there.empty())
        out_ += fmt::format("<polygon class=\"band\" points=\"{}{}\"/>\n", there, back);
      there.clear();
      back.clear();
    };
    for (std::size_t i = 0; i < chart_.lower.size(); ++i) {
      if (!std::isfinite(chart_.lower[i]) || !std::isfinite(chart_.upper[i])) {
        flush();
        continue;
      }
      double at = x(chart_.times[i]);
      there += fmt::format("{:.1f},{:.1f} ", at, y(chart_.upper[i]));
      back = fmt::format("{:.1f},{:.1f} ", at, y(chart_.lower[i])) + back;
    }
    flush();
  }

  void marks() {
    double free_from = 0;
    for (const ChartMark& mark : chart_.marks) {
      double at = x(mark.time);
      if (at < kLeft - 1 || at > chart_.width - kRight + 1) continue;
      out_ += fmt::format(
          "<line class=\"mark\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/>\n", at, kTop,
          chart_.height - kBottom);
      double size = static_cast<double>(display_width(mark.label)) * kPixelsPerCharacter;
      if (at < free_from || at + size > chart_.width) continue;
      free_from = at + size + kPixelsPerCharacter;
      out_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", at + 2, kTop - 5,
                          escaped(mark.label));
    }
  }

  void polyline(const ChartLine& line) {
    std::string points;
    int count = 0;
    auto flush = [&] {
      if (count == 1) {  // a line of one point is not drawn: a dot is
        std::string at = points.substr(0, points.find(' '));
        std::size_t comma = at.find(',');
        out_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"2\"/>\n", line.style,
                            at.substr(0, comma), at.substr(comma + 1));
      } else if (count > 1) {
        out_ += fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", line.style, points);
      }
      points.clear();
      count = 0;
    };
    for (std::size_t i = 0; i < line.values.size(); ++i) {
      if (!std::isfinite(line.values[i])) {
        flush();
        continue;
      }
      points += fmt::format("{:.1f},{:.1f} ", x(chart_.times[i]), y(line.values[i]));
      ++count;
    }
    flush();
  }

  const Chart& chart_;
  double begin_ = 0;
  double end_ = 0;
  double top_ = 0;
  std::string out_;
};

bool has_value(const Chart& chart) {
  return std::ranges::any_of(chart.lines, [](const ChartLine& line) {
    return std::ranges::any_of(line.values, [](double value) { return std::isfinite(value); });
  });
}

}  // namespace

std::string draw(const Chart& chart) {
  for (const ChartLine& line : chart.lines) SERIN_ASSERT(line.values.size() == chart.times.size());
  SERIN_ASSERT(chart.lower.size() == chart.upper.size());
  SERIN_ASSERT(chart.lower.empty() || chart.lower.size() == chart.times.size());
  if (chart.times.empty() || !has_value(chart)) return "";
  return Drawing(chart).svg();
}

}  // namespace serin::app
