// What the windows before a release teach of levels: noise, and how instances differ.
#include <algorithm>
#include <cmath>

#include "analysis/judges/sequential/level_model.h"

namespace serin::analysis::sequential {
namespace {

using queries::Side;
using Part = std::span<const queries::ComparisonWindow>;

const double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kIntervalFallbackMs = 15'000;
constexpr std::size_t kDayBinsMax = 200'000;  // two a second

// Values of instances (columns) over time, with what weighs each: 1 for gauges, counts for means.
struct Table {
  std::vector<std::vector<double>> value;
  std::vector<std::vector<double>> weight;
  explicit Table(std::size_t columns, std::size_t rows)
      : value(columns, std::vector<double>(rows, kMissing)),
        weight(columns, std::vector<double>(rows, 0)) {}
  std::size_t rows() const { return value.empty() ? 0 : value.front().size(); }
};

Table gauge_table(const History& history, Part part, LevelScale scale, double interval_ms) {
  double first = std::numeric_limits<double>::infinity();
  double last = -first;
  auto for_samples = [&](auto use) {
    for (const auto& window : part) {
      for (const auto& instance : window.instances) {
        if (instance.side != Side::stable) continue;
        for (const auto& [time_ms, value] : instance.gauge) {
          if (!std::isfinite(value)) continue;
          use(instance, std::floor(static_cast<double>(time_ms) / interval_ms), value);
        }
      }
    }
  };
  for_samples([&](const auto&, double bin, double) {
    first = std::min(first, bin);
    last = std::max(last, bin);
  });
  const bool any = last >= first;
  const auto rows =
      any ? std::min(static_cast<std::size_t>(last - first) + 1, kDayBinsMax) : std::size_t{0};
  Table table(history.instances.size(), rows);
  for_samples([&](const auto& instance, double bin, double value) {
    const auto row = static_cast<std::size_t>(bin - first);
    if (row >= rows) return;
    const std::size_t column = history.instances.at(instance.instance);
    table.value[column][row] = scale == LevelScale::log ? std::log(value) : value;
    table.weight[column][row] = 1;
  });
  return table;
}

Table mean_table(const History& history, Part part) {
  Table table(history.instances.size(), part.size());
  for (std::size_t row = 0; row < part.size(); ++row) {
    for (const auto& instance : part[row].instances) {
      if (instance.side != Side::stable || !(instance.total > 0)) continue;
      if (!std::isfinite(instance.bad)) continue;
      const std::size_t column = history.instances.at(instance.instance);
      table.value[column][row] = instance.bad / instance.total;
      table.weight[column][row] = instance.total;
    }
  }
  return table;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  double n = 0;
  for (double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    n += 1;
  }
  return n > 0 ? sum / n : kMissing;
}

// Each column against the others' mean (or against its own where `alone`), on the scale on which
// noise is steady; not centred.
std::vector<std::vector<double>> differences(const Table& table, LevelScale scale, bool alone) {
  std::vector<std::vector<double>> result(table.value.size(),
                                          std::vector<double>(table.rows(), kMissing));
  std::vector<double> own(table.value.size());
  for (std::size_t p = 0; p < own.size(); ++p) own[p] = mean_of(table.value[p]);
  for (std::size_t k = 0; k < table.rows(); ++k) {
    double sum = 0;
    double weight = 0;
    double present = 0;
    for (std::size_t p = 0; p < table.value.size(); ++p) {
      if (!(table.weight[p][k] > 0)) continue;
      sum += table.weight[p][k] * table.value[p][k];
      weight += table.weight[p][k];
      present += 1;
    }
    for (std::size_t p = 0; p < table.value.size(); ++p) {
      const double n = table.weight[p][k];
      if (!(n > 0)) continue;
      const double rest = weight - n;
      const double value = table.value[p][k];
      if (alone) {
        const double precision = scale == LevelScale::mean ? std::sqrt(n) : 1;
        result[p][k] = (value - own[p]) * precision;
      } else if (present >= 2) {
        const double precision = scale == LevelScale::mean ? 1 / std::sqrt(1 / n + 1 / rest) : 1;
        result[p][k] = (value - (sum - n * value) / rest) * precision;
      }
    }
  }
  return result;
}

struct Offsets {  // of an instance, over the whole history
  double sum = 0;
  double n = 0;
  double weighted = 0;  // means: Σ weight · value
  double weight = 0;
};

void take_upper(std::optional<stats::GaugeFit>& fit, const stats::GaugeFit& day) {
  if (!fit) {
    fit = day;
    return;
  }
  // The most autocorrelated and the widest of the days, whichever they are.
  const double sd = std::max(fit->noise.stationary_sd(), day.noise.stationary_sd());
  fit->noise.autocorrelation = std::max(fit->noise.autocorrelation, day.noise.autocorrelation);
  fit->noise.factor = std::max(fit->noise.factor, day.noise.factor);
  fit->noise.innovation_sd = sd / fit->noise.factor *
                             std::sqrt(1 - fit->noise.autocorrelation * fit->noise.autocorrelation);
  fit->pairs = std::min(fit->pairs, day.pairs);
}

}  // namespace

LevelHistory learn_levels(const History& history, LevelScale scale, bool alone) {
  LevelHistory learned;
  double values = 0;
  double sum = 0;
  bool positive = true;
  for (const auto& window : history.windows) {
    if (window.scrape_interval_s > 0) learned.interval_ms = window.scrape_interval_s * 1000;
    for (const auto& instance : window.instances) {
      if (instance.side != Side::stable) continue;
      if (scale == LevelScale::mean) {
        if (!(instance.total > 0) || !std::isfinite(instance.bad)) continue;
        values += instance.total;
        sum += instance.bad;
        continue;
      }
      for (const auto& sample : instance.gauge) {
        if (!std::isfinite(sample.value)) continue;
        values += 1;
        sum += sample.value;
        positive = positive && sample.value > 0;
      }
    }
  }
  learned.scale = scale == LevelScale::log && !positive ? LevelScale::plain : scale;
  if (!(values > 0)) return learned;
  learned.level = sum / values;
  learned.values_counted = values;
  if (!(learned.interval_ms > 0)) learned.interval_ms = kIntervalFallbackMs;

  std::vector<Offsets> offsets(history.instances.size());
  double in_service = 0;
  for (const Part& day : history.days) {
    const Table table = learned.scale == LevelScale::mean
                            ? mean_table(history, day)
                            : gauge_table(history, day, learned.scale, learned.interval_ms);
    auto series = differences(table, learned.scale, alone);
    for (std::size_t p = 0; p < series.size(); ++p) {
      const double own = mean_of(series[p]);
      for (std::size_t k = 0; k < series[p].size(); ++k) {
        if (table.weight[p][k] > 0) {
          offsets[p].weight += table.weight[p][k];
          offsets[p].weighted += table.weight[p][k] * table.value[p][k];
        }
        if (!std::isfinite(series[p][k])) continue;
        offsets[p].sum += series[p][k];
        offsets[p].n += 1;
        series[p][k] -= own;
      }
    }
    std::erase_if(series, [](const auto& one) {
      return std::none_of(one.begin(), one.end(), [](double d) { return std::isfinite(d); });
    });
    const auto fit = stats::fit_gauge_noise(series);
    if (fit) take_upper(learned.fit, *fit);
    in_service = std::max(in_service, static_cast<double>(History::in_service(day)));
  }
  if (!learned.fit) return learned;
  learned.fit->instances = in_service;
  if (alone) return learned;

  // How instances differ for good, with the error of what is known of it.
  const stats::GaugeNoise& noise = learned.fit->noise;
  const double phi = noise.autocorrelation;
  const double sd = noise.innovation_sd / std::sqrt(1 - phi * phi);
  const double growth = (1 + phi) / (1 - phi);
  const double others = std::max(in_service - 1, 1.0) / std::max(in_service, 2.0);
  for (const Offsets& offset : offsets) {
    if (!(offset.n > 0)) continue;
    stats::InstanceValue value;
    if (learned.scale == LevelScale::mean) {
      const double mean = offset.weighted / offset.weight;
      if (!(mean > 0) || !(learned.level > 0)) continue;
      value = {std::log(mean), sd * sd / (learned.level * learned.level) * growth / offset.weight};
    } else {
      value = {offset.sum / offset.n * std::sqrt(others), sd * sd * growth / offset.n * others};
      if (learned.scale == LevelScale::plain) {
        const double level = std::abs(learned.level);
        if (!(level > 0)) continue;
        value = {value.value / level, value.variance / (level * level)};
      }
    }
    learned.values.push_back(value);
  }
  return learned;
}

}  // namespace serin::analysis::sequential
