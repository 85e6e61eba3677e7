// A release told from its journal: how it ended, how each metric got there, what happened when.
//
//   SERIN_TRY(story, read_story("/var/lib/serin", "checkout-42"));
//   std::string page = to_html(story);
//
// The records are folded again by the engine itself, so that it shows what serin saw and decided,
// and nothing of its own. It reads beside a serin that runs. Where old records were pruned there
// are no curves and no events, and `note` says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/view/terminal.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace serin::app {

// One look at a compared metric. Values, interval of the effect and evidence as the report of the
// analysis has them; NaN where nothing is known.
struct StorySample {
  WallTime time{};
  double stable = 0;
  double canary = 0;
  double lower = 0;
  double upper = 0;
  double log_e = 0;
  double log_e_pass = 0;
  double weight = 0;  // the canary's, per cent
  double n = 0;       // the canary's exposure
  bool operator==(const StorySample&) const = default;
};

struct StoryCurve {
  std::string metric;
  std::vector<StorySample> samples;  // in order of time
};

struct Happening {
  WallTime time{};
  std::string kind;  // status, step, weight, metrics, operation, …
  Tone tone = Tone::plain;
  std::string icon;
  std::string text;
};

struct Story {
  // Beyond, every second sample is dropped.
  static constexpr std::size_t kSamplesMax = 2000;
  static constexpr std::size_t kHappeningsMax = 5000;  // the last ones are left out beyond

  Json release;  // as Engine::view gives it
  Json plan;     // pinned when the release was opened
  std::vector<StoryCurve> curves;
  std::vector<Happening> happenings;  // in order of time
  std::string note;                   // what is missing, for people; "" where all is there
  std::string serin;                  // the version that reads
};

// `name`: a release, or a rollout, whose newest release is meant. Blocks on the disk. Errors:
// not_found (no such release, no journal), data_loss, permission_denied.
Result<Story> read_story(const std::string& directory, std::string_view name);

// Adds a sample; keeps at most kSamplesMax, spread over the whole time, the newest always.
void add_sample(StoryCurve& curve, const StorySample& sample);

// {"serin":…,"release":{…},"samples":{"error-rate":[{"time":…,"stable":…},…]},"events":[…],
// "plan":{…},"note":…}: what the dashboard's replay page reads.
Json to_json(const Story& story);

}  // namespace serin::app
