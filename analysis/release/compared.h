// One compared metric of a release: what it asks and when, and the windows that the answers become.
//
//   for (PartAsk& ask : compared.due(now)) …          // history first, then a look an interval
//   compared.answered(part, answer, now);
//   if (compared.take_unlearned()) judge.learn(i, {});      // there is no history
//   if (auto window = compared.take_window()) judge.update(i, *window, running);
//
//   compared.hold(part, answer);                            // instead, while learning() …
//   if (compared.all_held()) learned = compared.history();  // … and the last part is in
//   compared.part_held(); … compared.history_learned(now);
//
// It joins schedule, queries and tracker; it judges nothing. A value but for the windows that wait
// to be taken, and for answers of history, which are large: they are held until all are in, and are
// asked for again after a restart.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/release/policy.h"
#include "analysis/run/schedule.h"
#include "queries/counting/history.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"

namespace serin::analysis {

// One request of a look; the part says which answer belongs where.
struct PartAsk {
  int part = 0;
  queries::Request request;
};

// What `compare` names, as it is asked. Errors: invalid_argument (a selector that does not parse;
// nothing that can be asked).
Result<queries::Comparison> comparison_of(const Compare& compare);

class Compared {
 public:
  // How long an answer may take, and how long at most where the server is slow and others go first.
  static constexpr Duration kTimeoutMax = std::chrono::seconds(10);
  static constexpr Duration kSlowTimeoutMax = std::chrono::seconds(30);
  // Where the interval is a multiple of the scrape interval, looks come so long after the newest
  // scrape, spread over a tenth of the scrape interval more.
  static constexpr Duration kAfterScrape = std::chrono::milliseconds(50);
  // History that does not come in this many tries is done without.
  static constexpr int kHistoryTries = 3;

  // Errors: invalid_argument, naming metric and field (a selector that does not parse, versions
  // that are the same).
  static Result<Compared> create(const ReleasePolicy& policy, const PolicyMetric& metric,
                                 Now start);

  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  // While looks are stretched their answers have more time, and twice as much where others go
  // first: a metrics server is asked in the order of deadlines.
  Duration timeout(int stretch = 1, bool others_first = false) const;
  Duration interval() const { return schedule_.interval(); }

  // Empty while an answer is waited for, or before the next look.
  std::vector<PartAsk> due(Now now);
  std::optional<Instant> next_wakeup() const;
  // An answer to a part of what is being asked. The look ends when the last part is in, or as a
  // failure. The next one comes `stretch` intervals after it began.
  void answered(int part, const Result<queries::Answer>& answer, Now now, int stretch = 1);

  // History is being asked for: its answers are held.
  bool learning() const { return stage_ == Stage::history; }
  void hold(int part, const queries::Answer& answer);
  bool all_held() const;
  // The windows before the release, from all that is held; drops that. Errors: invalid_argument (an
  // answer is no matrix).
  Result<std::vector<queries::ComparisonWindow>> history();
  // One part less is waited for.
  void part_held() { --parts_; }
  // The last part came, and what it taught was taken; or could not be used.
  void history_learned(Now now);
  void history_failed(const Error& error, Now now) { failed(error, now); }

  // True once where looks begin without history.
  bool take_unlearned() { return std::exchange(unlearned_, false); }
  std::optional<queries::ComparisonWindow> take_window();
  // Scrapes of stable instances that started before are not expected. Not kept.
  void count_stable_from(std::int64_t from_ms) { stable_from_ms_ = from_ms; }

  bool learned() const { return stage_ == Stage::live; }
  // Why the last look failed; "" after one that succeeded.
  const std::string& problem() const { return problem_; }
  int failures() const { return schedule_.failures(); }
  bool waiting() const { return parts_ > 0; }
  // The newest sample of any instance; nothing before the first look that found one.
  std::optional<WallTime> newest_sample() const;
  // The scrape interval as seen; 0 where unknown.
  Duration scrape_interval() const;
  void resumed(Now now);

  // Without the windows that wait: they are taken within the event that made them.
  Json save() const;
  Status load(const Json& json);

 private:
  enum class Stage { history, live };
  Compared() = default;
  std::vector<PartAsk> ask_history(Now now);
  std::vector<PartAsk> ask_look(Now now);
  void end_look(Now now, int stretch);
  void failed(const Error& error, Now now);
  void follow_scrapes();

  std::string name_;
  std::string source_;
  queries::Comparison comparison_;
  queries::Versions versions_;
  Duration history_{};
  std::variant<std::monostate, queries::CounterTracker, queries::GaugeTracker> tracker_;
  Schedule schedule_;
  bool live_ = false;  // looks follow the scrapes
  Duration spread_{};  // of looks at the same scrapes, as a share of the interval
  std::int64_t stable_from_ms_ = queries::kStartedBefore;
  std::int64_t settle_ms_ = 0;  // how much longer a scrape takes to be seen

  Stage stage_ = Stage::history;
  WallTime created_{};
  int tries_ = 0;
  WallTime last_look_{};
  // Of what is being asked now.
  std::int64_t asked_ms_ = 0;
  std::int64_t covered_from_ms_ = 0;
  int parts_ = 0;
  bool has_presence_ = false;
  std::vector<std::optional<queries::Answer>> answers_;
  std::string problem_;

  bool unlearned_ = false;
  std::optional<queries::ComparisonWindow> window_;

  // The last look's queries: most looks ask the same again. Follows from the rest.
  struct Planned {
    Duration window{};
    Duration scrape_interval{};
    queries::LookPlan plan;
  };
  std::optional<Planned> planned_;
};

}  // namespace serin::analysis
