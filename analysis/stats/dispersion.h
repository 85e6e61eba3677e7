// How much more events vary than independent ones would: the dispersion φ that increments are
// divided by. Learned from stable instances, whose differences shared incidents leave alone.
//
//   ResidualTable table(instances);
//   for each window: for each instance: table.set(instance, rate_residual(x, n, x_all, n_all));
//   table.next(); HistoryDispersion history = history_dispersion(table);          // φ ≥ 1
//   RunningDispersion running;                                      // during the rollout
//   double phi = running.add(table_of_one_window, history.phi);
//
// φ is the variance of an instance's count around its share of the pooled one, over what
// independence would give; growth of it with the length of blocks (autocorrelated rates) is added
// as far as it is clear (positive-part James–Stein). An increment divided by φ keeps E[e^l] ≤ 1 for
// bursts up to φ. It does not measure lasting differences between instances: margin_ladder.h.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace serin::analysis::stats {

inline constexpr double kDispersionUnknown = 1.5;    // too few events in history
inline constexpr double kDispersionOneInstance = 2;  // nothing to compare with
inline constexpr double kDispersionNoHistory = 2;    // nothing known at all
inline constexpr double kHistoryEventsMin = 10;
inline constexpr int kRunningWindows = 16;

// The residual of an instance in a window, and the variance that independence gives it. v = 0:
// none.
struct Residual {
  double d = 0;
  double v = 0;
};

// Counts: x events of n exposures of this instance, pooled over all instances of the window
// (statistics: D = x − (n/N)·X, V = (n/N)·X·max(1 − X/N, 1e-9)). Of rates, where an exposure can
// hold many events, `binomial` is false and V = (n/N)·X.
Residual rate_residual(double x, double n, double x_all, double n_all, bool binomial = true);
// A score of buckets: counts of this instance, and the pooled counts of the window
// (D = Σ h c − n·mean, V = n·variance of h in the pooled window).
Residual score_residual(std::span<const double> counts, std::span<const double> pooled,
                        std::span<const double> scores);

// What sets an incident of one instance apart from how instances usually vary.
inline constexpr double kIncidentFactor = 25;         // times the usual dispersion of a window
inline constexpr std::size_t kIncidentsMax = 2;       // more are a habit
inline constexpr double kIncidentShareMax = 1.0 / 3;  // of the windows; more are a habit
inline constexpr std::size_t kIncidentWindowsMin = 4;

// Residuals of windows (rows, in order of time) × instances (columns).
class ResidualTable {
 public:
  explicit ResidualTable(std::size_t instances) : instances_(instances) {}
  // Appends a window without residuals.
  void next() {
    cells_.resize(cells_.size() + instances_);
    ++windows_;
  }
  // In the newest window; `instance` < instances().
  void set(std::size_t instance, Residual residual);
  // Takes the residuals of a window away.
  void clear(std::size_t window);
  std::size_t instances() const { return instances_; }
  std::size_t windows() const { return windows_; }
  Residual at(std::size_t window, std::size_t instance) const;

 private:
  std::size_t instances_;
  std::size_t windows_ = 0;
  std::vector<Residual> cells_;
};

// The windows in which some instance was plainly in trouble of its own: stretches of at least
// `shortest` (and kIncidentWindowsMin) windows whose dispersion is kIncidentFactor times the usual
// one, where they are few. A history with one such hour would give a dispersion that hides every
// regression, though nobody expects a new version to be forgiven for such an hour. Short or
// frequent stretches are how the service is, and stay. All false where nothing stands out.
std::vector<bool> incident_windows(const ResidualTable& table, std::size_t shortest);

struct HistoryDispersion {
  double phi = kDispersionUnknown;
  // Its parts; none where φ is a default.
  std::optional<double> phi_1{};   // of single windows
  std::optional<double> se_1{};    // its standard error
  std::optional<double> growth{};  // with blocks of 8 and 32 windows
};

// φ = max(1, φ_1 + ¼·se_1 + growth), statistics as in the header above: lasting offsets of
// instances are removed, an incomplete last block is dropped. `in_service`: instances that run at
// one time, where they were replaced over the history (0: all columns). `events`: in the whole
// history; fewer than kHistoryEventsMin, or less than 3 windows with events, give
// kDispersionUnknown; fewer than 2 instances kDispersionOneInstance. O(windows × instances).
HistoryDispersion history_dispersion(const ResidualTable& table, double events,
                                     std::size_t in_service = 0);

// φ while a rollout runs: raised above the history's where stable's own windows, all since the
// start or the last 16 of them, clearly say so.
class RunningDispersion {
 public:
  // Takes in one window: the residuals of the stable instances that answered, and the history's φ
  // ≥ 1. Returns φ for this window's increments. A window without events, or of one instance, only
  // moves the last 16 on. O(n).
  double add(std::span<const Residual> window, double history_phi);
  // The same of a window whose Σ D²/V over `instances` instances is known; nothing where no
  // instance had events.
  double add(std::optional<double> squares, std::size_t instances, double history_phi);
  // φ as after the last add.
  double phi(double history_phi) const;
  // Windows with events since the start.
  int windows() const { return windows_; }

  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("windows", self.windows_);
    visit("next", self.next_);
    visit("squares", self.squares_);
    visit("freedom", self.freedom_);
    visit("recent_squares", self.recent_squares_);
    visit("recent_freedom", self.recent_freedom_);
  }
  bool operator==(const RunningDispersion&) const = default;

 private:
  int windows_ = 0;     // with events
  int next_ = 0;        // where the next window goes among the recent ones
  double squares_ = 0;  // ΣQ
  double freedom_ = 0;  // Σ(m − 1)
  std::array<double, kRunningWindows> recent_squares_{};
  std::array<double, kRunningWindows> recent_freedom_{};
};

}  // namespace serin::analysis::stats
