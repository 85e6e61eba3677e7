#include "bench/load/world.h"

#include "app/live/setup.h"
#include "app/live/teller.h"
#include "rollout/plan/load/load.h"

namespace serin::bench {

namespace engine = rollout::engine;

// Does at once what it is told, and says so.
class World::Route final : public rollout::Router {
 public:
  explicit Route(Loop& loop) : loop_(loop) {}
  void preflight(Instant, Done<rollout::Preflight> done) override {
    loop_.post([done = std::move(done)]() mutable { done(rollout::Preflight{}); });
  }
  void apply(const rollout::DesiredTraffic& desired, Instant,
             Done<rollout::ObservedTraffic> done) override {
    desired_ = desired;
    tell(std::move(done));
  }
  void observe(Instant, Done<rollout::ObservedTraffic> done) override { tell(std::move(done)); }

 private:
  void tell(Done<rollout::ObservedTraffic> done) {
    rollout::ObservedTraffic seen;
    seen.canary = desired_.canary;
    seen.stable = {3, 3, true, true, {}};
    const bool in_service = desired_.canary_in_service;
    seen.canary_slot = {3, in_service ? 3 : 0, in_service, true, {}};
    seen.owner = desired_.owner;
    seen.router_instance = "1";
    loop_.post([done = std::move(done), seen]() mutable { done(seen); });
  }
  Loop& loop_;
  rollout::DesiredTraffic desired_;
};

World::World() = default;
World::~World() = default;

Result<std::unique_ptr<World>> World::open(const std::string& directory) {
  std::unique_ptr<World> world(new World());
  SERIN_TRY(store, store::Store::open({.directory = directory}, world->loop_));
  world->store_ = std::move(store);
  world->notifier_ = std::make_unique<app::Teller>(world->log_);
  const engine::MakeAnalysis make = app::analysis_factory();
  world->engine_ = std::make_unique<engine::Engine>(
      engine::Config{.instance = "bench", .boot_id = world->clock_.boot_id()},
      [make, watch = world->watch_](const engine::Ticket& ticket,
                                    Now now) -> Result<std::unique_ptr<analysis::ReleaseAnalysis>> {
        SERIN_TRY(analysis, make(ticket, now));
        return std::unique_ptr<analysis::ReleaseAnalysis>(
            std::make_unique<Watched>(std::move(analysis), watch));
      });
  World& self = *world;
  world->shell_ = std::make_unique<app::LiveShell>(app::LiveShell::Parts{
      .loop = self.loop_,
      .store = *self.store_,
      .engine = *self.engine_,
      .notifier = *self.notifier_,
      .log = self.log_,
      .router = [&self](const engine::Ticket& ticket) -> rollout::Router* {
        auto& route = self.routes_[ticket.service];
        if (!route) route = std::make_unique<Route>(self.loop_);
        return route.get();
      },
      .workload = {},
      .source = [&self](const std::string& identity) { return self.sources_[identity].get(); },
      .hook = {},
      .exchange = {},
      .changed = {},
      .reply =
          [&self](const app::LiveShell::Reply& reply) {
            if (!reply.accepted) self.opened_ = fail(reply.code, reply.message);
          }});
  world->shell_->start();
  return world;
}

Status World::release(const std::string& rollout_yaml) {
  rollout::Loaded loaded = rollout::load_config({{"bench.yaml", rollout_yaml}});
  if (loaded.problems.has_errors() || loaded.set.rollouts.empty()) {
    return fail(Code::invalid_argument, "no rollout: " + to_text(loaded.problems));
  }
  SERIN_TRY(plan, rollout::pin(loaded.set, loaded.set.rollouts.front(),
                               {.version = "v2", .stable_version = "v1"}));
  SERIN_TRY(policy, app::make_policy(plan, "", true));
  for (const analysis::PolicySource& source : policy->sources) {
    auto& place = sources_[app::source_identity(source.provider)];
    if (place) continue;
    SERIN_TRY(made, app::make_source(
                        {.loop = loop_, .http = *http_, .pool = &pool_, .counters = queries_},
                        source.provider));
    place = std::move(made);
  }
  SERIN_TRY(ticket, app::make_ticket(plan, {.executor = "bench"}));
  opened_ = {};
  shell_->submit(engine::event::Open{.ticket = std::move(ticket), .request = "open"});
  return opened_;
}

void World::run(Duration time) {
  loop_.call_at(clock_.now().mono + time, [this] { loop_.stop(); });
  loop_.run();
}

int World::ended() const {
  int count = 0;
  for (const std::string& id : engine_->releases()) {
    const rollout::machine::ReleaseState* state = engine_->state(id);
    count += state != nullptr && rollout::machine::is_terminal(state->status) ? 1 : 0;
  }
  return count;
}

}  // namespace serin::bench
