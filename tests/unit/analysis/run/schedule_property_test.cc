// Over random intervals, latencies, errors, pauses and restarts: a look is never taken twice for
// one point of the grid, never left out while somebody looks, never off the grid but after an error
// or a gap.
#include <set>

#include "base/random.h"
#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRounds = 300;

struct World {
  explicit World(std::uint64_t seed) : rng(seed) {}
  Duration up_to(Duration most) {
    return Duration(
        static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()))));
  }
  Rng rng;
};

class Property : public testing::Test {
 protected:
  static Now at(Duration elapsed, Duration boot) {
    return {Instant(1h) + elapsed - boot, WallTime(1'700'000'000s) + elapsed};
  }
};

TEST_F(Property, EveryLookHasAPointOfTheGridOfItsOwn) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    const Duration interval = 1s + world.up_to(60s);
    Metric metric = metric_named("m", format_duration(interval), config::Dialect::serin);
    auto spec = std::make_shared<const AnalysisRunSpec>(spec_of({metric}));
    Duration boot{};  // what the monotonic clock lost by reboots
    RunMachine machine(spec, "run", at(0s, boot));
    ASSERT_TRUE(machine.due(at(0s, boot)).empty());
    const Duration phase = *machine.next_wakeup() - Instant(1h);
    ASSERT_LT(phase, interval);

    Duration elapsed{};
    std::set<std::int64_t> taken;
    bool excused = false;  // the next look may be off the grid, and looks may be missing before it
    std::optional<std::int64_t> last;
    for (int i = 0; i < 200; ++i) {
      std::vector<Task> tasks;
      Duration due{};
      for (int tries = 0; tasks.empty(); ++tries) {
        // A pass right after an answer only looks at the status.
        ASSERT_LT(tries, 3) << "woken for nothing";
        const auto wakeup = machine.next_wakeup();
        ASSERT_TRUE(wakeup.has_value());
        due = *wakeup - Instant(1h) + boot;
        if (due > elapsed) {
          elapsed = due + (world.rng.chance(0.5) ? world.up_to(interval / 3) : 0s);
        }
        tasks = machine.due(at(elapsed, boot));
      }
      ASSERT_EQ(tasks.size(), 1U);
      ASSERT_TRUE(machine.due(at(elapsed, boot)).empty()) << "asked twice";
      const std::int64_t point = (elapsed - phase) / interval;
      if (!excused) {
        ASSERT_TRUE(taken.insert(point).second) << "two looks for one point of the grid";
        ASSERT_EQ((due - phase) % interval, Duration::zero()) << "off the grid";
        if (last) {
          ASSERT_EQ(point, *last + 1) << "a look is missing";
        }
      } else {
        taken.insert(point);
      }
      // The answer comes before the next point, or late: then looks are missed, but only those.
      const bool late = world.rng.chance(0.1);
      elapsed += late ? interval + world.up_to(3 * interval) : world.up_to(interval / 3);
      const std::int64_t answered = (elapsed - phase) / interval;
      const bool fails = world.rng.chance(0.1);
      machine.on_measurement(0, measured(fails ? Phase::error : Phase::successful),
                             at(elapsed, boot));
      last = answered;
      excused = fails;
      if (world.rng.chance(0.05)) {  // nobody looks for a while
        elapsed += world.up_to(20 * interval);
        machine.resumed(at(elapsed, boot));
        excused = true;
      }
      if (world.rng.chance(0.05)) {  // the process starts again, perhaps the machine too
        const Json state = machine.save();
        const std::string text = state.dump();
        elapsed += world.up_to(5 * interval);
        if (world.rng.chance(0.5)) boot = elapsed + 1h - 10s;
        auto parsed = Json::parse(text);
        ASSERT_TRUE(parsed.has_value());
        auto loaded = RunMachine::load(*parsed, spec, "run", at(elapsed, boot));
        ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
        machine = std::move(*loaded);
        if (boot == Duration::zero()) {
          ASSERT_EQ(machine.save().dump(), text);
        }
        machine.resumed(at(elapsed, boot));
        excused = true;
      }
    }
  }
}

}  // namespace
}  // namespace serin::analysis
