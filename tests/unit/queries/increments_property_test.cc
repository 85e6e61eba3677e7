// For any schedule of scrapes, restarts, missing and late samples, repeated and reordered answers
// and times of looking: what the tracker counts is what happened, or less where no sample showed
// it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "queries/plan.h"
#include "tests/unit/queries/scrape_world.h"
#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using testing::kStart;
using testing::World;
using testing::WorldOptions;

struct Looks {
  std::uint64_t seed = 1;
  bool presence = false;
  double fails = 0;    // share of looks whose answer does not come
  double repeats = 0;  // share of looks after which an older answer comes again
  double gap_max = 4;  // between looks, in scrape intervals
};

struct Counted {
  double bad = 0;
  double total = 0;
  double seen = 0;
  double expected = 0;
  int dropped = 0;
  int clamped = 0;
};

// Looks at the world as the engine would, going on from a kept state each time.
Counted count(const World& world, const Comparison& comparison, const Looks& looks,
              bool buckets = false) {
  Rng rng(looks.seed);
  const Versions versions = testing::versions();
  TrackerState state = CounterTracker::create(comparison, versions, kStart)->state();
  struct Given {
    std::int64_t now_ms;
    std::int64_t covered_ms;
    Answer samples;
    Answer presence;
  };
  std::vector<Given> given;
  Counted counted;
  auto take = [&](const Given& g) {
    CounterTracker tracker = CounterTracker::restore(comparison, versions, state).value();
    Look look{g.now_ms, g.covered_ms, &g.samples, looks.presence ? &g.presence : nullptr};
    ComparisonWindow window = tracker.look(look).value();
    for (const InstanceWindow& i : window.instances) {
      RC_ASSERT(i.from_ms < i.to_ms);
      RC_ASSERT(i.bad >= 0);
      RC_ASSERT(i.total >= 0);
      double in_buckets = 0;
      for (double bucket : i.buckets) in_buckets += bucket;
      // A restart that the count does not show may leave negative buckets.
      if (buckets && window.clamped == 0) RC_ASSERT(in_buckets == i.total);
      counted.bad += i.bad;
      counted.total += i.total;
    }
    counted.dropped += window.first_samples_dropped;
    for (std::size_t side : {0U, 1U}) {
      counted.seen += window.scrapes_seen[side];
      counted.expected += window.scrapes_expected[side];
    }
    counted.clamped += window.clamped;
    state = tracker.state();
    if (rng.chance(0.1)) {
      Json stored = Json::parse(to_json(state).dump()).value();
      RC_ASSERT(tracker_state_from_json(stored).value() == state);
    }
  };
  std::int64_t last_look = kStart;
  const std::int64_t last = world.end_ms() + 3 * World::kIntervalMs;
  for (std::int64_t now = kStart; now < last;) {
    now += 1 + static_cast<std::int64_t>(rng.uniform() * looks.gap_max * World::kIntervalMs);
    now = std::min(now, last);
    if (now < last && rng.chance(looks.fails)) continue;
    CounterTracker tracker = CounterTracker::restore(comparison, versions, state).value();
    LookTime time{from_unix_ms(now), from_unix_ms(last_look),
                  std::chrono::milliseconds(tracker.slowest_interval_ms())};
    LookPlan plan = plan_look(comparison, versions, time).value();
    std::int64_t window = std::chrono::duration_cast<std::chrono::milliseconds>(
                              parse_range_selector(plan.samples.text).value().window)
                              .count();
    // The two queries are not answered at the same instant.
    std::int64_t up_now = now + static_cast<std::int64_t>(rng.below(400)) - 200;
    Given g{now, plan.covered_from_ms,
            buckets ? world.buckets(now - window, now) : world.samples(now - window, now),
            world.up(up_now - window, up_now)};
    take(g);
    last_look = now;
    given.push_back(std::move(g));
    if (rng.chance(looks.repeats)) take(given[rng.below(given.size())]);
  }
  return counted;
}

WorldOptions any_world(double missing_max, int restarts_max, double lateness_max) {
  WorldOptions options;
  options.seed = *rc::gen::arbitrary<std::uint64_t>();
  options.instances = *rc::gen::inRange(1, 6);
  options.missing = missing_max * *rc::gen::inRange(0, 11) / 10;
  options.restarts_max = *rc::gen::inRange(0, restarts_max + 1);
  options.lateness = lateness_max * *rc::gen::inRange(0, 11) / 10;
  options.bad = 0.1 * *rc::gen::inRange(0, 11);
  options.paths = *rc::gen::inRange(1, 9);
  options.events = 0.1 * *rc::gen::inRange(1, 60);
  return options;
}

Looks any_looks() {
  Looks looks;
  looks.seed = *rc::gen::arbitrary<std::uint64_t>();
  looks.presence = *rc::gen::arbitrary<bool>();
  looks.fails = 0.1 * *rc::gen::inRange(0, 6);
  looks.repeats = 0.1 * *rc::gen::inRange(0, 6);
  looks.gap_max = *rc::gen::inRange(1, 9);
  return looks;
}

RC_GTEST_PROP(Increments, AreTheTruthWhereEveryScrapeCame, ()) {
  World world(any_world(0, 0, 0.8));
  Counted counted = count(world, testing::errors(), any_looks());
  RC_ASSERT(!world.truth().lost);
  RC_ASSERT(counted.total == world.truth().total);
  RC_ASSERT(counted.bad == world.truth().bad);
  RC_ASSERT(counted.dropped == 0);
}

RC_GTEST_PROP(Increments, AreTheTruthOrLessWhateverHappens, ()) {
  World world(any_world(0.5, 3, 0.8));
  Counted counted = count(world, testing::errors(), any_looks());
  RC_ASSERT(counted.total <= world.truth().total);
  RC_ASSERT(counted.bad <= world.truth().bad);
  RC_CLASSIFY(world.truth().lost, "something was lost");
  if (!world.truth().lost) {
    RC_ASSERT(counted.total == world.truth().total);
    RC_ASSERT(counted.bad == world.truth().bad);
  }
}

RC_GTEST_PROP(Increments, OfHistogramsAreTheTruthOrLess, ()) {
  World world(any_world(0.5, 3, 0.8));
  Comparison comparison = Comparison::histogram("x_bucket").value();
  Counted counted = count(world, comparison, any_looks(), true);
  RC_ASSERT(counted.total <= world.bucket_truth().total);
  RC_CLASSIFY(world.bucket_truth().lost, "something was lost");
  if (!world.bucket_truth().lost) {
    RC_ASSERT(counted.total == world.bucket_truth().total);
    RC_ASSERT(counted.clamped == 0);
  }
}

RC_GTEST_PROP(Increments, DoNotDependOnWhenSomebodyLooked, ()) {
  World world(any_world(0.3, 2, 0));
  RC_PRE(!world.truth().lost);
  Looks once = any_looks();
  Looks again = any_looks();
  Counted a = count(world, testing::errors(), once);
  Counted b = count(world, testing::errors(), again);
  RC_ASSERT(a.total == b.total);
  RC_ASSERT(a.bad == b.bad);
}

RC_GTEST_PROP(Increments, CoverageIsWholeWhereEveryScrapeCame, ()) {
  WorldOptions options = any_world(0, 0, 0.4);
  options.events = 6;
  Looks looks = any_looks();
  looks.repeats = 0;
  Counted counted = count(World(options), testing::errors(), looks);
  RC_ASSERT(counted.seen <= counted.expected);
  // Instances that died are expected for a while, and until `up` is old too.
  RC_ASSERT(counted.expected <= counted.seen + 9.0 * options.instances);
}

}  // namespace
}  // namespace serin::queries
