#include "app/live/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

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
  if (!records.empty() && records.front().kind == "restated") {
    return rollout::engine::ticket_from_json(records.front().body["ticket"]);
  }
  SERIN_TRY(snapshot, reader.snapshot(id));  // stands for records that are not kept any more
  if (!snapshot) return fail(Code::data_loss, id + " has no ticket");
  for (const Json& saved : snapshot->state["releases"].items()) {
    if (saved["ticket"]["spec"]["id"].string() != id) continue;
    return rollout::engine::ticket_from_json(saved["ticket"]);
  }
  return fail(Code::data_loss, id + " has no ticket");
}

// Those that live, however old, and the newest of the others; oldest first.
Result<std::vector<store::ReleaseInfo>> releases_to_restore(store::Reader& reader) {
  store::ReleaseQuery query;
  query.limit = static_cast<int>(rollout::engine::Engine::kReleasesEndedMax);
  SERIN_TRY(releases, reader.releases(query));
  query.live_only = true;
  query.limit = store::kPageRowsMax;
  for (;;) {
    SERIN_TRY(page, reader.releases(query));
    for (store::ReleaseInfo& live : page) {
      bool listed = std::any_of(releases.begin(), releases.end(),
                                [&](const auto& other) { return other.entry.id == live.entry.id; });
      if (!listed) releases.push_back(std::move(live));
    }
    if (page.size() < static_cast<std::size_t>(query.limit)) break;
    query.skip += query.limit;
  }
  std::stable_sort(releases.begin(), releases.end(), [](const auto& a, const auto& b) {
    return std::pair(a.entry.started, a.ticket.number) <
           std::pair(b.entry.started, b.ticket.number);
  });
  return releases;
}

}  // namespace

Status restore_engine(rollout::engine::Engine& engine, const std::string& directory) {
  SERIN_TRY(reader, store::Reader::open(directory));
  SERIN_TRY(releases, releases_to_restore(reader));
  // Each snapshot is of the whole engine, written when its release ended: the last end counts, for
  // of many releases the one that began last need not have ended last.
  const store::ReleaseInfo* last = nullptr;
  std::optional<store::Snapshot> newest;
  for (const store::ReleaseInfo& release : releases) {
    if (!release.entry.ended || (last != nullptr && *release.entry.ended <= *last->entry.ended))
      continue;
    SERIN_TRY(snapshot, reader.snapshot(release.entry.id));
    if (!snapshot) continue;
    last = &release;
    newest = std::move(snapshot);
  }
  std::map<std::string, std::uint64_t, std::less<>> known;  // the last record in the snapshot
  if (newest) {
    SERIN_CHECK(engine.restore(newest->state));
    for (const Json& saved : newest->state["releases"].items()) {
      known[std::string(saved["ticket"]["spec"]["id"].string())] =
          static_cast<std::uint64_t>(saved["sequence"].integer());
    }
  }
  for (const store::ReleaseInfo& release : releases) {  // oldest first
    auto in_snapshot = known.find(release.entry.id);
    std::uint64_t from = in_snapshot == known.end() ? 0 : in_snapshot->second;
    // One that had ended by then and is not in the snapshot was forgotten before it.
    bool forgotten =
        from == 0 && newest && release.entry.ended && *release.entry.ended <= *last->entry.ended;
    if (forgotten || release.last_sequence <= from) continue;
    SERIN_TRY(records, reader.records(release.entry.id, from == 0 ? 0 : from + 1));
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
