// A rollout's split and its match rules as a router reads them: for `serin render`, and for the
// release page of the API.
//
//   SERIN_TRY(rendered, render_split(rollout, {.format = SplitFormat::istio, .units = 2500}));
//   std::fputs(rendered.text.c_str(), stdout);
//
// The same input gives the same bytes. Nothing is sent anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/rollout.h"
#include "rollout/traffic/rules.h"

namespace serin::app {

enum class SplitFormat { istio, gateway, haproxy, nginx };
std::string_view to_string(SplitFormat format);
std::optional<SplitFormat> parse_split_format(std::string_view name);

struct SplitRequest {
  SplitFormat format = SplitFormat::istio;
  std::optional<int> units{};  // the canary's, of 10 000; not given: the first setWeight's
  // As the plan has it while this step runs, from 1: its share and its rules, where not given.
  std::optional<std::size_t> step{};
  bool idle = false;  // as it is between releases: all to stable, no rules
  // Rules in force; not given: the rollout's.
  std::optional<std::vector<rollout::MatchRule>> rules{};
  std::string version{};  // labels of the subsets
  std::string stable{};
  std::string release{};   // names what is serin's in the objects
  std::string gateway{};   // the parent of a new HTTPRoute
  int port = 0;            // of its services; 0: 80
  Json::Array existing{};  // the objects as they are: what is not serin's stays
};

struct RenderedSplit {
  std::string text{};
  std::vector<std::string> notes{};  // what is not the same there as on other routers
};

// Errors: invalid_argument: the rollout is no canary, or has no such step; a share or a rule that
// the router can't have, as rollout/traffic/render says.
Result<RenderedSplit> render_split(const rollout::Rollout& rollout, const SplitRequest& request);

}  // namespace serin::app
