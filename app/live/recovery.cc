#include "app/live/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "drivers/store/reader.h"
#include "rollout/history/summary.h"

namespace serin::app {
namespace {

constexpr const char* kInstanceFile = "instance";
constexpr std::size_t kInstanceMax = 64;

}  // namespace

Status restore_engine(rollout::engine::Engine& engine, const std::string& directory) {
  SERIN_TRY(reader, store::Reader::open(directory));
  store::ReleaseQuery query;
  query.limit = static_cast<int>(rollout::engine::Engine::kReleasesEndedMax);
  SERIN_TRY(releases, reader.releases(query));
  std::string snapshot_of;
  for (const store::ReleaseInfo& release : releases) {  // newest first
    SERIN_TRY(snapshot, reader.snapshot(release.entry.id));
    if (!snapshot) continue;
    SERIN_CHECK(engine.restore(snapshot->state));
    snapshot_of = release.entry.id;
    break;
  }
  std::reverse(releases.begin(), releases.end());
  bool in_snapshot = !snapshot_of.empty();
  for (const store::ReleaseInfo& release : releases) {
    bool known = in_snapshot && release.entry.ended.has_value();
    if (release.entry.id == snapshot_of) in_snapshot = false;
    if (known || release.last_sequence == 0) continue;
    SERIN_TRY(records, reader.records(release.entry.id));
    SERIN_CHECK(engine.fold(records));
  }
  return {};
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
