// The gate: one question of a pipeline, whose answer is a status.
#include <fmt/format.h>

#include <algorithm>

#include "app/api/api.h"
#include "app/api/documents.h"
#include "app/api/fields.h"

namespace serin::app {
namespace {

namespace machine = rollout::machine;
using machine::ReleaseStatus;

constexpr int kYes = 200;
constexpr int kNotYet = 202;
constexpr int kNo = 424;

int answer_for(const machine::ReleaseState& state, std::string_view verdict, bool not_failed) {
  if (state.status == ReleaseStatus::succeeded) return kYes;
  bool over = machine::is_terminal(state.status) || state.status == ReleaseStatus::rolling_back;
  if (over || verdict == "fail") return kNo;
  return verdict == "pass" || not_failed ? kYes : kNotYet;
}

}  // namespace

void Api::gate(const CallPtr& call) {
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  std::string rollout = fields.text("rollout");
  std::string id = fields.text("release");
  std::string require = fields.text("require");
  bool dry = fields.flag("dryRun");
  if (!require.empty() && require != "passed" && require != "notFailed")
    fields.wrong("require", "is passed or notFailed");
  if (rollout.empty() == id.empty()) fields.wrong("rollout", "name it, or a release, and not both");
  if (fields.refuse(*call)) return;
  if (id.empty()) id = latest_release(parts_.fleet.engine(), rollout);
  const machine::ReleaseState* state = parts_.fleet.engine().state(id);
  if (state == nullptr) {
    return call->refuse({.kind = kUnknown,
                         .detail = rollout.empty()
                                       ? fmt::format("there is no release '{}'", id)
                                       : fmt::format("'{}' has no release yet", rollout)});
  }
  Json view = parts_.fleet.view(id);
  // Where nothing has to pass, nothing has passed.
  bool judged = std::ranges::any_of(view["report"]["metrics"].items(), [](const Json& metric) {
    return metric["required"].boolean() || metric["kind"].string() == "threshold";
  });
  std::string_view verdict = judged ? view["verdict"].string() : std::string_view("inconclusive");
  int status = answer_for(*state, verdict, require == "notFailed");
  std::string sentence(view["sentence"].string());
  if (sentence.empty()) sentence = view["judgement"]["undecided_sentence"].string();
  call->answer(dry ? kYes : status, Json::object()
                                        .set("rollout", view["rollout"])
                                        .set("release", id)
                                        .set("verdict", view["verdict"])
                                        .set("status", view["status"])
                                        .set("sentence", sentence)
                                        .set("dryRun", dry));
}

}  // namespace serin::app
