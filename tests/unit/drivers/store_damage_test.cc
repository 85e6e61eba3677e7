// Damaged journals: never read wrong, found by the check, brought back by the repair.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "drivers/store/check.h"
#include "unit/drivers/store_fixture.h"

namespace serin::store {
namespace {

using namespace std::chrono_literals;

// All that decisions rest on.
struct Everything {
  std::vector<ReleaseInfo> releases;
  std::vector<std::vector<JournalRecord>> records;
  std::vector<std::optional<Snapshot>> snapshots;
  std::vector<SlotRoles> roles;
  std::vector<std::uint64_t> numbers;
  bool operator==(const Everything&) const = default;
};

Result<Everything> read_everything(const std::string& directory) {
  SERIN_TRY(reader, Reader::open(directory));
  Everything all;
  SERIN_TRY(releases, reader.releases({.limit = kPageRowsMax}));
  all.releases = releases;
  for (const ReleaseInfo& info : releases) {
    SERIN_TRY(records, reader.records(info.entry.id));
    all.records.push_back(std::move(records));
    SERIN_TRY(snapshot, reader.snapshot(info.entry.id));
    all.snapshots.push_back(std::move(snapshot));
  }
  SERIN_TRY(rollouts, reader.rollouts());
  for (const RolloutRow& row : rollouts) {
    all.roles.push_back(row.roles);
    all.numbers.push_back(row.last_number);
  }
  return all;
}

class StoreDamage : public StoreTest {
 protected:
  // Three releases of two rollouts, with every kind of entry; closed well.
  void fill() {
    auto store = open();
    for (const std::string release : {"checkout-1", "checkout-2", "cart-1"}) {
      std::vector<JournalRecord> records;
      for (std::uint64_t i = 1; i <= 40; ++i) {
        records.push_back(
            record(release, i, release + std::string(static_cast<std::size_t>(i) * 20, 'r')));
      }
      Batch batch{.records = std::move(records)};
      batch.releases.push_back(
          {.id = release, .started = kNoon, .summary = Json::object().set("version", "v1")});
      batch.snapshots.push_back(
          {.release = release, .sequence = 30, .state = Json::object().set("step", 3)});
      batch.audit.push_back(
          {.when = kNoon, .actor = "ada", .operation = "release", .subject = release});
      batch.answers.push_back({.key = "key-" + release,
                               .request = "POST",
                               .status = 201,
                               .body = "{}",
                               .stored = kNoon});
      ASSERT_TRUE(commit(*store, std::move(batch)));
    }
    ASSERT_TRUE(commit(*store, {.roles = {{.rollout = "checkout",
                                           .swapped = true,
                                           .stable_version = "v2",
                                           .canary_version = "v1",
                                           .release = "checkout-1"},
                                          {.rollout = "cart", .stable_version = "v1"}}}));
    store.reset();
    ASSERT_EQ(::access((directory() + "/journal.db-wal").c_str(), F_OK), -1);
    auto all = read_everything(directory());
    ASSERT_TRUE(all);
    original_ = *all;
    bytes_ = dir_.read("state/journal.db");
  }

  void put(const std::string& bytes) const {
    for (const char* extra : {"-wal", "-shm"}) {
      ::unlink((directory() + "/journal.db" + extra).c_str());
    }
    dir_.write("state/journal.db", bytes);
    ::chmod((directory() + "/journal.db").c_str(), 0600);
  }

  const std::vector<JournalRecord>& original_records(const std::string& id) const {
    for (std::size_t i = 0; i < original_.releases.size(); ++i) {
      if (original_.releases[i].entry.id == id) return original_.records[i];
    }
    static const std::vector<JournalRecord> kNone;
    return kNone;
  }

  // Every release that is there holds a prefix of what was written, and nothing else.
  void expect_prefixes(const Everything& all) const {
    for (std::size_t i = 0; i < all.releases.size(); ++i) {
      const auto& written = original_records(all.releases[i].entry.id);
      ASSERT_LE(all.records[i].size(), written.size()) << all.releases[i].entry.id;
      EXPECT_TRUE(std::equal(all.records[i].begin(), all.records[i].end(), written.begin()))
          << all.releases[i].entry.id;
      Json three = Json::object().set("step", 3);
      EXPECT_EQ(all.snapshots[i] ? all.snapshots[i]->state : three, three);
    }
    for (const SlotRoles& roles : all.roles) {
      // Known as they were, or unknown; never others.
      EXPECT_TRUE(roles.stable_version.empty() ||
                  std::ranges::find(original_.roles, roles) != original_.roles.end())
          << roles.rollout;
    }
  }

  Everything original_;
  std::string bytes_;
};

TEST_F(StoreDamage, ChangedBytesAreNeverReadAsTruth) {
  fill();
  Rng rng(11);
  int found = 0;
  int harmless = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bytes = bytes_;
    auto at = static_cast<std::size_t>(round < 100 ? static_cast<std::uint64_t>(round)
                                                   : rng.below(bytes.size()));
    auto bit = static_cast<char>(1U << rng.below(8));
    bytes[at] = static_cast<char>(bytes[at] ^ bit);
    put(bytes);
    SCOPED_TRACE("byte " + std::to_string(at) + " of page " + std::to_string(at / 4096));
    auto all = read_everything(directory());
    if (all) {
      ASSERT_EQ(*all, original_);
      ++harmless;
    } else {
      ++found;
      ASSERT_TRUE(all.error().code == Code::data_loss ||
                  all.error().code == Code::failed_precondition ||
                  all.error().code == Code::not_found)
          << all.error().message;
      auto report = check_journal(directory());
      ASSERT_TRUE(!report || !report->ok());
    }
    ASSERT_EQ(dir_.read("state/journal.db"), bytes) << "reading changed the file";
  }
  EXPECT_GT(found, 100);
  EXPECT_GT(harmless, 20);  // unused space, pages that hold audit and answers
}

TEST_F(StoreDamage, ARepairKeepsTheLongestWholePrefix) {
  fill();
  Rng rng(13);
  int repaired = 0;
  int complete = 0;
  for (int round = 0; round < 60; ++round) {
    std::string bytes = bytes_;
    // A changed byte, a page of zeros, or a lost end.
    auto at = 100 + static_cast<std::size_t>(rng.below(bytes.size() - 100));
    switch (round % 3) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        break;
      case 1:
        at = std::max<std::size_t>(at / 4096, 1) * 4096;
        bytes.replace(at, 4096, 4096, '\0');
        break;
      default:
        bytes.resize(std::max<std::size_t>(at, 8192));
    }
    put(bytes);
    SCOPED_TRACE("round " + std::to_string(round) + ", byte " + std::to_string(at));
    auto report = repair_journal(directory(), kNoon);
    if (!report) {
      std::puts(report.error().message.c_str());
      ASSERT_EQ(report.error().code, Code::data_loss) << report.error().message;
      ASSERT_EQ(dir_.read("state/journal.db"), bytes);
      continue;
    }
    ++repaired;
    auto after = check_journal(directory());
    ASSERT_TRUE(after) << after.error().message;
    ASSERT_TRUE(after->ok()) << after->damages[0].what;
    auto all = read_everything(directory());
    ASSERT_TRUE(all) << all.error().message;
    expect_prefixes(*all);
    if (report->records == 120 && report->records_lost == 0) ++complete;
    std::string name = report->kept_as.substr(dir_.path().size() + 1);
    ASSERT_EQ(dir_.read(name), bytes);
    // It goes on from there.
    auto store = open();
    ASSERT_TRUE(store);
    for (std::size_t i = 0; i < all->releases.size(); ++i) {
      ASSERT_TRUE(
          append(*store, {record(all->releases[i].entry.id, all->releases[i].last_sequence + 1)}));
    }
    store.reset();
    ::unlink(report->kept_as.c_str());
  }
  EXPECT_GT(repaired, 50);
  EXPECT_GT(complete, 10);
}

TEST_F(StoreDamage, ARepairOfWhatIsWholeCopiesIt) {
  fill();
  auto report = repair_journal(directory(), kNoon);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->releases, 3U);
  EXPECT_EQ(report->records, 120U);
  EXPECT_EQ(report->records_lost, 0U);
  EXPECT_TRUE(report->notes.empty()) << report->notes[0];
  EXPECT_EQ(report->kept_as, directory() + "/journal.db.damaged-20261121T120000Z");
  EXPECT_EQ(*read_everything(directory()), original_);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->audit({})->size(), 3U);
  EXPECT_EQ(reader->answers(kNoon)->size(), 3U);
  struct stat info {};
  ASSERT_EQ(::stat((directory() + "/journal.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(StoreDamage, TheCheckNamesReleaseAndRecord) {
  fill();
  {
    auto database = Database::open({.path = directory() + "/journal.db"});
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(
        "UPDATE records SET kind='promoted' WHERE release='checkout-1' AND sequence=17;"
        "DELETE FROM records WHERE release='checkout-2' AND sequence=40;"
        "UPDATE rollouts SET stable_version='v666' WHERE name='cart';"
        "INSERT INTO records SELECT NULL, 'ghost-1', sequence, mono_ns, wall_ns, boot_id, kind, "
        "body, row_check FROM records WHERE release='cart-1' AND sequence<3"));
  }
  auto report = check_journal(directory());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->damages_total, 4U);
  auto has = [&](const Damage& damage) {
    return std::ranges::find(report->damages, damage) != report->damages.end();
  };
  EXPECT_TRUE(has(
      {.release = "checkout-1", .sequence = 17, .what = "is damaged: its checksum does not fit"}));
  EXPECT_TRUE(has({.release = "checkout-2", .sequence = 40, .what = "is missing"}));
  EXPECT_TRUE(has({.release = "ghost-1",
                   .sequence = 1,
                   .what = "2 records that the release's entry does not know"}));
  EXPECT_TRUE(has({.release = "",
                   .what = "the rollouts: the entry of rollout 'cart' is damaged: its checksum "
                           "does not fit"}));
  // A live release that can't be read keeps the store closed, and untouched.
  std::string before = dir_.read("state/journal.db");
  Error error = open_error();
  EXPECT_EQ(error.code, Code::data_loss);
  EXPECT_NE(error.message.find("serin journal repair"), std::string::npos) << error.message;
  EXPECT_EQ(dir_.read("state/journal.db"), before);

  auto repaired = repair_journal(directory(), kNoon);
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->records, 16U + 39U + 40U);
  EXPECT_EQ(repaired->records_lost, 24U + 2U);
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->release("checkout-1")->entry.summary["repaired"].boolean());
  EXPECT_FALSE(reader->release("cart-1")->entry.summary["repaired"].boolean());
  EXPECT_EQ(reader->records("checkout-1")->size(), 16U);
  // Its snapshot was of record 30: it would be ahead of the records.
  EXPECT_FALSE(*reader->snapshot("checkout-1"));
  EXPECT_TRUE(*reader->snapshot("checkout-2"));
  // The tickets are counted still, also where the rollout's own entry was lost.
  auto store = open();
  EXPECT_EQ(store->next_ticket("cart"), "cart-2");
  EXPECT_FALSE(store->roles("cart"));
  EXPECT_EQ(store->roles("checkout")->stable_version, "v2");
}

TEST_F(StoreDamage, SwappedRecordsAreFound) {
  fill();
  {
    auto database = Database::open({.path = directory() + "/journal.db"});
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        database->execute("UPDATE records SET sequence=-1 WHERE release='cart-1' AND sequence=5;"
                          "UPDATE records SET sequence=5 WHERE release='cart-1' AND sequence=6;"
                          "UPDATE records SET sequence=6 WHERE release='cart-1' AND sequence=-1"));
  }
  auto report = check_journal(directory());
  ASSERT_TRUE(report);
  ASSERT_EQ(report->damages_total, 1U);
  EXPECT_EQ(report->damages[0].sequence, 5U);
}

TEST_F(StoreDamage, ARepairThatWasInterruptedIsFinished) {
  fill();
  // The state between the finished file's rename and the journal's: both are there.
  dir_.write("state/journal.db.repaired", bytes_);
  ::chmod((directory() + "/journal.db.repaired").c_str(), 0600);
  dir_.write("state/journal.db", "damaged");
  dir_.write("state/journal.db-wal", "a log that must not meet the new file");
  Error error = open_error();
  EXPECT_EQ(error.code, Code::failed_precondition);
  EXPECT_NE(error.message.find("serin journal repair"), std::string::npos) << error.message;
  auto report = repair_journal(directory(), kNoon);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->kept_as, "");
  EXPECT_EQ(*read_everything(directory()), original_);
}

// The log of a killed process holds the newest records: they are part of what is repaired and kept.
TEST_F(StoreDamage, ARepairReadsTheLogToo) {
  fill();
  {
    auto database =
        Database::open({.path = directory() + "/journal.db", .keep_log_on_close = true});
    ASSERT_TRUE(database);
    auto writer = Writer::make(*database);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->begin());
    ASSERT_TRUE(writer->write({.records = {record("cart-1", 41)}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_EQ(::access((directory() + "/journal.db-wal").c_str(), F_OK), 0);
  auto report = repair_journal(directory(), kNoon);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->records, 121U);
  EXPECT_EQ(::access((report->kept_as + "-wal").c_str(), F_OK), 0);
  EXPECT_EQ(read("cart-1").size(), 41U);
}

TEST_F(StoreDamage, DamageInWhatIsOverDoesNotKeepTheStoreClosed) {
  fill();
  {
    auto store = open();
    Batch batch;
    batch.releases.push_back({.id = "checkout-1", .started = kNoon, .ended = kNoon + 1h});
    ASSERT_TRUE(commit(*store, std::move(batch)));
  }
  {
    auto database = Database::open({.path = directory() + "/journal.db"});
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("UPDATE records SET kind='x' WHERE release='checkout-1'"));
  }
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_TRUE(append(*store, {record("cart-1", 41)}));
  auto reader = Reader::open(directory());
  ASSERT_TRUE(reader);
  auto records = reader->records("checkout-1");
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().message,
            "record 1 of release 'checkout-1' is damaged: its checksum does not fit");
}

}  // namespace
}  // namespace serin::store
