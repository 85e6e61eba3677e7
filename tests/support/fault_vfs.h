// A disk that fails when told to, put between SQLite and the real one, and that forgets at a crash
// what was never synced.
//
//   FaultVfs disk;
//   options.writer.database.vfs = disk.name();
//   disk.fail(FaultVfs::Operation::sync);            // from now on
//   disk.heal();
//   disk.crash(seed);                                // as a power cut: unsynced writes are lost,
//                                                    // kept, or torn, at random
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"

struct sqlite3_vfs;

namespace serin::test {

// Thread: any.
class FaultVfs {
 public:
  enum class Operation { none, write, sync, full };

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }
  // Every such operation fails from the `after`-th from now on (0: the next one); `full` are writes
  // that fail for want of space.
  void fail(Operation operation, int after = 0);
  void heal() { fail(Operation::none); }
  // Nothing reaches the disk any more, and what was not synced is lost, kept or torn. Files keep
  // their names; open handles go on failing.
  void crash(std::uint64_t seed);
  std::uint64_t syncs() const;

  // For the file methods in the .cc file.
  struct Files;
  Files& files() { return *files_; }

 private:
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::unique_ptr<Files> files_;
};

}  // namespace serin::test
