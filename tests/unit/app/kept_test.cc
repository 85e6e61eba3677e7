// A release's own recording, told once more, gives the same evidence bit for bit; its samples, and
// a server's past, give the same verdict within one poll.
#include "app/record/kept.h"

#include <gtest/gtest.h>

#include "analysis/release/policy_analysis.h"
#include "analysis/templates/model.h"
#include "app/replay/replay.h"
#include "base/random.h"
#include "providers/recordings/recording.h"
#include "support/temp_dir.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;
using queries::Series;

constexpr std::int64_t kBeginMs = 1'700'000'000'000;
constexpr std::int64_t kStartMs = kBeginMs + 3 * 3'600'000;

std::vector<Series> series_of(double canary_errors, Rng& rng) {
  std::vector<Series> all;
  auto add = [&](const std::string& version, const std::string& pod, std::int64_t from,
                 std::int64_t phase, double errors) {
    Series good{
        {{"__name__", "requests_total"}, {"version", version}, {"pod", pod}, {"code", "200"}}, {}};
    Series bad = good;
    bad.labels.set("code", "500");
    Series memory{{{"__name__", "memory_bytes"}, {"version", version}, {"pod", pod}}, {}};
    double ok = 0;
    double failed = 0;
    for (std::int64_t at = from + phase; at < kStartMs + 1'800'000; at += 15'000) {
      for (int i = 0; i < 150; ++i) (rng.chance(errors) ? failed : ok) += 1;
      if (rng.chance(0.03)) continue;  // a scrape that is missing
      good.samples.push_back({at, ok});
      bad.samples.push_back({at, failed});
      memory.samples.push_back({at, 3e8 * (1 + 0.02 * rng.uniform())});
    }
    all.push_back(std::move(good));
    all.push_back(std::move(bad));
    all.push_back(std::move(memory));
  };
  add("v1", "a", kBeginMs, 1'000, 0.01);
  add("v1", "b", kBeginMs, 4'000, 0.01);
  add("v1", "c", kBeginMs, 9'000, 0.01);
  add("v2", "new", kStartMs, 6'000, canary_errors);
  return all;
}

std::shared_ptr<const analysis::ReleasePolicy> policy_of(const std::string& release) {
  auto policy = std::make_shared<analysis::ReleasePolicy>();
  policy->release = release;
  policy->planned = 30min;
  policy->history = 2h;
  analysis::Metric errors;
  errors.name = "errors";
  errors.interval = config::DurationText(Duration(30s));
  errors.compare.emplace().errors =
      analysis::ErrorsSpec{"requests_total{code=\"500\"}", "requests_total"};
  analysis::Metric memory;
  memory.name = "memory";
  memory.interval = config::DurationText(Duration(30s));
  memory.compare.emplace().gauge = analysis::GaugeSpec{"memory_bytes"};
  const analysis::Versions versions{"version", "v2", "v1", "pod"};
  EXPECT_TRUE(analysis::add_metric(*policy, errors, versions));
  EXPECT_TRUE(analysis::add_metric(*policy, memory, versions));
  return policy;
}

struct Lived {
  std::string state;
  double rolled_back_s = -1;
};

// A release over half an hour: looks that are late, answers that fail, as they come live.
Lived live(const providers::Recording& server, const std::shared_ptr<KeptFile>& file) {
  Rng rng(17);
  auto at = [](Duration since) { return Now{Instant(since + 5h), from_unix_ms(kStartMs) + since}; };
  auto made = analysis::PolicyAnalysis::create(policy_of("shop-7"), at({}));
  EXPECT_TRUE(made);
  std::unique_ptr<analysis::ReleaseAnalysis> release = keep(*std::move(made), file, at({}));
  release->traffic_commanded(0.2, at(100ms));
  release->traffic_confirmed(0, 0.2, at(140ms));
  Lived lived;
  for (Duration since = 200ms; since < 30min;) {
    for (const analysis::Ask& ask : release->due(at(since))) {
      // The engine keeps what history taught, and not the answer.
      // Not before the verdict, which a replay without failures must come to as soon.
      auto answer = since > 10min && rng.chance(0.04)
                        ? Result<queries::Answer>(fail(Code::unavailable, "connection refused"))
                        : server.answer(ask.request, at(since).wall);
      const Now arrived = at(since + std::chrono::milliseconds(rng.below(80)));
      if (auto kept = release->digest(ask.id, answer)) {
        EXPECT_TRUE(release->learned(ask.id, *kept, arrived));
      } else {
        release->answered(ask.id, answer, arrived);
      }
    }
    since += 80ms;
    if (rollback_in(release->judgement(at(since))) != nullptr && lived.rolled_back_s < 0) {
      lived.rolled_back_s = to_seconds(since);
    }
    const auto next = release->next_wakeup();
    const Duration wanted = next ? *next - at({}).mono : since + 30s;
    since = std::max(since, wanted) + std::chrono::milliseconds(rng.below(300));
    if (since > 10min && since < 10min + 30s) release->traffic_confirmed(1, 0.5, at(since));
  }
  release->resumed(at(30min + 1s));
  lived.state = release->save().dump();
  return lived;
}

TEST(Kept, IsToldOnceMoreBitForBit) {
  for (const double errors : {0.01, 0.05}) {
    Rng rng(3);
    const providers::Recording server(series_of(errors, rng));
    test::TempDir directory;
    const std::string path = directory.file("shop-7.srn");
    auto file = KeptFile::create(path, Json::object());
    ASSERT_TRUE(file) << file.error().to_string();
    const Lived lived = live(server, *file);
    file->reset();
    auto srn = providers::read_srn(path);
    ASSERT_TRUE(srn) << srn.error().to_string();
    EXPECT_TRUE(srn->complete);
    auto again = replay_kept(policy_of("shop-7"), srn->calls);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->analysis->save().dump(), lived.state);

    // The samples that came, under a replay's own looks; and all that the server had.
    EXPECT_EQ(lived.rolled_back_s >= 0, errors > 0.02);
    const ReplayPlan plan{
        .policy = policy_of(""),
        .steps = {{rollout::Weight::from_units(rollout::Weight::kFull / 5), 10min},
                  {rollout::Weight::from_units(rollout::Weight::kFull / 2), 20min}}};
    const providers::Recording kept(srn->series);
    for (const providers::Recording* recording : {&kept, &server}) {
      auto outcome = replay(*recording, plan, from_unix_ms(kStartMs));
      ASSERT_TRUE(outcome) << outcome.error().to_string();
      if (lived.rolled_back_s < 0) {
        EXPECT_NE(outcome->verdict, ReplayVerdict::rollback);
      } else {
        EXPECT_EQ(outcome->verdict, ReplayVerdict::rollback);
        EXPECT_NEAR(outcome->t_s, lived.rolled_back_s, 46) << "a poll, and a scrape";
      }
    }
  }
}

TEST(Kept, AFileThatCannotBeWrittenHurtsNobody) {
  EXPECT_FALSE(KeptFile::create("/nowhere/at/all.srn", Json::object()));
}

TEST(Kept, CallsThatAreNoneAreRefused) {
  EXPECT_FALSE(replay_kept(policy_of(""), {}));
  const Json created = Json::object().set("call", "created").set("mono", 1).set("wall", 1);
  auto wrong = replay_kept(policy_of(""), {created, Json::object().set("call", "jump")});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().to_string().find("'jump'"), std::string::npos);
}

}  // namespace
}  // namespace serin::app
