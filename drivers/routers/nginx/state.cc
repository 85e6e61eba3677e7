#include "drivers/routers/nginx/state.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>

#include "base/text/percent.h"
#include "rollout/traffic/render/proxies.h"

namespace serin::drivers {
namespace {

using rollout::Weight;

constexpr std::string_view kPlain = "-._@:";

Status check_word(const std::string& value, std::string_view field) {
  if (value.empty()) {
    return fail(Code::invalid_argument, fmt::format("trafficRouting.nginx.{} is needed", field));
  }
  if (value.find_first_of(" \t\r\n;{}\"'\\$#") != std::string::npos) {
    return fail(
        Code::invalid_argument,
        fmt::format("trafficRouting.nginx.{} '{}': blanks, quotes, ';', '$', '#' and braces "
                    "mean something else to nginx",
                    field, value));
  }
  return {};
}

}  // namespace

Status check(const NginxOptions& options) {
  SERIN_CHECK(check_word(options.file, "file"));
  SERIN_CHECK(check_word(options.stable_upstream, "stableUpstream"));
  SERIN_CHECK(check_word(options.canary_upstream, "canaryUpstream"));
  SERIN_CHECK(check_word(options.status, "status"));
  if (options.stable_upstream == options.canary_upstream) {
    return fail(Code::invalid_argument,
                fmt::format("trafficRouting.nginx: stableUpstream and canaryUpstream are both '{}'",
                            options.stable_upstream));
  }
  if (options.split_by.empty() || options.split_by.find_first_of("\r\n") != std::string::npos) {
    return fail(Code::invalid_argument, "trafficRouting.nginx.splitBy is a text of one line");
  }
  return {};
}

std::string to_text(const NginxState& state) {
  return fmt::format("generation={};units={};service={};swapped={};content={};owner={}",
                     state.generation, state.units, int{state.in_service}, int{state.swapped},
                     percent_encoded(state.content, kPlain), percent_encoded(state.owner, kPlain));
}

Result<NginxState> nginx_state_from_text(std::string_view text) {
  NginxState state;
  bool has_generation = false;
  auto number = [](std::string_view value, auto& to) {
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), to);
    return error == std::errc() && end == value.data() + value.size();
  };
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    std::string_view key = part.substr(0, part.find('='));
    std::string_view value = part.substr(std::min(key.size() + 1, part.size()));
    bool good = true;
    if (key == "generation") good = has_generation = number(value, state.generation);
    if (key == "units") {
      good = number(value, state.units) && state.units >= 0 && state.units <= Weight::kFull;
    }
    if (key == "service") state.in_service = value == "1";
    if (key == "swapped") state.swapped = value == "1";
    if (key == "content") state.content = percent_decoded(value);
    if (key == "owner") state.owner = percent_decoded(value);
    if (!good) return fail(Code::data_loss, fmt::format("nginx's state '{}' can't be read", text));
  }
  if (!has_generation) {
    return fail(Code::data_loss, fmt::format("nginx's state '{}' can't be read", text));
  }
  return state;
}

rollout::ObservedTraffic observed_of(const NginxState& state, bool swapped,
                                     const std::string& instance) {
  bool exchanged = state.swapped != swapped;
  rollout::ObservedTraffic observed;
  observed.canary = Weight::from_units(exchanged ? Weight::kFull - state.units : state.units);
  // nginx checks no servers: they count as there.
  rollout::SlotState slot;
  slot.servers_total = 1;
  slot.servers_ready = 1;
  slot.in_service = true;
  observed.stable = slot;
  observed.canary_slot = slot;
  observed.canary_slot.in_service = exchanged || state.in_service;
  observed.content = state.content;
  observed.owner = state.owner;
  observed.router_instance = instance;
  return observed;
}

Result<std::string> file_text(const NginxOptions& options, const NginxState& state,
                              const std::vector<rollout::MatchRule>& rules) {
  rollout::NginxSplit split;
  split.name = options.name;
  split.stable_upstream = state.swapped ? options.canary_upstream : options.stable_upstream;
  split.canary_upstream = state.swapped ? options.stable_upstream : options.canary_upstream;
  split.split_by = options.split_by;
  split.units = state.units;
  split.rules = rules;
  split.status_listen = options.status;
  split.status = to_text(state);
  return nginx_text(split);
}

void examine_config(const NginxOptions& options, std::string_view dump, bool truncated,
                    rollout::Preflight& out) {
  std::string text(dump);
  auto has = [&](const std::string& pattern) { return re2::RE2::PartialMatch(text, pattern); };
  auto need = [&](bool found, std::string refusal) {
    if (found) return;
    // What was not seen may stand in the part that was cut off.
    (truncated ? out.warnings : out.refusals).push_back(std::move(refusal));
  };
  std::string variable = rollout::nginx_variable(options.name);
  need(text.find("# configuration file " + options.file + ":") != std::string::npos,
       fmt::format("{} does not include {}: write `include {};` into its http block",
                   options.config, options.file, options.file));
  for (const std::string& upstream : {options.stable_upstream, options.canary_upstream}) {
    need(has("(?m)^\\s*upstream\\s+\"?" + re2::RE2::QuoteMeta(upstream) + "\"?\\s*\\{"),
         fmt::format("nginx has no upstream '{}': write `upstream {} {{ server …; }}`", upstream,
                     upstream));
  }
  need(has("(?m)^[^#\\n]*_pass\\s+[a-z]*(://)?" + re2::RE2::QuoteMeta(variable) + "\\b"),
       fmt::format("no location sends its requests to {}: write `proxy_pass http://{};` instead of "
                   "the upstream's name",
                   variable, variable));
  if (options.mirrors) {
    const std::string mirror = rollout::nginx_mirror_variable(options.name);
    bool passes = has("(?m)^[^#\\n]*_pass\\s+[a-z]*(://)?" + re2::RE2::QuoteMeta(mirror) +
                      "\\$request_uri\\b");
    need(passes && has("(?m)^([^#\\n]*[\\s;{])?mirror\\s+[^#\\n;]+;"),
         fmt::format("the plan copies requests, and nothing sends the copies to {}: write `mirror "
                     "/serin-mirror;` into the location with {}, and beside it `{}`",
                     mirror, variable, rollout::nginx_mirror_location(options.name)));
  }
  if (!has("(?m)^\\s*worker_shutdown_timeout\\s")) {
    out.warnings.emplace_back(
        "without `worker_shutdown_timeout` connections that stay open (WebSocket, long downloads) "
        "keep their slot after a reload, as long as they last");
  }
}

}  // namespace serin::drivers
