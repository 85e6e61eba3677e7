#include "rollout/engine/round.h"

#include <algorithm>

#include "base/assert.h"
#include "rollout/machine/operations.h"

namespace serin::rollout::engine {
namespace {

// A judgement may end a step, and the next be judged at once: the plan's length bounds it.
constexpr int kJudgementsBeyondSteps = 8;

}  // namespace

void Round::advance(Release& release, const Entry& entry) {
  apply(release, entry);
  judge(release);
}

void Round::apply(Release& release, const Entry& entry) {
  Applied applied = release.apply(entry, now_);
  SERIN_ASSERT(applied.status.has_value());
  if (applied.changed) keep(release, entry_kind(entry), entry_body(entry));
  take_asks(release, std::move(applied.asks));
  take_effects(release, std::move(applied.effects));
}

void Round::judge(Release& release) {
  int rounds = static_cast<int>(release.ticket.spec.steps.size()) + kJudgementsBeyondSteps;
  for (int i = 0; i < rounds; ++i) {
    const machine::ReleaseState& state = release.state;
    if (!release.active() || release.waiting()) return;
    if (!release.judge_again && state.judged_step == state.step && state.judgement) return;
    release.judge_again = false;
    analysis::Judgement judgement;
    if (release.analysis != nullptr) judgement = release.analysis->judgement(now_);
    if (state.judgement == judgement && state.judged_step == state.step) return;
    apply(release, machine::Event(machine::event::Judged{std::move(judgement), state.step}));
  }
}

void Round::keep(Release& release, std::string_view kind, Json body) {
  out_.records.push_back({release.id(), release.sequence, now_, engine_.config_.boot_id,
                          std::string(kind), std::move(body)});
  if (std::find(out_.changed.begin(), out_.changed.end(), release.id()) == out_.changed.end()) {
    out_.changed.push_back(release.id());
  }
}

void Round::take_asks(const Release& release, std::vector<analysis::Ask> asks) {
  for (analysis::Ask& ask : asks) {
    std::string identity = ask.source;
    for (const Source& source : release.ticket.sources) {
      if (source.key == ask.source) identity = source.identity;
    }
    due_.push_back(
        {{release.id(), ask.id}, std::move(identity), std::move(ask.request), ask.timeout});
  }
}

void Round::take_effects(Release& release, std::vector<machine::Effect> effects) {
  std::string opened;
  std::string not_opened;  // why; of an operation that does nothing else
  for (const machine::Effect& effect : effects) {
    const auto* wanted = std::get_if<machine::effect::OpenRelease>(&effect.action);
    if (wanted == nullptr) continue;
    Result<std::string> id = open_again(release, *wanted);
    if (id) {
      opened = *id;
    } else {
      if (wanted->operation != machine::Operation::rollback) {
        not_opened = "no release could be opened: " + id.error().to_string();
      }
      out_.effects.push_back(
          {machine::When::at_once, release.id(),
           machine::effect::Notify{Severity::alert, "not-opened", id.error().to_string()}});
    }
  }
  for (machine::Effect& effect : effects) {
    auto pass_on = [&]<class T>(T& action) {
      if constexpr (std::is_same_v<T, machine::effect::OpenRelease>) {
        return;
      } else if constexpr (std::is_same_v<T, machine::effect::Reply>) {
        effect::Reply reply{.request = action.request,
                            .accepted = action.accepted,
                            .repeated = action.repeated,
                            .code = Code::failed_precondition,
                            .message = std::move(action.message),
                            .allowed = std::move(action.allowed),
                            .opened = action.repeated ? opened_before_ : opened};
        if (!not_opened.empty()) {
          reply.accepted = false;
          reply.message = not_opened;
        }
        this->reply(std::move(reply), release.id(), effect.when);
      } else {
        out_.effects.push_back({effect.when, release.id(), std::move(action)});
      }
    };
    std::visit(pass_on, effect.action);
  }
}

void Round::reply(effect::Reply reply, std::string release, machine::When when) {
  out_.effects.push_back({when, std::move(release), std::move(reply)});
}

void Round::refuse(const std::string& request, const std::string& release, Code code,
                   std::string message) {
  effect::Reply refusal{.request = request, .code = code, .message = std::move(message)};
  if (const Release* known = engine_.find(release)) {
    refusal.allowed = machine::allowed(machine::standing(known->state));
  }
  reply(std::move(refusal), release, machine::When::at_once);
}

void Round::on(const event::Operate& operate) {
  machine::event::Operated operated = operate.operated;
  Release* release = engine_.find(operate.release);
  if (release == nullptr) {
    refuse(operated.request, "", Code::not_found, "there is no release '" + operate.release + "'");
    return;
  }
  if (operated.operation == machine::Operation::undo && operated.version.empty()) {
    operated.version = version_before(release->ticket);
  }
  if (std::string why = objection(*release, operated); !why.empty()) {
    refuse(operated.request, release->id(), Code::failed_precondition, std::move(why));
    return;
  }
  opened_before_ = opened_by(*release, operated.key);
  advance(*release, machine::Event(operated));
}

void Round::on(const event::Outcome& outcome) {
  Release* release = engine_.find(outcome.release);
  if (release == nullptr) return;  // long ended
  std::visit([&](const auto& event) { advance(*release, machine::Event(event)); }, outcome.event);
}

void Round::on(const event::Observed& observed) {
  Release* release = engine_.find(observed.release);
  if (release == nullptr) return;
  if (!release->observe_ended(now_.mono)) return;
  release->router_error = observed.observed ? "" : observed.observed.error().to_string();
  machine::event::TrafficObserved event{.turn = observed.turn};
  if (observed.observed) {
    event.observed = *observed.observed;
    const std::string& owner = event.observed->owner;
    bool ours = owner.ends_with("@" + engine_.config_.instance);
    // A mark of this store's that is no active release's is a dead one's.
    event.owner_ended =
        ours &&
        std::none_of(engine_.releases_.begin(), engine_.releases_.end(), [&](const auto& other) {
          return other->active() && !other->waiting() && other->ticket.spec.owner == owner;
        });
  } else {
    event.error = observed.observed.error().to_string();
  }
  advance(*release, machine::Event(std::move(event)));
}

void Round::on(const event::Answered& answered) {
  // As it is kept: what is folded later must be what counts now.
  const auto kept_answer = [&]() -> Result<queries::Answer> {
    if (answered.answer) return *answered.answer;
    return fail(answered.answer.error().code, answered.answer.error().to_string());
  };
  const auto answer = std::make_shared<const Result<queries::Answer>>(kept_answer());
  std::vector<std::string> done;
  for (const Recipient& recipient : answered.recipients) {
    if (std::find(done.begin(), done.end(), recipient.release) != done.end()) continue;
    done.push_back(recipient.release);
    Release* release = engine_.find(recipient.release);
    if (release == nullptr || release->analysis == nullptr) continue;
    entry::Answered entry{{}, answer};
    for (const Recipient& other : answered.recipients) {
      if (other.release != recipient.release || release->analysis == nullptr) continue;
      auto kept = release->analysis->digest(other.ask, *answer);
      if (!kept) {
        entry.asks.push_back(other.ask);
      } else if (kept->size() > 0) {
        advance(*release, entry::Learned{other.ask, std::move(*kept)});
      }
    }
    if (!entry.asks.empty()) advance(*release, std::move(entry));
  }
}

void Round::on(const event::Tick&) {
  for (std::size_t i = 0; i < engine_.releases_.size(); ++i) {
    Release& release = *engine_.releases_[i];
    auto wakeup = release.next_wakeup();
    if (!wakeup || *wakeup > now_.mono) continue;
    release.ticked(now_.mono + Engine::kTickMin);
    auto is_due = [&](std::optional<Instant> when) { return when && *when <= now_.mono; };
    bool look = is_due(release.look());
    if (!look && !is_due(release.timer())) continue;  // the route is to be read
    if (look) apply(release, entry::Asked{});
    release.judge_again = true;
    judge(release);
    if (is_due(release.timer())) advance(release, machine::Event(machine::event::Tick{}));
  }
}

void Round::on(const event::StoreFailed& failed) {
  engine_.store_failed_ = true;
  for (const auto& release : engine_.releases_) {
    if (release->active())
      advance(*release, machine::Event(machine::event::StoreFailed{failed.error}));
  }
}

void Round::on(const event::StoreRestored&) {
  engine_.store_failed_ = false;
  for (const auto& release : engine_.releases_) {
    if (release->active()) advance(*release, machine::Event(machine::event::StoreRestored{}));
  }
}

void Round::on(const event::Recovered&) {
  for (const auto& release : engine_.releases_) {
    // One that waits for its turn may get it at once: it raises nothing too early either.
    if (!release->active() && !release->remains()) continue;
    advance(*release, machine::Event(machine::event::Recovered{}));
  }
}

void Round::observe_routes() {
  for (const auto& release : engine_.releases_) {
    if (!release->observe_due(now_.mono)) continue;
    release->observe_begun(now_.mono);
    out_.effects.push_back(
        {machine::When::at_once, release->id(), effect::Observe{release->state.traffic.turn}});
  }
}

// Equal requests of one source in one round are one query.
void Round::group_asks() {
  std::vector<effect::Ask> asks;
  for (Due& due : due_) {
    auto same = std::find_if(asks.begin(), asks.end(), [&](const effect::Ask& ask) {
      return ask.source == due.source && ask.request == due.request;
    });
    if (same == asks.end()) {
      asks.push_back({{}, std::move(due.source), std::move(due.request), due.timeout});
      same = asks.end() - 1;
    }
    same->recipients.push_back(std::move(due.recipient));
    same->timeout = std::min(same->timeout, due.timeout);
  }
  for (effect::Ask& ask : asks) {
    out_.effects.push_back({machine::When::at_once, "", std::move(ask)});
  }
}

Output Round::finish() {
  start_waiting();
  observe_routes();
  group_asks();
  return std::move(out_);
}

}  // namespace serin::rollout::engine
