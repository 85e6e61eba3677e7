// Ten thousand metrics: how late looks begin, and what they cost.
//
//   bench-load compared 10000 [SECONDS] [RELEASES]   compared metrics at 10 s, half of them
//                                                    histograms of 12 buckets
//   bench-load threshold 1000 [SECONDS] [RELEASES]   threshold rules at 1 s
//   bench-load shared 50 [SECONDS]                   so many releases that watch the same service
//   bench-load loop 10000 [SECONDS]                  only the requests and answers of `compared`:
//                                                    what serin's own work is held against
//   bench-load threshold-loop 1000 [SECONDS]         the same of `threshold`
//
// Releases are opened one after another, learn that there is no history, and then wait at their
// weight; figures are taken after that. Engine, journal on disk and sources are those of `serin
// serve`, the metrics server is a process of its own. One JSON object on stdout; after `compared`
// and `threshold` a second one: the loop in the same process, for a third of the time, with
// `ratio`, how many times its processor time a question of the releases took.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "bench/live/samples.h"
#include "bench/load/metrics_server.h"
#include "bench/load/world.h"
#include "providers/prometheus/source.h"
#include "queries/plan.h"

namespace serin::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kInterval = 10s;
constexpr Duration kThresholdInterval = 1s;
constexpr Duration kBetweenReleases = 500ms;
constexpr Duration kSettle = 40s;

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string compared_metric(const std::string& job, int number, const std::string& url) {
  const std::string of = fmt::format(R"(job="{}",m="{}")", job, number);
  const std::string compare =
      number % 2 == 0 ? fmt::format(R"(errors: {{bad: 'requests_total{{code="500",{0}}}', )"
                                    R"(total: 'requests_total{{{0}}}'}})",
                                    of)
                      : fmt::format("histogram: {{buckets: 'latency_bucket{{{}}}'}}", of);
  return fmt::format(
      "        - name: m{}\n          interval: 10s\n          compare: {{{}}}\n"
      "          provider: {{prometheus: {{address: '{}'}}}}\n",
      number, compare, url);
}

std::string threshold_query(const std::string& job, int number) {
  return fmt::format(R"(max(load{{job="{}",m="{}"}}))", job, number);
}

std::string threshold_metric(const std::string& job, int number, const std::string& url) {
  return fmt::format(
      "        - name: m{}\n          interval: 1s\n          successCondition: result[0] < 0.9\n"
      "          provider: {{prometheus: {{address: '{}', query: '{}'}}}}\n",
      number, url, threshold_query(job, number));
}

using MakeMetric = std::function<std::string(const std::string& job, int number)>;

std::string rollout(const std::string& name, const std::string& job, int metrics,
                    const MakeMetric& metric) {
  std::string text = fmt::format(
      R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: {0}}}
spec:
  onEngineLoss: hold
  strategy:
    canary:
      trafficRouting:
        haproxy: {{socket: /nowhere/{0}.sock, map: /nowhere/{0}.map, stableBackend: blue,
                  canaryBackend: green}}
      analysis:
        versions: {{instance: pod}}
        metrics:
)",
      name);
  for (int i = 0; i < metrics; ++i) text += metric(job, i);
  return text + "      steps: [{setWeight: 20}, {pause: {}}]\n";
}

double us_an_ask(double seconds, double asks) {
  return 1e6 * seconds / std::max(1.0, asks);
}

// `before`: the counters when the figures began.
int print(World& world, const std::string& what, double seconds, double used, int releases,
          const paced::Counters& before) {
  Watch& watch = world.watch();
  std::ranges::sort(watch.late_ms);
  std::ranges::sort(watch.answer_ms);
  const auto looks = static_cast<double>(watch.answer_ms.size());
  const paced::Counters& counters = world.queries();
  std::puts(fmt::format(R"({{"what":"{}","releases":{},"seconds":{:.0f},"asks":{:.0f},"failed":{},)"
                        R"("late_p50_ms":{:.1f},"late_p99_ms":{:.1f},"late_max_ms":{:.1f},)"
                        R"("answer_p50_ms":{:.1f},"answer_p99_ms":{:.1f},"cores":{:.3f},)"
                        R"("us_an_ask":{:.0f},"rss_peak_mb":{:.0f},"requests":{},"queries":{},)"
                        R"("saved":{},"ended":{}}})",
                        what, releases, seconds, looks, watch.failed, quantile(watch.late_ms, 0.5),
                        quantile(watch.late_ms, 0.99), quantile(watch.late_ms, 1),
                        quantile(watch.answer_ms, 0.5), quantile(watch.answer_ms, 0.99),
                        used / seconds, us_an_ask(used, looks), peak_megabytes(),
                        counters.requests - before.requests, counters.queries - before.queries,
                        counters.saved - before.saved, world.ended())
                .c_str());
  return world.ended() == 0 && looks > 0 ? 0 : 1;
}

// `us`: processor time of a question, set where there were any.
int run_releases(const std::string& what, int releases, int metrics, bool shared, int seconds,
                 const MakeMetric& metric, double& us) {
  const std::string directory = make_directory(std::filesystem::temp_directory_path());
  if (directory.empty()) return 1;
  int status = 1;
  if (auto world = World::open(directory); !world) {
    std::fprintf(stderr, "%s\n", world.error().to_string().c_str());
  } else {
    bool opened = true;
    for (int r = 0; r < releases && opened; ++r) {
      const int own = metrics / releases + (r < metrics % releases ? 1 : 0);
      const std::string name = fmt::format("svc-{}", r);
      Status done =
          (*world)->release(rollout(name, shared ? "svc-0" : name, shared ? metrics : own, metric));
      if (!done) std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
      opened = done.has_value();
      (*world)->run(kBetweenReleases);
    }
    if (opened) {
      (*world)->run(kSettle);
      (*world)->watch().measuring = true;
      const paced::Counters counters = (*world)->queries();
      const double before = processor_seconds();
      (*world)->run(std::chrono::seconds(seconds));
      const double used = processor_seconds() - before;
      us = us_an_ask(used, static_cast<double>((*world)->watch().answer_ms.size()));
      status = print(**world, what, seconds, used, releases, counters);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return status;
}

// What asks and decodes only, at the same pace.
class BareLoop {
 public:
  BareLoop(const std::string& url, int metrics, bool threshold)
      : metrics_(metrics), interval_(threshold ? kThresholdInterval : kInterval) {
    prometheus::SourceOptions options;
    options.endpoint.address = url;
    options.run_elsewhere = [this](Callback work) { pool_.run(std::move(work)); };
    source_ = *prometheus::PrometheusSource::create(loop_, *http_, std::move(options));
    for (int i = 0; threshold && i < metrics; ++i) {
      requests_.push_back({.text = threshold_query(fmt::format("svc-{}", i / 100), i % 100)});
    }
    if (!threshold) add_looks(metrics);
  }

  // `rival_us`: what a question cost otherwise; 0: unknown.
  int run(int seconds, double rival_us = 0) {
    start_ = clock_.now().mono;
    end_ = start_ + std::chrono::seconds(seconds);
    const double before = processor_seconds();
    next();
    loop_.run();
    const double used = processor_seconds() - before;
    const double us = us_an_ask(used, static_cast<double>(answers_));
    const std::string ratio =
        rival_us > 0 ? fmt::format(R"(,"ratio":{:.2f})", rival_us / us) : std::string();
    std::puts(fmt::format(R"({{"what":"loop","metrics":{},"seconds":{},"asks":{},"failed":{},)"
                          R"("cores":{:.3f},"us_an_ask":{:.0f}{}}})",
                          metrics_, seconds, answers_, failed_, used / seconds, us, ratio)
                  .c_str());
    return failed_ == 0 && answers_ > 0 ? 0 : 1;
  }

 private:
  void add_looks(int metrics) {
    const queries::Versions versions{"version", "v2", "v1", "pod"};
    for (int i = 0; i < metrics; ++i) {
      const std::string of = fmt::format(R"(job="svc-{}",m="{}")", i / 100, i % 100);
      auto comparison = i % 2 == 0
                            ? queries::Comparison::errors("requests_total{code=\"500\"," + of + "}",
                                                          "requests_total{" + of + "}")
                            : queries::Comparison::histogram("latency_bucket{" + of + "}");
      const WallTime now = clock_.now().wall;
      auto plan =
          queries::plan_look(*comparison, versions,
                             {.now = now,
                              .last_look = now - kInterval,
                              .scrape_interval = std::chrono::seconds(kServerScrapeSeconds)});
      requests_.push_back(plan->samples);
      requests_.push_back(*plan->presence);
    }
  }
  void next() {
    const Instant now = clock_.now().mono;
    const double due =
        to_seconds(now - start_) / to_seconds(interval_) * static_cast<double>(requests_.size());
    for (; static_cast<double>(asked_) < due; ++asked_) {
      source_->ask(requests_[asked_ % requests_.size()], now + 10s,
                   [this](Result<queries::Answer> answer) {
                     ++answers_;
                     if (!answer) ++failed_;
                   });
    }
    if (now >= end_) return loop_.stop();
    loop_.call_at(now + 2ms, [this] { next(); });
  }

  int metrics_;
  Duration interval_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  WorkerPool pool_{2};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  std::unique_ptr<prometheus::PrometheusSource> source_;
  std::vector<queries::Request> requests_;
  Instant start_{};
  Instant end_{};
  std::uint64_t asked_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t failed_ = 0;
};

int run(const std::string& what, int count, int seconds, int releases) {
  auto server = MetricsServer::start();
  if (!server) {
    std::fputs("the metrics server did not start\n", stderr);
    return 1;
  }
  const std::string url = server->url();
  const MakeMetric compared = [&](const std::string& job, int number) {
    return compared_metric(job, number, url);
  };
  const MakeMetric threshold = [&](const std::string& job, int number) {
    return threshold_metric(job, number, url);
  };
  double us = 0;
  if (what == "compared" || what == "threshold") {
    const bool rules = what == "threshold";
    const int status = run_releases(what, releases > 0 ? releases : (count + 99) / 100, count,
                                    false, seconds, rules ? threshold : compared, us);
    return status != 0 ? status : BareLoop(url, count, rules).run(std::max(1, seconds / 3), us);
  }
  constexpr int kSharedMetrics = 4;
  if (what == "shared")
    return run_releases(what, count, kSharedMetrics, true, seconds, compared, us);
  if (what == "loop") return BareLoop(url, count, false).run(seconds);
  if (what == "threshold-loop") return BareLoop(url, count, true).run(seconds);
  return 2;
}

}  // namespace
}  // namespace serin::bench

int main(int argc, char** argv) {
  const int count = argc > 2 ? std::atoi(argv[2]) : 0;
  if (count <= 0) {
    std::fputs(
        "usage: bench-load compared|threshold|shared|loop|threshold-loop COUNT [SECONDS] "
        "[RELEASES]\n",
        stderr);
    return 2;
  }
  return serin::bench::run(argv[1], count, argc > 3 ? std::atoi(argv[3]) : 60,
                           argc > 4 ? std::atoi(argv[4]) : 0);
}
