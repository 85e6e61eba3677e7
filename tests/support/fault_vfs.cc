#include "support/fault_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/assert.h"
#include "base/net/fd.h"

namespace serin::test {

struct FaultVfs::Files {
  // What stood where something was written that is not synced yet.
  struct Undo {
    std::int64_t offset = 0;
    std::string old_bytes;  // shorter than the write where the file ended
    std::size_t written = 0;
    std::int64_t old_size = 0;
  };
  std::mutex mutex;
  Operation failing = Operation::none;
  int after = 0;
  bool crashed = false;
  std::uint64_t syncs = 0;
  std::map<std::string, std::vector<Undo>> unsynced;  // by path

  // True where the operation fails now.
  bool fails(Operation operation) {
    if (crashed) return true;
    bool hit =
        failing == operation || (failing == Operation::full && operation == Operation::write);
    if (!hit) return false;
    if (after > 0) {
      --after;
      return false;
    }
    return true;
  }
};

namespace {

struct File {
  sqlite3_file base;
  FaultVfs::Files* files;
  const char* path;  // SQLite's own copy, which lives as long as the file; null for temporary ones
  sqlite3_file* real;
};

File* self(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return self(file)->real;
}

int close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), to, size, offset);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  FaultVfs::Files& files = *self(file)->files;
  std::lock_guard lock(files.mutex);
  if (files.fails(FaultVfs::Operation::write)) {
    return files.failing == FaultVfs::Operation::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }
  if (self(file)->path != nullptr) {
    FaultVfs::Files::Undo undo;
    undo.offset = offset;
    undo.written = static_cast<std::size_t>(size);
    sqlite3_int64 old_size = 0;
    real(file)->pMethods->xFileSize(real(file), &old_size);
    undo.old_size = old_size;
    auto there = std::clamp<sqlite3_int64>(old_size - offset, 0, size);
    undo.old_bytes.resize(static_cast<std::size_t>(there));
    if (there > 0) {
      int code = real(file)->pMethods->xRead(real(file), undo.old_bytes.data(),
                                             static_cast<int>(there), offset);
      SERIN_ASSERT(code == SQLITE_OK);
    }
    files.unsynced[self(file)->path].push_back(std::move(undo));
  }
  return real(file)->pMethods->xWrite(real(file), from, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  FaultVfs::Files& files = *self(file)->files;
  std::lock_guard lock(files.mutex);
  if (files.fails(FaultVfs::Operation::write)) return SQLITE_IOERR_TRUNCATE;
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int flags) {
  FaultVfs::Files& files = *self(file)->files;
  std::lock_guard lock(files.mutex);
  if (files.fails(FaultVfs::Operation::sync)) return SQLITE_IOERR_FSYNC;
  ++files.syncs;
  if (self(file)->path != nullptr) files.unsynced[self(file)->path].clear();
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file*) {
  return 0;  // no promise of atomic or ordered writes
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         close,
                                         read,
                                         write,
                                         truncate,
                                         sync,
                                         file_size,
                                         lock,
                                         unlock,
                                         check_reserved_lock,
                                         file_control,
                                         sector_size,
                                         characteristics,
                                         shm_map,
                                         shm_lock,
                                         shm_barrier,
                                         shm_unmap,
                                         nullptr,
                                         nullptr};

sqlite3_vfs* system_vfs() {
  return sqlite3_vfs_find("unix");
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  File* mine = self(file);
  mine->base.pMethods = nullptr;
  mine->files = &static_cast<FaultVfs*>(vfs->pAppData)->files();
  mine->path = path;
  mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
  int code = system_vfs()->xOpen(system_vfs(), path, mine->real, flags, out_flags);
  if (mine->real->pMethods != nullptr) mine->base.pMethods = &kMethods;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  FaultVfs::Files& files = static_cast<FaultVfs*>(vfs->pAppData)->files();
  std::lock_guard guard(files.mutex);
  if (files.fails(FaultVfs::Operation::write)) return SQLITE_IOERR_DELETE;
  files.unsynced.erase(path);
  return system_vfs()->xDelete(system_vfs(), path, sync_directory);
}

void write_at(const Fd& fd, const std::string& bytes, std::int64_t offset) {
  ssize_t written = ::pwrite(fd.get(), bytes.data(), bytes.size(), offset);
  SERIN_ASSERT(written == static_cast<ssize_t>(bytes.size()));
}

}  // namespace

FaultVfs::FaultVfs() : vfs_(std::make_unique<sqlite3_vfs>()), files_(std::make_unique<Files>()) {
  static std::atomic<int> count = 0;
  name_ = "serin-fault-" + std::to_string(++count);
  *vfs_ = *system_vfs();
  vfs_->pNext = nullptr;
  vfs_->zName = name_.c_str();
  vfs_->szOsFile = static_cast<int>(sizeof(File)) + system_vfs()->szOsFile;
  vfs_->pAppData = this;
  vfs_->xOpen = open;
  vfs_->xDelete = remove;
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

void FaultVfs::fail(Operation operation, int after) {
  std::lock_guard lock(files_->mutex);
  files_->failing = operation;
  files_->after = after;
}

std::uint64_t FaultVfs::syncs() const {
  std::lock_guard lock(files_->mutex);
  return files_->syncs;
}

void FaultVfs::crash(std::uint64_t seed) {
  std::lock_guard lock(files_->mutex);
  files_->crashed = true;
  Rng rng(seed);
  for (auto& [path, undos] : files_->unsynced) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) continue;
    // Newest first, so that what was written over is brought back in order.
    for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) {
      std::uint64_t fate = rng.below(3);
      if (fate == 0) continue;  // it reached the disk
      std::size_t from = fate == 1 ? 0 : static_cast<std::size_t>(rng.below(undo->written));
      if (from < undo->old_bytes.size()) {
        write_at(fd, undo->old_bytes.substr(from), undo->offset + static_cast<std::int64_t>(from));
      }
      std::size_t kept = std::max(from, undo->old_bytes.size());
      if (kept < undo->written) {
        // Beyond the old end there is nothing, or the zeros of blocks that were never written.
        write_at(fd, std::string(undo->written - kept, '\0'),
                 undo->offset + static_cast<std::int64_t>(kept));
      }
    }
  }
}

}  // namespace serin::test
