#include "tests/sim/world/store.h"

#include "base/assert.h"

namespace serin::sim {

using rollout::JournalRecord;

std::string to_line(const JournalRecord& record) {
  return Json::object()
      .set("release", record.release)
      .set("sequence", record.sequence)
      .set("mono", record.now.mono.time_since_epoch().count())
      .set("wall", record.now.wall.time_since_epoch().count())
      .set("boot", record.boot_id)
      .set("kind", record.kind)
      .set("body", record.body)
      .dump();
}

JournalRecord from_line(const std::string& line) {
  auto json = Json::parse(line);
  SERIN_ASSERT(json.has_value());
  JournalRecord record;
  record.release = std::string((*json)["release"].string());
  record.sequence = static_cast<std::uint64_t>((*json)["sequence"].integer());
  record.now.mono = Instant(Duration((*json)["mono"].integer()));
  record.now.wall = WallTime(Duration((*json)["wall"].integer()));
  record.boot_id = std::string((*json)["boot"].string());
  record.kind = std::string((*json)["kind"].string());
  record.body = (*json)["body"];
  return record;
}

void Store::append(std::vector<JournalRecord> records, Done done) {
  begin({std::move(records), std::nullopt, std::move(done)});
}

void Store::append_snapshot(Json snapshot, Done done) {
  begin({{}, std::move(snapshot), std::move(done)});
}

void Store::begin(Write write) {
  writing_.push_back(std::move(write));
  Duration delay = slow_ ? world_.between(seconds(1), seconds(20))
                         : world_.between(milliseconds(1), milliseconds(15));
  world_.after(delay, [this, epoch = epoch_] {
    if (epoch == epoch_) finish();
  });
}

void Store::finish() {
  SERIN_ASSERT(!writing_.empty());
  Write write = std::move(writing_.front());
  writing_.pop_front();
  bool fails = !calm_ && world_.chance(knobs_.write_fails);
  if (fails) world_.note("store: a write fails");
  if (full_ || fails) {
    write.done(fail(Code::unavailable, "no space left on device"));
    return;
  }
  keep(write);
  write.done({});
}

void Store::keep(const Write& write) {
  if (write.snapshot) {
    snapshot_ = write.snapshot->dump();
    lines_.clear();
    if (on_snapshot) on_snapshot(*write.snapshot);
  }
  for (const JournalRecord& record : write.records) lines_.push_back(to_line(record));
  if (on_durable) on_durable(write.records);
}

void Store::tear() {
  ++epoch_;
  while (!writing_.empty() && !full_ && world_.chance(0.5)) {
    keep(writing_.front());
    writing_.pop_front();
  }
  writing_.clear();
}

std::optional<Json> Store::snapshot() const {
  if (snapshot_.empty()) return std::nullopt;
  return *Json::parse(snapshot_);
}

std::vector<JournalRecord> Store::records() const {
  std::vector<JournalRecord> records;
  for (const std::string& line : lines_) records.push_back(from_line(line));
  return records;
}

void Store::every(Duration mean, std::function<void()> action) {
  if (mean == Duration{}) return;
  world_.after(world_.about(mean), [this, mean, action] {
    if (calm_) return;
    action();
    every(mean, action);
  });
}

void Store::begin_weather() {
  every(knobs_.store_outage_every, [this] {
    full_ = true;
    world_.note("store: full");
    world_.after(world_.about(seconds(40)), [this] {
      full_ = false;
      world_.note("store: has space");
    });
  });
  every(knobs_.store_slow_every, [this] {
    slow_ = true;
    world_.note("store: slow");
    world_.after(world_.about(seconds(40)), [this] { slow_ = false; });
  });
}

}  // namespace serin::sim
