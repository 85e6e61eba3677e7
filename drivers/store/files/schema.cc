#include "drivers/store/files/schema.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/net/fd.h"

namespace serin::store {
namespace {

constexpr std::int64_t kApplicationId = 0x5352494e;  // "SRIN"
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

// Checksums are stored as the signed integers that SQLite has.
constexpr const char* kTables = R"(
CREATE TABLE releases(
  name TEXT PRIMARY KEY,
  rollout TEXT NOT NULL,
  number INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  base_check INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  last_check INTEGER NOT NULL,
  started_ns INTEGER NOT NULL,
  ended_ns INTEGER,
  snapshot_sequence INTEGER NOT NULL,
  summary TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE records(
  position INTEGER PRIMARY KEY,
  release TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  mono_ns INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_by_release ON records(release, sequence);
CREATE TABLE snapshots(
  release TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rollouts(
  name TEXT PRIMARY KEY,
  last_number INTEGER NOT NULL,
  swapped INTEGER NOT NULL,
  stable_version TEXT NOT NULL,
  canary_version TEXT NOT NULL,
  release TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE answers(
  key TEXT PRIMARY KEY,
  stored_ns INTEGER NOT NULL,
  request TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE probe(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  count INTEGER NOT NULL
) STRICT;
)";

// Since version 2. Entries of the audit are only ever added at the end; those before
// first_position are on their way out (retention).
constexpr const char* kHistoryTables = R"(
CREATE TABLE audit(
  position INTEGER PRIMARY KEY,
  wall_ns INTEGER NOT NULL,
  actor TEXT NOT NULL,
  operation TEXT NOT NULL,
  subject TEXT NOT NULL,
  state_before TEXT NOT NULL,
  state_after TEXT NOT NULL,
  reason TEXT NOT NULL,
  result TEXT NOT NULL,
  details TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit(subject, position);
CREATE TABLE audit_chain(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  first_position INTEGER NOT NULL,
  base_hash TEXT NOT NULL,
  last_position INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.position >= (SELECT first_position FROM audit_chain) BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TABLE events(
  release TEXT NOT NULL,
  component TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  severity TEXT NOT NULL,
  first_ns INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  count INTEGER NOT NULL,
  change INTEGER NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY(release, component, kind, message)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_change ON events(change);
CREATE TABLE counters(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE reports(
  release TEXT PRIMARY KEY,
  wall_ns INTEGER NOT NULL,
  body TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE messages(
  id TEXT NOT NULL,
  target TEXT NOT NULL,
  release TEXT NOT NULL,
  wall_ns INTEGER NOT NULL,
  body TEXT NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY(id, target)
) STRICT, WITHOUT ROWID;
)";

// Version 1 had an audit without a chain, which nothing wrote to.
constexpr const char* kFromVersion1 = "DROP TABLE audit;";

// SQLite takes an empty file for an empty database, and reads a file of another kind only when it
// must: what is no journal is told apart here, before SQLite may write to it.
Status check_file(const Directory& directory) {
  if (::access(directory.repaired().c_str(), F_OK) == 0) {
    return fail(Code::failed_precondition,
                "a repair of " + directory.database() +
                    " was interrupted: run `serin journal repair` again");
  }
  Fd fd(::open(directory.database().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    Code code = errno == ENOENT ? Code::not_found : Code::permission_denied;
    return fail(code, directory.database() + ": " + std::strerror(errno));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || info.st_size == 0) return {};
  std::array<char, kMagic.size()> head{};
  ssize_t size = ::pread(fd.get(), head.data(), head.size(), 0);
  if (size != static_cast<ssize_t>(kMagic.size()) ||
      std::string_view(head.data(), head.size()) != kMagic) {
    return fail(Code::data_loss,
                directory.database() + " is no journal: its first bytes are not SQLite's");
  }
  return {};
}

bool has_content(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

// A file that lost its end: SQLite itself only notices on reaching a page that is not there.
Status check_length(Database& database, const Directory& directory) {
  if (has_content(directory.database_log())) return {};  // the missing pages may be in the log
  SERIN_TRY(pages, database.query_integer("PRAGMA page_count"));
  struct stat info {};
  if (::stat(directory.database().c_str(), &info) != 0) return {};
  SERIN_TRY(page_bytes, database.query_integer("PRAGMA page_size"));
  if (info.st_size >= pages * page_bytes) return {};
  return fail(Code::data_loss, directory.database() +
                                   " is cut off: " + std::to_string(info.st_size) + " bytes of " +
                                   std::to_string(pages * page_bytes));
}

Status check_version(Database& database, const Directory& directory, std::int64_t oldest) {
  SERIN_TRY(version, database.query_integer("PRAGMA user_version"));
  SERIN_TRY(application, database.query_integer("PRAGMA application_id"));
  if (application != kApplicationId) {
    return fail(Code::failed_precondition, directory.database() +
                                               " is another program's database (application id " +
                                               std::to_string(application) + ")");
  }
  if (version < oldest || version > kSchemaVersion) {
    return fail(Code::failed_precondition,
                directory.database() + " has schema version " + std::to_string(version) +
                    ", this serin reads version " + std::to_string(kSchemaVersion) +
                    ": use the serin that wrote it, or a newer one");
  }
  return {};
}

// The small tables that say what exists are looked through at every start: a row lost there would
// be missed by nobody. Records are chained, so that their loss is found when they are read; all
// pages are looked at where the last owner did not close, and they may be torn.
Status check_tables(Database& database, const Directory& directory, bool all) {
  std::vector<std::string> pragmas = {"PRAGMA quick_check(releases)",
                                      "PRAGMA quick_check(rollouts)",
                                      "PRAGMA quick_check(snapshots)"};
  if (all) pragmas = {"PRAGMA quick_check(1)"};
  for (const std::string& pragma : pragmas) {
    SERIN_TRY(verdict, database.query_text(pragma));
    if (verdict != "ok") return fail(Code::data_loss, directory.database() + ": " + verdict);
  }
  return {};
}

Result<bool> is_empty(Database& database) {
  SERIN_TRY(objects, database.query_integer("SELECT count(*) FROM sqlite_master"));
  return objects == 0;
}

DatabaseOptions options_for(const Directory& directory, const DatabaseSettings& settings) {
  DatabaseOptions options;
  options.path = directory.database();
  options.vfs = settings.vfs;
  options.busy_patience = settings.busy_patience;
  return options;
}

// Nothing spills into temporary files, and pages are checked as they are read.
Status configure(Database& database) {
  return database.execute(
      "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096; "
      "PRAGMA mmap_size=0");
}

// FULL: a commit returns when its log is on disk. The log stays small between checkpoints.
Status configure_writing(Database& database, const DatabaseSettings& settings) {
  SERIN_CHECK(
      database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                       "PRAGMA journal_size_limit=16777216"));
  if (settings.bytes_max <= 0) return {};
  return database.execute("PRAGMA max_page_count=" +
                          std::to_string(settings.bytes_max / kPageBytes));
}

// All of it in one transaction, or nothing.
Status upgrade(Database& database) {
  SERIN_TRY(version, database.query_integer("PRAGMA user_version"));
  if (version == kSchemaVersion) return {};
  Status upgraded = database.execute(
      "BEGIN IMMEDIATE;" + std::string(kFromVersion1) + std::string(kHistoryTables) +
      "PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT;");
  if (!upgraded && database.in_transaction()) (void)database.execute("ROLLBACK");
  return upgraded;
}

Result<Database> open_checked(const Directory& directory, const DatabaseSettings& settings) {
  bool log_was_left = has_content(directory.database_log());
  SERIN_TRY(database, Database::open(options_for(directory, settings)));
  SERIN_CHECK(configure(database));
  SERIN_TRY(empty, is_empty(database));
  if (!empty) {
    SERIN_CHECK(check_version(database, directory, kSchemaOldest));
    SERIN_CHECK(check_length(database, directory));
    SERIN_CHECK(check_tables(database, directory, log_was_left));
  }
  SERIN_CHECK(configure_writing(database, settings));
  if (empty) SERIN_CHECK(create_tables(database));
  if (!empty) SERIN_CHECK(upgrade(database));
  // The log may hold a commit whose sync failed or never came: what is read from here on must be on
  // disk. A disk that takes no writes does not keep serin from starting; the first write will tell.
  if (log_was_left) (void)database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return std::move(database);
}

}  // namespace

Result<Database> open_for_writing(const Directory& directory, const DatabaseSettings& settings) {
  if (::access(directory.database().c_str(), F_OK) != 0 &&
      ::access(directory.repaired().c_str(), F_OK) != 0) {
    SERIN_CHECK(directory.make_database());
  }
  if (Status status = check_file(directory); !status) {
    return std::unexpected(explain_damage(std::move(status).error(), directory));
  }
  SERIN_CHECK(directory.make_database());  // narrows the mode of a file that exists
  Result<Database> database = open_checked(directory, settings);
  if (!database) return std::unexpected(explain_damage(std::move(database).error(), directory));
  return database;
}

Result<Database> open_for_reading(const Directory& directory, const DatabaseSettings& settings) {
  auto open = [&]() -> Result<Database> {
    SERIN_CHECK(check_file(directory));
    DatabaseOptions options = options_for(directory, settings);
    options.read_only = true;
    SERIN_TRY(database, Database::open(options));
    SERIN_CHECK(configure(database));
    SERIN_TRY(empty, is_empty(database));
    if (empty) return fail(Code::not_found, directory.database() + " is empty");
    SERIN_CHECK(check_version(database, directory, kSchemaVersion));
    SERIN_CHECK(check_length(database, directory));
    SERIN_CHECK(check_tables(database, directory, false));
    return std::move(database);
  };
  Result<Database> database = open();
  if (!database) return std::unexpected(explain_damage(std::move(database).error(), directory));
  return database;
}

Status create_tables(Database& database) {
  return database.execute("BEGIN IMMEDIATE;" + std::string(kTables) + std::string(kHistoryTables) +
                          "PRAGMA application_id=" + std::to_string(kApplicationId) +
                          ";PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT;");
}

Error explain_damage(Error error, const Directory& directory) {
  if (error.code != Code::data_loss) return error;
  error.message +=
      "; nothing was changed: look at it with `serin journal check " + directory.path() +
      "`, and bring back what is whole with `serin journal repair " + directory.path() + "`";
  return error;
}

}  // namespace serin::store
