#include "app/live/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "drivers/store/reader.h"
#include "rollout/history/summary.h"

namespace serin::app {
namespace {

constexpr const char* kInstanceFile = "instance";
constexpr std::size_t kInstanceMax = 64;

Result<rollout::engine::Ticket> ticket_of(store::Reader& reader, const std::string& id) {
  SERIN_TRY(records, reader.records(id, 0, 1));
  if (!records.empty() && records.front().kind == "opened") {
    return rollout::engine::ticket_from_json(records.front().body);
  }
  SERIN_TRY(snapshot, reader.snapshot(id));  // stands for records that are not kept any more
  if (!snapshot) return fail(Code::data_loss, id + " has no ticket");
  for (const Json& saved : snapshot->state["releases"].items()) {
    if (saved["ticket"]["spec"]["id"].string() != id) continue;
    return rollout::engine::ticket_from_json(saved["ticket"]);
  }
  return fail(Code::data_loss, id + " has no ticket");
}

}  // namespace

Status restore_engine(rollout::engine::Engine& engine, const std::string& directory) {
  SERIN_TRY(reader, store::Reader::open(directory));
  store::ReleaseQuery query;
  query.limit = static_cast<int>(rollout::engine::Engine::kReleasesEndedMax);
  SERIN_TRY(releases, reader.releases(query));
  std::map<std::string, std::uint64_t> folded;          // how far, by the snapshot
  for (const store::ReleaseInfo& release : releases) {  // newest first
    SERIN_TRY(snapshot, reader.snapshot(release.entry.id));
    if (!snapshot) continue;
    SERIN_CHECK(engine.restore(snapshot->state));
    for (const Json& saved : snapshot->state["releases"].items()) {
      folded[std::string(saved["ticket"]["spec"]["id"].string())] =
          static_cast<std::uint64_t>(saved["sequence"].integer());
    }
    break;
  }
  std::reverse(releases.begin(), releases.end());
  for (const store::ReleaseInfo& release : releases) {
    // What happened after the snapshot counts, also to releases that had ended by then.
    auto known = folded.find(release.entry.id);
    std::uint64_t sequence = known != folded.end() ? known->second : 0;
    if (release.last_sequence <= sequence) continue;
    SERIN_TRY(records, reader.records(release.entry.id, sequence + 1));
    SERIN_CHECK(engine.fold(records));
  }
  return {};
}

Result<rollout::engine::Ticket> stored_ticket(const std::string& directory,
                                              const std::string& name) {
  SERIN_TRY(reader, store::Reader::open(directory));
  SERIN_TRY(releases, reader.releases({}));
  for (const store::ReleaseInfo& release : releases) {  // newest first
    const std::string& id = release.entry.id;
    auto ticket = ticket_of(reader, id);
    if (!ticket) continue;
    if (id == name || ticket->spec.rollout == name || ticket->service == name) return ticket;
  }
  return fail(Code::not_found,
              fmt::format("there is no rollout or release '{}' in {}", name, directory));
}

store::ReleaseEntry entry_of(const rollout::engine::Engine& engine, const std::string& release) {
  const rollout::machine::ReleaseState* state = engine.state(release);
  store::ReleaseEntry entry;
  entry.id = release;
  entry.started = state->created.wall;
  entry.ended = state->ended;
  entry.summary = rollout::history::summary_of(engine, release);
  return entry;
}

store::Batch end_of_release(const rollout::engine::Engine& engine, const std::string& release) {
  store::Batch batch;
  batch.releases.push_back(entry_of(engine, release));
  Json state = engine.snapshot();
  for (const Json& saved : state["releases"].items()) {
    if (saved["ticket"]["spec"]["id"].string() != release) continue;
    auto sequence = static_cast<std::uint64_t>(saved["sequence"].integer());
    batch.snapshots.push_back({.release = release, .sequence = sequence, .state = state});
    break;
  }
  return batch;
}

Result<std::string> instance_name(const std::string& directory, Rng& rng) {
  std::string path = directory + "/" + kInstanceFile;
  {
    std::ifstream in(path);
    std::string name;
    if (in >> name && !name.empty() && name.size() <= kInstanceMax) return name;
  }
  std::string name = fmt::format("{:016x}", rng());
  std::ofstream out(path, std::ios::trunc);
  out << name << "\n";
  out.flush();
  if (!out) return fail(Code::unavailable, "can't write " + path);
  return name;
}

}  // namespace serin::app
