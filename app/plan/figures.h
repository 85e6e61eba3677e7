// The figures that `serin plan` is told, from texts as a person writes them.
//
//   auto figures = parse_figures({.rps = 200, .baseline = "0.5%", .effect = "+0.5pp"});
//   if (!figures) … figures.error().field, "effect" …
#pragma once

#include <expected>
#include <string>

#include "analysis/planning/figures.h"

namespace serin::app {

struct FigureTexts {
  double rps = 0;          // of both versions
  std::string baseline{};  // share of bad requests: "0.5%", "0.005"
  std::string latency{};   // "p50=80ms,p99=400ms"
  std::string over{};      // what is slow, for an effect in percentage points: "300ms"
  double mean = 0;         // of a value, in any unit; 0: not given
  double sd = 0;
  std::string effect{};  // "+0.5pp" (more), "x2" or "×2" (times), "+50%" (more, in parts of it)
};

// Which of the texts is wrong, by its name above, and what would be right.
struct FigureFault {
  std::string field;
  std::string why;
};

// Of errors, latency and mean exactly one is given. A fault also where the effect is none of that
// kind's, or the figures can't be.
std::expected<analysis::planning::Figures, FigureFault> parse_figures(const FigureTexts& texts);

}  // namespace serin::app
