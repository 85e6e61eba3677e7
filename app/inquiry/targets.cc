#include "app/inquiry/targets.h"

#include <fmt/format.h>

#include "app/analyze/look.h"
#include "app/inquiry/bench_asker.h"
#include "app/live/secrets.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;

constexpr std::string_view kRouter = "router:";
constexpr std::string_view kMetrics = "metrics:";

Json milliseconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Json router_seen(const std::string& id, const engine::Ticket& ticket,
                 const machine::TrafficState& traffic, Now now) {
  const bool seen = traffic.observed.has_value();
  const bool silent = traffic.unreachable_since.has_value();
  Json last_error;
  if (silent) {
    last_error = fmt::format("has not answered for {}",
                             format_duration(std::chrono::floor<std::chrono::seconds>(
                                 now.mono - *traffic.unreachable_since)));
  }
  std::string detail =
      !seen    ? "not read yet"
      : silent ? "does not answer"
               : fmt::format("canary at {:g} %, wanted {:g} %", traffic.observed->canary.percent(),
                             traffic.desired.canary.percent());
  return Json::object()
      .set("id", std::string(kRouter) + id)
      .set("release", id)
      .set("rollout", ticket.spec.rollout)
      .set("kind", "router")
      .set("name", ticket.route)
      .set("healthy", seen || silent ? Json(!silent) : Json())
      .set("detail", std::move(detail))
      .set("observed_at", seen ? Json(format_rfc3339(traffic.observed_at.wall)) : Json())
      .set("age_s", seen ? Json(to_seconds(now.mono - traffic.observed_at.mono)) : Json())
      .set("desired", traffic.desired.canary.percent())
      .set("observed", seen ? Json(traffic.observed->canary.percent()) : Json())
      .set("confirmed", traffic.confirmed)
      .set("last_error", std::move(last_error));
}

Json metric_seen(const std::string& id, const engine::Ticket& ticket, const Json& metric, Now now) {
  std::string problem(metric["problem"].string());
  std::string name(metric["name"].string());
  const auto newest = parse_rfc3339(metric["newestSample"].string());
  return Json::object()
      .set("id", fmt::format("{}{}:{}", kMetrics, id, name))
      .set("release", id)
      .set("rollout", ticket.spec.rollout)
      .set("kind", "metrics")
      .set("name", std::move(name))
      .set("healthy", problem.empty())
      .set("detail", problem.empty() ? "answers" : problem)
      .set("observed_at", newest ? metric["newestSample"] : Json())
      .set("age_s", newest ? Json(std::max(0.0, to_seconds(now.wall - *newest))) : Json())
      .set("desired", Json())
      .set("observed", Json())
      .set("confirmed", Json())
      .set("last_error", problem.empty() ? Json() : Json(problem));
}

// The metric of that name, and where its secrets come from.
bool take_metric(const std::optional<rollout::PinnedAnalysis>& analysis, std::string_view name,
                 Target& target) {
  if (!analysis) return false;
  for (const rollout::PinnedMetric& each : analysis->metrics) {
    if (each.metric.name != name) continue;
    target.metric = each;
    target.secrets = analysis->secrets;
    return true;
  }
  return false;
}

Status find_metric(const engine::Ticket& ticket, std::string_view name, Target& target) {
  SERIN_TRY(plan, rollout::pinned_plan_from_json(ticket.pinned));
  for (const auto* each : {&plan.background, &plan.pre_promotion, &plan.post_promotion}) {
    if (take_metric(*each, name, target)) return {};
  }
  for (const auto& [step, analysis] : plan.steps) {
    if (take_metric(analysis, name, target)) return {};
  }
  return fail(Code::failed_precondition,
              fmt::format("no metrics server is asked for '{}': what the router counts is seen by "
                          "testing the router",
                          name));
}

Json answer_of(const std::string& id, bool healthy, std::string detail, Duration took) {
  return Json::object()
      .set("id", id)
      .set("healthy", healthy)
      .set("detail", std::move(detail))
      .set("took_ms", milliseconds(took))
      .set("observed", Json())
      .set("series", Json::object())
      .set("asked", Json::array());
}

std::string said(const MetricLook& look) {
  std::size_t series = 0;
  for (const MetricLook::Part& part : look.parts)
    series += part.answer ? part.answer->series.size() : 0;
  if (look.compared || series > 0) return fmt::format("answered, {} series", series);
  return look.outcome ? fmt::format("answered: {}", to_string(look.outcome->phase)) : "answered";
}

}  // namespace

Json targets_seen(const Fleet& fleet) {
  Json items = Json::array();
  const Now now = fleet.now();
  for (const std::string& id : fleet.engine().releases()) {
    const machine::ReleaseState* state = fleet.engine().state(id);
    if (machine::is_terminal(state->status)) continue;
    const engine::Ticket& ticket = *fleet.engine().ticket(id);
    items.push(router_seen(id, ticket, state->traffic, now));
    const Json view = fleet.view(id);
    for (const Json& metric : view["report"]["metrics"].items())
      items.push(metric_seen(id, ticket, metric, now));
  }
  return items;
}

Result<Target> find_target(const Fleet& fleet, std::string_view id) {
  Target target{.id = std::string(id), .is_router = id.starts_with(kRouter)};
  std::string_view rest = id;
  if (target.is_router || id.starts_with(kMetrics))
    rest.remove_prefix(target.is_router ? kRouter.size() : kMetrics.size());
  std::size_t end = target.is_router ? rest.size() : std::min(rest.find(':'), rest.size());
  target.release = rest.substr(0, end);
  const machine::ReleaseState* state = fleet.engine().state(target.release);
  bool known = rest != id && state != nullptr && !machine::is_terminal(state->status);
  if (!known || (!target.is_router && end == rest.size())) {
    return fail(Code::not_found,
                fmt::format("there is no target '{}': GET /api/v1/targets lists those of the "
                            "releases under way",
                            id));
  }
  if (target.is_router) return target;
  SERIN_CHECK(find_metric(*fleet.engine().ticket(target.release), rest.substr(end + 1), target));
  return target;
}

Json ask_metric(const Target& target, const Workbench::Limit& limit) {
  const Instant begun = limit.clock().now().mono;
  auto took = [&] { return limit.clock().now().mono - begun; };
  rollout::PinnedMetric pinned = *target.metric;
  auto metric = with_secrets(pinned.metric, target.secrets);
  if (!metric) return answer_of(target.id, false, metric.error().to_string(), took());
  pinned.metric = *std::move(metric);
  BenchAsker asker(limit);
  auto look = look_at(pinned, limit.clock().now(),
                      [&](const auto& provider, const auto& request, Duration timeout) {
                        return asker.ask(provider, request, timeout);
                      });
  if (!look) return answer_of(target.id, false, look.error().to_string(), took());
  std::string problem;
  Json asked = Json::array();
  Json series = Json::object();
  for (const MetricLook::Part& part : look->parts) {
    if (!part.answer && problem.empty()) problem = part.answer.error().to_string();
    asked.push(part.request.text);
  }
  for (const auto& [version, count] : look->series)
    series.set(version, static_cast<std::int64_t>(count));
  return answer_of(target.id, problem.empty(), problem.empty() ? said(*look) : problem, took())
      .set("series", std::move(series))
      .set("asked", std::move(asked));
}

Json router_answer(const std::string& id, const Result<rollout::ObservedTraffic>& observed,
                   Duration took) {
  if (!observed) return answer_of(id, false, observed.error().to_string(), took);
  auto slot = [](const char* name, const rollout::SlotState& state) {
    return fmt::format("{}: {} of {} servers ready{}", name, state.servers_ready,
                       state.servers_total, state.in_service ? "" : ", out of service");
  };
  return answer_of(
             id, true,
             fmt::format("canary at {:g} %; {}; {}", observed->canary.percent(),
                         slot("stable", observed->stable), slot("canary", observed->canary_slot)),
             took)
      .set("observed", observed->canary.percent());
}

std::string why_not_again(const rollout::machine::TrafficState& traffic,
                          const rollout::ObservedTraffic& observed) {
  const rollout::DesiredTraffic& desired = traffic.desired;
  if (!traffic.in_flight.empty() || !traffic.stale_raise.empty())
    return "a command to the router is under way: ask again once it has been answered";
  if (!observed.owner.empty() && observed.owner != desired.owner) {
    return fmt::format("the route's mark is '{}', not '{}': the release does not own it",
                       observed.owner, desired.owner);
  }
  if (observed.canary < desired.canary) {
    return fmt::format(
        "the router gives the canary {:g} %, less than the {:g} % that are wanted: "
        "to give it more, continue the release or set its weight",
        observed.canary.percent(), desired.canary.percent());
  }
  if (!desired.content.empty() && observed.content != rollout::content_id(desired.content))
    return "the rules on content are not those that are wanted, and would give the canary requests";
  return "";
}

}  // namespace serin::app
