#include "app/lint/online.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/hints/query_hints.h"
#include "analysis/templates/codes.h"
#include "app/analyze/inputs.h"
#include "app/lint/codes.h"
#include "app/live/secrets.h"
#include "base/config/document.h"
#include "base/config/metadata.h"

namespace serin::app {
namespace {

using analysis::Metric;
using config::Path;
using config::Reporter;
using rollout::PinnedMetric;

// How far back scrapes are looked at to learn their interval.
constexpr Duration kScrapesSeen = std::chrono::minutes(5);
constexpr std::size_t kGapsMax = 10'000;
constexpr Duration kPatience = std::chrono::seconds(10);

class MetricCheck {
 public:
  MetricCheck(const PinnedMetric& pinned, const AskProvider& ask, Now now, const Reporter& reporter,
              const Path& path)
      : pinned_(pinned),
        metric_(pinned.metric),
        ask_(ask),
        now_(now),
        reporter_(reporter),
        path_(path) {}

  void run() {
    if (metric_.provider.count() == 0) {
      reporter_.add(kNotAsked, path_, "the metric names no provider",
                    "give an address with --prometheus");
    } else if (metric_.compare) {
      compared();
    } else {
      rule();
    }
  }

 private:
  Path provider_path() const { return path_ / "provider" / metric_.provider.kind(); }

  // False where the server itself is the problem: the rest of the metric is not asked.
  bool usable(const Result<queries::Answer>& answer, const Path& query) {
    if (answer) return true;
    const Error& error = answer.error();
    if (error.code == Code::failed_precondition) {
      reporter_.add(kNotAsked, provider_path(), error.to_string());
    } else if (error.code == Code::invalid_argument) {
      reporter_.add(kRefused, query, error.to_string());
    } else {
      reporter_.add(kUnreachable, provider_path(), error.to_string());
    }
    return false;
  }

  void rule() {
    auto look = look_at(pinned_, now_, ask_);
    Path query = provider_path() / (metric_.provider.prometheus ? "query" : "url");
    if (!look) {
      reporter_.add(kRefused, query, look.error().to_string());
      return;
    }
    const Result<queries::Answer>& answer = look->parts.front().answer;
    if (!usable(answer, query)) return;
    bool empty = answer->series.empty() && answer->json.is_null();
    if (empty) {
      reporter_.add(kNothingFound, query, "the query finds nothing now",
                    "check names and labels; without traffic that may be right");
    } else if (look->outcome->phase == analysis::Phase::error) {
      Path at =
          path_ / (metric_.success_condition.empty() ? "failureCondition" : "successCondition");
      reporter_.add(kNotJudged, at, look->outcome->message);
    }
    if (metric_.provider.prometheus) windows(metric_.provider.prometheus->query, query);
  }

  // The server's real scrape interval against the windows of the query.
  void windows(const std::string& text, const Path& query) {
    for (const analysis::AskedSeries& series : analysis::series_in(text)) {
      if (!analysis::needs_two_scrapes(series) || !series.window || series.metric.empty()) continue;
      auto interval = scrape_interval(series.metric);
      if (!interval || *series.window >= 2 * *interval) continue;
      reporter_.add(analysis::kShortWindow, query,
                    fmt::format("{}({}[{}]) needs two scrapes in its window; '{}' is scraped every "
                                "{}",
                                series.function, series.metric, format_duration(*series.window),
                                series.metric, format_duration(*interval)),
                    fmt::format("a window of {}", format_duration(4 * *interval)));
    }
  }

  // The usual time between two samples; nothing where there are too few, or too many series.
  std::optional<Duration> scrape_interval(const std::string& metric) {
    queries::Request request;
    request.text = fmt::format(
        "{}[{}s]", metric, std::chrono::duration_cast<std::chrono::seconds>(kScrapesSeen).count());
    auto answer = ask_(metric_.provider, request, kPatience);
    if (!answer) return std::nullopt;
    std::vector<std::int64_t> gaps_ms;
    for (const queries::Series& series : answer->series) {
      for (std::size_t i = 1; i < series.samples.size() && gaps_ms.size() < kGapsMax; ++i) {
        gaps_ms.push_back(series.samples[i].time_ms - series.samples[i - 1].time_ms);
      }
    }
    if (gaps_ms.empty()) return std::nullopt;
    auto middle = gaps_ms.begin() + std::ssize(gaps_ms) / 2;
    std::nth_element(gaps_ms.begin(), middle, gaps_ms.end());
    // Scrapes wander by milliseconds.
    auto seconds = static_cast<double>(*middle) / 1000;
    return from_seconds(seconds >= 1 ? std::round(seconds) : seconds);
  }

  void compared() {
    const analysis::Compare& compare = *metric_.compare;
    Path at = path_ / "compare";
    if (compare.errors) {
      // No bad request so far is a good sign; but the counter itself must be there.
      selector(compare.errors->total, at / "errors" / "total");
      named(compare.errors->bad, at / "errors" / "bad");
    } else if (compare.rate) {
      selector(compare.rate->count, at / "rate" / "count");
    } else if (compare.mean) {
      selector(compare.mean->count, at / "mean" / "count");
    } else if (compare.histogram) {
      selector(compare.histogram->buckets, at / "histogram" / "buckets");
    } else if (compare.gauge) {
      selector(compare.gauge->query, at / "gauge" / "query");
    }
  }

  void named(const std::string& text, const Path& field) {
    auto series = analysis::series_in(text);
    if (series.empty() || series.front().metric.empty()) return;
    count(series.front().metric, field);
  }

  // How many series there are, by version.
  std::optional<queries::Answer> count(const std::string& text, const Path& field) {
    queries::Request request;
    request.text = fmt::format("count by ({}) ({})", pinned_.versions.label, text);
    auto answer = ask_(metric_.provider, request, kPatience);
    if (!usable(answer, field)) return std::nullopt;
    if (answer->series.empty()) {
      reporter_.add(kNothingFound, field, fmt::format("'{}' has no series now", text),
                    "check names and labels");
      return std::nullopt;
    }
    return *std::move(answer);
  }

  void selector(const std::string& text, const Path& field) {
    auto answer = count(text, field);
    if (!answer) return;
    std::string seen;
    for (const queries::Series& series : answer->series) {
      std::string_view value = series.labels.get(pinned_.versions.label);
      seen += fmt::format("{}'{}'", seen.empty() ? "" : ", ", value);
    }
    for (const std::string& version : {pinned_.versions.canary, pinned_.versions.stable}) {
      if (version.empty() || config::has_placeholder(version)) continue;
      bool found = std::ranges::any_of(answer->series, [&](const queries::Series& series) {
        return series.labels.get(pinned_.versions.label) == version;
      });
      if (found) continue;
      reporter_.add(
          kVersionMissing, field,
          fmt::format("no series has {}='{}' (seen: {})", pinned_.versions.label, version, seen),
          "check versions.label and the version");
    }
  }

  const PinnedMetric& pinned_;
  const Metric& metric_;
  const AskProvider& ask_;
  Now now_;
  const Reporter& reporter_;
  Path path_;
};

class OnlineLint {
 public:
  OnlineLint(const rollout::ConfigSet& set, const rollout::PinOptions& options,
             const AskProvider& ask, Now now, config::Diagnostics& problems)
      : set_(set), options_(options), ask_(ask), now_(now), problems_(problems) {}

  void check(const config::Document& document) {
    config::Diagnostics known;  // what is wrong with the header was said before
    auto header = config::header_of(document, known);
    if (!header) return;
    Reporter reporter(document, problems_);
    std::string name(document.root.to_json()["metadata"]["name"].string());
    if (header->kind == "Rollout") {
      const rollout::Rollout* rollout = set_.find_rollout(name);
      if (rollout == nullptr || !rollout->canary || !rollout->canary->analysis) return;
      auto plan = rollout::pin(set_, *rollout, options_);
      Path path = Path() / "spec" / "strategy" / "canary" / "analysis" / "metrics";
      metrics(
          rollout->canary->analysis->metrics,
          plan ? Result<rollout::PinnedAnalysis>(*plan->background) : std::unexpected(plan.error()),
          reporter, path);
    } else if (header->kind == "AnalysisRun") {
      for (const analysis::AnalysisRun& run : set_.runs) {
        if (run.metadata.name != name) continue;
        metrics(run.spec.metrics, rollout::pin_run(run, options_), reporter, kMetrics());
        return;
      }
    } else if (const auto* found =
                   set_.find_template({name, header->kind == "ClusterAnalysisTemplate"})) {
      auto pinned = pin_template(set_, *found, options_);
      metrics(found->spec.metrics,
              pinned ? Result<rollout::PinnedAnalysis>(pinned->analysis)
                     : std::unexpected(pinned.error()),
              reporter, kMetrics());
    }
  }

 private:
  static Path kMetrics() { return Path() / "spec" / "metrics"; }

  // The metrics that this document itself has.
  void metrics(const std::vector<Metric>& own, const Result<rollout::PinnedAnalysis>& pinned,
               const Reporter& reporter, const Path& path) {
    if (own.empty()) return;
    if (!pinned) {
      reporter.add(kNotAsked, path, pinned.error().to_string(), "give arguments with --set");
      return;
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
      auto found = std::ranges::find(pinned->metrics, own[i].name,
                                     [](const PinnedMetric& each) { return each.metric.name; });
      if (found == pinned->metrics.end()) continue;
      PinnedMetric whole = *found;
      auto metric = with_secrets(whole.metric, pinned->secrets);
      if (!metric) {
        reporter.add(kNotAsked, path / i, metric.error().to_string());
        continue;
      }
      whole.metric = *std::move(metric);
      MetricCheck(whole, ask_, now_, reporter, path / i).run();
    }
  }

  const rollout::ConfigSet& set_;
  const rollout::PinOptions& options_;
  const AskProvider& ask_;
  Now now_;
  config::Diagnostics& problems_;
};

}  // namespace

void lint_online(const std::vector<rollout::ConfigFile>& files, const rollout::ConfigSet& set,
                 const rollout::PinOptions& options, const AskProvider& ask, Now now,
                 config::Diagnostics& problems) {
  OnlineLint lint(set, options, ask, now, problems);
  for (const rollout::ConfigFile& file : files) {
    config::Diagnostics known;
    for (const auto& document : config::read_documents(file.name, file.text, known)) {
      lint.check(document);
    }
  }
}

}  // namespace serin::app
