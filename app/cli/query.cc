// serin query: one metric as it would be asked now, the answer, and what the rules say of it.
#include <fmt/format.h>

#include <cstdio>

#include "app/analyze/asker.h"
#include "app/analyze/inputs.h"
#include "app/analyze/look.h"
#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "app/live/secrets.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

// Series shown at most; the rest is counted.
constexpr std::size_t kSeriesShownMax = 20;

std::string shown(const queries::Series& series) {
  if (series.samples.empty()) return series.labels.to_string() + "  no samples";
  return fmt::format(
      "{}  {} at {}{}", series.labels.to_string(), format_double(series.samples.back().value),
      format_rfc3339(from_unix_ms(series.samples.back().time_ms)),
      series.samples.size() > 1 ? fmt::format(", {} samples", series.samples.size()) : "");
}

void print_part(const MetricLook::Part& part) {
  std::printf("query:   %s\n", part.request.text.c_str());
  if (!part.answer) {
    std::printf("answer:  %s\n", part.answer.error().to_string().c_str());
    return;
  }
  std::printf("answer:  %zu series\n", part.answer->series.size());
  for (std::size_t i = 0; i < part.answer->series.size() && i < kSeriesShownMax; ++i) {
    std::printf("         %s\n", shown(part.answer->series[i]).c_str());
  }
  if (part.answer->series.size() > kSeriesShownMax) {
    std::printf("         and %zu more\n", part.answer->series.size() - kSeriesShownMax);
  }
  if (!part.answer->json.is_null()) std::printf("value:   %s\n", part.answer->json.dump().c_str());
  for (const std::string& warning : part.answer->warnings) {
    std::printf("warning: %s\n", warning.c_str());
  }
}

void print(const MetricLook& look, const rollout::PinnedMetric& pinned) {
  for (const MetricLook::Part& part : look.parts) print_part(part);
  if (look.outcome) {
    std::printf("verdict: %s%s%s\n", std::string(to_string(look.outcome->phase)).c_str(),
                look.outcome->value.empty() ? "" : (" of " + look.outcome->value).c_str(),
                look.outcome->message.empty() ? "" : (": " + look.outcome->message).c_str());
    return;
  }
  auto count = [&](const std::string& version) {
    auto found = look.series.find(version);
    return found == look.series.end() ? std::size_t{0} : found->second;
  };
  std::printf(
      "verdict: one look decides nothing; series of canary %s: %zu, of stable %s: %zu (see "
      "serin analyze)\n",
      pinned.versions.canary.c_str(), count(pinned.versions.canary), pinned.versions.stable.c_str(),
      count(pinned.versions.stable));
}

Json json_of(const MetricLook& look, const rollout::PinnedMetric& pinned) {
  Json parts = Json::array();
  for (const MetricLook::Part& part : look.parts) {
    Json json = Json::object().set("query", part.request.text);
    if (part.answer) {
      json.set("answer", queries::to_json(*part.answer));
    } else {
      json.set("error", part.answer.error().to_string());
    }
    parts.push(std::move(json));
  }
  Json json = Json::object().set("metric", pinned.metric.name).set("queries", std::move(parts));
  if (look.outcome) {
    json.set("phase", to_string(look.outcome->phase))
        .set("value", look.outcome->value)
        .set("message", look.outcome->message);
  } else {
    Json series = Json::object();
    for (const auto& [version, count] : look.series) series.set(version, count);
    json.set("seriesByVersion", std::move(series));
  }
  return json;
}

// What the look says, as a status.
ExitCode status_of(const MetricLook& look) {
  for (const MetricLook::Part& part : look.parts) {
    if (!part.answer) return exit_code_of(part.answer.error());
  }
  if (!look.outcome) return ExitCode::ok;
  switch (look.outcome->phase) {
    case analysis::Phase::failed:
      return ExitCode::rolled_back;
    case analysis::Phase::inconclusive:
    case analysis::Phase::no_data:
      return ExitCode::inconclusive;
    case analysis::Phase::error:
      return ExitCode::invalid_input;
    default:
      return ExitCode::ok;
  }
}

}  // namespace

ExitCode command_query(const QueryOptions& options) {
  auto chosen = read_analysis(options.input);
  if (!chosen) return give_up(chosen.error());
  auto pinned = choose_metric(chosen->analysis, options.metric);
  if (!pinned) return give_up(pinned.error());
  rollout::PinnedMetric whole = **pinned;
  if (Status known = check_versions(whole); !known) return give_up(known.error());
  auto metric = with_secrets(whole.metric, chosen->analysis.secrets);
  if (!metric) return give_up(metric.error());
  whole.metric = *std::move(metric);
  RealClock clock;
  AsioLoop loop(clock);
  auto http = make_tool_client(loop);
  Asker asker(loop, *http);
  auto look =
      look_at(whole, clock.now(), [&](const auto& provider, const auto& request, auto time) {
        return asker.ask(provider, request, time);
      });
  if (!look) return give_up(look.error());
  if (options.output == Output::json) {
    std::puts(json_of(*look, whole).dump().c_str());
  } else {
    print(*look, whole);
  }
  return status_of(*look);
}

}  // namespace serin::app
