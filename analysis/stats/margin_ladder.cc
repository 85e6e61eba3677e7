#include "analysis/stats/margin_ladder.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/normal.h"
#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

constexpr int kBisections = 100;

bool usable(const InstanceValue& value) {
  return std::isfinite(value.value) && value.variance > 0 && std::isfinite(value.variance);
}

// REML log-likelihood of τ, without its constant.
double log_likelihood(std::span<const InstanceValue> values, double tau) {
  double log_weights = 0;
  double weight = 0;
  double weighted = 0;
  for (const InstanceValue& value : values) {
    if (!usable(value)) continue;
    const double w = 1 / (value.variance + tau * tau);
    log_weights += std::log(w);
    weight += w;
    weighted += w * value.value;
  }
  const double mean = weighted / weight;
  double squares = 0;
  for (const InstanceValue& value : values) {
    if (!usable(value)) continue;
    const double w = 1 / (value.variance + tau * tau);
    squares += w * (value.value - mean) * (value.value - mean);
  }
  return 0.5 * log_weights - 0.5 * std::log(weight) - 0.5 * squares;
}

}  // namespace

InstanceValue rate_instance_value(double x, double n, double phi) {
  return {std::log((x + 0.5) / (n + 1)), phi / (x + 0.5)};
}

TauPosterior tau_posterior(std::span<const InstanceValue> values) {
  TauPosterior posterior = kTauPrior;
  if (std::count_if(values.begin(), values.end(), usable) < 2) return posterior;
  double largest = 0;
  for (std::size_t i = 0; i < posterior.size(); ++i) {
    posterior[i] = std::log(kTauPrior[i]) + log_likelihood(values, kTauGrid[i]);
    largest = i == 0 ? posterior[i] : std::max(largest, posterior[i]);
  }
  double sum = 0;
  for (double& p : posterior) sum += p = std::exp(p - largest);
  for (double& p : posterior) p /= sum;
  return posterior;
}

void MarginLadder::add(const Rung& rung) {
  SERIN_ASSERT(size_ < rungs_.size());
  rungs_[size_++] = rung;
}

MarginLadder MarginLadder::empty() {
  MarginLadder ladder;
  ladder.size_ = 0;
  return ladder;
}

MarginLadder margin_ladder(const TauPosterior& posterior, double canary_instances,
                           double stable_instances) {
  const double spread =
      std::sqrt(1 / std::max(1.0, canary_instances) + 1 / std::max(1.0, stable_instances));
  // The predictive distribution of the canary's own log effect; τ = 0 is a step at 0.
  auto below = [&](double u) {
    double p = u >= 0 ? posterior[0] : 0;
    for (std::size_t i = 1; i < posterior.size(); ++i) {
      p += posterior[i] * normal_cdf(u / (kTauGrid[i] * spread));
    }
    return p;
  };
  auto upper_quantile = [&](double tail) {
    if (below(0) >= 1 - tail) return 0.0;
    double low = 0;
    double high = 1;
    while (below(high) < 1 - tail) high *= 2;
    for (int i = 0; i < kBisections; ++i) {
      const double middle = 0.5 * (low + high);
      (below(middle) < 1 - tail ? low : high) = middle;
    }
    return 0.5 * (low + high);
  };

  std::array<Rung, kRungsMax> rungs{};
  std::size_t size = 0;
  double covered = 0;
  for (std::size_t i = 0; i < kLadderTails.size(); ++i) {
    const double margin = upper_quantile(kLadderTails[i]);
    const double p = below(margin);
    if (size > 0 && margin - rungs[size - 1].margin < kRungDistanceMin) {
      Rung& last = rungs[size - 1];
      last = {margin, last.probability + p - covered, last.share + kLadderShares[i]};
    } else {
      rungs[size++] = {margin, p - covered, kLadderShares[i]};
    }
    covered = p;
  }
  MarginLadder ladder = MarginLadder::empty();
  for (std::size_t i = 0; i < size; ++i) {
    ladder.add({rungs[i].margin, rungs[i].probability / covered, rungs[i].share});
  }
  return ladder;
}

}  // namespace serin::analysis::stats
