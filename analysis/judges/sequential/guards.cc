#include "analysis/judges/sequential/guards.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/judges/sequential/evidence.h"
#include "analysis/judges/sequential/history.h"
#include "analysis/judges/sequential/state_fields.h"
#include "analysis/stats/dispersion.h"
#include "analysis/stats/log_space.h"
#include "analysis/stats/proportion.h"

namespace serin::analysis {
namespace {

constexpr std::array<double, 3> kOddsGrid = {1.25, 2, 5};

double share_of_odds(double share, double factor) {
  return share * factor / (1 - share + share * factor);
}

std::array<double, kOddsGrid.size()> even_log_weights() {
  std::array<double, kOddsGrid.size()> weights{};
  weights.fill(-std::log(static_cast<double>(weights.size())));
  return weights;
}

}  // namespace

bool gross_errors(const stats::RateCounts& counts) {
  if (!(counts.canary_events >= kGrossErrorsMin)) return false;
  // The bound lies below the share that was seen; it is costly, and this is asked at every look.
  if (!(counts.canary_events > kGrossShare * counts.canary_exposure)) return false;
  constexpr double kTwoSided = 2 * (1 - kGrossConfidence);
  const double lower =
      stats::clopper_pearson(counts.canary_events, counts.canary_exposure, kTwoSided).lower;
  const double upper =
      stats::clopper_pearson(counts.stable_events, counts.stable_exposure, kTwoSided).upper;
  return lower > kGrossShare && lower > upper;
}

SampleRatioGuard::SampleRatioGuard(double dispersion) : dispersion_(std::fmax(1, dispersion)) {
  const std::array<double, kOddsGrid.size()> none{};
  for (auto& side : sides_) side.update(none, none, 1);  // plain mixtures: all starts now
}

void SampleRatioGuard::update(double canary_requests, double stable_requests, double share) {
  if (!(share > 0 && share < 1) || !(canary_requests >= 0) || !(stable_requests >= 0)) return;
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    const double sign = side == 0 ? 1 : -1;
    const double tolerated = share_of_odds(share, std::pow(kSampleRatioTolerance, sign));
    std::array<double, kOddsGrid.size()> increments{};
    for (std::size_t j = 0; j < kOddsGrid.size(); ++j) {
      const double alternative =
          share_of_odds(share, std::pow(kSampleRatioTolerance * kOddsGrid[j], sign));
      increments[j] = (canary_requests * std::log(alternative / tolerated) +
                       stable_requests * std::log((1 - alternative) / (1 - tolerated))) /
                      dispersion_;
    }
    sides_[side].update(increments, increments, 0);
  }
  canary_ += canary_requests;
  stable_ += stable_requests;
  expected_ += share * (canary_requests + stable_requests);
}

std::array<double, 2> SampleRatioGuard::log_e() const {
  static const auto kLogWeights = even_log_weights();
  return {sides_[0].log_value(kLogWeights, 0), sides_[1].log_value(kLogWeights, 0)};
}

std::optional<SampleRatioGuard::Mismatch> SampleRatioGuard::mismatch() const {
  const auto [more, less] = log_e();
  const double level = -std::log(kSampleRatioAlpha);
  if (std::fmax(more, less) < level) return std::nullopt;
  Mismatch found;
  found.more = more >= less;
  const double all = canary_ + stable_;
  found.observed = canary_ / all;
  found.expected = expected_ / all;
  found.sentence =
      fmt::format("the canary received {} of {} requests ({:.3g} %) where its weight says {:.3g} %",
                  count_text(canary_), count_text(all), 100 * found.observed, 100 * found.expected);
  return found;
}

template <class Self, class Visit>
void SampleRatioGuard::fields(Self& self, Visit& visit) {
  visit("dispersion", self.dispersion_);
  visit("sides", self.sides_);
  visit("canary", self.canary_);
  visit("stable", self.stable_);
  visit("expected", self.expected_);
}

Json SampleRatioGuard::to_json() const {
  sequential::detail::Writer writer;
  fields(*this, writer);
  return std::move(writer.json);
}

Result<SampleRatioGuard> SampleRatioGuard::from_json(const Json& json) {
  SampleRatioGuard guard;
  sequential::detail::Reader reader{json};
  fields(guard, reader);
  if (!reader.status) return std::unexpected(std::move(reader.status).error());
  if (!(guard.dispersion_ >= 1)) return fail(Code::data_loss, "dispersion below 1");
  return guard;
}

double traffic_dispersion(std::span<const queries::ComparisonWindow> windows) {
  const sequential::History history(windows);
  double phi = 0;
  for (const auto& day : history.days) {
    stats::ResidualTable table(history.instances.size());
    double requests = 0;
    for (const auto& window : day) {
      double all = 0;
      double instances = 0;
      for (const auto& instance : window.instances) {
        if (instance.side != queries::Side::stable) continue;
        all += instance.total;
        instances += 1;
      }
      requests += all;
      table.next();
      for (const auto& instance : window.instances) {
        if (instance.side != queries::Side::stable) continue;
        // Each instance's even share of the requests is its exposure.
        table.set(history.instances.at(instance.instance),
                  stats::rate_residual(instance.total, 1, all, instances, false));
      }
    }
    phi = std::fmax(
        phi, stats::history_dispersion(table, requests, sequential::History::in_service(day)).phi);
  }
  return phi > 0 ? phi : stats::kDispersionUnknown;
}

}  // namespace serin::analysis
