// Families prometheus_response and web_response: one measurement over a live server.
#include <optional>

#include "analysis/judges/threshold/measure.h"
#include "analysis/judges/threshold/request.h"
#include "analysis/templates/read.h"
#include "app/live/sources.h"
#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "base/zones/zone_files.h"
#include "conformance/registry.h"

namespace serin::conformance {
namespace {

using analysis::MeasureOutcome;

constexpr Duration kPatience = std::chrono::seconds(60);

Json to_json(const MeasureOutcome& outcome) {
  return Json::object()
      .set("phase", to_string(outcome.phase))
      .set("value", outcome.value)
      .set("message", outcome.message);
}

Result<queries::Answer> ask(AsioLoop& loop, queries::MetricSource& source,
                            const analysis::Metric& metric,
                            const analysis::conditions::Surroundings& surroundings) {
  SERIN_TRY(request, analysis::request_of(metric.provider, surroundings));
  std::optional<Result<queries::Answer>> answer;
  const Instant deadline = loop.clock().now().mono + analysis::timeout_of(metric.provider);
  source.ask(request, deadline, [&](Result<queries::Answer> got) { answer = std::move(got); });
  loop.run_until([&] { return answer.has_value(); }, kPatience);
  if (!answer) return fail(Code::internal, "the source never answered");
  return std::move(*answer);
}

Json answer_response(const Json& input) {
  const auto metric = analysis::metric_from_json(input["metric"], config::Dialect::argo);
  if (!metric) return Json::object().set("error", metric.error().to_string());
  const RealClock clock;
  AsioLoop loop(clock);
  const auto http = make_http_client(loop, Rng(1));
  const auto source = app::make_source({.loop = loop, .http = *http}, metric->provider);
  if (!source) return Json::object().set("provider_error", source.error().message);
  const analysis::conditions::Surroundings surroundings{.now = clock.now().wall,
                                                        .zones = read_zone_file};
  analysis::ThresholdRule rule(*metric);
  return to_json(measure(rule, ask(loop, **source, *metric, surroundings), surroundings));
}

constexpr Family kFamilies[] = {{"prometheus_response", answer_response},
                                {"web_response", answer_response}};

}  // namespace

std::span<const Family> response_families() {
  return kFamilies;
}

}  // namespace serin::conformance
