// The fields of a Rollout, one description each (base/config/fields.h) from which documents are
// read, values written and the schema made.
#pragma once

#include "base/config/fields.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

config::TextForm text_form(Weight& weight);
void fields(config::Visitor& v, Step& step);
void fields(config::Visitor& v, HookStep& hook);
void fields(config::Visitor& v, Ramp& ramp);
void fields(config::Visitor& v, AnalysisSpec& analysis);
void fields(config::Visitor& v, AnalysisStep& analysis);
void fields(config::Visitor& v, TrafficRouting& routing);
void fields(config::Visitor& v, MatchRule& rule);
void fields(config::Visitor& v, WorkloadSpec& workload);
void fields(config::Visitor& v, NotifyTarget& target);
void fields(config::Visitor& v, CanaryStrategy& canary);
void fields(config::Visitor& v, BlueGreenStrategy& blue_green);
void fields(config::Visitor& v, Rollout& rollout);

}  // namespace serin::rollout
