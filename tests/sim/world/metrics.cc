#include "tests/sim/world/metrics.h"

#include "base/assert.h"

namespace serin::sim {

using queries::Answer;
using queries::AnswerType;

void Metrics::add_mood(const std::string& service) {
  moods_[service] = "good";
  change_mood(service);
}

void Metrics::change_mood(const std::string& service) {
  world_.after(world_.about(seconds(25)), [this, service] {
    double luck = world_.rng.uniform();
    std::string& mood = moods_[service];
    mood = luck < 0.70   ? "good"
           : luck < 0.78 ? "contested"
           : luck < 0.86 ? "quiet"
           : luck < 0.92 ? "bad"
           : luck < 0.94 ? "guard"
                         : "pause";
    if (calm_) mood = "good";
    change_mood(service);
  });
}

void Metrics::add_fleet(const std::string& service, Route& route, bool canary_is_bad) {
  fleets_.try_emplace(service, world_, route, canary_is_bad);
  scrape(service);
}

void Metrics::scrape(const std::string& service) {
  world_.after(Fleet::kScrape, [this, service] {
    fleets_.at(service).scrape();
    scrape(service);
  });
}

Fleet* Metrics::fleet(const std::string& service) {
  auto it = fleets_.find(service);
  return it == fleets_.end() ? nullptr : &it->second;
}

Answer Metrics::answer(const queries::Request& request, WallTime at) const {
  constexpr std::string_view kMood = "mood of ";
  if (request.text.starts_with(kMood)) {
    Answer answer;
    answer.type = AnswerType::json;
    answer.json.set("mood", moods_.at(request.text.substr(kMood.size())));
    return answer;
  }
  SERIN_ASSERT(!fleets_.empty());
  return fleets_.begin()->second.answer(request.text, request.time.value_or(at));
}

void Metrics::ask(const queries::Request& request, Duration timeout, Done done) {
  if (down_ || (!calm_ && world_.chance(knobs_.answer_fails))) {
    world_.after(milliseconds(5), [done] { done(fail(Code::unavailable, "503")); });
    return;
  }
  if (!calm_ && world_.chance(knobs_.answer_missing)) {
    world_.after(timeout, [done] { done(fail(Code::deadline_exceeded, "no answer")); });
    return;
  }
  bool slow = !calm_ && world_.chance(knobs_.answer_slow);
  Duration delay = slow ? world_.between(milliseconds(500), timeout)
                        : world_.between(milliseconds(1), milliseconds(30));
  bool twice = !calm_ && world_.chance(knobs_.answer_twice);
  bool stale = !calm_ && world_.chance(knobs_.answer_stale);
  world_.after(delay, [this, request, done, twice, stale] {
    WallTime at = world_.loop.now().wall - (stale ? Duration(seconds(20)) : Duration{});
    Answer found = answer(request, at);
    done(found);
    if (twice) world_.after(milliseconds(700), [done, found] { done(found); });
  });
}

void Metrics::begin_weather() {
  if (knobs_.metrics_outage_every == Duration{}) return;
  world_.after(world_.about(knobs_.metrics_outage_every), [this] {
    if (calm_) return;
    down_ = true;
    world_.note("metrics: down");
    world_.after(world_.about(seconds(60)), [this] {
      down_ = false;
      world_.note("metrics: up");
    });
    begin_weather();
  });
}

void Metrics::restore_all() {
  calm_ = true;
  down_ = false;
  for (auto& [service, mood] : moods_) mood = "good";
  for (auto& [service, fleet] : fleets_) fleet.calm();
}

}  // namespace serin::sim
