#include "analysis/release/compared.h"

#include <algorithm>

#include "base/assert.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::Comparison;

// Looks this short apart would make windows without events; longer ones cost nothing in history.
constexpr Duration kHistoryPollMin = 5s;

Json instant_json(WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

Result<Comparison> comparison_of(const Compare& compare) {
  if (compare.errors) return Comparison::errors(compare.errors->bad, compare.errors->total);
  if (compare.rate) return Comparison::rate(compare.rate->count);
  if (compare.mean) return Comparison::mean(compare.mean->sum, compare.mean->count);
  if (compare.histogram) {
    // A provider hands native histograms out as cumulative buckets.
    const HistogramSpec& spec = *compare.histogram;
    return Comparison::histogram(spec.buckets.empty() ? spec.native : spec.buckets);
  }
  if (compare.gauge) return Comparison::gauge(compare.gauge->query);
  return fail(Code::invalid_argument, "compare names nothing that can be asked");
}

Result<Compared> Compared::create(const ReleasePolicy& policy, const PolicyMetric& metric,
                                  Now start) {
  SERIN_ASSERT(metric.metric.compare.has_value());
  auto fails = [&](Error error) {
    return std::unexpected(std::move(error).with("metric " + metric.metric.name));
  };
  Compared compared;
  compared.name_ = metric.metric.name;
  compared.source_ = metric.source;
  auto comparison = comparison_of(*metric.metric.compare);
  if (!comparison) return fails(std::move(comparison).error());
  compared.comparison_ = std::move(*comparison);
  compared.versions_ = {.label = metric.versions.label,
                        .canary = metric.versions.canary,
                        .stable = metric.versions.stable,
                        .instance = metric.versions.instance};
  if (auto usable = queries::check(compared.versions_); !usable)
    return fails(std::move(usable).error());
  compared.history_ = policy.history;
  compared.created_ = start.wall;
  compared.last_look_ = start.wall;
  compared.stage_ = policy.history > Duration::zero() ? Stage::history : Stage::live;
  if (compared.stage_ == Stage::live) compared.unlearned_ = true;
  std::int64_t since_ms = to_unix_ms(start.wall);
  if (compared.comparison_.kind == Comparison::Kind::gauge) {
    auto tracker =
        queries::GaugeTracker::create(compared.comparison_, compared.versions_, since_ms);
    if (!tracker) return fails(std::move(tracker).error());
    compared.tracker_ = std::move(*tracker);
  } else {
    auto tracker =
        queries::CounterTracker::create(compared.comparison_, compared.versions_, since_ms);
    if (!tracker) return fails(std::move(tracker).error());
    compared.tracker_ = std::move(*tracker);
  }
  Duration interval = metric.metric.interval.value_or(ReleasePolicy::kIntervalDefault);
  if (interval <= Duration::zero()) interval = ReleasePolicy::kIntervalDefault;
  // Metrics that ask for the same series look at the same moment, so that they are one query.
  const auto asked = compared.comparison_.asked(compared.versions_);
  const std::string series =
      asked && *asked ? (*asked)->to_string() : compared.comparison_.expression;
  const std::string place = compared.source_ + " " + series;
  compared.live_ = !policy.release.empty();
  const Duration phase =
      compared.live_ ? phase_of(policy.release, place, interval) : Duration::zero();
  compared.schedule_ = Schedule(start.mono, interval, phase);
  // Where looks follow the scrapes, those of other releases at the same series come at the same
  // moment too: they are one query.
  compared.spread_ = phase_of("", place, interval);
  return compared;
}

Duration Compared::timeout(int stretch, bool others_first) const {
  const Duration usual = std::min(kTimeoutMax, std::max<Duration>(schedule_.interval(), 1s));
  if (stretch == 1) return usual;
  return std::min(kSlowTimeoutMax, usual * stretch * (others_first ? 2 : 1));
}

// Of the instance that is scraped most seldom: windows must reach back for it too.
Duration Compared::scrape_interval() const {
  if (const auto* counters = std::get_if<queries::CounterTracker>(&tracker_)) {
    return std::chrono::milliseconds(counters->slowest_interval_ms());
  }
  if (const auto* gauge = std::get_if<queries::GaugeTracker>(&tracker_)) {
    return std::chrono::milliseconds(gauge->slowest_interval_ms());
  }
  return {};
}

std::optional<WallTime> Compared::newest_sample() const {
  auto newest = [](const auto& tracker) -> std::optional<WallTime> {
    if constexpr (!std::is_same_v<std::decay_t<decltype(tracker)>, std::monostate>) {
      if (tracker.state().looked) return from_unix_ms(tracker.state().looked_ms);
    }
    return std::nullopt;
  };
  return std::visit(newest, tracker_);
}

std::vector<PartAsk> Compared::due(Now now) {
  if (stage_ == Stage::history) {
    if (parts_ > 0 || (tries_ > 0 && now.mono < schedule_.next())) return {};
    return ask_history(now);
  }
  if (!schedule_.due(now.mono)) return {};
  return ask_look(now);
}

std::vector<PartAsk> Compared::ask_history(Now now) {
  queries::Versions pooled = versions_;
  pooled.pooled = true;
  auto plan =
      queries::plan_history(comparison_, pooled, created_ - history_, created_, Duration::zero());
  ++tries_;
  if (!plan) {
    failed(plan.error(), now);
    return {};
  }
  covered_from_ms_ = plan->covered_from_ms;
  std::vector<PartAsk> asks;
  for (queries::Request& request : plan->samples) {
    asks.push_back({static_cast<int>(asks.size()), std::move(request)});
  }
  parts_ = static_cast<int>(asks.size());
  answers_.assign(asks.size(), std::nullopt);
  return asks;
}

std::vector<PartAsk> Compared::ask_look(Now now) {
  schedule_.asked(now.mono);
  const queries::LookTime time{
      .now = now.wall, .last_look = last_look_, .scrape_interval = scrape_interval()};
  const Duration window = queries::look_window(time);
  if (!planned_ || planned_->window != window ||
      planned_->scrape_interval != time.scrape_interval) {
    auto plan = queries::plan_look(comparison_, versions_, time);
    if (!plan) {
      failed(plan.error(), now);
      return {};
    }
    planned_ = {window, time.scrape_interval, *std::move(plan)};
  }
  const queries::LookPlan& plan = planned_->plan;
  asked_ms_ = to_unix_ms(now.wall);
  covered_from_ms_ = queries::look_covered_from_ms(now.wall, window);
  std::vector<PartAsk> asks;
  asks.push_back({0, plan.samples});
  has_presence_ = plan.presence.has_value();
  if (has_presence_) asks.push_back({1, *plan.presence});
  parts_ = static_cast<int>(asks.size());
  answers_.assign(asks.size(), std::nullopt);
  return asks;
}

std::optional<Instant> Compared::next_wakeup() const {
  if (parts_ > 0) return std::nullopt;
  if (stage_ == Stage::history && tries_ == 0) return Instant{};
  return schedule_.next();
}

void Compared::answered(int part, const Result<queries::Answer>& answer, Now now, int stretch) {
  if (part < 0 || part >= static_cast<int>(answers_.size()) || parts_ == 0) return;
  if (answer && learning()) return;  // hold() is for those
  auto& slot = answers_[static_cast<std::size_t>(part)];
  if (slot) return;
  bool optional_part = stage_ == Stage::live && part == 1;
  if (answer) {
    slot = *answer;
  } else if (optional_part) {
    slot.emplace().type = queries::AnswerType::matrix;
    has_presence_ = false;
  } else {
    failed(answer.error(), now);
    return;
  }
  if (--parts_ == 0) end_look(now, stretch);
}

void Compared::failed(const Error& error, Now now) {
  parts_ = 0;
  answers_.clear();
  problem_ = error.to_string();
  schedule_.failed(now.mono);
  if (stage_ == Stage::history && tries_ >= kHistoryTries) {
    unlearned_ = true;
    stage_ = Stage::live;
  }
}

void Compared::hold(int part, const queries::Answer& answer) {
  SERIN_ASSERT(stage_ == Stage::history);
  if (part >= 0 && part < static_cast<int>(answers_.size())) {
    answers_[static_cast<std::size_t>(part)] = answer;
  }
}

bool Compared::all_held() const {
  return std::all_of(answers_.begin(), answers_.end(),
                     [](const auto& answer) { return answer.has_value(); });
}

Result<std::vector<queries::ComparisonWindow>> Compared::history() {
  SERIN_ASSERT(all_held());
  std::vector<queries::Answer> chunks;
  for (auto& answer : answers_) chunks.push_back(std::move(*answer));
  answers_.clear();
  SERIN_TRY(joined, queries::join_answers(std::move(chunks)));
  queries::Versions pooled = versions_;
  pooled.pooled = true;
  std::int64_t created_ms = to_unix_ms(created_);
  Duration poll = std::max(schedule_.interval(), kHistoryPollMin);
  std::int64_t poll_ms = std::chrono::duration_cast<std::chrono::milliseconds>(poll).count();
  std::int64_t from_ms =
      created_ms - std::chrono::duration_cast<std::chrono::milliseconds>(history_).count();
  // Where the records begin later than asked for, empty windows before them teach nothing.
  std::int64_t oldest_ms = created_ms;
  for (const queries::Series& series : joined.series) {
    if (!series.samples.empty()) oldest_ms = std::min(oldest_ms, series.samples.front().time_ms);
  }
  if (oldest_ms > from_ms) from_ms += (oldest_ms - from_ms) / poll_ms * poll_ms;
  if (created_ms - from_ms < poll_ms) return std::vector<queries::ComparisonWindow>{};
  return queries::windows_from_history(comparison_, pooled, joined,
                                       {.from_ms = from_ms,
                                        .until_ms = created_ms,
                                        .poll_ms = poll_ms,
                                        .covered_from_ms = std::min(covered_from_ms_, from_ms)});
}

void Compared::history_learned(Now now) {
  parts_ = 0;
  answers_.clear();
  problem_.clear();
  stage_ = Stage::live;
  schedule_.answered(now.mono);
}

void Compared::end_look(Now now, int stretch) {
  queries::Look look{.now_ms = asked_ms_,
                     .covered_from_ms = covered_from_ms_,
                     .samples = &*answers_[0],
                     .presence = has_presence_ ? &*answers_[1] : nullptr,
                     .stable_from_ms = stable_from_ms_};
  auto window = std::visit(
      [&](auto& tracker) -> Result<queries::ComparisonWindow> {
        if constexpr (std::is_same_v<std::decay_t<decltype(tracker)>, std::monostate>) {
          return fail(Code::internal, "a metric without a tracker");
        } else {
          return tracker.look(look);
        }
      },
      tracker_);
  answers_.clear();
  if (!window) {
    failed(window.error(), now);
    return;
  }
  problem_.clear();
  last_look_ = from_unix_ms(asked_ms_);
  window_ = std::move(*window);
  if (live_) follow_scrapes();
  schedule_.answered(now.mono, stretch);
}

// A look just before a scrape would see the canary's errors a whole interval later than need be.
void Compared::follow_scrapes() {
  auto [scrape, newest] = std::visit(
      [](const auto& tracker) -> std::pair<std::int64_t, std::int64_t> {
        if constexpr (std::is_same_v<std::decay_t<decltype(tracker)>, std::monostate>) {
          return {0, 0};
        } else {
          return {tracker.scrape_interval_ms(), tracker.state().looked_ms};
        }
      },
      tracker_);
  std::int64_t late = asked_ms_ - newest;
  if (scrape <= 0 || late < 0) return;
  auto in_ms = [](Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  std::int64_t interval = in_ms(schedule_.interval());
  std::int64_t scrapes = (interval + scrape / 2) / scrape;
  if (scrapes == 0 || std::abs(interval - scrapes * scrape) > scrape / 50) return;
  // The scrape that was due before this look could not be seen yet.
  if (late >= scrape) settle_ms_ = std::min(scrape / 2, std::max<std::int64_t>(2 * settle_ms_, 50));
  std::int64_t aim = in_ms(kAfterScrape) + in_ms(spread_) % std::max<std::int64_t>(scrape / 10, 1);
  // A look that began late tells of the moment at which it was due: the grid does not follow what
  // held it up. Where a scrape came in between, it tells nothing.
  std::int64_t planned = late - in_ms(schedule_.late());
  if (planned < 0) return;
  std::int64_t off = planned % scrape - std::min(aim + settle_ms_, scrape / 2);
  constexpr std::int64_t kNear = 20;
  if (std::abs(off) > kNear) schedule_.move_grid(-std::chrono::milliseconds(off));
}

std::optional<queries::ComparisonWindow> Compared::take_window() {
  return std::exchange(window_, std::nullopt);
}

void Compared::resumed(Now now) {
  parts_ = 0;
  answers_.clear();
  schedule_.resumed(now.mono);
}

Json Compared::save() const {
  Json json = Json::object();
  json.set("stage", stage_ == Stage::live ? "live" : "history");
  json.set("created_ns", instant_json(created_))
      .set("tries", tries_)
      .set("last_look_ns", instant_json(last_look_));
  json.set("schedule", schedule_.to_json()).set("settle_ms", settle_ms_);
  json.set("asked_ms", asked_ms_).set("covered_from_ms", covered_from_ms_).set("parts", parts_);
  json.set("has_presence", has_presence_).set("problem", problem_);
  Json answers = Json::array();
  for (const auto& answer : answers_) {
    answers.push(answer && !learning() ? queries::to_json(*answer) : Json());
  }
  json.set("answers", std::move(answers));
  json.set("unlearned", unlearned_);
  json.set("tracker",
           std::visit(
               [](const auto& tracker) -> Json {
                 if constexpr (std::is_same_v<std::decay_t<decltype(tracker)>, std::monostate>) {
                   return Json();
                 } else {
                   return queries::to_json(tracker.state());
                 }
               },
               tracker_));
  return json;
}

Status Compared::load(const Json& json) {
  std::string_view stage = json["stage"].string();
  if (stage != "live" && stage != "history") {
    return fail(Code::data_loss, "metric " + name_ + ": no saved state with a stage");
  }
  stage_ = stage == "live" ? Stage::live : Stage::history;
  created_ = WallTime(Duration(json["created_ns"].integer()));
  tries_ = static_cast<int>(json["tries"].integer());
  last_look_ = WallTime(Duration(json["last_look_ns"].integer()));
  SERIN_TRY(schedule, Schedule::from_json(json["schedule"]));
  schedule_ = schedule;
  settle_ms_ = json["settle_ms"].integer();
  asked_ms_ = json["asked_ms"].integer();
  covered_from_ms_ = json["covered_from_ms"].integer();
  parts_ = static_cast<int>(json["parts"].integer());
  has_presence_ = json["has_presence"].boolean();
  problem_ = json["problem"].string();
  answers_.clear();
  for (const Json& item : json["answers"].items()) {
    if (item.is_null()) {
      answers_.emplace_back();
      continue;
    }
    SERIN_TRY(answer, queries::answer_from_json(item));
    answers_.emplace_back(std::move(answer));
  }
  unlearned_ = json["unlearned"].boolean();
  window_.reset();
  SERIN_TRY(state, queries::tracker_state_from_json(json["tracker"]));
  if (comparison_.kind == Comparison::Kind::gauge) {
    SERIN_TRY(tracker, queries::GaugeTracker::restore(comparison_, versions_, std::move(state)));
    tracker_ = std::move(tracker);
  } else {
    SERIN_TRY(tracker, queries::CounterTracker::restore(comparison_, versions_, std::move(state)));
    tracker_ = std::move(tracker);
  }
  return {};
}

}  // namespace serin::analysis
