// Levels: gauges at every scrape, and means (sum/count) once a look; against stable or a target.
//
// A sample is a difference d of the two sides on a scale on which noise is steady: of logs for
// gauges (plain differences where values may be 0 or less), of means over √(1/N_c + 1/N_b) for
// means. A margin moves it by h units. Noise is AR(1), learned from how stable's instances differ
// from each other.
#pragma once

#include "analysis/judges/sequential/model.h"
#include "analysis/stats/gauge_evidence.h"

namespace serin::analysis::sequential {

// Samples of a look that are kept for the effect's median; denser ones are thinned.
inline constexpr std::size_t kLevelSamplesPerLookMax = 32;

// How values become samples.
enum class LevelScale { log, plain, mean };

struct LevelSample {
  double d = 0;         // canary − stable on the scale
  double unit = 1;      // what a margin of 1 moves it by
  double expected = 1;  // the same, from the past alone
  double bin = 0;       // the number of the scrape interval, or of the look
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("d", self.d);
    visit("unit", self.unit);
    visit("expected", self.expected);
    visit("bin", self.bin);
  }
};

// Sums of both sides' values in one scrape interval.
struct LevelBin {
  double bin = 0;
  std::array<double, 2> sum{};  // by queries::Side
  std::array<double, 2> count{};
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("bin", self.bin);
    visit("sum", self.sum);
    visit("count", self.count);
  }
};

// What history says of a level.
struct LevelHistory {
  LevelScale scale = LevelScale::log;
  double interval_ms = 0;
  double level = 0;  // mean over stable's instances
  double values_counted = 0;
  std::optional<stats::GaugeFit> fit;
  // The instances' own lasting differences, as logs or parts of the level.
  std::vector<stats::InstanceValue> values;
};
// `alone`: each instance against its own mean, for targets, where noise that all instances share
// counts too. Nothing is learned of noise from a single instance otherwise. O(samples).
LevelHistory learn_levels(const History& history, LevelScale scale, bool alone);

class LevelModel final : public Model {
 public:
  explicit LevelModel(const SequentialMetric& metric);
  std::unique_ptr<Model> clone() const override { return std::make_unique<LevelModel>(*this); }

  void learn(const History& history) override;
  const stats::TauPosterior& tau() const override { return state_.tau; }
  bool has_ladder() const override { return !target_; }
  // Missing scrapes are missing samples: nothing is held over for them.
  bool waits_for_coverage() const override { return rules_.kind == CompareKind::mean; }
  bool take(const Look& look) override;
  void drop() override;
  std::span<const double> fail_log_weights() const override;
  void fail(bool mirrored, double margin, Increments& out) const override;
  std::span<const double> pass_log_weights(std::size_t part) const override;
  void pass(bool mirrored, std::size_t part, std::span<double> out) const override;
  void absorb() override;
  void next_poll() override;
  bool minimum_effect_reached(bool mirrored) const override;
  void start_step() override;
  double canary_exposure() const override { return state_.exposure[1]; }
  double stable_events() const override { return 0; }
  std::optional<stats::Information> fail_information(const Traffic& traffic, double effect,
                                                     double margin) const override;
  std::optional<stats::Information> pass_information(const Traffic& traffic) const override;
  void describe(MetricEvidence& evidence) const override;
  Json save() const override;
  Status load(const Json& json) override;

 private:
  struct State {
    stats::TauPosterior tau = stats::kTauPrior;
    LevelScale scale = LevelScale::log;
    bool assumed = true;
    bool known = false;  // the noise
    double autocorrelation = 0;
    double innovation_sd = 1;
    double factor = 1;
    double fit_instances = 0;    // 0: the fit is of this very difference
    std::vector<double> lesson;  // differences seen while the noise is not known
    double interval_ms = 0;
    double level = 0;      // of stable, before the release
    double history_n = 0;  // values counted in history
    double history_s = 0;  // seconds of history
    LevelBin open;         // the newest bin, while instances are missing in it
    bool has_open = false;
    double done_bin = -1;  // the newest bin that was closed
    LevelSample last;      // the newest sample absorbed
    bool has_last = false;
    // The sums of means that are held over.
    std::array<double, 2> held_sum{};
    std::array<double, 2> held_count{};
    // Effects: differences of the recent looks, and how many each look gave.
    std::vector<double> recent;
    std::array<int, kRecentPolls> recent_counts{};
    // The step's effect as a part of the level: Σ r·z and Σ r², r what a part of 1 would do to z.
    double step_sum = 0;
    double step_time = 0;
    // For display: what both sides' values were.
    std::array<double, 2> exposure{};
    std::array<double, 2> value_sum{};
    template <class Self, class Visit>
    static void fields(Self& self, Visit& visit);
  };
  stats::GaugeNoise noise() const { return noise_for(instances_[1], instances_[0]); }
  stats::GaugeNoise noise_for(double canary, double stable) const;
  // Evidence a second for a difference of `part` of the level.
  stats::Information part_information(const Traffic& traffic, double part) const;
  void add_gauges(const Look& look);
  void close_bin(const LevelBin& bin);
  void add_means(const Look& look);
  void add_sample(double canary, double stable, double precision, double bin);
  void learn_from_looks();
  // h of a margin: the log or the part of the level by which the canary may differ.
  double margin_part(double ratio, double absolute) const;
  // Calls use(innovation, sample) for the samples taken in, each as x = sign·d − unit·h.
  template <class Use>
  void for_innovations(double sign, double h, Use use) const;

  MetricRules rules_;
  std::optional<double> target_;
  std::array<double, 2> instances_{};  // of the latest look, by side
  State state_;
  std::vector<LevelSample> samples_;  // of the looks taken in
  std::vector<LevelBin> bins_;        // scratch
};

}  // namespace serin::analysis::sequential
