#include "app/record/kept.h"

#include "analysis/release/policy_analysis.h"
#include "base/zones/zone_files.h"

namespace serin::app {
namespace {

using analysis::AskId;
using analysis::EdgeCounts;

Json said(const char* what, Now now) {
  return Json::object()
      .set("call", what)
      .set("mono", now.mono.time_since_epoch().count())
      .set("wall", now.wall.time_since_epoch().count());
}

Now time_of(const Json& call) {
  return {Instant(Duration(call["mono"].integer())), WallTime(Duration(call["wall"].integer()))};
}

Json to_json(const EdgeCounts& counts) {
  auto side = [](const EdgeCounts::Side& each) {
    return Json::object().set("requests", each.requests).set("bad", each.bad);
  };
  return Json::object()
      .set("stable", side(counts.stable))
      .set("canary", side(counts.canary))
      .set("epoch", counts.epoch);
}

EdgeCounts edge_from_json(const Json& json) {
  auto side = [](const Json& each) {
    return EdgeCounts::Side{each["requests"].number(), each["bad"].number()};
  };
  return {side(json["stable"]), side(json["canary"]), std::string(json["epoch"].string())};
}

class KeptAnalysis final : public analysis::ReleaseAnalysis {
 public:
  KeptAnalysis(std::unique_ptr<ReleaseAnalysis> inner, std::shared_ptr<KeptFile> file)
      : inner_(std::move(inner)), file_(std::move(file)) {}

  std::vector<analysis::Ask> due(Now now) override {
    // Most calls find nothing due and change nothing but the time, which the next call brings too.
    std::vector<analysis::Ask> asks = inner_->due(now);
    file_->call(said("due", now));
    return asks;
  }
  std::optional<Instant> next_wakeup() const override { return inner_->next_wakeup(); }
  void answered(AskId id, const Result<queries::Answer>& answer, Now now) override {
    Json call = said("answered", now).set("id", static_cast<std::uint64_t>(id));
    if (answer) {
      call.set("answer", queries::to_json(*answer));
      file_->samples(*answer);
    } else {
      call.set("code", static_cast<int>(answer.error().code))
          .set("message", answer.error().to_string());
    }
    file_->call(call);
    inner_->answered(id, answer, now);
  }
  std::optional<Json> digest(AskId id, const Result<queries::Answer>& answer) override {
    auto kept = inner_->digest(id, answer);
    if (!kept) return kept;
    if (answer) file_->samples(*answer);
    // What is held of an answer is part of the state that the last part's digest is made from.
    return kept;
  }
  Status learned(AskId id, const Json& what, Now now) override {
    file_->call(said("learned", now).set("id", static_cast<std::uint64_t>(id)).set("what", what));
    return inner_->learned(id, what, now);
  }
  void baseline_asked(Now now) override {
    file_->call(said("baseline", now));
    file_->write();
    inner_->baseline_asked(now);
  }
  void traffic_commanded(double canary_fraction, Now now) override {
    file_->call(said("commanded", now).set("fraction", canary_fraction));
    file_->write();
    inner_->traffic_commanded(canary_fraction, now);
  }
  void traffic_confirmed(int step, double canary_fraction, Now now) override {
    file_->call(said("confirmed", now).set("step", step).set("fraction", canary_fraction));
    inner_->traffic_confirmed(step, canary_fraction, now);
  }
  void edge_counts(const EdgeCounts& counts, double canary_fraction, Now now) override {
    file_->call(said("edge", now).set("counts", to_json(counts)).set("fraction", canary_fraction));
    inner_->edge_counts(counts, canary_fraction, now);
  }
  void resumed(Now now) override {
    file_->call(said("resumed", now));
    inner_->resumed(now);
  }
  analysis::Judgement judgement(Now now) const override { return inner_->judgement(now); }
  Json report(Now now) const override { return inner_->report(now); }
  Status take_over(const ReleaseAnalysis& before, Now now) override {
    SERIN_CHECK(inner_->take_over(before, now));
    file_->call(said("load", {}).set("state", inner_->save()));
    return {};
  }
  const ReleaseAnalysis& core() const override { return inner_->core(); }
  Json save() const override { return inner_->save(); }
  Status load(const Json& state) override {
    file_->call(said("load", {}).set("state", state));
    return inner_->load(state);
  }
  // A copy is somebody's trial: it writes nothing down.
  std::unique_ptr<ReleaseAnalysis> clone() const override { return inner_->clone(); }

 private:
  std::unique_ptr<ReleaseAnalysis> inner_;
  std::shared_ptr<KeptFile> file_;
};

Status play(analysis::ReleaseAnalysis& analysis, const Json& call) {
  const Now now = time_of(call);
  const std::string_view what = call["call"].string();
  const AskId id{static_cast<std::uint64_t>(call["id"].integer())};
  if (what == "due") {
    analysis.due(now);
  } else if (what == "answered") {
    if (const Json* answer = call.find("answer")) {
      SERIN_TRY(read, queries::answer_from_json(*answer));
      analysis.answered(id, read, now);
    } else {
      const auto code = static_cast<Code>(call["code"].integer());
      analysis.answered(id, fail(code, std::string(call["message"].string())), now);
    }
  } else if (what == "learned") {
    return analysis.learned(id, call["what"], now);
  } else if (what == "commanded") {
    analysis.traffic_commanded(call["fraction"].number(), now);
  } else if (what == "baseline") {
    analysis.baseline_asked(now);
  } else if (what == "confirmed") {
    analysis.traffic_confirmed(static_cast<int>(call["step"].integer()), call["fraction"].number(),
                               now);
  } else if (what == "edge") {
    analysis.edge_counts(edge_from_json(call["counts"]), call["fraction"].number(), now);
  } else if (what == "resumed") {
    analysis.resumed(now);
  } else if (what == "load") {
    return analysis.load(call["state"]);
  } else {
    return fail(Code::data_loss, "a call '" + std::string(what) + "' that this serin doesn't know");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<KeptFile>> KeptFile::create(const std::string& path, const Json& meta) {
  SERIN_TRY(file, providers::SrnFile::create(path, meta));
  return std::shared_ptr<KeptFile>(new KeptFile(std::move(file)));
}

KeptFile::~KeptFile() {
  if (!problem_.empty()) return;
  if (Status finished = file_->finish(); !finished) problem_ = finished.error().to_string();
}

void KeptFile::call(const Json& call) {
  if (!problem_.empty()) return;
  file_->encoder().call(call);
  if (++calls_ % kCallsAWrite == 0) write();
}

void KeptFile::samples(const queries::Answer& answer) {
  if (!problem_.empty() || answer.type != queries::AnswerType::matrix) return;
  for (const queries::Series& series : answer.series) {
    auto [newest, is_new] = newest_.try_emplace(series.labels, INT64_MIN);
    const auto fresh = queries::samples_between(series.samples, newest->second, INT64_MAX);
    if (fresh.empty() && !is_new) continue;
    if (!fresh.empty()) newest->second = fresh.back().time_ms;
    const queries::Series one{series.labels, {fresh.begin(), fresh.end()}};
    file_->encoder().add(std::span(&one, 1));
  }
}

void KeptFile::write() {
  if (!problem_.empty()) return;
  file_->encoder().flush();
  if (Status written = file_->write(); !written) {
    problem_ = written.error().to_string();
  } else if (file_->bytes() > kKeptBytesMax) {
    problem_ = "it has reached " + std::to_string(kKeptBytesMax) + " bytes";
  }
}

std::unique_ptr<analysis::ReleaseAnalysis> keep(std::unique_ptr<analysis::ReleaseAnalysis> inner,
                                                std::shared_ptr<KeptFile> file, Now created) {
  file->call(said("created", created));
  return std::make_unique<KeptAnalysis>(std::move(inner), std::move(file));
}

Result<KeptReplay> replay_kept(std::shared_ptr<const analysis::ReleasePolicy> policy,
                               const std::vector<Json>& calls) {
  if (calls.empty() || calls.front()["call"].string() != "created") {
    return fail(Code::data_loss, "the recording does not begin with the release's begin");
  }
  const Now created = time_of(calls.front());
  SERIN_TRY(made, analysis::PolicyAnalysis::create(std::move(policy), created, read_zone_file));
  KeptReplay replay{std::move(made), created};
  for (std::size_t i = 1; i < calls.size(); ++i) {
    Status played = play(*replay.analysis, calls[i]);
    if (!played) {
      return std::unexpected(std::move(played).error().with("call " + std::to_string(i)));
    }
    if (calls[i]["call"].string() != "load") replay.last = time_of(calls[i]);
  }
  return replay;
}

}  // namespace serin::app
