// A chart over time as SVG: lines on one axis, a band, upright marks with a label.
//
//   std::string svg = draw({.title = "error-rate", .lines = {…}, .marks = {…}, .share = true});
//
// Text only, no script; the colours are classes ("stable", "canary", "limit", "evidence", "band",
// "mark", "grid") that the page around it defines, so that print and dark pages differ. Values that
// are not finite leave gaps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace serin::app {

struct ChartLine {
  std::string name{};
  std::string style{};  // a class
  std::vector<double> values{};
};

struct ChartMark {
  double time = 0;
  std::string label{};
};

struct Chart {
  std::string title{};
  std::string summary{};        // what the picture says, for those who can't see it
  std::vector<double> times{};  // Unix seconds, rising
  std::vector<ChartLine> lines{};
  std::vector<double> lower{};  // the band's ends; empty: none
  std::vector<double> upper{};
  std::vector<ChartMark> marks{};
  bool share = false;  // values are shares of 1, shown as per cent
  double top_min = 0;  // the axis reaches at least so far
  double top_max = 0;  // and no farther; what is beyond lies at its top. 0: as far as it takes
  int width = 860;
  int height = 220;
};

// "" where no value is finite. Lines are as long as `times`.
std::string draw(const Chart& chart);

}  // namespace serin::app
