// What a kind of metric contributes to its judge: increments of evidence from a look's data, what
// it learned before, and how it describes itself. The judge (metric_state.h) does the rest: starts,
// rungs, caps, coverage.
//
// A look is taken in first, then asked for increments, then absorbed into the past; so nothing of a
// look can shape its own alternatives. Looks that are held over for poor coverage are taken in and
// not absorbed until they are judged or dropped.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "analysis/judges/sequential/evidence.h"
#include "analysis/judges/sequential/forecast.h"
#include "analysis/judges/sequential/history.h"
#include "analysis/judges/sequential/plan.h"
#include "analysis/stats/margin_ladder.h"
#include "analysis/stats/planning.h"
#include "analysis/stats/rate_evidence.h"
#include "analysis/stats/start_mixture.h"

namespace serin::analysis::sequential {

inline constexpr int kRecentPolls = 10;  // the shortest span over which an effect may show
inline constexpr int kPassPartsMax = 2;

struct Increments {
  std::array<double, stats::kAlternativesMax> running{};
  std::array<double, stats::kAlternativesMax>
      starting{};  // of a process that begins with this look
};

// The instances of a window that are old enough to be judged.
struct Look {
  const queries::ComparisonWindow& window;
  double warmup_s = 0;
  // False where part of the instance's window lies within its warm-up.
  bool judged(const queries::InstanceWindow& instance) const;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual std::unique_ptr<Model> clone() const = 0;

  virtual void learn(const History& history) = 0;
  // The differences between stable instances, for the ladder of margins.
  virtual const stats::TauPosterior& tau() const = 0;
  virtual bool has_ladder() const { return true; }
  // True where a missed scrape's increments come later, so that a poorly covered look is held over.
  virtual bool waits_for_coverage() const { return true; }

  // Takes a look in beside those held over. False where nothing can be judged in all of them.
  virtual bool take(const Look& look) = 0;
  // Forgets the looks that are held over.
  virtual void drop() = 0;

  // `mirrored`: what is worse is less, not more.
  virtual std::span<const double> fail_log_weights() const = 0;
  virtual void fail(bool mirrored, double margin, Increments& out) const = 0;
  virtual std::size_t pass_parts() const { return 1; }
  virtual std::span<const double> pass_log_weights(std::size_t part) const = 0;
  virtual void pass(bool mirrored, std::size_t part, std::span<double> out) const = 0;

  // The looks taken in become past; once a poll with data.
  virtual void absorb() = 0;
  // A poll has gone by, with data or without: moves the recent polls on.
  virtual void next_poll() = 0;
  virtual bool minimum_effect_reached(bool mirrored) const = 0;
  virtual void start_step() = 0;
  // Canary exposure so far, in what min_samples counts; and stable's events.
  virtual double canary_exposure() const = 0;
  virtual double stable_events() const = 0;

  // Errors: the latest look's counts and those of the recent polls, held over or not, for guards.
  virtual std::array<stats::RateCounts, 2> guarded_counts() const { return {}; }

  // Of the evidence against a canary with this effect (a ratio, or a shift in standard deviations)
  // beyond a rung's margin, and for one equal to stable: untempered, a second. Nothing where
  // history does not say.
  virtual std::optional<stats::Information> fail_information(const Traffic& traffic, double effect,
                                                             double margin) const = 0;
  virtual std::optional<stats::Information> pass_information(const Traffic& traffic) const = 0;
  // φ that divides them.
  virtual double tempering() const { return 1; }

  // Fills counts, effect, dispersion; the sentence is made of them.
  virtual void describe(MetricEvidence& evidence) const = 0;

  virtual Json save() const = 0;
  virtual Status load(const Json& json) = 0;
};

// The model of a metric's kind.
std::unique_ptr<Model> make_model(const SequentialMetric& metric);

}  // namespace serin::analysis::sequential
