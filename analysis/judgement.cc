#include "analysis/judgement.h"

#include <array>
#include <string_view>

namespace serin::analysis {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts{"pass", "fail", "inconclusive", "noData"};
constexpr std::array<std::string_view, 3> kActions{"rollback", "pause", "notify"};

Json finding_to_json(const Finding& finding) {
  Json json = Json::object();
  json.set("metric", finding.metric)
      .set("sentence", finding.sentence)
      .set("action", kActions.at(static_cast<std::size_t>(finding.action)))
      .set("guard", finding.guard);
  return json;
}

Json findings_to_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) json.push(finding_to_json(finding));
  return json;
}

// Reads members by name; `problem` keeps the first that does not fit.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  void read(std::string_view key, bool& value) {
    if (const Json* found = get(key, &Json::is_bool)) value = found->boolean();
  }
  void read(std::string_view key, std::string& value) {
    if (const Json* found = get(key, &Json::is_string)) value = std::string(found->string());
  }
  void read(std::string_view key, OnFail& value) {
    std::string name;
    read(key, name);
    for (std::size_t i = 0; i < kActions.size(); ++i) {
      if (kActions[i] != name) continue;
      value = static_cast<OnFail>(i);
      return;
    }
    fails(key);
  }
  void read(std::string_view key, std::vector<Finding>& findings);
  Status finish(std::string_view what) {
    if (problem_.empty() && json_.size() == asked_) return {};
    std::string why =
        problem_.empty() ? "unknown members" : "'" + problem_ + "' is missing or wrong";
    return fail(Code::invalid_argument, std::string(what) + ": " + why);
  }

 private:
  const Json* get(std::string_view key, bool (Json::*is)() const) {
    ++asked_;
    const Json* found = json_.find(key);
    if (found != nullptr && (found->*is)()) return found;
    fails(key);
    return nullptr;
  }
  void fails(std::string_view key) {
    if (problem_.empty()) problem_ = std::string(key);
  }
  const Json& json_;
  std::size_t asked_ = 0;
  std::string problem_;
};

void Reader::read(std::string_view key, std::vector<Finding>& findings) {
  const Json* found = get(key, &Json::is_array);
  if (found == nullptr) return;
  for (const Json& item : found->items()) {
    Reader in(item);
    Finding finding;
    in.read("metric", finding.metric);
    in.read("sentence", finding.sentence);
    in.read("action", finding.action);
    in.read("guard", finding.guard);
    if (!in.finish("finding")) return fails(key);
    findings.push_back(std::move(finding));
  }
}

}  // namespace

std::string_view to_string(MetricVerdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

Json to_json(const Judgement& judgement) {
  Json json = Json::object();
  json.set("findings", findings_to_json(judgement.findings))
      .set("contested", judgement.contested)
      .set("contested_sentence", judgement.contested_sentence)
      .set("covered", judgement.covered)
      .set("passed", judgement.passed)
      .set("undecided_metric", judgement.undecided_metric)
      .set("undecided_sentence", judgement.undecided_sentence)
      .set("pauses", findings_to_json(judgement.pauses))
      .set("sources_down", judgement.sources_down)
      .set("sources_sentence", judgement.sources_sentence)
      .set("step_analysis_done", judgement.step_analysis_done);
  return json;
}

Result<Judgement> judgement_from_json(const Json& json) {
  Reader in(json);
  Judgement judgement;
  in.read("findings", judgement.findings);
  in.read("contested", judgement.contested);
  in.read("contested_sentence", judgement.contested_sentence);
  in.read("covered", judgement.covered);
  in.read("passed", judgement.passed);
  in.read("undecided_metric", judgement.undecided_metric);
  in.read("undecided_sentence", judgement.undecided_sentence);
  in.read("pauses", judgement.pauses);
  in.read("sources_down", judgement.sources_down);
  in.read("sources_sentence", judgement.sources_sentence);
  in.read("step_analysis_done", judgement.step_analysis_done);
  SERIN_CHECK(in.finish("judgement"));
  return judgement;
}

}  // namespace serin::analysis
