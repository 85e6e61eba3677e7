// Rules on content through a release: in force from the first step, gone with the canary.
#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

std::vector<MatchRule> header(const std::string& value) {
  return {{.header = {{.key = "X-A", .exact = value, .regex = {}}}}};
}

ReleaseStep route_step(const std::string& name, std::vector<MatchRule> content) {
  ReleaseStep step;
  step.kind = StepKind::set_header_route;
  step.route = name;
  step.content = std::move(content);
  return step;
}

ReleaseSpec matched_spec() {
  ReleaseSpec spec = lab_spec();
  spec.match = header("1");
  spec.steps.insert(spec.steps.begin(), pause_step(seconds(30)));
  return spec;
}

TEST(Content, HoldsFromTheFirstStepUntilAllIsTheCanarys) {
  Lab lab(matched_spec());
  EXPECT_EQ(lab.router.seen.content, "");
  lab.start();
  ASSERT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.seen.content, content_id(header("1")));
  EXPECT_EQ(lab.router.seen.canary, Weight());
  EXPECT_TRUE(lab.state.exposed) << "FAIL counts for matched requests too";
  lab.judgement.passed = true;
  lab.judgement.covered = true;
  lab.advance(seconds(40));
  EXPECT_EQ(lab.router.seen.canary, Weight::from_units(500));
  EXPECT_EQ(lab.router.seen.content, content_id(header("1")));
  lab.advance(minutes(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.router.seen.content, "");
}

TEST(Content, WaitsForTheJournalAndGoesAtOnce) {
  Lab lab(matched_spec());
  lab.start();
  lab.advance(seconds(5));
  lab.send(event::Operated{.operation = Operation::abort, .request = "1", .user = "a"});
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.seen.content, "");
  bool raised_later = false;
  for (const Effect& effect : lab.log) {
    const auto* apply = std::get_if<effect::ApplyTraffic>(&effect.action);
    if (apply == nullptr) continue;
    if (!apply->desired.content.empty()) {
      EXPECT_EQ(effect.when, When::after_durable);
      raised_later = true;
    } else if (!apply->desired.canary_in_service) {
      EXPECT_EQ(effect.when, When::at_once);
    }
  }
  EXPECT_TRUE(raised_later);
}

TEST(Content, RulesThatSomebodyTookAwayStayAwayUntilAPersonContinues) {
  Lab lab(matched_spec());
  lab.start();
  lab.advance(seconds(5));
  lab.router.seen.content = "";
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::external_change);
  EXPECT_EQ(lab.router.seen.content, "");
  lab.send(event::Operated{.operation = Operation::continue_, .request = "1", .user = "a"});
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.seen.content, content_id(header("1")));
}

TEST(Content, RulesTakenAwayWhileSerinWasDownStayAwayEvenIfTheShareIsMore) {
  Lab lab(matched_spec());
  lab.start();
  lab.judgement.passed = true;
  lab.judgement.covered = true;
  while (lab.share() == 0) lab.advance(seconds(1));
  ASSERT_EQ(lab.share(), 5);
  lab.advance(seconds(5));
  lab.router.seen.content = "";
  lab.router.seen.canary = Weight::full();  // stable is down
  lab.router.seen.stable.servers_ready = 0;
  lab.restart();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.reason, Reason::recovered);
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.router.seen.content, "");
}

TEST(Content, OtherRulesFoundAfterARestartGoAndNoneComeUntilAPersonContinues) {
  Lab lab(matched_spec());
  lab.start();
  lab.judgement.passed = true;
  lab.judgement.covered = true;
  while (lab.share() == 0) lab.advance(seconds(1));
  lab.advance(seconds(5));
  lab.router.seen.content = "unknown";
  lab.router.seen.canary = Weight::from_units(300);
  lab.restart();
  lab.advance(milliseconds(500));
  EXPECT_EQ(lab.state.reason, Reason::recovered);
  EXPECT_EQ(lab.router.seen.content, "") << "taken away at once";
  lab.advance(seconds(30));
  EXPECT_EQ(lab.router.seen.content, "");
  EXPECT_EQ(lab.share(), 3);
  lab.operate(Operation::resume);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.router.seen.content, content_id(header("1")));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Content, ADrainBesideOtherRulesIsRespectedAfterARestart) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(5));
  ASSERT_EQ(lab.share(), 5);
  lab.router.seen.content = "unknown";
  lab.router.seen.canary = Weight();
  lab.router.seen.canary_slot.in_service = false;
  lab.restart();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.reason, Reason::recovered);
  EXPECT_EQ(lab.router.seen.content, "");
  EXPECT_EQ(lab.share(), 0);
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
}

TEST(Content, OtherRulesAreUndoneOnceThenTheReleaseReturns) {
  Lab lab(matched_spec());
  lab.start();
  lab.advance(seconds(5));
  lab.router.seen.content = "unknown";
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.seen.content, content_id(header("1")));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.router.seen.content = "unknown";
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.back.cause, Cause::second_writer);
  EXPECT_EQ(lab.router.seen.content, "");
}

TEST(Content, HeaderRoutesOpenAndCloseByTheirSteps) {
  ReleaseSpec spec = lab_spec();
  spec.steps = {route_step("testers", header("t")),
                route_step("staff", header("s")),
                pause_step(seconds(20)),
                route_step("testers", {}),
                pause_step(seconds(20)),
                weight_step(5),
                pause_step(seconds(60))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  std::vector<MatchRule> both = header("t");
  both.push_back(header("s")[0]);
  EXPECT_EQ(lab.router.seen.content, content_id(both));
  EXPECT_FALSE(lab.state.exposed) << "a person's own requests are not judged";
  lab.judgement.covered = true;
  lab.advance(seconds(25));
  EXPECT_EQ(lab.router.seen.content, content_id(header("s")));
  lab.advance(seconds(30));
  EXPECT_EQ(lab.router.seen.canary, Weight::from_units(500));
  EXPECT_EQ(lab.router.seen.content, content_id(header("s")));
}

ReleaseStep mirror_step(const std::string& name, std::vector<MatchRule> content) {
  ReleaseStep step = route_step(name, std::move(content));
  step.kind = StepKind::set_mirror_route;
  return step;
}

std::vector<MatchRule> copies() {
  return {{.mirror = 30}};
}

TEST(Mirror, CopiesComeByTheirStepAndGoByName) {
  ReleaseSpec spec = lab_spec();
  spec.steps = {route_step("testers", header("t")),
                mirror_step("copies", copies()),
                pause_step(seconds(20)),
                mirror_step("copies", {}),
                pause_step(seconds(20)),
                weight_step(5),
                pause_step(seconds(60))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  std::vector<MatchRule> both = header("t");
  both.push_back(copies()[0]);
  EXPECT_EQ(lab.router.seen.content, content_id(both));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_TRUE(lab.state.exposed) << "the canary answers copies: it is judged by them";
  lab.judgement.covered = true;
  lab.advance(seconds(25));
  EXPECT_EQ(lab.router.seen.content, content_id(header("t"))) << "the header route stays";
  lab.advance(seconds(30));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Mirror, CopiesWaitForTheJournalAndEndWithTheRelease) {
  ReleaseSpec spec = lab_spec();
  spec.steps.insert(spec.steps.begin(), {mirror_step("copies", copies()), pause_step(seconds(20))});
  for (bool good : {true, false}) {
    Lab lab(spec);
    lab.start();
    lab.advance(seconds(5));
    ASSERT_EQ(lab.router.seen.content, content_id(copies()));
    for (const Effect& effect : lab.log) {
      const auto* apply = std::get_if<effect::ApplyTraffic>(&effect.action);
      if (apply == nullptr || apply->desired.content.empty()) continue;
      EXPECT_EQ(effect.when, When::after_durable);
    }
    if (!good) {
      lab.operate(Operation::abort);
      lab.advance(seconds(5));
      EXPECT_EQ(lab.router.seen.content, "");
      EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
      continue;
    }
    lab.judgement.passed = true;
    lab.judgement.covered = true;
    while (lab.share() < 50) {
      lab.advance(seconds(1));
      EXPECT_EQ(lab.router.seen.content, content_id(copies())) << "beside the share";
    }
    lab.advance(minutes(3));
    EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
    EXPECT_EQ(lab.router.seen.content, "");
  }
}

TEST(Mirror, AFailOnCopiesReturnsTheRelease) {
  ReleaseSpec spec = lab_spec();
  spec.steps.insert(spec.steps.begin(), {mirror_step("copies", copies()), pause_step(minutes(5))});
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  ASSERT_EQ(lab.share(), 0);
  lab.judgement.findings = {{"errors", "worse", analysis::OnFail::rollback, false}};
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::metric);
  EXPECT_EQ(lab.router.seen.content, "");
}

TEST(Content, ASpecAndItsStateKeepTheirRules) {
  ReleaseSpec spec = matched_spec();
  spec.steps.push_back(route_step("staff", header("s")));
  auto back = release_spec_from_json(to_json(spec));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, spec);
}

}  // namespace
}  // namespace serin::rollout::machine
