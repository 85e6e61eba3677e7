#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

TEST(Start, LooksThenClaimsThenWaitsForReadyServers) {
  Lab lab(lab_spec());
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.send(event::Start{});
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::starting);
  EXPECT_EQ(lab.router.seen.owner, "checkout-1");
  EXPECT_EQ(lab.share(), 0);
  EXPECT_TRUE(lab.router.seen.canary_slot.in_service);
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 0);  // "up" may be said of servers not checked yet
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Start, FlappingServersStartTheWaitAgain) {
  Lab lab(lab_spec());
  lab.send(event::Start{});
  lab.advance(seconds(2));
  lab.router.seen.canary_slot.servers_ready = 0;
  lab.advance(seconds(2));
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 0);
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Start, PreflightRefusalTouchesNothing) {
  Lab lab(lab_spec());
  lab.preflight.refusals = {"haproxy.cfg:12: balance leastconn: weights mean nothing"};
  lab.start();
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::refused);
  EXPECT_NE(lab.state.sentence.find("leastconn"), std::string::npos);
  EXPECT_EQ(lab.router.writes, 0);
  lab.advance(minutes(1));
  EXPECT_EQ(lab.router.writes, 0);
}

TEST(Start, LiveOwnerIsRefusedDeadOneIsCleared) {
  Lab alive(lab_spec());
  alive.router.seen.owner = "other-3";
  alive.start();
  EXPECT_EQ(alive.state.back.cause, Cause::refused);
  EXPECT_EQ(alive.router.writes, 0);

  Lab dead(lab_spec());
  dead.router.seen.owner = "checkout-0";
  dead.send(event::Start{});
  event::TrafficObserved seen{dead.state.traffic.turn, dead.router.seen, "", true};
  dead.send(seen);
  dead.advance(seconds(5));
  EXPECT_EQ(dead.router.seen.owner, "checkout-1");
  EXPECT_EQ(dead.share(), 5);

  ReleaseSpec spec = lab_spec();
  spec.take_over = "other-3";
  Lab taken(spec);
  taken.router.seen.owner = "other-3";
  taken.start();
  EXPECT_EQ(taken.state.status, ReleaseStatus::progressing);
}

TEST(Start, DeadlineEndsIt) {
  Lab lab(lab_spec());
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.send(event::Start{});
  lab.advance(seconds(61));
  EXPECT_EQ(lab.told("start-late"), 1);
  lab.advance(lab.spec.start_deadline);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::deadline);
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
  EXPECT_EQ(lab.router.seen.owner, "");
}

TEST(Start, UnreachableRouterEndsAtTheDeadline) {
  Lab lab(lab_spec());
  lab.router.reachable = false;
  lab.start();
  lab.advance(lab.spec.start_deadline + seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Start, WorkloadIsStartedBeforeTheSlotServes) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.canary_instances = 3;
  Lab lab(spec);
  lab.start();
  EXPECT_EQ(lab.canary_ready, 3);
  EXPECT_EQ(lab.share(), 5);
}

TEST(Start, MixedInstancesPause) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.workload_works = false;
  lab.send(event::Start{});
  lab.advance(seconds(1));
  ASSERT_EQ(lab.state.start.stage, StartStage::instances);
  while (lab.state.workload.in_flight.empty()) {
    // Ask again without the lab's answer in between.
    lab.now.mono += milliseconds(100);
    Transition next = step(lab.spec, lab.state, event::Tick{}, lab.now);
    lab.state = next.state;
  }
  lab.send(event::WorkloadOutcome{lab.state.workload.in_flight, Slot::canary, Outcome::done,
                                  ObservedWorkload{2, 2, "", true}, ""});
  EXPECT_EQ(lab.state.reason, Reason::mixed_canary);
}

TEST(Start, NoWeightIsSetInAPauseBeforeTheFirstTraffic) {
  Lab lab(lab_spec());
  lab.operate(Operation::pause);
  ASSERT_EQ(lab.state.status, ReleaseStatus::paused);
  event::Operated operated{.operation = Operation::set_weight};
  operated.weight = Weight::from_units(2000);
  effect::Reply reply = lab.operate(operated);
  EXPECT_FALSE(reply.accepted);
  EXPECT_NE(reply.message.find("has not started"), std::string::npos) << reply.message;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.writes, 0);
  lab.operate(Operation::abort);
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
}

TEST(Start, AbortBeforeAnythingIsTouched) {
  Lab lab(lab_spec());
  lab.operate(Operation::abort);
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
  EXPECT_EQ(lab.router.writes, 0);
}

TEST(Start, StoreThatFailedWhileItWaitedIsForgotten) {
  Lab lab(lab_spec());
  lab.send(event::StoreFailed{"no space left on device"});  // and a crash before it was restored
  lab.start();
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Start, WhatAPreflightSaysAfterTheEndChangesNothing) {
  Lab lab(lab_spec());
  lab.preflight.error = "not now";
  lab.send(event::Start{});
  lab.advance(milliseconds(10));
  lab.state.start.asked = true;
  ASSERT_TRUE(lab.operate(Operation::abort).accepted);
  ASSERT_EQ(lab.state.status, ReleaseStatus::terminated);
  for (const bool refused : {true, false}) {
    event::Preflighted late;
    if (refused) late.refusals = {"line 3: no socket"};
    lab.send(late);
    lab.advance(seconds(2));
    EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
    EXPECT_TRUE(lab.applies().empty());
  }
}

}  // namespace
}  // namespace serin::rollout::machine
