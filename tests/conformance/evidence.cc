// Families of the sequential evidence: rates, dispersion, combination.
#include <cmath>
#include <string>
#include <vector>

#include "analysis/stats/combine.h"
#include "analysis/stats/confidence.h"
#include "analysis/stats/dispersion.h"
#include "analysis/stats/gauge_evidence.h"
#include "analysis/stats/histogram_evidence.h"
#include "analysis/stats/log_space.h"
#include "analysis/stats/margin_ladder.h"
#include "analysis/stats/rate_evidence.h"
#include "analysis/stats/rate_interval.h"
#include "analysis/stats/start_mixture.h"
#include "conformance/registry.h"
#include "conformance/values.h"

namespace serin::conformance {
namespace {

using namespace analysis::stats;

Json rate(const Json& input) {
  const std::vector<double> canary_events = numbers(input["canary_errors"]);
  const std::vector<double> canary_total = numbers(input["canary_total"]);
  const std::vector<double> stable_events = numbers(input["baseline_errors"]);
  const std::vector<double> stable_total = numbers(input["baseline_total"]);
  const std::vector<double> grid = numbers(input["grid"]);
  const std::vector<double> weights = numbers(input["weights"]);
  const std::vector<double> phi = numbers(input["phi"]);
  const std::vector<double> starts = numbers(input["start_weights"]);
  const LinearMargin margin{input["rho"].number(), input["delta"].number()};
  Mixtures mixtures(weights);
  std::vector<RateWindow> windows;
  std::vector<double> increments(grid.size());
  for (std::size_t t = 0; t < canary_events.size(); ++t) {
    const RateCounts counts{canary_events[t], canary_total[t], stable_events[t], stable_total[t]};
    windows.push_back({counts, phi[t]});
    if (margin.absolute > 0) {
      const double b1 = input["baseline_rate_plugin"].number();
      for (std::size_t j = 0; j < grid.size(); ++j) {
        increments[j] =
            boundary_increment(counts, margin, (margin.ratio * b1 + margin.absolute) * grid[j], b1);
      }
    } else {
      ratio_increments(counts, margin.ratio, grid, increments);
    }
    for (double& increment : increments) increment /= phi[t];
    mixtures.update(increments, increments, starts[t]);
  }
  Json out = mixtures.to_json();
  if (input.contains("ratio_cs_alpha")) {
    const Interval interval =
        ratio_interval(windows, grid, weights, input["ratio_cs_alpha"].number());
    out.set("ratio_cs_lower", interval.lower).set("ratio_cs_upper", interval.upper);
  }
  return out;
}

// A table of the first `windows` windows, and the number of events in it.
struct History {
  ResidualTable table;
  double events = 0;
};

History rate_history(const std::vector<std::vector<double>>& events,
                     const std::vector<std::vector<double>>& totals, std::size_t windows) {
  History history{ResidualTable(events.size())};
  for (std::size_t k = 0; k < windows; ++k) {
    double x = 0;
    double n = 0;
    for (std::size_t p = 0; p < events.size(); ++p) {
      x += events[p][k];
      n += totals[p][k];
    }
    history.table.next();
    history.events += x;
    for (std::size_t p = 0; p < events.size(); ++p) {
      history.table.set(p, rate_residual(events[p][k], totals[p][k], x, n));
    }
  }
  return history;
}

Json parts(const HistoryDispersion& dispersion) {
  return Json::object()
      .set("phi", dispersion.phi)
      .set("phi_1", dispersion.phi_1)
      .set("se_1", dispersion.se_1)
      .set("growth", dispersion.growth);
}

Json score_phi(const Json& input) {
  const std::vector<double> scores = numbers(input["scores"]);
  std::vector<std::vector<std::vector<double>>> buckets;
  for (const Json& instance : input["buckets"].items()) buckets.push_back(rows(instance));
  const std::size_t windows = buckets.empty() ? 0 : buckets.front().size();
  History history{ResidualTable(buckets.size())};
  for (std::size_t k = 0; k < windows; ++k) {
    std::vector<double> pooled(scores.size());
    for (const auto& instance : buckets) {
      for (std::size_t j = 0; j < pooled.size(); ++j) pooled[j] += instance[k][j];
    }
    for (double count : pooled) history.events += count;
    history.table.next();
    for (std::size_t p = 0; p < buckets.size(); ++p) {
      history.table.set(p, score_residual(buckets[p][k], pooled, scores));
    }
  }
  return parts(history_dispersion(history.table, history.events));
}

Json phi(const Json& input) {
  if (input["kind"].string() == "score") return score_phi(input);
  const auto events = rows(input["events"]);
  const auto totals = rows(input["totals"]);
  const std::size_t windows = events.empty() ? 0 : events.front().size();
  const auto first = static_cast<std::size_t>(input["history_windows"].integer());
  const History all = rate_history(events, totals, windows);
  const HistoryDispersion whole = history_dispersion(all.table, all.events);
  Json out = parts(whole);

  const History past = rate_history(events, totals, first);
  const double phi_history = history_dispersion(past.table, past.events).phi;
  out.set("phi_history", phi_history);
  Json running = Json::array();
  RunningDispersion dispersion;
  for (std::size_t k = first; k < std::min(windows, first + 30); ++k) {
    std::vector<Residual> window;
    for (std::size_t p = 0; p < events.size(); ++p) window.push_back(all.table.at(k, p));
    running.push(dispersion.add(window, phi_history));
  }
  out.set("running_phi", running);

  std::vector<InstanceValue> values;
  Json log_rates = Json::array();
  Json variances = Json::array();
  for (std::size_t p = 0; p < events.size(); ++p) {
    double x = 0;
    double n = 0;
    for (std::size_t k = 0; k < windows; ++k) {
      x += events[p][k];
      n += totals[p][k];
    }
    values.push_back(rate_instance_value(x, n, whole.phi));
    log_rates.push(values.back().value);
    variances.push(values.back().variance);
  }
  out.set("pod_log_rate", log_rates).set("pod_sampling_variance", variances);
  const TauPosterior posterior = tau_posterior(values);
  out.set("tau_posterior", to_json(posterior));
  const MarginLadder ladder =
      margin_ladder(posterior, input["canary_pods"].number(), static_cast<double>(events.size()));
  Json rungs = Json::array();
  for (const Rung& rung : ladder.rungs()) {
    rungs.push(Json::object()
                   .set("margin", rung.margin)
                   .set("probability", rung.probability)
                   .set("share", rung.share));
  }
  return out.set("rungs", rungs);
}

Json combination(const Json& input) {
  struct Metric {
    std::string name;
    std::vector<Rung> rungs;
    std::vector<std::vector<double>> log_e;  // rung × poll
    const Json* big = nullptr;
    Json path = Json::array();
  };
  std::vector<Metric> metrics;
  std::vector<double> log_weights;
  for (const auto& [name, weight] : input["weights"].members()) {
    Metric metric{.name = name, .rungs = {}, .log_e = rows(input["ladders"][name]["log_e"])};
    for (const Json& rung : input["ladders"][name]["rungs"].items()) {
      metric.rungs.push_back(
          {rung["margin"].number(), rung["probability"].number(), rung["share"].number()});
    }
    metric.big = &input["minimum_effect_reached"][name];
    log_weights.push_back(std::log(weight.number()));
    metrics.push_back(std::move(metric));
  }
  const double level = fail_level(input["alpha"].number(), input["kappa"].number());
  Json path = Json::array();
  Json rollback_poll;
  Json blamed;
  for (std::size_t t = 0; t < metrics.front().log_e.front().size(); ++t) {
    std::vector<double> counted;
    for (Metric& metric : metrics) {
      std::vector<double> log_e;
      for (const auto& rung : metric.log_e) log_e.push_back(rung[t]);
      const double value = ladder_log_e(metric.rungs, log_e);
      metric.path.push(value);
      counted.push_back(counted_log_e(value, metric.big->at(t).boolean()));
    }
    const double log_e = combine(log_weights, counted);
    path.push(log_e);
    if (log_e >= level && rollback_poll.is_null()) {
      rollback_poll = t + 1;
      blamed = metrics[largest_term(log_weights, counted)].name;
    }
  }
  Json metric_log_e = Json::object();
  for (const Metric& metric : metrics) metric_log_e.set(metric.name, metric.path);
  return Json::object()
      .set("metric_log_e", metric_log_e)
      .set("log_e", path)
      .set("threshold", level)
      .set("rollback_poll", rollback_poll)
      .set("metric", blamed);
}

std::optional<double> number_or_missing(const Json& json) {
  return json.is_number() ? std::optional(json.number()) : std::nullopt;
}

Json histogram(const Json& input) {
  const auto canary = rows(input["canary"]);
  const auto stable = rows(input["baseline"]);
  std::vector<double> past = numbers(input["history"]);
  const std::vector<double> shifts = numbers(input["shifts"]);
  const std::vector<double> tails = numbers(input["tail_eps"]);
  const std::vector<double> starts = numbers(input["start_weights"]);
  const HistogramAlternatives alternatives{.shifts = shifts,
                                           .tails = tails,
                                           .tail_shift = input["tail_shift"].number(),
                                           .margin = input["margin_shift"].number()};
  const std::vector<double> weights = numbers(input["weights"]);
  Mixtures mixtures(weights);
  std::vector<double> increments(weights.size());
  for (std::size_t t = 0; t < canary.size(); ++t) {
    histogram_increments(BucketShape(past), canary[t], stable[t], alternatives, increments);
    for (std::size_t j = 0; j < increments.size(); ++j) {
      increments[j] /= input[j < shifts.size() ? "phi_shift" : "phi_tail"].number();
    }
    mixtures.update(increments, increments, starts[t]);
    for (std::size_t j = 0; j < past.size(); ++j) past[j] += stable[t][j];
  }
  return mixtures.to_json();
}

Json gauge(const Json& input) {
  std::vector<std::vector<double>> history;
  for (const Json& series : input["history"].items()) {
    std::vector<double> values;
    for (const Json& value : series.items()) {
      values.push_back(number_or_missing(value).value_or(std::nan("")));
    }
    history.push_back(std::move(values));
  }
  const auto fit = fit_gauge_noise(history);
  if (!fit) return Json::object();
  const GaugeNoise& noise = fit->noise;
  const std::vector<double> grid = numbers(input["grid"]);
  const std::vector<double> starts = numbers(input["start_weights"]);
  const double margin = input["log_margin"].number();
  const auto samples = static_cast<std::size_t>(input["samples_per_poll"].integer());
  Mixtures mixtures(numbers(input["weights"]));
  std::optional<double> last;
  double gap = 1;
  for (std::size_t t = 0; t < starts.size(); ++t) {
    std::vector<double> running(grid.size());
    std::vector<double> starting(grid.size());
    bool first = true;
    for (std::size_t k = t * samples; k < (t + 1) * samples; ++k) {
      const auto difference = number_or_missing(input["differences"].at(k));
      if (!difference) {
        gap += 1;
        continue;
      }
      const double x = *difference - margin;
      add_gauge_increments(innovation(noise, x, last, gap), grid, first, running, starting);
      last = x;
      gap = 1;
      first = false;
    }
    mixtures.update(running, starting, starts[t]);
  }
  return mixtures.to_json()
      .set("ar1", noise.autocorrelation)
      .set("innovation_sd", noise.innovation_sd)
      .set("scale", noise.innovation_sd * noise.factor);
}

template <class Mixture>
Json mixture_values(const Mixture& mixture, const Json& input) {
  return Json::object()
      .set("log_mixture", mixture.log_value(input["s"].number(), input["v"].number()))
      .set("bound", mixture.bound(input["v"].number(), input["alpha"].number()));
}

Json normal_mixture(const Json& input) {
  return mixture_values(NormalMixture(input["v_opt"].number(), input["alpha_opt"].number(),
                                      input["one_sided"].boolean()),
                        input);
}

Json beta_binomial_mixture(const Json& input) {
  constexpr double kAlphaOpt = 0.05;
  return mixture_values(
      BetaBinomialMixture(input["v_opt"].number(), input["alpha_opt"].number(kAlphaOpt),
                          input["g"].number(), input["h"].number(), input["one_sided"].boolean()),
      input);
}

constexpr Family kFamilies[] = {
    {"stats_confseq_beta_binomial_mixture", beta_binomial_mixture},
    {"stats_confseq_normal_mixture", normal_mixture},
    {"stats_eprocess_gauge", gauge},
    {"stats_eprocess_histogram", histogram},
    {"stats_eprocess_rate", rate},
    {"stats_eprocess_phi", phi},
    {"stats_eprocess_combine", combination},
};

}  // namespace

std::span<const Family> evidence_families() {
  return kFamilies;
}

}  // namespace serin::conformance
