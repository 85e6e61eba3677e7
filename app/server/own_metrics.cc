#include "app/server/own_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "app/api/documents.h"

namespace serin::app {
namespace {

namespace machine = rollout::machine;
using machine::ReleaseStatus;

const prometheus::Histogram::BucketBoundaries kLateness = {0.001, 0.005, 0.01, 0.05,
                                                           0.1,   0.5,   1,    5};
const prometheus::Histogram::BucketBoundaries kReturn = {0.005, 0.01, 0.025, 0.05, 0.1,
                                                         0.25,  0.5,  1,     5,    30};

std::string decision_of(const machine::ReleaseState& state) {
  if (state.status == ReleaseStatus::rolling_back) return "rollback";
  if (state.status == ReleaseStatus::promoting) return "promote";
  if (state.status == ReleaseStatus::paused) return "hold";
  return "";
}

void raise_to(prometheus::Counter& counter, std::uint64_t total) {
  counter.Increment(static_cast<double>(total) - counter.Value());
}

}  // namespace

struct OwnMetrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("serin_http_requests_total")
          .Help("Requests answered, by route and status.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& decisions =
      prometheus::BuildCounter()
          .Name("serin_decisions_total")
          .Help("Decisions of releases: promote, hold, rollback; with the cause of a rollback.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& ends =
      prometheus::BuildCounter()
          .Name("serin_releases_ended_total")
          .Help("Releases that ended, by their last status.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& weights =
      prometheus::BuildGauge()
          .Name("serin_canary_weight")
          .Help("Share of the traffic that the canary has, from 0 to 1: set, and as read back.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& statuses =
      prometheus::BuildGauge()
          .Name("serin_release_status")
          .Help("1 for the status of a rollout's latest release.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& singles =
      prometheus::BuildGauge()
          .Name("serin_state")
          .Help("Releases under way, open event streams, and whether the journal can be written.")
          .Register(registry);
  prometheus::Counter& queries = prometheus::BuildCounter()
                                     .Name("serin_queries_total")
                                     .Help("Queries sent to metrics servers.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& saved =
      prometheus::BuildCounter()
          .Name("serin_queries_saved_total")
          .Help("Requests of metrics that were answered without a query of their own.")
          .Register(registry)
          .Add({});
  prometheus::Histogram& lateness = prometheus::BuildHistogram()
                                        .Name("serin_loop_lateness_seconds")
                                        .Help("How much later than due the loop came to a timer.")
                                        .Register(registry)
                                        .Add({}, kLateness);
  prometheus::Histogram& returns =
      prometheus::BuildHistogram()
          .Name("serin_rollback_seconds")
          .Help("From the decision to return until the canary was read back at no traffic.")
          .Register(registry)
          .Add({}, kReturn);
  std::map<std::string, std::pair<std::string, prometheus::Gauge*>> shown;  // status by rollout
};

OwnMetrics::OwnMetrics() : impl_(std::make_unique<Impl>()) {}
OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::count_request(const std::string& pattern, int status) {
  impl_->requests
      .Add({{"route", pattern.empty() ? "none" : pattern}, {"code", std::to_string(status)}})
      .Increment();
}

void OwnMetrics::late(Duration lateness) {
  impl_->lateness.Observe(to_seconds(lateness));
}

void OwnMetrics::on_status(const std::string& rollout, const machine::ReleaseState& before,
                           const machine::ReleaseState& state, Now now) {
  std::string decision = decision_of(state);
  if (!decision.empty() && before.status != state.status) {
    impl_->decisions
        .Add({{"rollout", rollout},
              {"decision", decision},
              {"cause", std::string(machine::to_string(state.back.cause))}})
        .Increment();
  }
  if (!machine::is_terminal(state.status) || machine::is_terminal(before.status)) return;
  impl_->ends.Add({{"rollout", rollout}, {"status", std::string(machine::to_string(state.status))}})
      .Increment();
  bool returned = state.back.cause != machine::Cause::none && state.traffic.confirmed &&
                  state.back.since.mono != Instant();
  if (returned && now.mono >= state.back.since.mono)
    impl_->returns.Observe(to_seconds(state.traffic.observed_at.mono - state.back.since.mono));
}

std::string OwnMetrics::text(const Fleet& fleet, std::size_t streams) {
  std::size_t active = 0;
  for (const std::string& id : fleet.engine().releases()) {
    const machine::ReleaseState* state = fleet.engine().state(id);
    const std::string& rollout = fleet.engine().ticket(id)->spec.rollout;
    if (!machine::is_terminal(state->status)) ++active;
    auto share = [&](const char* kind) -> prometheus::Gauge& {
      return impl_->weights.Add({{"rollout", rollout}, {"kind", kind}});
    };
    share("set").Set(state->traffic.desired.canary.fraction());
    if (state->traffic.observed) share("observed").Set(state->traffic.observed->canary.fraction());
    std::string status(machine::to_string(state->status));
    auto& [shown, gauge] = impl_->shown[rollout];
    if (shown == status) continue;
    if (gauge != nullptr) impl_->statuses.Remove(gauge);
    gauge = &impl_->statuses.Add({{"rollout", rollout}, {"status", status}});
    gauge->Set(1);
    shown = status;
  }
  impl_->singles.Add({{"of", "releases_active"}}).Set(static_cast<double>(active));
  impl_->singles.Add({{"of", "event_streams"}}).Set(static_cast<double>(streams));
  impl_->singles.Add({{"of", "journal_writable"}}).Set(fleet.store_works() ? 1 : 0);
  raise_to(impl_->queries, fleet.queries().queries);
  raise_to(impl_->saved, fleet.queries().saved);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace serin::app
