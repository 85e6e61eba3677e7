#include "app/report/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/live/event_lines.h"
#include "app/live/setup.h"
#include "drivers/store/reader.h"
#include "rollout/engine/engine.h"

namespace serin::app {
namespace {

constexpr std::string_view kReader = "report";  // the engine wants a name; no mark is ever written

Result<store::ReleaseInfo> find_release(store::Reader& reader, std::string_view name) {
  if (store::parse_ticket(name)) {
    auto release = reader.release(std::string(name));
    if (release || release.error().code != Code::not_found) return release;
  }
  store::ReleaseQuery query;
  query.rollout = std::string(name);
  query.limit = 1;
  SERIN_TRY(releases, reader.releases(query));
  if (releases.empty()) {
    return fail(Code::not_found,
                fmt::format("the journal has no release '{}', and no release of a rollout of that "
                            "name",
                            name));
  }
  return releases.front();
}

// Reads a release's records one after the other and keeps what is worth telling.
class Teller {
 public:
  explicit Teller(Story& story) : story_(story) {}

  void look(const Json& view, const rollout::JournalRecord& record) {
    if (record.kind == "operated") tell_operation(record);
    for (EventLines::Event& event : lines_.next(view)) {
      tell({.time = record.now.wall,
            .kind = std::move(event.kind),
            .tone = event.tone,
            .icon = std::move(event.icon),
            .text = std::move(event.text)});
    }
    const Json& weight = view["weight"];
    double percent = weight["observed"].number(weight["set"].number());
    for (const Json& metric : view["report"]["metrics"].items()) {
      if (metric["kind"].string() == "threshold" || metric["windows"].number() < 1) continue;
      const Json& effect = metric["effect"];
      StorySample sample{.time = record.now.wall,
                         .stable = metric["stable"]["value"].number(std::nan("")),
                         .canary = metric["canary"]["value"].number(std::nan("")),
                         .lower = effect["lower"].number(std::nan("")),
                         .upper = effect["upper"].number(std::nan("")),
                         .log_e = metric["logE"].number(std::nan("")),
                         .log_e_pass = metric["logEPass"].number(std::nan("")),
                         .weight = percent,
                         .n = metric["canary"]["exposure"].number()};
      add_sample(curve(metric["name"].string()), sample);
    }
  }

 private:
  StoryCurve& curve(std::string_view metric) {
    auto found = std::ranges::find(story_.curves, metric, &StoryCurve::metric);
    if (found != story_.curves.end()) return *found;
    return story_.curves.emplace_back(StoryCurve{.metric = std::string(metric), .samples = {}});
  }

  void tell(Happening happening) {
    if (story_.happenings.size() < Story::kHappeningsMax)
      story_.happenings.push_back(std::move(happening));
  }

  void tell_operation(const rollout::JournalRecord& record) {
    std::string text(record.body["operation"].string());
    std::string_view user = record.body["user"].string();
    std::string_view comment = record.body["comment"].string();
    if (!user.empty()) text += fmt::format(" by {}", user);
    if (!comment.empty()) text += fmt::format(": {}", comment);
    tell({.time = record.now.wall,
          .kind = "operation",
          .tone = Tone::strong,
          .icon = "●",
          .text = std::move(text)});
  }

  Story& story_;
  EventLines lines_;
};

// Whether the evidence may have changed: after other records a look is the same as before.
bool is_worth_a_look(std::string_view kind) {
  return kind != "asked" && kind != "tick";
}

Status tell_records(Story& story, rollout::engine::Engine& engine, const std::string& id,
                    std::span<const rollout::JournalRecord> records) {
  Teller teller(story);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const rollout::JournalRecord& record = records[i];
    SERIN_CHECK(engine.fold({&record, 1}));
    // Answers that came in one go are one look.
    bool more = i + 1 < records.size() && record.kind == "answered" &&
                records[i + 1].kind == "answered" && records[i + 1].now.wall == record.now.wall;
    if (!more && is_worth_a_look(record.kind)) {
      teller.look(engine.view(id, record.now), record);
    }
  }
  return {};
}

}  // namespace

void add_sample(StoryCurve& curve, const StorySample& sample) {
  if (!curve.samples.empty()) {
    const StorySample& before = curve.samples.back();
    bool same = before.n == sample.n && before.log_e == sample.log_e;
    if (same && before.weight == sample.weight) return;
  }
  curve.samples.push_back(sample);
  if (curve.samples.size() <= Story::kSamplesMax) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < curve.samples.size(); i += 2)
    curve.samples[kept++] = curve.samples[i];
  if (curve.samples[kept - 1].time != sample.time) curve.samples[kept++] = sample;
  curve.samples.resize(kept);
}

Result<Story> read_story(const std::string& directory, std::string_view name) {
  SERIN_TRY(reader, store::Reader::open(directory));
  SERIN_TRY(info, find_release(reader, name));
  const std::string& id = info.entry.id;
  Story story;
  story.serin = SERIN_VERSION;
  rollout::engine::Engine engine({.instance = std::string(kReader), .boot_id = {}},
                                 analysis_factory());
  if (info.first_sequence > 1 || info.last_sequence == 0) {
    SERIN_TRY(report, reader.report(id));
    if (!report) {
      return fail(Code::not_found, fmt::format("nothing is kept of '{}' but its name", id));
    }
    story.release = std::move(report->body);
    story.note =
        "the records of this release are no longer kept: there are no curves and no events";
    return story;
  }
  SERIN_TRY(records, reader.records(id));
  SERIN_CHECK(tell_records(story, engine, id, records));
  if (engine.fold_mismatches() > 0) {
    story.note = fmt::format(
        "another version of serin wrote this journal: {} of its judgements come out differently "
        "now; those recorded are shown",
        engine.fold_mismatches());
  }
  story.release = engine.view(id, records.back().now);
  const rollout::engine::Ticket* ticket = engine.ticket(id);
  if (ticket == nullptr) return fail(Code::data_loss, "'" + id + "' is not in its own records");
  story.plan = ticket->pinned;
  return story;
}

Json to_json(const Story& story) {
  Json samples = Json::object();
  for (const StoryCurve& curve : story.curves) {
    Json rows = Json::array();
    for (const StorySample& sample : curve.samples) {
      rows.push(Json::object()
                    .set("time", format_rfc3339(sample.time))
                    .set("stable", sample.stable)
                    .set("canary", sample.canary)
                    .set("lower", sample.lower)
                    .set("upper", sample.upper)
                    .set("logE", sample.log_e)
                    .set("logEPass", sample.log_e_pass)
                    .set("weight", sample.weight)
                    .set("n", sample.n));
    }
    samples.set(curve.metric, std::move(rows));
  }
  Json events = Json::array();
  for (const Happening& happening : story.happenings) {
    events.push(Json::object()
                    .set("time", format_rfc3339(happening.time))
                    .set("kind", happening.kind)
                    .set("icon", happening.icon)
                    .set("text", happening.text));
  }
  return Json::object()
      .set("serin", story.serin)
      .set("release", story.release)
      .set("samples", std::move(samples))
      .set("events", std::move(events))
      .set("plan", story.plan)
      .set("note", story.note);
}

}  // namespace serin::app
