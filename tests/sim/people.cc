#include "tests/sim/people.h"

#include "rollout/machine/machine.h"
#include "rollout/machine/operations.h"

namespace serin::sim {

using namespace rollout;
using machine::Operation;
using machine::ReleaseState;
using machine::ReleaseStatus;
using machine::ReleaseStep;
using machine::StepKind;

void People::begin(Bug bug) {
  bug_ = bug;
  auto again = [this](auto&& self, Duration mean, void (People::*action)()) -> void {
    world_.after(world_.about(mean), [this, self, mean, action] {
      (this->*action)();
      self(self, mean, action);
    });
  };
  again(again, seconds(20), &People::open);
  again(again, knobs_.operate_every, &People::press);
  again(again, seconds(30), &People::help);
  again(again, seconds(90), &People::edit);
}

machine::Hook People::hook() {
  return {.command = {"smoke"}, .timeout = seconds(world_.whole(1, 20))};
}

machine::CanaryScale People::scale() {
  int kind = world_.whole(0, 2);
  if (kind == 0) return {.replicas = world_.whole(1, 3)};
  if (kind == 1) return {.weight = Weight::from_units(world_.whole(1, 100) * 100)};
  return {.match_traffic = true};
}

std::vector<MatchRule> People::rules() {
  MatchRule rule;
  rule.header.push_back(
      {.key = "X-Team", .exact = fmt::format("t{}", world_.whole(1, 9)), .regex = {}});
  return {rule};
}

// Opened, opened otherwise, or closed.
ReleaseStep People::header_route() {
  ReleaseStep step{.kind = StepKind::set_header_route};
  step.route = world_.chance(0.5) ? "testers" : "staff";
  if (world_.chance(0.7)) step.content = rules();
  if (world_.chance(0.3)) {
    step.kind = StepKind::set_mirror_route;
    for (MatchRule& rule : step.content) rule.mirror = world_.whole(1, 100);
  }
  return step;
}

std::vector<ReleaseStep> People::steps(int units) {
  std::vector<ReleaseStep> steps;
  int count = world_.whole(1, 4);
  for (int i = 0; i < count; ++i) {
    if (world_.chance(0.1)) steps.push_back(header_route());
    units = std::min(9900, units + world_.whole(100, 4000));
    steps.push_back({.kind = StepKind::set_weight, .weight = Weight::from_units(units)});
    ReleaseStep next{.kind = StepKind::pause};
    double luck = world_.rng.uniform();
    if (luck < 0.08) {
      next.duration.reset();
    } else if (luck < 0.14) {
      next.kind = StepKind::approval;
      if (world_.chance(0.5)) next.duration = seconds(world_.whole(5, 60));
      next.on_timeout = static_cast<machine::OnTimeout>(world_.whole(0, 2));
    } else if (luck < 0.18) {
      next.kind = StepKind::analysis;
    } else if (luck < 0.24) {
      next.kind = StepKind::hook;
      next.hook = hook();
    } else if (luck < 0.3) {
      next.kind = StepKind::set_canary_scale;
      next.scale = scale();
    } else {
      next.duration = seconds(world_.whole(5, 50));
      next.gate_pass = world_.chance(0.1);
    }
    steps.push_back(next);
  }
  return steps;
}

// Instances as steps: the canary's in the plan, and what the promotion does at its end.
void People::add_deploys(machine::ReleaseSpec& spec) {
  if (world_.chance(0.3)) {
    std::vector<ReleaseStep> first;
    if (world_.chance(0.3)) first.push_back({.kind = StepKind::pause, .duration = seconds(5)});
    if (world_.chance(0.2)) {
      first.push_back({.kind = StepKind::set_canary_scale});
      first.back().scale = scale();
    }
    first.push_back({.kind = StepKind::deploy_start});
    spec.steps.insert(spec.steps.begin(), first.begin(), first.end());
  }
  if (spec.promotion == machine::PromoteBy::copy && world_.chance(0.3)) {
    spec.steps.push_back({.kind = StepKind::deploy_rolling});
  }
  if (spec.promotion != machine::PromoteBy::manual && world_.chance(0.3)) {
    spec.steps.push_back({.kind = StepKind::cleanup});
  }
}

engine::Ticket People::ticket(const std::string& service) {
  engine::Ticket ticket;
  ticket.service = service;
  ticket.route = service;
  ticket.key = fmt::format("ticket-{}", ++tickets_);
  machine::ReleaseSpec& spec = ticket.spec;
  spec.rollout = service;
  spec.version = "v2";
  spec.stable_version = "v1";
  spec.steps = steps(0);
  if (world_.chance(0.2)) spec.match = rules();
  spec.promotion = world_.chance(0.9) ? machine::PromoteBy::swap : machine::PromoteBy::manual;
  spec.verify = world_.chance(0.6) ? Duration(seconds(world_.whole(5, 40))) : Duration{};
  spec.warm = seconds(world_.whole(0, 60));
  double luck = world_.rng.uniform();
  spec.undecided = luck < 0.8   ? machine::Undecided::pause
                   : luck < 0.9 ? machine::Undecided::promote
                                : machine::Undecided::rollback;
  spec.drain = seconds(world_.whole(0, 5));
  spec.hard = world_.chance(0.1);
  spec.lease = world_.chance(0.3);
  spec.has_workload = service == "cart";
  if (spec.has_workload && world_.chance(0.4)) spec.promotion = machine::PromoteBy::copy;
  if (spec.has_workload) add_deploys(spec);
  spec.fresh_baseline = spec.has_workload && world_.chance(0.4);
  for (auto* at : {&spec.hooks.start, &spec.hooks.before_step, &spec.hooks.after_step,
                   &spec.hooks.rollback, &spec.hooks.end}) {
    if (world_.chance(0.1)) *at = hook();
  }
  spec.canary_instances = world_.whole(1, 3);
  spec.ready_for = milliseconds(world_.whole(0, 3000));
  spec.start_deadline = seconds(world_.whole(30, 240));
  if (metrics_.fleet(service) != nullptr) {
    // Slots that change their meaning would change which pods are whose.
    spec.promotion = machine::PromoteBy::manual;
    spec.has_workload = spec.fresh_baseline = false;
    ticket.pinned.set("fleet", true);
    ticket.pinned.set("history_s", world_.chance(0.5) ? 3 * 3600 : 0);
  } else {
    ticket.pinned.set("interval_ms", world_.whole(1500, 6000));
    ticket.pinned.set("good_needed", world_.whole(1, 12));
    ticket.pinned.set("on_fail", world_.chance(0.8) ? 0 : world_.whole(1, 2));
  }
  ticket.sources = {{"moods", "moods"}, {"prometheus", "prometheus"}};
  return ticket;
}

void People::open() {
  if (calm_) return;
  Process& process = *processes_[world_.rng.below(processes_.size())];
  const std::string& service = services_[world_.rng.below(services_.size())];
  if (!process.alive()) return;
  bool supersede = world_.chance(0.05);
  if (!process.engine().active(service).empty() && !supersede && world_.chance(0.9)) return;
  engine::Ticket wanted = ticket(service);
  checker_.expect(wanted);
  if (bug_ == Bug::verify_ignored) wanted.spec.verify = Duration{};
  if (bug_ == Bug::fresh_ignored) wanted.spec.fresh_baseline = false;
  world_.note("people: open a release of {} at {}", service, process.instance());
  process.send(engine::event::Open{wanted, supersede, fmt::format("open-{}", wanted.key)});
}

void People::operate(Process& process, const std::string& release,
                     machine::event::Operated operated, bool twice) {
  int number = ++operations_;
  operated.key = fmt::format("key-{}", number);
  world_.note("people: {} {} (op-{}{})", machine::to_string(operated.operation), release, number,
              twice ? ", twice" : "");
  for (int i = 1; i <= (twice ? 2 : 1); ++i) {
    operated.request = fmt::format("op-{}/{}", number, i);
    if (bug_ == Bug::applied_twice) operated.key.clear();
    Duration delay = i == 1 ? Duration(milliseconds(1)) : world_.about(seconds(2));
    world_.after(delay, [&process, release, operated] {
      process.send(engine::event::Operate{release, operated});
    });
  }
}

void People::press() {
  if (calm_) return;
  Process& process = *processes_[world_.rng.below(processes_.size())];
  if (!process.alive()) return;
  auto releases = process.engine().releases();
  if (releases.empty()) return;
  // Mostly the latest ones: those are what people look at.
  std::size_t back = world_.chance(0.8) ? 0 : world_.rng.below(releases.size());
  const std::string& release = releases[releases.size() - 1 - back];
  const ReleaseState& state = *process.engine().state(release);
  auto allowed = machine::allowed(machine::standing(state));
  machine::event::Operated operated;
  if (!allowed.empty() && world_.chance(0.9)) {
    operated.operation = allowed[world_.rng.below(allowed.size())];
  } else {
    operated.operation = static_cast<Operation>(world_.whole(0, 10));
  }
  // A release that is always stopped shows little.
  bool ends = operated.operation == Operation::abort || operated.operation == Operation::rollback;
  if (ends && world_.chance(0.7)) return;
  operated.user = "ana";
  operated.hard = world_.chance(0.3);
  operated.metric = "chaos";
  if (operated.operation == Operation::mute && world_.chance(0.8)) return;
  operated.version = "v0";
  operated.weight = Weight::from_units(world_.whole(0, 6000));
  operate(process, release, operated, world_.chance(knobs_.operate_twice));
}

// Another plan for what comes, and now and then one that can't be.
void People::edit() {
  if (calm_) return;
  Process& process = *processes_[world_.rng.below(processes_.size())];
  const std::string& service = services_[world_.rng.below(services_.size())];
  if (!process.alive()) return;
  std::string release = process.engine().active(service);
  if (release.empty()) return;
  const ReleaseState& state = *process.engine().state(release);
  engine::Ticket wanted = *process.engine().ticket(release);
  auto current = static_cast<std::size_t>(std::max(state.step, 0));
  std::vector<ReleaseStep>& plan = wanted.spec.steps;
  if (current < plan.size()) {
    if (plan[current].kind == StepKind::pause && world_.chance(0.5)) {
      plan[current].duration = seconds(world_.whole(5, 50));
    }
    plan.resize(current + 1);
  }
  if (world_.chance(0.1) && !plan.empty()) plan.front() = header_route();
  int units = 0;
  for (const ReleaseStep& step : plan) units = std::max(units, step.weight.units());
  for (ReleaseStep& step : steps(units)) plan.push_back(std::move(step));
  if (world_.chance(0.3))
    wanted.spec.match = world_.chance(0.5) ? rules() : std::vector<MatchRule>();
  world_.note("people: edit the plan of {}", release);
  process.send(engine::event::Edit{release, std::move(wanted), "ana", "", false,
                                   fmt::format("edit-{}", ++edits_)});
}

// Somebody looks after what waits for a person: seldom in bad weather, always when it has cleared.
void People::help() {
  for (const auto& process : processes_) {
    if (!process->alive()) continue;
    for (const std::string& release : process->engine().releases()) {
      const ReleaseState& state = *process->engine().state(release);
      if (!calm_ && !world_.chance(0.3)) continue;
      machine::event::Operated operated;
      if (state.status == ReleaseStatus::paused) {
        double luck = world_.rng.uniform();
        operated.operation = state.reason == machine::Reason::approval ? Operation::approve
                             : luck < 0.4                              ? Operation::resume
                             : luck < 0.9                              ? Operation::continue_
                                                                       : Operation::abort;
      } else if (state.reason == machine::Reason::stable_capacity && calm_) {
        operated.operation = Operation::abort;
        operated.hard = true;
      } else {
        continue;
      }
      operate(*process, release, operated, false);
    }
  }
}

}  // namespace serin::sim
