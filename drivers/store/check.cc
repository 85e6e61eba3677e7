#include "drivers/store/check.h"

#include "drivers/store/reader.h"
#include "drivers/store/tables/audit_log.h"
#include "drivers/store/tables/chain.h"

namespace serin::store {
namespace {

class Checker {
 public:
  Checker(Database& database, CheckReport& report) : database_(database), report_(report) {}

  Status run() {
    SERIN_CHECK(look("the pages", [&] { return pages(); }));
    SERIN_CHECK(look("the list of releases", [&] { return releases(); }));
    SERIN_CHECK(look("the records", [&] { return orphans(); }));
    Reader reader(database_);
    SERIN_CHECK(look("the rollouts", [&] { return drop(reader.rollouts()); }));
    SERIN_CHECK(look("the kept answers", [&] { return drop(reader.answers(WallTime::min())); }));
    SERIN_CHECK(look("the audit", [&] { return audit(); }));
    SERIN_CHECK(look("the events", [&]() -> Status {
      for (std::uint64_t after = 0;;) {
        SERIN_TRY(page, reader.events({.after = after, .limit = kPageRowsMax}));
        if (page.empty()) return {};
        after = page.back().change;
      }
    }));
    SERIN_CHECK(look("the reports", [&] { return reports(); }));
    SERIN_CHECK(look("the messages", [&] { return drop(reader.messages()); }));
    return {};
  }

  void damage(Damage damage) {
    ++report_.damages_total;
    if (report_.damages.size() < kDamagesMax) report_.damages.push_back(std::move(damage));
  }

 private:
  template <class T>
  static Status drop(Result<T> result) {
    if (!result) return std::unexpected(std::move(result).error());
    return {};
  }

  // Damage ends one part of the check, not the check.
  template <class Part>
  Status look(const char* what, Part part) {
    Status status = part();
    if (status || status.error().code != Code::data_loss) return status;
    damage({.release = "", .what = std::string(what) + ": " + status.error().message});
    return {};
  }

  Status pages() {
    SERIN_TRY(rows, database_.prepare("PRAGMA integrity_check(100)"));
    for (;;) {
      SERIN_TRY(more, rows.step());
      if (!more) return {};
      if (std::string text = rows.text(0); text != "ok") damage({.release = "", .what = text});
    }
  }

  Status releases() {
    SERIN_TRY(rows,
              database_.prepare("SELECT " + std::string(ReleaseRow::kColumns) + " FROM releases"));
    for (;;) {
      SERIN_TRY(more, rows.step());
      if (!more) return {};
      Result<ReleaseRow> row = ReleaseRow::read(rows);
      if (!row) {
        damage({.release = rows.text(0), .what = row.error().message});
        continue;
      }
      if (!row->name.empty()) ++report_.releases;
      SERIN_CHECK(release(*row));
    }
  }

  Status release(const ReleaseRow& row) {
    SERIN_TRY(rows, database_.prepare("SELECT " + std::string(RecordRow::kColumns) +
                                      " FROM records WHERE release=?1 AND sequence>=?2 "
                                      "ORDER BY sequence"));
    rows.bind(row.name, row.first_sequence);
    SERIN_TRY(end, walk_chain(rows, row.first_sequence, row.last_sequence, row.base_check,
                              [&](RecordRow&) -> Status {
                                ++report_.records;
                                return {};
                              }));
    if (!end.broken.empty()) {
      damage({.release = row.name, .sequence = end.last + 1, .what = end.broken});
    } else if (end.check != row.last_check) {
      damage({.release = row.name,
              .sequence = row.last_sequence,
              .what = "is not the one that was written last"});
    }
    Reader reader(database_);
    if (Result<std::optional<Snapshot>> snapshot = reader.snapshot(row.name); !snapshot) {
      if (snapshot.error().code != Code::data_loss) {
        return std::unexpected(std::move(snapshot).error());
      }
      damage({.release = row.name, .what = snapshot.error().message});
    }
    return {};
  }

  Status audit() {
    SERIN_TRY(broken, walk_audit(database_, [&](const AuditRow&) -> Status {
                ++report_.audit;
                return {};
              }));
    if (broken) damage({.release = "", .what = broken->what});
    return {};
  }

  Status reports() {
    SERIN_TRY(rows, database_.prepare("SELECT " + std::string(kReportColumns) + " FROM reports"));
    for (;;) {
      SERIN_TRY(more, rows.step());
      if (!more) return {};
      Result<ReleaseReport> report = read_report(rows);
      if (!report) damage({.release = rows.text(0), .what = report.error().message});
    }
  }

  // Records that no release's chain reaches.
  Status orphans() {
    SERIN_TRY(rows, database_.prepare(
                        "SELECT q.release, min(q.sequence), count(*) FROM records q LEFT JOIN "
                        "releases r ON r.name=q.release WHERE r.name IS NULL OR "
                        "q.sequence>r.last_sequence OR q.sequence<r.first_sequence "
                        "GROUP BY q.release"));
    for (;;) {
      SERIN_TRY(more, rows.step());
      if (!more) return {};
      damage({.release = rows.text(0),
              .sequence = static_cast<std::uint64_t>(rows.integer(1)),
              .what = std::to_string(rows.integer(2)) + " records that the release's entry does "
                                                        "not know"});
    }
  }

  Database& database_;
  CheckReport& report_;
};

}  // namespace

Result<CheckReport> check_journal(const std::string& directory) {
  SERIN_TRY(place, Directory::open(directory, Directory::Access::read));
  CheckReport report;
  Result<Database> database = open_for_reading(place, {});
  if (!database) {
    if (database.error().code != Code::data_loss) {
      return std::unexpected(std::move(database).error());
    }
    report.damages_total = 1;
    report.damages.push_back({.release = "", .what = database.error().message});
    return report;
  }
  SERIN_CHECK(Checker(*database, report).run());
  return report;
}

}  // namespace serin::store
