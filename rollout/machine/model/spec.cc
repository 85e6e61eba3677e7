#include "rollout/machine/model/spec.h"

#include "rollout/machine/model/codec.h"
#include "rollout/machine/model/scale_fields.h"

namespace serin::rollout::machine {
namespace {
using codec::Field;
using codec::Later;
}  // namespace

constexpr auto fields(std::type_identity<Hook>) {
  return std::tuple{Field{"command", &Hook::command}, Field{"url", &Hook::url},
                    Field{"timeout_ns", &Hook::timeout}, Later{"plugin", &Hook::plugin},
                    Later{"config", &Hook::config}};
}

constexpr auto fields(std::type_identity<Hooks>) {
  return std::tuple{Field{"start", &Hooks::start}, Field{"before_step", &Hooks::before_step},
                    Field{"after_step", &Hooks::after_step}, Field{"rollback", &Hooks::rollback},
                    Field{"end", &Hooks::end}};
}

constexpr auto fields(std::type_identity<ReleaseStep>) {
  return std::tuple{Field{"kind", &ReleaseStep::kind},
                    Field{"weight", &ReleaseStep::weight},
                    Field{"duration_ns", &ReleaseStep::duration},
                    Field{"gate_pass", &ReleaseStep::gate_pass},
                    Field{"on_timeout", &ReleaseStep::on_timeout},
                    Field{"text", &ReleaseStep::text},
                    Field{"hook", &ReleaseStep::hook},
                    Field{"scale", &ReleaseStep::scale},
                    Field{"route", &ReleaseStep::route},
                    Field{"content", &ReleaseStep::content}};
}

constexpr auto fields(std::type_identity<ReleaseSpec>) {
  return std::tuple{Field{"id", &ReleaseSpec::id},
                    Field{"owner", &ReleaseSpec::owner},
                    Field{"rollout", &ReleaseSpec::rollout},
                    Field{"version", &ReleaseSpec::version},
                    Field{"stable_version", &ReleaseSpec::stable_version},
                    Field{"steps", &ReleaseSpec::steps},
                    Field{"match", &ReleaseSpec::match},
                    Field{"promotion", &ReleaseSpec::promotion},
                    Field{"verify_ns", &ReleaseSpec::verify},
                    Field{"warm_ns", &ReleaseSpec::warm},
                    Field{"undecided", &ReleaseSpec::undecided},
                    Field{"drain_ns", &ReleaseSpec::drain},
                    Field{"lease", &ReleaseSpec::lease},
                    Field{"hard", &ReleaseSpec::hard},
                    Field{"capacity", &ReleaseSpec::capacity},
                    Field{"has_workload", &ReleaseSpec::has_workload},
                    Field{"canary_instances", &ReleaseSpec::canary_instances},
                    Later{"fresh_baseline", &ReleaseSpec::fresh_baseline},
                    Field{"ready_for_ns", &ReleaseSpec::ready_for},
                    Field{"start_deadline_ns", &ReleaseSpec::start_deadline},
                    Field{"instant", &ReleaseSpec::instant},
                    Field{"restored", &ReleaseSpec::restored},
                    Field{"take_over", &ReleaseSpec::take_over},
                    Field{"first_step", &ReleaseSpec::first_step},
                    Field{"hooks", &ReleaseSpec::hooks}};
}

Json to_json(const ReleaseSpec& spec) {
  return codec::MemberCoder<ReleaseSpec>::encode(spec);
}

Result<ReleaseSpec> release_spec_from_json(const Json& json) {
  SERIN_TRY(spec, codec::MemberCoder<ReleaseSpec>::decode(json));
  if (spec.steps.size() > ReleaseSpec::kStepsMax) {
    return fail(Code::invalid_argument,
                "a plan has at most " + std::to_string(ReleaseSpec::kStepsMax) + " steps");
  }
  return spec;
}

int steps_before_promotion(const ReleaseSpec& spec) {
  std::size_t count = spec.steps.size();
  while (count > 0 && is_of_promotion(spec.steps[count - 1].kind)) --count;
  return static_cast<int>(count);
}

std::optional<int> step_of_promotion(const ReleaseSpec& spec, StepKind kind) {
  for (auto i = static_cast<std::size_t>(steps_before_promotion(spec)); i < spec.steps.size();
       ++i) {
    if (spec.steps[i].kind == kind) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace serin::rollout::machine
