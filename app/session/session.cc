#include "app/session/session.h"

#include <fmt/format.h>

#include <utility>

#include "app/live/recordings.h"
#include "app/live/recovery.h"
#include "app/live/secrets.h"
#include "app/live/teller.h"
#include "base/assert.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;
using machine::ReleaseStatus;

constexpr const char* kOpenRequest = "open";

// Instances that are stopped after the end, once the drain is over. Those that stay warm for a way
// back outlive this process.
bool is_stopping(const machine::ReleaseSpec& spec, const machine::ReleaseState& state) {
  const bool warm = state.status == ReleaseStatus::succeeded &&
                    spec.promotion == machine::PromoteBy::swap &&
                    !machine::step_of_promotion(spec, machine::StepKind::cleanup);
  return (state.remainder.stop_canary_at && !warm) || state.remainder.stop_fresh_at;
}

bool undecided(machine::Reason reason) {
  return reason == machine::Reason::inconclusive || reason == machine::Reason::no_data ||
         reason == machine::Reason::contested || reason == machine::Reason::traffic_missing;
}

}  // namespace

Session::Session(AsioLoop& loop, const SessionOptions& options, const Log& log)
    : loop_(loop), options_(options), log_(log) {}

Session::~Session() {
  *alive_ = false;
  loop_.cancel(pause_timer_);
  loop_.cancel(leave_timer_);
}

Result<std::unique_ptr<Session>> Session::open(AsioLoop& loop, Rng& rng,
                                               const SessionOptions& options,
                                               std::unique_ptr<store::Store> store,
                                               const rollout::PinnedPlan& plan, const Log& log) {
  std::unique_ptr<Session> session(new Session(loop, options, log));
  session->store_ = std::move(store);
  SERIN_CHECK(session->prepare(rng, plan));
  return session;
}

Status Session::prepare(Rng& rng, rollout::PinnedPlan plan) {
  // One release in the foreground ends with its terminal; nobody would take its canary out.
  if (!plan.rollout.on_engine_loss) plan.rollout.on_engine_loss = default_engine_loss(plan.rollout);
  SERIN_TRY(ticket, make_ticket(plan, options_.origin));
  ticket_ = std::move(ticket);
  ticket_.spec.take_over = options_.take_over;
  bool swapped = false;
  if (auto roles = store_->roles(ticket_.spec.rollout)) swapped = roles->swapped;
  http_ = make_http_client(loop_, Rng(rng()));
  SERIN_TRY(acting, make_router(loop_, *http_, plan.rollout, swapped, log_));
  router_ = std::move(acting.router);
  lease_ = std::move(acting.lease);
  SERIN_TRY(workload,
            make_workload(loop_, *http_, plan.rollout, options_.state_directory, swapped));
  workload_ = std::move(workload);
  SERIN_CHECK(add_sources(plan));
  hooks_ = std::make_unique<drivers::HookRunner>(loop_, *http_);
  notifier_ = std::make_unique<Teller>(log_);
  SERIN_TRY(instance, instance_name(options_.state_directory, rng));
  engine_ = std::make_unique<engine::Engine>(
      engine::Config{.instance = instance, .boot_id = loop_.clock().boot_id()},
      analysis_factory(options_.recordings.empty() ? KeepRecording()
                                                   : keep_in(options_.recordings, log_)),
      ticket_factory());
  SERIN_CHECK(restore_engine(*engine_, options_.state_directory));
  add_pinned_sources();
  messenger_ = std::make_unique<Messenger>(loop_, *http_, *store_, *engine_, log_);
  SERIN_CHECK(messenger_->prepare(plan.rollout, options_.notify_url));
  SERIN_CHECK(messenger_->resume(options_.state_directory));
  LiveShell::Parts parts{
      .loop = loop_,
      .store = *store_,
      .engine = *engine_,
      .notifier = *notifier_,
      .log = log_,
      .router = [this](const engine::Ticket&) { return router_.get(); },
      .workload = [this](const engine::Ticket&) { return workload_.get(); },
      .source =
          [this](const std::string& identity) {
            auto found = sources_.find(identity);
            return found == sources_.end() ? nullptr : found->second.get();
          },
      .hook = run_hooks_by(*hooks_),
      .address =
          [this](const rollout::history::Notice& notice) { return messenger_->address(notice); },
      .send = [this](const rollout::PendingMessage& message) { messenger_->send(message); },
      .exchange = [this](const engine::Ticket&, bool are_swapped) { exchange(are_swapped); },
      .changed = [this](const std::vector<std::string>&) { changed(); },
      .reply = [this](const LiveShell::Reply& reply) { replied(reply); }};
  shell_ = std::make_unique<LiveShell>(std::move(parts));
  SERIN_TRY(control, ControlServer::listen(loop_, options_.state_directory, *engine_, *shell_));
  control_ = std::move(control);
  control_->on_edit = [this](const EditRequest& request, EditDone done) {
    edit(request, std::move(done));
  };
  return {};
}

Status Session::add_sources(const rollout::PinnedPlan& plan) {
  SERIN_TRY(policy, make_policy(plan, "", true));
  return add_release_sources(sources_,
                             {.loop = loop_,
                              .http = *http_,
                              .pool = &pool_,
                              .counters = queries_,
                              .on_degraded = tell_degraded(log_)},
                             plan, *policy);
}

// Releases of the journal may ask more than the files do by now, after an edit.
void Session::add_pinned_sources() {
  for (const std::string& release : engine_->releases()) {
    bool wanted = !machine::is_terminal(engine_->state(release)->status) ||
                  (options_.operate && options_.operate->release == release);
    if (!wanted) continue;
    auto plan = rollout::pinned_plan_from_json(engine_->ticket(release)->pinned);
    Status added = plan ? add_sources(*plan) : Status(std::unexpected(plan.error()));
    if (added) continue;
    log_.error("not all that a release asks can be asked",
               {{"release", release}, {"why", added.error().to_string()}});
  }
}

void Session::reload() {
  EditRequest request{.user = options_.user, .comment = "its files were read again"};
  request.release = release_;
  edit(request, [this](Result<std::string> done) {
    if (done) return log_.info("the edited plan was taken over", {{"what", *done}});
    log_.error("the files were read again, and the release goes on as before",
               {{"why", done.error().to_string()}});
  });
}

void Session::edit(const EditRequest& request, EditDone done) {
  auto event = edit_event(request);
  if (!event) return done(std::unexpected(std::move(event).error()));
  event->request = fmt::format("edit-{}", ++edits_asked_);
  edits_.emplace(event->request, std::move(done));
  shell_->submit(*event);
}

Result<engine::event::Edit> Session::edit_event(const EditRequest& request) {
  if (!options_.reread || release_.empty() || request.release != release_) {
    return fail(Code::failed_precondition,
                "there is no release here whose plan could be edited: it is over, or was opened "
                "without files");
  }
  SERIN_TRY(reread, options_.reread(request));
  rollout::PinnedPlan& plan = reread.plan;
  if (!plan.rollout.on_engine_loss) plan.rollout.on_engine_loss = default_engine_loss(plan.rollout);
  SERIN_CHECK(check_edit(*engine_->ticket(release_), plan));
  SERIN_TRY(ticket, make_ticket(plan, {.executor = request.user, .revision = reread.revision}));
  SERIN_CHECK(messenger_->prepare(plan.rollout, options_.notify_url));
  SERIN_CHECK(add_sources(plan));
  return engine::event::Edit{.release = release_,
                             .ticket = std::move(ticket),
                             .user = request.user,
                             .comment = request.comment,
                             .dry = request.dry,
                             .request = {}};
}

// Hooks have limits of their own.
Duration Session::remainder_max(const machine::ReleaseState& state) const {
  Duration longest{};
  const machine::ReleaseSpec& spec = engine_->ticket(release_)->spec;
  for (const machine::HookAside& aside : state.asides) {
    const auto& hook =
        aside.point == machine::HookPoint::end ? spec.hooks.end : spec.hooks.rollback;
    if (hook) longest = std::max(longest, hook->timeout);
  }
  if (is_stopping(spec, state)) {
    longest = std::max(longest, spec.drain + kCleanupMax);
  }
  return kRemainderMax + longest;
}

// May come again for an exchange that was made before a restart.
void Session::exchange(bool swapped) {
  if (router_->is_swapped() != swapped) router_->exchange_roles();
  if (workload_ && workload_->is_swapped() != swapped) workload_->exchange_roles();
}

Status Session::begin() {
  prune_journal(*store_, loop_.clock().now().wall, log_);  // beside the release
  shell_->start();
  if (options_.operate) {
    engine::event::Operate operate = *options_.operate;
    operate.operated.request = kOpenRequest;
    shell_->submit(operate);
    return {};
  }
  std::string active = engine_->active(ticket_.service);
  if (active.empty()) {
    shell_->submit(engine::event::Open{.ticket = ticket_, .request = kOpenRequest});
    return {};
  }
  const engine::Ticket* other = engine_->ticket(active);
  bool same = other->spec.version == ticket_.spec.version;
  if (!same && options_.supersede) {
    log_.info("superseding a release that the journal has", {{"release", active}});
    shell_->submit(
        engine::event::Open{.ticket = ticket_, .supersede = true, .request = kOpenRequest});
    return {};
  }
  if (!same) {
    return fail(Code::failed_precondition,
                fmt::format("{} of version {} is not over: run that version again to go on with "
                            "it, or put --supersede to abort it first",
                            active, other->spec.version));
  }
  log_.info("going on with a release that the journal has", {{"release", active}});
  release_ = active;
  changed();
  return {};
}

void Session::replied(const LiveShell::Reply& reply) {
  if (reply.request == kOpenRequest) {
    if (!reply.accepted) {
      refusal_ = reply.message;
      end_ = SessionEnd::refused;
      loop_.stop();
      return;
    }
    if (reply.repeated) remark_ = "was done before under this key";
    release_ = reply.opened;
    if (release_.empty()) {  // done before, by a release that is not kept any more
      end_ = SessionEnd::succeeded;
      loop_.stop();
      return;
    }
    changed();
    return;
  }
  if (auto found = edits_.find(reply.request); found != edits_.end()) {
    EditDone done = std::move(found->second);
    edits_.erase(found);
    return done(reply.accepted ? Result<std::string>(reply.message)
                               : fail(reply.code, reply.message));
  }
  control_->reply(reply);
}

Json Session::view() const {
  if (release_.empty()) return {};
  Json view = engine_->view(release_, loop_.clock().now());
  const machine::ReleaseState* state = engine_->state(release_);
  if (state == nullptr || !machine::is_terminal(state->status)) return view;
  const machine::ReleaseSpec& spec = engine_->ticket(release_)->spec;
  if (is_stopping(spec, *state)) {
    view.set("stays",
             fmt::format("until the instances that are not needed any more are stopped, after the "
                         "drain of {}; Ctrl-C twice leaves them to run",
                         format_duration(spec.drain)));
  }
  return view;
}

void Session::changed() {
  if (release_.empty() || end_) return;
  const machine::ReleaseState* state = engine_->state(release_);
  if (state == nullptr) return;
  if (on_view) on_view(view());
  watch_pause(*state);
  if (machine::is_terminal(state->status)) {
    finish(*state);
  } else if (interrupts_ > 1 && state->traffic.confirmed &&
             state->traffic.desired.canary == rollout::Weight()) {
    leave();
  }
}

void Session::watch_pause(const machine::ReleaseState& state) {
  if (!options_.pause_timeout) return;
  bool waits = state.status == ReleaseStatus::paused;
  if (!waits) {
    loop_.cancel(std::exchange(pause_timer_, TimerId::none));
    return;
  }
  if (pause_timer_ != TimerId::none) return;
  pause_timer_ = loop_.call_at(loop_.clock().now().mono + *options_.pause_timeout, [this] {
    pause_timed_out_ = true;
    engine::event::Operate abort;
    abort.release = release_;
    abort.operated.operation = machine::Operation::abort;
    abort.operated.user = "serin";
    abort.operated.comment =
        fmt::format("nobody answered a pause for {}", format_duration(*options_.pause_timeout));
    shell_->submit(abort);
  });
}

void Session::finish(const machine::ReleaseState& state) {
  const machine::ReleaseSpec& spec = engine_->ticket(release_)->spec;
  const bool stopping = is_stopping(spec, state) && interrupts_ < 2;
  const bool done = !state.remainder.hand_back && state.asides.empty() && !stopping;
  const bool kept = shell_->store_works() || interrupts_ > 1;
  if (!done || !kept) {
    // The mark is still on the route, or the end not in the journal: what ends that brings us here
    // again.
    if (leave_timer_ == TimerId::none) {
      const Duration patience = kept ? remainder_max(state) : kJournalMax + remainder_max(state);
      leave_timer_ = loop_.call_at(loop_.clock().now().mono + patience, [this] { leave(); });
    }
    return;
  }
  // A rollback was asked for while the release ran: its ticket goes on from here.
  std::string next = engine_->active(ticket_.service);
  if (!next.empty()) return follow(std::move(next));
  leave();
}

void Session::follow(std::string next) {
  loop_.cancel(std::exchange(leave_timer_, TimerId::none));
  store_->commit(end_of_release(*engine_, release_), [](const Status&) {});
  release_ = std::move(next);
  was_aborted_ = true;
  changed();
}

void Session::leave() {
  if (end_) return;
  const machine::ReleaseState* state = engine_->state(release_);
  SERIN_ASSERT(state != nullptr);
  switch (state->status) {
    case ReleaseStatus::succeeded:
      end_ = was_aborted_ ? SessionEnd::aborted : SessionEnd::succeeded;
      break;
    case ReleaseStatus::failed:
      end_ = state->back.cause == machine::Cause::refused        ? SessionEnd::refused
             : state->back.cause == machine::Cause::inconclusive ? SessionEnd::inconclusive
                                                                 : SessionEnd::rolled_back;
      refusal_ = state->sentence;
      break;
    default:
      end_ = SessionEnd::aborted;
      if (pause_timed_out_)
        end_ = undecided(state->reason) ? SessionEnd::inconclusive : SessionEnd::timed_out;
      break;
  }
  if (!shell_->store_works()) {
    log_.error(
        "the journal lacks the end of this release and has it as under way: free space, "
        "then start serin again with the same command",
        {{"release", release_}, {"state", options_.state_directory}});
  }
  if (!shell_->store_works()) {
    log_.error(
        "the journal lacks this release's end and has it as under way: free space, then "
        "start serin again with the same command; it begins Paused (Recovered)",
        {{"release", release_}, {"state", options_.state_directory}});
  }
  log_.info("metric queries", {{"serin_queries_total", queries_->queries},
                               {"serin_queries_saved_total", queries_->saved}});
  store_->commit(end_of_release(*engine_, release_), [this, alive = alive_](const Status&) {
    if (!*alive) return;
    messenger_->flush(loop_.clock().now().mono + kTellMax, [this] { loop_.stop(); });
  });
}

void Session::interrupt() {
  ++interrupts_;
  if (release_.empty()) {
    end_ = SessionEnd::aborted;
    loop_.stop();
    return;
  }
  if (interrupts_ == 1) {
    engine::event::Operate abort;
    abort.release = release_;
    abort.operated.operation = machine::Operation::abort;
    abort.operated.user = options_.user;
    abort.operated.comment = "interrupted";
    shell_->submit(abort);
    return;
  }
  changed();
}

}  // namespace serin::app
