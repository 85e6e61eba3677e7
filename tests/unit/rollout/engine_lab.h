// An engine on a table: its shell in a few lines, an analysis whose judgement the test writes into
// the answers, and a router that obeys.
//
//   EngineLab lab;
//   std::string id = lab.open("checkout");
//   lab.advance(60s);
//   EXPECT_EQ(lab.engine.state(id)->status, ReleaseStatus::progressing);
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rollout/engine/engine.h"

namespace serin::rollout::engine {

using machine::Operation;
using machine::ReleaseStatus;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Asks one question every ten seconds; the answer is the judgement.
class ScriptedAnalysis final : public analysis::ReleaseAnalysis {
 public:
  explicit ScriptedAnalysis(std::string question) : question_(std::move(question)) {}
  std::vector<analysis::Ask> due(Now now) override {
    if (now.mono < next_) return {};
    next_ = now.mono + seconds(10);
    queries::Request request;
    request.text = question_;
    return {{analysis::AskId{++asked_}, "prometheus", request, seconds(5)}};
  }
  std::optional<Instant> next_wakeup() const override { return next_; }
  void answered(analysis::AskId id, const Result<queries::Answer>& answer, Now) override {
    if (static_cast<std::uint64_t>(id) <= last_answered_) return;
    last_answered_ = static_cast<std::uint64_t>(id);
    ++answers_;
    problem_ = answer ? "" : answer.error().message;
    if (!answer || answer->json.is_null()) return;
    if (auto judgement = analysis::judgement_from_json(answer->json)) judgement_ = *judgement;
  }
  void baseline_asked(Now now) override { baseline_ = now.mono; }
  void traffic_commanded(double fraction, Now) override { commanded_ = fraction; }
  void traffic_confirmed(int step, double fraction, Now) override {
    step_ = step;
    confirmed_ = fraction;
  }
  void edge_counts(const analysis::EdgeCounts& counts, double, Now) override {
    requests_ = counts.canary.requests;
  }
  void resumed(Now now) override {
    ++resumed_;
    next_ = now.mono;
  }
  analysis::Judgement judgement(Now) const override { return judgement_; }
  Json report(Now) const override { return save(); }
  Json save() const override {
    return Json::object()
        .set("next", next_.time_since_epoch().count())
        .set("asked", asked_)
        .set("last_answered", last_answered_)
        .set("answers", answers_)
        .set("problem", problem_)
        .set("commanded", commanded_)
        .set("confirmed", confirmed_)
        .set("step", step_)
        .set("requests", requests_)
        .set("baseline", baseline_.time_since_epoch().count())
        .set("resumed", resumed_)
        .set("judgement", to_json(judgement_));
  }
  Status load(const Json& state) override {
    next_ = Instant(Duration(state["next"].integer()));
    asked_ = static_cast<std::uint64_t>(state["asked"].integer());
    last_answered_ = static_cast<std::uint64_t>(state["last_answered"].integer());
    answers_ = state["answers"].integer();
    problem_ = std::string(state["problem"].string());
    commanded_ = state["commanded"].number();
    confirmed_ = state["confirmed"].number();
    step_ = static_cast<int>(state["step"].integer());
    requests_ = state["requests"].number();
    baseline_ = Instant(Duration(state["baseline"].integer()));
    resumed_ = state["resumed"].integer();
    SERIN_TRY(judgement, analysis::judgement_from_json(state["judgement"]));
    judgement_ = std::move(judgement);
    return {};
  }
  // Goes on with the other question; kTiresome can't.
  static constexpr std::string_view kTiresome = "no edit";
  Status take_over(const ReleaseAnalysis& before, Now) override {
    if (question_ == kTiresome) return fail(Code::failed_precondition, "it can't go on");
    return load(before.save());
  }
  std::unique_ptr<ReleaseAnalysis> clone() const override {
    return std::make_unique<ScriptedAnalysis>(*this);
  }

 private:
  std::string question_;
  Instant next_{};
  std::uint64_t asked_ = 0;
  std::uint64_t last_answered_ = 0;
  std::int64_t answers_ = 0;
  std::string problem_;
  double commanded_ = -1;
  double confirmed_ = -1;
  int step_ = -1;
  double requests_ = 0;
  Instant baseline_{};
  std::int64_t resumed_ = 0;
  analysis::Judgement judgement_;
};

inline Ticket lab_ticket(const std::string& service) {
  Ticket ticket;
  ticket.service = service;
  ticket.route = "be_" + service;
  ticket.spec.rollout = service;
  ticket.spec.version = "2.4.0";
  ticket.spec.stable_version = "2.3.0";
  auto weight = [](int units) {
    return machine::ReleaseStep{.kind = machine::StepKind::set_weight,
                                .weight = Weight::from_units(units)};
  };
  machine::ReleaseStep pause{.kind = machine::StepKind::pause, .duration = seconds(60)};
  ticket.spec.steps = {weight(500), pause, weight(5000), pause};
  ticket.sources = {{"prometheus", "http://127.0.0.1:9090"}};
  ticket.pinned = Json::object().set("question", "errors of " + service);
  return ticket;
}

class EngineLab {
 public:
  EngineLab() : engine(make()) {
    now = {Instant(std::chrono::hours(1)), WallTime(std::chrono::hours(500000))};
  }

  static Engine make(std::string instance = "lab") {
    return Engine({std::move(instance), "boot-1"}, [](const Ticket& ticket, Now) {
      std::unique_ptr<analysis::ReleaseAnalysis> made;
      if (ticket.type == TicketType::release) {
        made = std::make_unique<ScriptedAnalysis>(std::string(ticket.pinned["question"].string()));
      }
      return Result<std::unique_ptr<analysis::ReleaseAnalysis>>(std::move(made));
    });
  }

  Engine engine;
  Now now;
  std::vector<JournalRecord> journal;
  std::vector<Effect> log;
  std::map<std::string, ObservedTraffic> routes;  // by release's route
  std::map<std::string, int> exchanges;           // by release
  ObservedWorkload stable{4, 4, "2.3.0", false};  // of every service, as the workload runs it
  std::vector<DesiredWorkload> asked;             // of the workload, in order
  analysis::Judgement judgement;                  // of every answer
  bool answering = true;
  bool obeying = true;  // false: effects that wait for the journal are not performed
  bool check_fold = true;
  std::vector<Effect> waiting;
  std::function<void(const Event&, const Output&)> watch;  // sees all that is handled

  Output send(const Event& event) {
    Output first = feed(event);
    while (!outcomes_.empty()) {
      Event next = std::move(outcomes_.front());
      outcomes_.pop_front();
      feed(next);
    }
    return first;
  }

  void advance(Duration duration) {
    Instant end = now.mono + duration;
    for (int i = 0; i < 1'000'000; ++i) {
      auto wakeup = engine.next_wakeup();
      if (!wakeup || *wakeup > end) break;
      move_to(std::max(*wakeup, now.mono));
      send(event::Tick{});
    }
    move_to(end);
  }

  effect::Reply open(Ticket ticket, bool supersede = false) {
    std::string request = "open-" + std::to_string(++requests_);
    send(event::Open{std::move(ticket), supersede, request});
    if (supersede) advance(milliseconds(100));
    return reply(request);
  }
  std::string open(const std::string& service) {
    effect::Reply answer = open(lab_ticket(service));
    EXPECT_TRUE(answer.accepted) << answer.message;
    return answer.opened;
  }
  effect::Reply edit(const std::string& release, Ticket ticket) {
    std::string request = "edit-" + std::to_string(++requests_);
    send(event::Edit{release, std::move(ticket), "ada", "slower", false, request});
    return reply(request);
  }
  effect::Reply operate(const std::string& release, machine::event::Operated operated) {
    operated.request = "operate-" + std::to_string(++requests_);
    std::string request = operated.request;
    send(event::Operate{release, std::move(operated)});
    effect::Reply answer = reply(request);
    // The reading that ends a return.
    const auto* state = engine.state(release);
    if (state && state->status == ReleaseStatus::rolling_back) advance(milliseconds(100));
    return answer;
  }
  effect::Reply operate(const std::string& release, Operation operation) {
    return operate(release, machine::event::Operated{.operation = operation});
  }

  ReleaseStatus status(const std::string& release) const { return engine.state(release)->status; }
  ObservedTraffic& route(const std::string& service) {
    auto [it, fresh] = routes.try_emplace("be_" + service);
    if (fresh) {
      it->second.router_instance = "router-1";
      it->second.stable = {4, 4, true, true, {}};
      it->second.canary_slot = {2, 2, false, true, {}};
    }
    return it->second;
  }
  double share(const std::string& service) { return route(service).canary.percent(); }

  template <class T>
  std::vector<T> performed() const {
    std::vector<T> list;
    for (const Effect& effect : log) {
      if (const auto* action = std::get_if<T>(&effect.action)) list.push_back(*action);
    }
    return list;
  }

  // The journal, folded by another engine, is this engine.
  void expect_fold() const {
    Engine other = make();
    Status folded = other.fold(journal);
    ASSERT_TRUE(folded) << folded.error().to_string();
    EXPECT_EQ(other.fold_mismatches(), 0U);
    ASSERT_EQ(other.snapshot().dump(), engine.snapshot().dump());
  }

  // A crash: what is on disk is folded by a new engine.
  void restart() {
    outcomes_.clear();
    waiting.clear();
    engine = make();
    Status folded = engine.fold(journal);
    ASSERT_TRUE(folded) << folded.error().to_string();
    send(event::Recovered{});
  }

 private:
  void move_to(Instant when) {
    now.wall += when - now.mono;
    now.mono = when;
  }

  Output feed(const Event& event) {
    Output out = engine.handle(event, now);
    if (watch) watch(event, out);
    for (const JournalRecord& record : out.records) journal.push_back(record);
    if (check_fold && ++fed_ % 20 == 0) expect_fold();
    for (const Effect& effect : out.effects) {
      log.push_back(effect);
      if (!obeying && effect.when == machine::When::after_durable) {
        waiting.push_back(effect);
      } else {
        perform(effect);
      }
    }
    return out;
  }

  effect::Reply reply(const std::string& request) {
    for (auto it = log.rbegin(); it != log.rend(); ++it) {
      const auto* found = std::get_if<effect::Reply>(&it->action);
      if (found != nullptr && found->request == request) return *found;
    }
    ADD_FAILURE() << "no reply to " << request;
    return {};
  }

  ObservedTraffic& route_of(const std::string& release) {
    return route(engine.ticket(release)->service);
  }

 public:
  void perform(const Effect& effect) {
    if (const auto* apply = std::get_if<machine::effect::ApplyTraffic>(&effect.action)) {
      machine::event::TrafficOutcome outcome{.key = apply->key};
      if (!engine.wanted(effect)) {
        outcome.result = machine::Outcome::dropped;
      } else {
        ObservedTraffic& seen = route_of(effect.release);
        seen.canary = apply->desired.canary;
        seen.canary_slot.in_service = apply->desired.canary_in_service;
        seen.owner = apply->desired.owner;
        seen.content = content_id(apply->desired.content);
        outcome.result = machine::Outcome::done;
        outcome.observed = seen;
      }
      outcomes_.push_back(event::Outcome{effect.release, outcome});
    } else if (std::holds_alternative<machine::effect::Preflight>(effect.action)) {
      outcomes_.push_back(event::Outcome{effect.release, machine::event::Preflighted{}});
    } else if (const auto* exchange = std::get_if<machine::effect::ExchangeRoles>(&effect.action)) {
      ++exchanges[effect.release];
      ObservedTraffic& seen = route_of(effect.release);
      std::swap(seen.stable, seen.canary_slot);
      seen.canary = Weight();
      outcomes_.push_back(event::Outcome{
          effect.release,
          machine::event::RolesExchanged{exchange->key, machine::Outcome::done, ""}});
    } else if (const auto* hook = std::get_if<machine::effect::RunHook>(&effect.action)) {
      outcomes_.push_back(event::Outcome{
          effect.release, machine::event::HookOutcome{hook->key, machine::Outcome::done, ""}});
    } else if (const auto* work = std::get_if<machine::effect::ApplyWorkload>(&effect.action)) {
      const DesiredWorkload& desired = work->desired;
      asked.push_back(desired);
      ObservedWorkload seen{desired.instances, desired.instances, desired.version, false};
      if (desired.slot == Slot::stable) {
        stable = seen;
        SlotState& servers = route_of(effect.release).stable;
        servers.servers_total = servers.servers_ready = desired.instances;
      }
      outcomes_.push_back(event::Outcome{
          effect.release, machine::event::WorkloadOutcome{.key = work->key,
                                                          .slot = desired.slot,
                                                          .result = machine::Outcome::done,
                                                          .observed = seen}});
    } else if (const auto* look = std::get_if<machine::effect::ObserveWorkload>(&effect.action)) {
      const bool canary = look->slot == Slot::canary;
      outcomes_.push_back(event::Outcome{
          effect.release, machine::event::WorkloadOutcome{
                              .key = look->key,
                              .slot = look->slot,
                              .result = machine::Outcome::done,
                              .observed = canary ? ObservedWorkload{2, 2, "", false} : stable}});
    } else if (const auto* observe = std::get_if<effect::Observe>(&effect.action)) {
      outcomes_.push_back(event::Observed{effect.release, observe->turn, route_of(effect.release)});
    } else if (const auto* ask = std::get_if<effect::Ask>(&effect.action); ask && answering) {
      queries::Answer answer;
      answer.type = queries::AnswerType::json;
      answer.json = analysis::to_json(judgement);
      outcomes_.push_back(event::Answered{ask->recipients, answer});
    }
  }

 private:
  std::deque<Event> outcomes_;
  int requests_ = 0;
  int fed_ = 0;
};

}  // namespace serin::rollout::engine
