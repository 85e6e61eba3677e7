// Against a real Prometheus: what it is asked, what it answers, and what is counted of it.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "providers/prometheus/source.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"
#include "support/scripted_server.h"
#include "support/servers.h"

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::Comparison;
using queries::Request;

// What a target shows at its k-th scrape since `go`; 0 before it. "" is a scrape that fails.
using Script = std::function<std::string(int k)>;

// A target whose counters follow its scrapes, so that nothing depends on time.
class Exporter {
 public:
  Exporter(const std::atomic<bool>& go, Script script)
      : go_(go), script_(std::move(script)), server_([this](test::Connection& c) { serve(c); }) {}

  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  int scrapes() const { return scrapes_; }  // all
  int steps() const { return steps_; }      // since go

 private:
  void serve(test::Connection& connection) {
    while (!connection.read_request().empty()) {
      const int k = go_ ? ++steps_ : 0;
      const std::string text = script_(k);
      const bool sent = connection.reply(text, text.empty() ? "503 Unavailable" : "200 OK",
                                         "Content-Type: text/plain; version=0.0.4\r\n");
      ++scrapes_;
      if (!sent) return;
    }
  }
  const std::atomic<bool>& go_;
  Script script_;
  std::atomic<int> scrapes_ = 0;
  std::atomic<int> steps_ = 0;
  test::ScriptedServer server_;
};

std::string counter(const std::string& labels, double value) {
  return "http_requests_total{" + labels + "} " + std::to_string(value) + "\n";
}

std::string good(double value) {
  return counter("code=\"200\"", value);
}

std::string bad(const std::string& path, double value) {
  return counter("code=\"500\",path=\"" + path + "\"", value);
}

class LivePrometheus : public ::testing::Test {
 protected:
  // Targets by pod; pods whose name starts with "stable" are v1, others v2.
  void start(const std::map<std::string, Script>& scripts) {
    go = false;
    std::vector<test::Prometheus::Job> jobs;
    for (const auto& [pod, script] : scripts) {
      exporters[pod] = std::make_unique<Exporter>(go, script);
      std::string version = pod.starts_with("stable") ? "v1" : "v2";
      jobs.push_back({pod, {exporters[pod]->address()}, {{"version", version}, {"pod", pod}}});
    }
    dir = std::make_unique<test::TempDir>();
    auto started = test::Prometheus::start(*dir, test::Prometheus::config(1s, jobs));
    ASSERT_TRUE(started) << started.error().to_string();
    server = std::make_unique<test::Prometheus>(std::move(*started));
    SourceOptions options;
    options.endpoint.address = server->url();
    source = PrometheusSource::create(loop, *http, std::move(options)).value();
  }
  void stop() {
    source.reset();
    server.reset();
    exporters.clear();
  }

  Result<Answer> ask(const Request& request) {
    std::optional<Result<Answer>> answer;
    source->ask(request, clock.now().mono + 30s,
                [&](Result<Answer> given) { answer = std::move(given); });
    EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }, 60s));
    return answer ? std::move(*answer) : fail(Code::internal, "never called");
  }
  Result<Answer> ask(const std::string& text) {
    Request request;
    request.text = text;
    return ask(request);
  }
  bool until(const std::function<bool()>& condition) { return test::wait_until(condition, 60s); }
  bool all_scraped(int times) {
    return until([&] {
      for (const auto& [pod, exporter] : exporters) {
        if (exporter->scrapes() < times) return false;
      }
      return true;
    });
  }

  RealClock clock;
  AsioLoop loop{clock};
  std::unique_ptr<HttpClient> http = make_http_client(loop, Rng(1));
  std::atomic<bool> go = false;
  std::map<std::string, std::unique_ptr<Exporter>> exporters;
  std::unique_ptr<test::TempDir> dir;
  std::unique_ptr<test::Prometheus> server;
  std::unique_ptr<PrometheusSource> source;
};

// Sums over all looks, by pod.
struct Sum {
  double total = 0;
  double bad = 0;
  bool operator==(const Sum&) const = default;
};

constexpr int kLastStep = 20;

const std::map<std::string, Script>& error_scripts() {
  static const std::map<std::string, Script> kScripts{
      {"stable-0",
       [](int k) {
         return good(100 + 10 * std::min(k, kLastStep)) + bad("/a", 5 + std::min(k, kLastStep));
       }},
      // A young process: 40 errors at once, 5 more, then one on each of 30 new paths.
      {"canary-young",
       [](int k) {
         std::string text = good(10);
         if (k >= 4) text += bad("/", k == 4 ? 40 : 45);
         for (int path = 0; path < 30 && k >= 6 + path / 3; ++path)
           text += bad("/p" + std::to_string(path), 1);
         return text;
       }},
      // A process that restarts; its errors' label set is gone, and comes back above its old count.
      {"canary-restarts",
       [](int k) {
         if (k < 5) return good(500 + k) + bad("/a", 4);
         return good(2 + std::min(k, kLastStep)) + (k >= 7 ? bad("/a", 6) : "");
       }},
      // A failed scrape is no gap, three intervals are: the label set after it is a base line.
      {"canary-gaps",
       [](int k) -> std::string {
         if (k == 4 || k == 9 || k == 10) return "";
         std::string text =
             good(50 + std::min(k, kLastStep)) + bad("/a", 7 + std::min(k, kLastStep));
         if (k >= 5) text += bad("/one", 3);
         if (k >= 11) text += bad("/two", 9);
         return text;
       }},
      // A target that answers only later: started after the last look.
      {"canary-late", [](int k) -> std::string { return k < 6 ? "" : good(30) + bad("/a", 12); }},
  };
  return kScripts;
}

std::map<std::string, Sum> error_truth() {
  return {{"stable-0", {220, 20}},
          {"canary-young", {75, 75}},
          // 500 to 504, then 2 + 20 from zero, and 6 errors of the new process.
          {"canary-restarts", {4 + 22 + 6, 6}},
          {"canary-gaps", {20 + 20 + 3, 20 + 3}},
          {"canary-late", {42, 12}}};
}

class LiveIncrements : public LivePrometheus {
 protected:
  // Looks until every target has made its last step and all of it is counted, or nothing more
  // comes.
  std::map<std::string, Sum> count(const std::map<std::string, Sum>& truth) {
    const queries::Versions versions{"version", "v2", "v1", "pod", false};
    const Comparison errors =
        Comparison::errors("http_requests_total{code=~\"5..\"}", "http_requests_total").value();
    WallTime last_look = clock.now().wall;
    auto tracker = queries::CounterTracker::create(errors, versions, to_unix_ms(last_look)).value();
    go = true;
    std::map<std::string, Sum> sums;
    std::optional<Instant> finished;
    while (!finished || clock.now().mono < *finished + 5s) {
      const Now now = clock.now();
      queries::LookPlan plan =
          queries::plan_look(
              errors, versions,
              {now.wall, last_look, std::chrono::milliseconds(tracker.slowest_interval_ms())})
              .value();
      Result<Answer> samples = ask(plan.samples);
      Result<Answer> presence = ask(*plan.presence);
      EXPECT_TRUE(samples && presence);
      if (!samples || !presence) return sums;
      auto window =
          tracker.look({to_unix_ms(now.wall), plan.covered_from_ms, &*samples, &*presence}).value();
      last_look = now.wall;
      for (const queries::InstanceWindow& i : window.instances) {
        sums[i.instance].total += i.total;
        sums[i.instance].bad += i.bad;
      }
      dropped += window.first_samples_dropped;
      scrape_interval_s = window.scrape_interval_s;
      bool done = true;
      for (const auto& [pod, exporter] : exporters) done = done && exporter->steps() > kLastStep;
      if (done && !finished) finished = now.mono;
      if (done && sums == truth) return sums;
      loop.run_until([] { return false; }, 700ms);
    }
    return sums;
  }

  // Whether Prometheus scraped as it should: a busy machine may make it late, and then the rules
  // for gaps hold.
  bool was_regular() {
    Answer up = ask("up[2m]").value();
    for (const queries::Series& series : up.series) {
      for (std::size_t i = 1; i < series.samples.size(); ++i) {
        if (series.samples[i].time_ms - series.samples[i - 1].time_ms > 1'400) return false;
      }
      // A scrape that failed without being told to.
      const bool gaps = series.labels.get("pod") == "canary-gaps";
      const bool late = series.labels.get("pod") == "canary-late";
      auto failed = std::count_if(series.samples.begin(), series.samples.end(),
                                  [](const queries::Sample& s) { return s.value == 0; });
      if (!late && failed != (gaps ? 3 : 0)) return false;
    }
    return true;
  }

  int dropped = 0;
  double scrape_interval_s = 0;
};

TEST_F(LiveIncrements, AreTheTruthOfLateLabelSetsRestartsAndGaps) {
  if (!test::is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed";
  const std::map<std::string, Sum> truth = error_truth();
  constexpr int kAttemptsMax = 6;
  for (int attempt = 1; attempt <= kAttemptsMax; ++attempt) {
    dropped = 0;
    start(error_scripts());
    ASSERT_TRUE(all_scraped(4));
    const std::map<std::string, Sum> sums = count(truth);
    const bool regular = was_regular();
    stop();
    for (const auto& [pod, expected] : truth) {
      ASSERT_TRUE(sums.contains(pod)) << pod;
      EXPECT_LE(sums.at(pod).bad, expected.bad + (pod == "canary-gaps" ? 9 : 0)) << pod;
      EXPECT_LE(sums.at(pod).total, expected.total + (pod == "canary-gaps" ? 9 : 0)) << pod;
    }
    if (!regular && attempt < kAttemptsMax) continue;
    for (const auto& [pod, expected] : truth) {
      EXPECT_EQ(sums.at(pod).bad, expected.bad) << pod;
      EXPECT_EQ(sums.at(pod).total, expected.total) << pod;
    }
    EXPECT_EQ(dropped, 1);
    EXPECT_EQ(scrape_interval_s, 1);
    return;
  }
}

TEST_F(LivePrometheus, AnswersEveryKindOfQuery) {
  if (!test::is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed";
  start({{"stable-0", [](int) { return good(7) + "odd NaN\nlarge +Inf\n"; }}});
  ASSERT_TRUE(all_scraped(3));
  ASSERT_TRUE(until([&] {
    Result<Answer> raw = ask("http_requests_total[1m]");
    return raw && !raw->series.empty() && raw->series[0].samples.size() >= 2;
  }));
  Answer raw = ask("http_requests_total{version=~\"v1|v2\"}[1m]").value();
  EXPECT_EQ(raw.type, queries::AnswerType::matrix);
  EXPECT_EQ(raw.series.at(0).labels.get("pod"), "stable-0");
  EXPECT_EQ(raw.series.at(0).samples.at(0).value, 7);
  EXPECT_EQ(ask("odd").value().series.at(0).samples.size(), 1U);
  EXPECT_EQ(format_double(ask("odd").value().series.at(0).samples[0].value), "NaN");
  EXPECT_EQ(format_double(ask("large").value().series.at(0).samples[0].value), "+Inf");
  EXPECT_EQ(ask("scalar(vector(2.5))").value().type, queries::AnswerType::scalar);
  EXPECT_FALSE(ask("\"text\"")) << "no value that could be judged";
  EXPECT_TRUE(ask("absent_metric").value().series.empty());
  Answer gauge = ask("(avg by (version, pod) (http_requests_total))[10s:1s]").value();
  EXPECT_EQ(gauge.type, queries::AnswerType::matrix);
  EXPECT_GE(gauge.series.at(0).samples.size(), 2U);

  Request past;
  past.text = "http_requests_total";
  past.time = clock.now().wall - 24h;
  EXPECT_TRUE(ask(past).value().series.empty());
  Request range;
  range.kind = Request::Kind::range;
  range.text = "vector(1)";
  range.end = clock.now().wall;
  range.start = *range.end - 10s;
  range.step = 2500ms;
  Answer matrix = ask(range).value();
  EXPECT_EQ(matrix.series.at(0).samples.size(), 5U);
  EXPECT_EQ(matrix.series[0].samples[1].time_ms - matrix.series[0].samples[0].time_ms, 2'500);
}

TEST_F(LivePrometheus, RefusalsAreItsOwnWordsAndSilenceIsUnavailable) {
  if (!test::is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed";
  start({});
  Error parse = ask("sum(").error();
  EXPECT_EQ(parse.code, Code::invalid_argument);
  EXPECT_TRUE(parse.message.starts_with("bad_data: ")) << parse.message;
  Error raw = ask("sum(up[5m])").error();
  EXPECT_EQ(raw.code, Code::invalid_argument);
  Request range;
  range.kind = Request::Kind::range;
  range.text = "vector(1)";
  range.end = clock.now().wall;
  range.start = *range.end - 24h;
  range.step = 1s;
  EXPECT_NE(ask(range).error().message.find("exceeded maximum resolution"), std::string::npos);
  SourceOptions small;
  small.endpoint.address = server->url();
  small.limits.series_max = 2;
  source = PrometheusSource::create(loop, *http, small).value();
  const std::string three =
      "label_replace(vector(1),\"a\",\"1\",\"\",\"\") or "
      "label_replace(vector(1),\"a\",\"2\",\"\",\"\")";
  EXPECT_EQ(ask(three).value().series.size(), 2U);
  EXPECT_NE(ask(three + " or vector(3)").error().message.find("3 series, more than 2"),
            std::string::npos);
  server->server().stop();
  EXPECT_EQ(ask("up").error().code, Code::unavailable);
}

}  // namespace
}  // namespace serin::prometheus
