#include "app/fleet/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/live/recovery.h"
#include "app/live/setup.h"
#include "app/live/teller.h"
#include "base/assert.h"
#include "drivers/store/reader.h"
#include "drivers/store/tables/writer.h"
#include "rollout/history/summary.h"
#include "rollout/plan/load/revision.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;

}  // namespace

Fleet::Fleet(AsioLoop& loop, const FleetOptions& options, std::unique_ptr<store::Store> store,
             const Log& log)
    : loop_(loop), options_(options), log_(log), store_(std::move(store)) {}

Fleet::~Fleet() {
  *alive_ = false;
  loop_.cancel(prune_timer_);
}

Result<std::unique_ptr<Fleet>> Fleet::open(AsioLoop& loop, Rng& rng, const FleetOptions& options,
                                           std::unique_ptr<store::Store> store, const Log& log) {
  std::unique_ptr<Fleet> fleet(new Fleet(loop, options, std::move(store), log));
  SERIN_CHECK(fleet->prepare(rng));
  return fleet;
}

Status Fleet::prepare(Rng& rng) {
  http_ = make_http_client(loop_, Rng(rng()));
  places_ = std::make_unique<Places>(
      loop_, *http_, options_.state_directory,
      [this](const std::string& rollout) {
        auto roles = store_->roles(rollout);
        return roles && roles->swapped;
      },
      log_);
  hooks_ = std::make_unique<drivers::HookRunner>(loop_, *http_);
  notifier_ = std::make_unique<Teller>(log_);
  SERIN_TRY(instance, instance_name(options_.state_directory, rng));
  engine_ = std::make_unique<engine::Engine>(
      engine::Config{.instance = instance, .boot_id = loop_.clock().boot_id()}, analysis_factory(),
      ticket_factory());
  SERIN_CHECK(restore_engine(*engine_, options_.state_directory));
  SERIN_CHECK(recall_ends());
  messenger_ = std::make_unique<Messenger>(loop_, *http_, *store_, *engine_, log_);
  SERIN_CHECK(messenger_->resume(options_.state_directory));
  LiveShell::Parts parts{
      .loop = loop_,
      .store = *store_,
      .engine = *engine_,
      .notifier = *notifier_,
      .log = log_,
      .router = [this](const engine::Ticket& ticket) { return places_->router(ticket); },
      .workload = [this](const engine::Ticket& ticket) { return places_->workload(ticket); },
      .source = [this](const std::string& identity) { return source(identity); },
      .hook = run_hooks_by(*hooks_),
      .address =
          [this](const rollout::history::Notice& notice) { return messenger_->address(notice); },
      .send = [this](const rollout::PendingMessage& message) { messenger_->send(message); },
      .exchange = [this](const engine::Ticket& ticket,
                         bool swapped) { places_->exchange(ticket, swapped); },
      .changed = [this](const std::vector<std::string>& releases) { changed(releases); },
      .reply = [this](const LiveShell::Reply& reply) { replied(reply); }};
  shell_ = std::make_unique<LiveShell>(std::move(parts));
  SERIN_TRY(control, ControlServer::listen(loop_, options_.state_directory, *engine_, *shell_));
  control_ = std::move(control);
  control_->on_edit = [this](const EditRequest& request, EditDone done) {
    edit(request, [done = std::move(done)](auto edited) mutable {
      if (!edited) return done(std::unexpected(std::move(edited).error().error));
      done(std::move(edited->message));
    });
  };
  return {};
}

// Which ends the store knows already.
Status Fleet::recall_ends() {
  SERIN_TRY(reader, store::Reader::open(options_.state_directory));
  for (const std::string& release : engine_->releases()) {
    auto info = reader.release(release);
    if (info && info->entry.ended) ended_.insert(release);
  }
  return {};
}

void Fleet::begin() {
  for (const std::string& release : engine_->releases()) {
    if (machine::is_terminal(engine_->state(release)->status)) continue;
    auto plan = rollout::pinned_plan_from_json(engine_->ticket(release)->pinned);
    Status adopted = plan ? adopt(*plan) : Status(std::unexpected(plan.error()));
    if (!adopted) {
      log_.error("a release's metrics can't be asked",
                 {{"release", release}, {"error", adopted.error().to_string()}});
    }
    log_.info("going on with a release that the journal has", {{"release", release}});
  }
  prune();
  shell_->start();
  changed(engine_->releases());
}

// What is too old to be kept goes in small steps, once a day.
void Fleet::prune() {
  prune_journal(*store_, loop_.clock().now().wall, log_);
  prune_timer_ = loop_.call_at(loop_.clock().now().mono + kPruneEvery, [this] { prune(); });
}

std::string Fleet::stable_version(const std::string& rollout) const {
  auto roles = store_->roles(rollout);
  if (roles && !roles->stable_version.empty()) return roles->stable_version;
  std::string stable;
  for (const std::string& id : engine_->releases()) {
    const engine::Ticket& ticket = *engine_->ticket(id);
    if (ticket.spec.rollout != rollout || ticket.spec.instant) continue;
    // A promotion that left no roles was another tool's: what is stable since, it knows.
    const bool promoted = engine_->state(id)->status == rollout::machine::ReleaseStatus::succeeded;
    stable = promoted ? "" : ticket.spec.stable_version;
  }
  return stable;
}

Result<engine::Ticket> Fleet::ticket_for(const StartRequest& request,
                                         std::vector<std::string>& warnings) {
  const rollout::Rollout* rollout = configuration_->set.find_rollout(request.rollout);
  if (rollout == nullptr) {
    return fail(Code::not_found,
                fmt::format("there is no rollout '{}' in the configuration", request.rollout));
  }
  auto roles = store_->roles(request.rollout);
  rollout::PinOptions pin;
  pin.version = request.version;
  pin.stable_version =
      roles && !roles->stable_version.empty() ? roles->stable_version : request.stable;
  if (pin.stable_version.empty()) pin.stable_version = stable_version(request.rollout);
  // Where a release is under way, the engine refuses; or supersedes it, with the same stable.
  const std::string& service = rollout->service.empty() ? rollout->metadata.name : rollout->service;
  const engine::Ticket* holder = engine_->ticket(engine_->active(service));
  if (pin.stable_version.empty() && holder != nullptr) {
    pin.stable_version = holder->spec.stable_version;
  }
  if (pin.stable_version.empty()) {
    return fail(Code::invalid_argument,
                fmt::format("no stable version of '{}' is recorded yet: name it in `stable`",
                            request.rollout));
  }
  pin.args = options_.arguments;
  for (const auto& [name, value] : request.arguments) pin.args[name] = value;
  SERIN_TRY(plan, rollout::pin(configuration_->set, *rollout, pin));
  SERIN_CHECK(places_->check(plan));
  SERIN_TRY(revision, rollout::policy_revision(configuration_->set, *rollout, pin));
  SERIN_TRY(ticket, make_ticket(plan, {.executor = request.user,
                                       .pipeline = request.pipeline,
                                       .revision = revision}));
  ticket.key = request.key;
  if (!request.reason.empty()) ticket.info.set("reason", request.reason);
  SERIN_CHECK(messenger_->prepare(plan.rollout, options_.notify_url));
  SERIN_CHECK(adopt(plan));
  warnings = plan.warnings;
  return ticket;
}

Result<engine::Ticket> Fleet::ticket_for(const EditRequest& request) {
  const engine::Ticket* before = engine_->ticket(request.release);
  if (before == nullptr) {
    return fail(Code::not_found, fmt::format("there is no release '{}'", request.release));
  }
  rollout::PinOptions pin;
  pin.version = before->spec.version;
  pin.stable_version = before->spec.stable_version;
  pin.args = options_.arguments;
  for (const auto& [name, value] : request.arguments) pin.args[name] = value;
  std::shared_ptr<const Configuration> documents = configuration_;
  if (!request.files.empty()) {
    documents = std::make_shared<Configuration>(check_configuration(request.files, pin.args));
    if (documents->problems.has_errors())
      return fail(Code::invalid_argument, config::to_text(documents->problems));
  }
  const rollout::Rollout* rollout = documents->set.find_rollout(before->spec.rollout);
  if (rollout == nullptr) {
    return fail(Code::not_found,
                fmt::format("there is no rollout '{}' in the {}", before->spec.rollout,
                            request.files.empty() ? "configuration" : "files"));
  }
  SERIN_TRY(plan, rollout::pin(documents->set, *rollout, pin));
  SERIN_CHECK(check_edit(*before, plan));
  SERIN_TRY(revision, rollout::policy_revision(documents->set, *rollout, pin));
  SERIN_TRY(ticket, make_ticket(plan, {.executor = request.user, .revision = revision}));
  SERIN_CHECK(messenger_->prepare(plan.rollout, options_.notify_url));
  SERIN_CHECK(adopt(plan));
  return ticket;
}

Status Fleet::adopt(const rollout::PinnedPlan& plan) {
  SERIN_TRY(policy, make_policy(plan, "", true));
  if (sources_.size() + policy->sources.size() > kFleetSourcesMax) {
    std::set<std::string> used;
    for (const std::string& release : engine_->releases()) {
      if (machine::is_terminal(engine_->state(release)->status)) continue;
      for (const engine::Source& each : engine_->ticket(release)->sources)
        used.insert(each.identity);
    }
    std::erase_if(sources_, [&](const auto& each) { return !used.contains(each.first); });
  }
  return add_release_sources(sources_,
                             {.loop = loop_,
                              .http = *http_,
                              .pool = &pool_,
                              .counters = queries_,
                              .on_degraded = tell_degraded(log_)},
                             plan, *policy);
}

queries::MetricSource* Fleet::source(const std::string& identity) {
  auto found = sources_.find(identity);
  return found == sources_.end() ? nullptr : found->second.get();
}

void Fleet::start(const StartRequest& request, StartDone done) {
  std::vector<std::string> warnings;
  auto ticket = ticket_for(request, warnings);
  if (!ticket) return done(std::unexpected(ticket.error()));
  std::string id = fmt::format("fleet-{}", ++requests_);
  waiting_.emplace(id, [done = std::move(done),
                        warnings = std::move(warnings)](const LiveShell::Reply& reply) mutable {
    if (!reply.accepted) return done(fail(reply.code, reply.message));
    done(Opened{
        .release = reply.opened, .repeated = reply.repeated, .warnings = std::move(warnings)});
  });
  shell_->submit(engine::event::Open{
      .ticket = *std::move(ticket), .supersede = request.supersede, .request = id});
}

void Fleet::operate(const std::string& release, machine::event::Operated operated,
                    OperateDone done) {
  std::string id = fmt::format("fleet-{}", ++requests_);
  operated.request = id;
  waiting_.emplace(id, [done = std::move(done), release](const LiveShell::Reply& reply) mutable {
    if (!reply.accepted) {
      return done(std::unexpected(
          OperationRefusal{.error = {reply.code, reply.message}, .allowed = reply.allowed}));
    }
    std::string message = reply.message.empty() ? release + ": done" : reply.message;
    if (!reply.opened.empty()) message += ", " + reply.opened + " is open";
    if (reply.repeated) message = release + ": was done before under this key";
    done(OperationDone{.message = message, .repeated = reply.repeated, .opened = reply.opened});
  });
  engine::event::Operate event;
  event.release = release;
  event.operated = std::move(operated);
  shell_->submit(event);
}

void Fleet::edit(const EditRequest& request, OperateDone done) {
  auto ticket = ticket_for(request);
  if (!ticket) return done(std::unexpected(OperationRefusal{.error = ticket.error()}));
  std::string id = fmt::format("fleet-{}", ++requests_);
  waiting_.emplace(id, [done = std::move(done)](const LiveShell::Reply& reply) mutable {
    if (!reply.accepted) {
      return done(std::unexpected(
          OperationRefusal{.error = {reply.code, reply.message}, .allowed = reply.allowed}));
    }
    done(OperationDone{.message = reply.message});
  });
  shell_->submit(engine::event::Edit{.release = request.release,
                                     .ticket = *std::move(ticket),
                                     .user = request.user,
                                     .comment = request.comment,
                                     .dry = request.dry,
                                     .request = id});
}

void Fleet::replied(const LiveShell::Reply& reply) {
  auto found = waiting_.find(reply.request);
  if (found == waiting_.end()) {
    control_->reply(reply);
    return;
  }
  auto answered = std::move(found->second);
  waiting_.erase(found);
  answered(reply);
}

void Fleet::changed(const std::vector<std::string>& releases) {
  for (const std::string& release : releases) keep_end(release);
  if (on_changed) on_changed(releases);
}

// A snapshot at the end keeps what a start has to read short.
void Fleet::keep_end(const std::string& release) {
  const machine::ReleaseState* state = engine_->state(release);
  if (state == nullptr) return;
  bool over = machine::is_terminal(state->status) && !state->remainder.hand_back;
  if (!over || !ended_.insert(release).second) return;
  auto forget = [this](const std::string& id) { return engine_->state(id) == nullptr; };
  std::erase_if(ended_, forget);
  store::Batch batch = end_of_release(*engine_, release);
  // Too much at once: the records are read instead of it after a restart.
  if (store::size_bytes(batch) > store::kBatchBytesMax) batch.snapshots.clear();
  store_->commit(std::move(batch), [this, release, alive = alive_](const Status& status) {
    if (status || !*alive) return;
    log_.warn("a release's end is not in its entry yet",
              {{"release", release}, {"error", status.error().to_string()}});
    ended_.erase(release);  // with its next change, or the next start
  });
}

rollout::Router* Fleet::router(std::string_view release) {
  const rollout::engine::Ticket* ticket = engine_->ticket(release);
  return ticket != nullptr ? places_->router(*ticket) : nullptr;
}

Json Fleet::document(std::string_view release) const {
  return rollout::history::report_of(*engine_, release, loop_.clock().now());
}

void Fleet::close(Callback done) {
  messenger_->flush(loop_.clock().now().mono + kTellMax, std::move(done));
}

}  // namespace serin::app
