// record, recording, replay, backtest, plan and test as their user runs them.
#include <sys/stat.h>

#include <cmath>

#include "app/test/suite.h"
#include "base/json.h"
#include "base/random.h"
#include "providers/recordings/file.h"
#include "providers/recordings/openmetrics.h"
#include "providers/recordings/recording.h"
#include "support/paths.h"
#include "support/samples.h"
#include "unit/app/fake_prometheus.h"
#include "unit/app/program.h"

namespace serin::app {
namespace {

using queries::Series;

constexpr std::int64_t kBeginMs = 1'700'000'000'000;
constexpr std::int64_t kScrapeMs = 15'000;

const std::string kPolicy = test::shop_policy();

struct Service {
  double hours = 3;
  double canary_after_hours = 2.5;  // below 0: there is none
  double stable_errors = 0.01;
  double canary_errors = 0.01;
  int instances = 4;
  std::uint64_t seed = 1;
  double late_errors = -1;  // of stable's first instance in the last fifth; below 0: as ever
};

// Counters of a service, scraped every 15 s.
std::vector<Series> series_of(const Service& service) {
  Rng rng(service.seed);
  std::vector<Series> all;
  const auto end = static_cast<std::int64_t>(service.hours * 3'600'000);
  auto add = [&](const std::string& version, const std::string& pod, std::int64_t from,
                 double per_scrape, double errors, double late_errors) {
    Series good{
        {{"__name__", "requests_total"}, {"version", version}, {"pod", pod}, {"code", "200"}}, {}};
    Series bad{
        {{"__name__", "requests_total"}, {"version", version}, {"pod", pod}, {"code", "500"}}, {}};
    double ok = 0;
    double failed = 0;
    for (std::int64_t at = from; at <= end; at += kScrapeMs) {
      for (int i = 0; i < static_cast<int>(per_scrape); ++i) {
        const bool late = late_errors >= 0 && at > end / 5 * 4;
        (rng.chance(late ? late_errors : errors) ? failed : ok) += 1;
      }
      good.samples.push_back({kBeginMs + at, ok});
      bad.samples.push_back({kBeginMs + at, failed});
    }
    all.push_back(std::move(good));
    all.push_back(std::move(bad));
  };
  for (int i = 0; i < service.instances; ++i) {
    add("v1", "stable-" + std::to_string(i), 0, 150, service.stable_errors,
        i == 0 ? service.late_errors : -1);
  }
  if (service.canary_after_hours >= 0) {
    add("v2", "canary-0", static_cast<std::int64_t>(service.canary_after_hours * 3'600'000), 150,
        service.canary_errors, -1);
  }
  return all;
}

std::string matrix_of(const queries::Answer& answer) {
  std::string result;
  for (const Series& series : answer.series) {
    std::string metric;
    for (const auto& [name, value] : series.labels.pairs()) {
      metric += (metric.empty() ? "\"" : ",\"") + name + "\":\"" + value + "\"";
    }
    std::string values;
    for (const queries::Sample& sample : series.samples) {
      values += (values.empty() ? "[" : ",[") +
                format_double(static_cast<double>(sample.time_ms) / 1000) + ",\"" +
                format_double(sample.value) + "\"]";
    }
    result += (result.empty() ? "{\"metric\":{" : ",{\"metric\":{") + metric + "},\"values\":[" +
              values + "]}";
  }
  return R"({"status":"success","data":{"resultType":"matrix","result":[)" + result + "]}}";
}

// A server whose past is that of the service.
class PastServer {
 public:
  explicit PastServer(const std::vector<Series>& series, std::size_t samples_max = SIZE_MAX)
      : recording_(series),
        samples_max_(samples_max),
        server_([this](const auto& asked) { return answer(asked); }) {}
  std::string url() const { return server_.url(); }
  std::size_t asked() { return server_.asked().size(); }

 private:
  std::string answer(const FakePrometheus::Asked& asked) {
    std::lock_guard lock(mutex_);
    queries::Request request;
    request.text = asked.query;
    const WallTime at(from_seconds(asked.time.empty() ? 0 : std::stod(asked.time)));
    auto answer = recording_.answer(request, at);
    std::size_t samples = 0;
    if (answer) {
      for (const Series& series : answer->series) samples += series.samples.size();
    }
    if (!answer || samples > samples_max_) {
      return R"({"status":"error","errorType":"execution","error":"query processing would load )"
             R"(too many samples into memory in query execution"})";
    }
    return matrix_of(*answer);
  }

  std::mutex mutex_;
  providers::Recording recording_;
  std::size_t samples_max_;
  FakePrometheus server_;
};

std::string rfc(double hours) {
  return format_rfc3339(from_unix_ms(kBeginMs + static_cast<std::int64_t>(hours * 3'600'000)));
}

Json json_of(const Ran& ran) {
  auto line = ran.out;
  if (line.ends_with('\n')) line.pop_back();
  line = line.substr(line.rfind('\n') + 1);
  auto json = Json::parse(line);
  EXPECT_TRUE(json) << ran.out << ran.err;
  return json ? *json : Json();
}

class Past : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return directory_.file(name); }
  std::string recording(const std::string& name, const Service& service) {
    return directory_.write(name, providers::to_openmetrics(series_of(service)));
  }
  test::TempDir directory_;
  std::string policy_ = directory_.write("policy.yaml", kPolicy);
};

TEST_F(Past, RecordsWhatThePolicyNeedsInBoundedPages) {
  auto series = series_of({.canary_errors = 0.05});
  series.push_back({{{"__name__", "unrelated"}, {"pod", "a"}}, {{kBeginMs, 1}}});
  PastServer server(series, 4'000);  // half an hour of it
  const std::vector<std::string> command{"record", "--prom", server.url(),    "-f",   policy_,
                                         "--from", rfc(2.4), "--to",          rfc(3), "--history",
                                         "2h",     "-O",     file("rec.srn"), "-o",   "json"};
  const Ran ran = run_serin(command);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.err.find("100 %"), std::string::npos) << ran.err;
  auto srn = providers::read_srn(file("rec.srn"));
  ASSERT_TRUE(srn) << srn.error().to_string();
  EXPECT_TRUE(srn->complete);
  EXPECT_EQ(srn->series.size(), 10U) << "four stable instances and the canary, two series each";
  EXPECT_GT(srn->pages.size(), 5U);
  // Again: it is there already.
  EXPECT_EQ(run_serin(command).status, 4);
  // What broke off is gone on with, and comes out the same.
  auto whole = providers::read_unpacked(file("rec.srn"));
  ASSERT_TRUE(providers::write_text(file("rec.srn"), whole->substr(0, whole->size() * 2 / 3)));
  const std::size_t before = server.asked();
  const Ran resumed = run_serin(command);
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("going on with"), std::string::npos);
  EXPECT_LT(server.asked() - before, before);
  auto again = providers::read_recording(file("rec.srn"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->series(), providers::Recording(srn->series).series());
}

TEST_F(Past, ReplaysARecordingAsTheServersPast) {
  for (double errors : {0.01, 0.08}) {
    PastServer server(series_of({.canary_errors = errors}));
    const Ran live = run_serin({"replay", "--prom", server.url(), "-f", policy_, "--from", rfc(2.4),
                                "--to", rfc(3), "-q"});
    ASSERT_EQ(run_serin({"record", "--prom", server.url(), "-f", policy_, "--from", rfc(2.4),
                         "--to", rfc(3), "-q", "--force", "-O", file("rec.srn")})
                  .status,
              0);
    const Ran kept = run_serin({"replay", "-f", policy_, file("rec.srn")});
    EXPECT_EQ(live.status, errors > 0.05 ? 10 : 0) << live.out << live.err;
    EXPECT_EQ(kept.status, live.status) << kept.out << kept.err;
    const Json a = json_of(live);
    const Json b = json_of(kept);
    EXPECT_EQ(a["metrics"], b["metrics"]);
    EXPECT_EQ(a["t_s"], b["t_s"]);
  }
}

TEST_F(Past, ExpectsVerdicts) {
  const std::string bad = recording("bad.om", {.canary_errors = 0.08});
  const std::string good = recording("good.om", {});
  EXPECT_EQ(run_serin({"replay", "-f", policy_, bad, "--expect", "rollback"}).status, 0);
  const Ran wrong = run_serin({"replay", "-f", policy_, good, "--expect", "rollback"});
  EXPECT_EQ(wrong.status, 20);
  EXPECT_NE(wrong.err.find("expected rollback, got promote"), std::string::npos) << wrong.err;
  const Ran junit =
      run_serin({"replay", "-f", policy_, bad, good, "--expect", "rollback", "-o", "junit"});
  EXPECT_EQ(junit.status, 20);
  EXPECT_NE(junit.out.find("tests=\"2\" failures=\"1\" errors=\"0\""), std::string::npos)
      << junit.out;
  const Ran until = run_serin({"replay", "-f", policy_, good, "--until", "5m"});
  EXPECT_EQ(until.status, 12) << until.out;
  EXPECT_LE(json_of(until)["t_s"].number(), 300);
  EXPECT_EQ(run_serin({"replay", "-f", policy_, good, "--until", "soon"}).status, 2);
  EXPECT_EQ(run_serin({"replay", good}).status, 3) << "a recording may carry its policy, not this";
  EXPECT_EQ(run_serin({"replay", "--from", rfc(2.4)}).status, 2) << "a server's past has none";
  EXPECT_EQ(run_serin({"replay", "-f", policy_}).status, 2) << "no recording";
  std::string other(kPolicy);
  other.replace(other.find("stable: v1"), 10, "stable: v9");
  directory_.write("other.yaml", other);
  const Ran misspelt = run_serin({"replay", "-f", file("other.yaml"), good});
  EXPECT_EQ(misspelt.status, 3) << misspelt.out;
  EXPECT_NE(misspelt.err.find("no series with version=\"v9\" (but with v1, v2) is in the "
                              "recording: name the stable version with --stable"),
            std::string::npos)
      << misspelt.err;
  const Ran steps = run_serin({"replay", "-f", policy_, good, "--at-step"});
  EXPECT_EQ(json_of(steps)["at_step"].size(), 2U);
}

TEST_F(Past, WhatTheRecordingCantAnswerIsNoVerdict) {
  const std::string good = recording("good.om", {});
  std::ofstream(file("argo.yaml")) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: rules}]}
      steps: [{setWeight: 50}, {pause: {duration: 10m}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: rules}
spec:
  metrics:
  - name: errors
    interval: 30s
    successCondition: result[0] < 0.05
    provider: {prometheus: {address: "http://127.0.0.1:9", query: 'sum(rate(requests_total[1m]))'}}
)";
  const Ran unnamed = run_serin({"replay", "-f", file("argo.yaml"), good});
  EXPECT_EQ(unnamed.status, 3);
  EXPECT_NE(
      unnamed.err.find("no series with version=\"canary\" (but with v1, v2) is in the recording"),
      std::string::npos)
      << unnamed.err;
  const Ran ran =
      run_serin({"replay", "-f", file("argo.yaml"), good, "--canary", "v2", "--stable", "v1"});
  EXPECT_EQ(ran.status, 3) << ran.out;
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("the metric errors: a recording answers plain selectors"),
            std::string::npos)
      << ran.err;
  EXPECT_NE(ran.err.find("serin record -f"), std::string::npos) << ran.err;
}

TEST_F(Past, ComparesPoliciesOverRecordings) {
  recording("bad.om", {.canary_errors = 0.08});
  recording("good.om", {});
  std::string wide(kPolicy);
  wide.insert(wide.find("    provider"),
              "    tolerate: {ratio: 20}\n    acceptable: {ratio: 30}\n");
  directory_.write("wide.yaml", wide);
  const Ran ran = run_serin({"replay", "--matrix", directory_.path(), "-o", "json"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const Json all = json_of(ran);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all.at(0)["policy"].string(), "policy.yaml");
  EXPECT_EQ(all.at(0)["verdict"].string(), "rollback");
  EXPECT_GT(all.at(0)["bad_requests"].number(), 0);
  // A margin of twenty times keeps it; that it is as good as stable is not shown either.
  EXPECT_EQ(all.at(1)["verdict"].string(), "inconclusive");
  EXPECT_EQ(all.at(2)["verdict"].string(), "promote");
  const Ran two = run_serin({"replay", "--compare", policy_, file("wide.yaml"), file("bad.om")});
  EXPECT_EQ(two.status, 0) << two.err;
  EXPECT_NE(two.out.find("wide.yaml"), std::string::npos) << two.out;
}

TEST_F(Past, ShowsAndConvertsRecordings) {
  const std::string om = recording("a.om", {.hours = 0.1, .canary_after_hours = -1});
  ASSERT_EQ(run_serin({"recording", "convert", om, "-O", file("a.srn")}).status, 0);
  ASSERT_EQ(run_serin({"recording", "convert", file("a.srn"), "-O", file("a.json")}).status, 0);
  EXPECT_EQ(run_serin({"recording", "cat", file("a.json")}).out,
            run_serin({"recording", "cat", om}).out);
  const Ran info = run_serin({"recording", "info", file("a.srn"), "-o", "json"});
  EXPECT_EQ(json_of(info)["series"].integer(), 8);
  EXPECT_TRUE(json_of(info)["complete"].boolean());
  const Ran some =
      run_serin({"recording", "cat", om, "--series", "requests_total{pod=\"stable-1\"}"});
  EXPECT_EQ(some.out.find("stable-2"), std::string::npos);
  EXPECT_NE(some.out.find("stable-1"), std::string::npos);
  EXPECT_EQ(run_serin({"recording", "info", file("none")}).status, 4);
  EXPECT_EQ(run_serin({"recording", "info", policy_}).status, 3) << "no recording";
  const Ran folder = run_serin({"recording", "info", directory_.path()});
  EXPECT_EQ(folder.status, 3);
  EXPECT_NE(folder.err.find("can't read the recording"), std::string::npos) << folder.err;
  EXPECT_NE(folder.err.find("Is a directory"), std::string::npos) << folder.err;
}

TEST_F(Past, BacktestsOnHistory) {
  PastServer server(series_of({.hours = 6, .canary_after_hours = -1}));
  const Ran ran = run_serin({"backtest", "--prom", server.url(), "-f", policy_, "--from", rfc(0),
                             "--to", rfc(6), "--releases", "200", "--harmed", "6", "--html",
                             file("report.html"), "-o", "json", "-q"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  const Json report = json_of(ran);
  EXPECT_EQ(report["trust"].string(), "yes") << ran.out;
  EXPECT_EQ(report["releases"].integer(), 200);
  EXPECT_LE(report["falseRollbacks"].integer(), 4) << "twice what the policy promises";
  double most = 0;
  for (const Json& harm : report["harms"].items()) most = std::max(most, harm["found"].number());
  EXPECT_EQ(most, 6);
  auto html = providers::read_unpacked(file("report.html"));
  ASSERT_TRUE(html);
  EXPECT_NE(html->find("<svg"), std::string::npos);
  EXPECT_EQ(html->find("http"), std::string::npos) << "nothing is fetched";
  // The same from a file.
  directory_.write("history.om",
                   providers::to_openmetrics(series_of({.hours = 6, .canary_after_hours = -1})));
  const Ran file_ran = run_serin(
      {"backtest", "-f", policy_, file("history.om"), "--releases", "200", "--harmed", "6"});
  EXPECT_EQ(file_ran.status, 0) << file_ran.err;
  EXPECT_NE(file_ran.out.find("Trust it: "), std::string::npos) << file_ran.out;
}

TEST_F(Past, BacktestWritesWiderMarginsIntoThePolicy) {
  directory_.write(
      "past.om", providers::to_openmetrics(series_of(
                     {.hours = 8, .canary_after_hours = -1, .instances = 3, .late_errors = 0.02})));
  const std::vector<std::string> command{"backtest",   "-f",  policy_,    file("past.om"),
                                         "--releases", "120", "--harmed", "0",
                                         "-o",         "json"};
  std::vector<std::string> writing = command;
  writing.push_back("--write");
  const Ran before = run_serin(command);
  const Json proposed = json_of(before)["change"];
  ASSERT_EQ(proposed["metric"].string(), "error-rate") << before.out << before.err;
  EXPECT_EQ(providers::read_unpacked(policy_).value_or(""), kPolicy) << "only where asked to";

  const Ran ran = run_serin(writing);
  EXPECT_EQ(ran.status, before.status) << ran.err;
  EXPECT_NE(ran.err.find("metric error-rate now has tolerate: "), std::string::npos) << ran.err;
  const std::string written = providers::read_unpacked(policy_).value_or("");
  const std::string tolerate(proposed["tolerate"].string());
  EXPECT_NE(
      written.find("  - name: error-rate\n    tolerate: " + tolerate + "  # serin backtest: "),
      std::string::npos)
      << written;
  const Ran after = run_serin(command);
  EXPECT_EQ(json_of(after)["falseRollbacks"].integer(), proposed["after"].integer()) << after.err;
  EXPECT_LT(proposed["after"].integer(), json_of(before)["falseRollbacks"].integer());
  // Margins that a person wrote are not written over.
  if (!json_of(after)["change"].is_null()) {
    const Ran again = run_serin(writing);
    EXPECT_EQ(again.status, 4) << again.err;
    EXPECT_NE(again.err.find("has margins of its own"), std::string::npos) << again.err;
    EXPECT_EQ(providers::read_unpacked(policy_).value_or(""), written);
  }
}

TEST_F(Past, PlansFromFigures) {
  const Ran ran = run_serin({"plan", "--rps", "200", "--baseline", "0.5%", "--effect", "+0.5pp",
                             "--weights", "1,25", "--step", "5m"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("step 1 at 1 % takes 5m: it alone finds"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("steps that would do: "), std::string::npos) << ran.out;
  const Ran check = run_serin({"plan", "--rps", "200", "--baseline", "0.5%", "--effect", "+0.5pp",
                               "--weights", "1", "--check", "-o", "json"});
  EXPECT_EQ(check.status, 1);
  EXPECT_FALSE(json_of(check)["fits"].boolean(true));
  const Ran fits = run_serin({"plan", "--rps", "2000", "--baseline", "0.5%", "--effect", "x4",
                              "--weights", "20", "--step", "20m", "--check"});
  EXPECT_EQ(fits.status, 0) << fits.out;
  EXPECT_NE(fits.out.find("found, half of them within "), std::string::npos) << fits.out;
  const Ran blind = run_serin({"plan", "--rps", "20", "--baseline", "0.5%", "--effect", "+0.5pp",
                               "--weights", "1", "--step", "5m"});
  EXPECT_NE(blind.out.find("found, most of them not: "), std::string::npos) << blind.out;
  EXPECT_EQ(blind.out.find("never and"), std::string::npos) << blind.out;
  const Ran latency = run_serin({"plan", "--rps", "100", "--latency", "p50=80ms,p99=400ms",
                                 "--effect", "x1.5", "--weights", "20", "--step", "20m"});
  EXPECT_EQ(latency.status, 0) << latency.err;
  EXPECT_NE(latency.out.find("(×1.5 slower) found"), std::string::npos) << latency.out;
  EXPECT_NE(latency.out.find("the first 3m of an instance"), std::string::npos) << latency.out;
  const Ran slow = run_serin({"plan", "--rps", "100", "--latency", "p50=80ms,p99=400ms", "--over",
                              "500ms", "--effect", "+5pp", "--weights", "20", "-o", "json"});
  EXPECT_EQ(slow.status, 0) << slow.err;
  EXPECT_EQ(json_of(slow)["kind"].string(), "histogram");
  const Ran mean = run_serin({"plan", "--rps", "100", "--mean", "80", "--sd", "60", "--effect",
                              "+30%", "--weights", "20", "-o", "json"});
  EXPECT_EQ(mean.status, 0) << mean.err;
  EXPECT_EQ(json_of(mean)["effect"].number(), 1.3);
  EXPECT_EQ(run_serin({"plan", "--rps", "200"}).status, 2);
  EXPECT_EQ(run_serin({"plan", "--rps", "200", "--latency", "p50=1s", "--effect", "x2"}).status, 2);
  EXPECT_EQ(
      run_serin({"plan", "--rps", "200", "--latency", "p50=1s,p99=2s", "--effect", "+1pp"}).status,
      2);
  EXPECT_EQ(run_serin({"plan", "--rps", "200", "--mean", "8", "--effect", "x2"}).status, 2);
  EXPECT_EQ(run_serin({"plan", "--rps", "2", "--baseline", "1%", "--effect", "less"}).status, 2);
}

TEST_F(Past, PlansFromHistory) {
  PastServer server(series_of({.canary_after_hours = -1}));
  const Ran ran = run_serin({"plan", "-f", policy_, "--prom", server.url(), "--from", rfc(0),
                             "--to", rfc(3), "-o", "json", "-q"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const Json report = json_of(ran);
  ASSERT_EQ(report["forecasts"].size(), 2U) << ran.out;
  EXPECT_EQ(report["forecasts"].at(0)["metric"].string(), "error-rate");
  EXPECT_GT(report["forecasts"].at(0)["detectSeconds"].number(),
            report["forecasts"].at(1)["detectSeconds"].number());
}

const char* const kSuite = R"(policy: policy.yaml
tests:
- name: a canary that fails all the time goes back
  series:
  - {series: 'requests_total{version="v1",pod="a",code="200"}', values: 0+100x240}
  - {series: 'requests_total{version="v1",pod="b",code="200"}', values: 0+100x240}
  - {series: 'requests_total{version="v2",pod="c",code="500"}', values: _x120 0+100x120}
  expect: {verdict: rollback, metric: error-rate, before: 2m, guard: true}
- name: one that is well stays
  recording: good.om
  expect: {verdict: WANTED}
)";

TEST_F(Past, TestsPolicies) {
  recording("good.om", {});
  std::string text(kSuite);
  const std::size_t wanted = text.find("WANTED");
  directory_.write("shop.test.yaml", text.replace(wanted, 6, "promote"));
  const Ran ran = run_serin({"test", directory_.path()});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("2 of 2 tests passed"), std::string::npos) << ran.out;
  directory_.write("shop.test.yaml", text.replace(wanted, 7, "rollback"));
  const Ran failed = run_serin({"test", file("shop.test.yaml")});
  EXPECT_EQ(failed.status, 20);
  EXPECT_NE(failed.out.find("shop.test.yaml:9)"), std::string::npos) << failed.out;
  EXPECT_NE(failed.out.find("    exp: rollback\n    got: promote"), std::string::npos)
      << failed.out;
  EXPECT_EQ(run_serin({"test", directory_.path(), "--run", "fails all"}).status, 0);
  EXPECT_NE(run_serin({"test", directory_.path(), "-o", "junit"}).out.find("failures=\"1\""),
            std::string::npos);
  directory_.write("shop.test.yaml", "policy: policy.yaml\ntests: [{nam: x}]\n");
  const Ran broken = run_serin({"test", directory_.path()});
  EXPECT_EQ(broken.status, 3);
  EXPECT_NE(broken.err.find("shop.test.yaml:2"), std::string::npos) << broken.err;
}

TEST(Examples, RecordingsEndAsTheirTestsSay) {
  const Ran ran = run_serin({"test", test::source_dir() + "/examples/recordings"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("6 of 6 tests passed"), std::string::npos) << ran.out;
}

TEST(Suite, ReadsValuesAsPromtoolWritesThem) {
  auto values = parse_values("1+2x3 _ 5 -1e-3x1 _x2 0-1x1 NaN");
  ASSERT_TRUE(values) << values.error().to_string();
  std::vector<std::optional<double>> wanted{
      1, 3, 5, 7, std::nullopt, 5, -1e-3, -1e-3, std::nullopt, std::nullopt, 0, -1};
  ASSERT_EQ(values->size(), wanted.size() + 1);
  EXPECT_TRUE(std::isnan(**values->rbegin()));
  values->pop_back();
  EXPECT_EQ(*values, wanted);
  for (const char* wrong : {"a", "1+2", "1+x3", "1x", "1x-1", "1x99999999"}) {
    EXPECT_FALSE(parse_values(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace serin::app
