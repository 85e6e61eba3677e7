// The directory that holds a store: who may open it, and the names of its files.
//
//   SERIN_TRY(directory, Directory::open("/var/lib/serin", Directory::Access::exclusive));
//   directory.database();            // "/var/lib/serin/journal.db"
//
// The directory is its owner's alone (0700) and is made where it does not exist; a directory that
// others may read is refused rather than changed. One process at a time has it exclusively; readers
// need no lock.
#pragma once

#include <string>

#include "base/net/fd.h"
#include "base/result.h"

namespace serin::store {

// Thread: one owner.
class Directory {
 public:
  enum class Access { exclusive, read };
  // Errors: failed_precondition (another process has it: the message names its pid; modes too
  // wide), not_found (read: no such directory), permission_denied, unavailable.
  static Result<Directory> open(const std::string& path, Access access);

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/journal.db"; }
  std::string database_log() const { return path_ + "/journal.db-wal"; }
  // What a repair wrote and has not yet put in the journal's place.
  std::string repaired() const { return path_ + "/journal.db.repaired"; }
  std::string lock_file() const { return path_ + "/lock"; }
  // Makes an empty database file with mode 0600 where there is none, so that SQLite's own files
  // get that mode too.
  Status make_database() const;
  // Makes renames and new files durable.
  Status sync() const;

 private:
  explicit Directory(std::string path) : path_(std::move(path)) {}
  std::string path_;
  Fd lock_;
};

}  // namespace serin::store
