#include "drivers/store/store.h"

#include <algorithm>

#include "base/assert.h"

namespace serin::store {
namespace {

std::size_t answer_bytes(const StoredAnswer& answer) {
  return answer.key.size() * 2 + answer.request.size() + answer.body.size() + sizeof(StoredAnswer);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Loop& loop) {
  SERIN_TRY(directory, Directory::open(options.directory, Directory::Access::exclusive));
  SERIN_TRY(database, open_for_writing(directory, options.writer.database));
  auto owned = std::make_unique<Database>(std::move(database));
  std::unique_ptr<Store> store(new Store(loop, options, std::make_shared<State>()));
  if (Status loaded = store->load(*owned, loop.clock().now().wall); !loaded) {
    return std::unexpected(explain_damage(std::move(loaded).error(), directory));
  }
  SERIN_TRY(writer, Writer::make(*owned));
  // The thread reports to the loop; the Store may be gone when the loop gets to it.
  auto on_health = [&loop, state = std::weak_ptr<State>(store->state_),
                    self = store.get()](Status health) {
    loop.post([state, self, health = std::move(health)]() mutable {
      auto alive = state.lock();
      if (alive && alive->open) self->on_health(std::move(health));
    });
  };
  store->thread_ =
      std::make_unique<WriterThread>(std::move(directory), std::move(owned), std::move(writer),
                                     options.writer, std::move(on_health));
  return store;
}

Store::Store(Loop& loop, StoreOptions options, std::shared_ptr<State> state)
    : loop_(loop), options_(std::move(options)), state_(std::move(state)) {}

Store::~Store() {
  state_->open = false;
  if (state_->probe != TimerId::none) loop_.cancel(state_->probe);
}

Status Store::load(Database& database, WallTime now) {
  Reader reader(database);
  SERIN_TRY(rollouts, reader.rollouts());
  for (RolloutRow& row : rollouts) state_->rollouts[row.roles.rollout] = row;
  SERIN_TRY(answers, reader.answers(now - kAnswerLife));
  for (StoredAnswer& answer : answers) remember_answer(*state_, std::move(answer));
  // What is live must be readable before serin acts on it.
  for (int skip = 0;; skip += kPageRowsMax) {
    SERIN_TRY(page, reader.releases({.live_only = true, .skip = skip, .limit = kPageRowsMax}));
    if (page.empty()) return {};
    for (const ReleaseInfo& info : page) {
      SERIN_CHECK(reader.records(info.entry.id));
      SERIN_CHECK(reader.snapshot(info.entry.id));
    }
  }
}

void Store::append(std::vector<rollout::JournalRecord> records, Done done) {
  commit({.records = std::move(records)}, std::move(done));
}

void Store::commit(Batch batch, Done done) {
  commit(std::make_shared<const Batch>(std::move(batch)), std::move(done));
}

void Store::commit(std::shared_ptr<const Batch> batch, Done done) {
  SERIN_ASSERT(batch != nullptr);
  std::size_t bytes = size_bytes(*batch);
  Remember parts{.roles = batch->roles, .answers = batch->answers, .tickets = {}};
  for (const auto& record : batch->records) {
    if (record.sequence == 1) parts.tickets.push_back(record.release);
  }
  for (const auto& entry : batch->releases) parts.tickets.push_back(entry.id);
  submit({.work = [batch = std::move(batch)](Writer& writer) { return writer.write(*batch); },
          .finished =
              [&loop = loop_, state = state_, parts = std::move(parts),
               done = std::move(done)](Status status) mutable {
                loop.post([state = std::move(state), parts = std::move(parts),
                           done = std::move(done), status = std::move(status)]() mutable {
                  if (status) remember(*state, std::move(parts));
                  done(std::move(status));
                });
              },
          .bytes = bytes});
}

void Store::submit(WriteJob job) {
  if (job.bytes > kBatchBytesMax) {
    job.finished(fail(Code::invalid_argument, "a batch of about " + std::to_string(job.bytes) +
                                                  " bytes is over the limit of " +
                                                  std::to_string(kBatchBytesMax)));
    return;
  }
  if (thread_->try_submit(std::move(job))) return;
  job.finished(fail(Code::rate_limited,
                    "the store's queue is full (" + std::to_string(options_.writer.queue_jobs_max) +
                        " calls, " + std::to_string(options_.writer.queue_bytes_max) + " bytes)"));
}

void Store::prune(const Retention& retention, WallTime now, PruneDone done) {
  prune_step(retention, now, 0, std::move(done));
}

void Store::prune_step(const Retention& retention, WallTime now, std::int64_t before,
                       PruneDone done) {
  auto rows = std::make_shared<std::int64_t>(0);
  auto work = [rows, retention, now](Writer& writer) {
    return writer.within([&](Ledger& ledger, Database& database) -> Status {
      SERIN_TRY(taken, store::prune(ledger, database, retention, now));
      *rows = taken;
      return {};
    });
  };
  auto finished = [this, &loop = loop_, state = state_, rows, retention, now, before,
                   done = std::move(done)](Status status) mutable {
    loop.post([this, state = std::move(state), rows, retention, now, before, done = std::move(done),
               status = std::move(status)]() mutable {
      if (!status) {
        done(std::unexpected(std::move(status).error()));
      } else if (*rows == 0 || !state->open) {
        done(before + *rows);
      } else {
        prune_step(retention, now, before + *rows, std::move(done));
      }
    });
  };
  submit({.work = std::move(work), .finished = std::move(finished)});
}

std::string Store::next_ticket(const std::string& rollout) {
  RolloutRow& row = state_->rollouts[rollout];
  row.roles.rollout = rollout;
  return Ticket{.rollout = rollout, .number = ++row.last_number}.id();
}

std::optional<SlotRoles> Store::roles(const std::string& rollout) const {
  auto it = state_->rollouts.find(rollout);
  if (it == state_->rollouts.end() || it->second.roles.stable_version.empty()) return std::nullopt;
  return it->second.roles;
}

std::optional<StoredAnswer> Store::answer(const std::string& key, WallTime now) const {
  auto it = state_->answers.find(key);
  if (it == state_->answers.end() || it->second.stored + kAnswerLife <= now) return std::nullopt;
  return it->second;
}

void Store::remember(State& state, Remember parts) {
  for (SlotRoles& roles : parts.roles) {
    std::string name = roles.rollout;
    state.rollouts[name].roles = std::move(roles);
  }
  for (const std::string& id : parts.tickets) count_ticket(state, id);
  for (StoredAnswer& answer : parts.answers) remember_answer(state, std::move(answer));
}

void Store::count_ticket(State& state, const std::string& id) {
  Result<Ticket> ticket = parse_ticket(id);
  if (!ticket) return;
  RolloutRow& row = state.rollouts[ticket->rollout];
  row.roles.rollout = ticket->rollout;
  row.last_number = std::max(row.last_number, ticket->number);
}

void Store::remember_answer(State& state, StoredAnswer answer) {
  auto forget = [&](std::map<std::string, StoredAnswer>::iterator it) {
    state.answer_bytes -= answer_bytes(it->second);
    state.answers.erase(it);
  };
  if (auto it = state.answers.find(answer.key); it != state.answers.end()) forget(it);
  WallTime now = answer.stored;
  state.answer_bytes += answer_bytes(answer);
  state.answer_order.emplace_back(answer.key, answer.stored);
  state.answers.emplace(answer.key, std::move(answer));
  while (!state.answer_order.empty()) {
    const auto& [key, stored] = state.answer_order.front();
    auto it = state.answers.find(key);
    bool current = it != state.answers.end() && it->second.stored == stored;
    bool over = state.answers.size() > kAnswersMax || state.answer_bytes > kAnswersBytesMax ||
                stored + kAnswerLife <= now;
    if (current && !over) break;
    if (current) forget(it);
    state.answer_order.pop_front();
  }
}

void Store::on_health(Status health) {
  state_->health = std::move(health);
  if (!state_->health) probe_later();
  if (state_->watcher) state_->watcher(state_->health);
}

// Nobody may be asking again while nothing happens: the store looks by itself whether it can write.
void Store::probe_later() {
  if (state_->probe != TimerId::none) return;
  Instant when = loop_.clock().now().mono + options_.probe_interval;
  state_->probe = loop_.call_at(when, [this] {
    state_->probe = TimerId::none;
    if (state_->health) return;
    auto work = [](Writer& writer) {
      return writer.within([](Ledger&, Database& database) {
        return database.execute(
            "INSERT INTO probe VALUES(1, 1) ON CONFLICT(only) DO UPDATE SET count=count+1");
      });
    };
    auto finished = [&loop = loop_, this, state = state_](Status) {
      loop.post([this, state] {
        if (state->open && !state->health) probe_later();
      });
    };
    submit({.work = std::move(work), .finished = std::move(finished)});
  });
}

}  // namespace serin::store
