#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/net/fd.h"
#include "drivers/store/check.h"
#include "drivers/store/salvage.h"

namespace serin::store {
namespace {

std::unexpected<Error> disk_error(const std::string& path) {
  return fail(Code::unavailable, path + ": " + std::strerror(errno));
}

// A durable copy with mode 0600. Nothing where there is no such file.
Status copy_file(const std::string& from, const std::string& to) {
  Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in && errno == ENOENT) return {};
  if (!in) return disk_error(from);
  Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return disk_error(to);
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    ssize_t size = ::read(in.get(), buffer.data(), buffer.size());
    if (size < 0) return disk_error(from);
    if (size == 0) break;
    for (ssize_t done = 0; done < size;) {
      ssize_t written =
          ::write(out.get(), buffer.data() + done, static_cast<std::size_t>(size - done));
      if (written < 0) return disk_error(to);
      done += written;
    }
  }
  if (::fsync(out.get()) != 0) return disk_error(to);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error(path);
  return {};
}

Status move_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return disk_error(from);
  return {};
}

// Puts the finished file in the journal's place. The old log goes first: it must never meet the new
// file. Until the last rename the finished file's name keeps every serin from opening the journal.
Status put_in_place(const Directory& directory) {
  SERIN_CHECK(remove_file(directory.database_log()));
  SERIN_CHECK(remove_file(directory.database() + "-shm"));
  SERIN_CHECK(directory.sync());
  SERIN_CHECK(move_file(directory.repaired(), directory.database()));
  return directory.sync();
}

std::string free_name(const Directory& directory, WallTime now) {
  std::string stamp = format_rfc3339(from_unix_ms(to_unix_ms(now) / 1000 * 1000));
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  std::string base = directory.database() + ".damaged-" + stamp;
  std::string name = base;
  for (int n = 2; ::access(name.c_str(), F_OK) == 0; ++n) name = base + "-" + std::to_string(n);
  return name;
}

Status write_fresh(const std::string& damaged_path, const std::string& fresh_path,
                   RepairReport& report) {
  SERIN_TRY(damaged, Database::open({.path = damaged_path, .read_only = true, .damaged = true}));
  Fd made(::open(fresh_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made) return disk_error(fresh_path);
  SERIN_TRY(fresh, Database::open({.path = fresh_path}));
  SERIN_CHECK(create_tables(fresh));
  SERIN_CHECK(salvage(damaged, fresh, report));
  return fresh.execute("VACUUM");
}

}  // namespace

Result<RepairReport> repair_journal(const std::string& directory_path, WallTime now) {
  SERIN_TRY(directory, Directory::open(directory_path, Directory::Access::exclusive));
  RepairReport report;
  if (::access(directory.repaired().c_str(), F_OK) == 0) {
    SERIN_CHECK(put_in_place(directory));
    report.notes.emplace_back("an earlier repair was finished");
    return report;
  }
  if (::access(directory.database().c_str(), F_OK) != 0) {
    return fail(Code::not_found, directory.database() + ": " + std::strerror(errno));
  }
  report.kept_as = free_name(directory, now);
  SERIN_CHECK(copy_file(directory.database(), report.kept_as));
  SERIN_CHECK(copy_file(directory.database_log(), report.kept_as + "-wal"));
  std::string fresh_path = directory.database() + ".repairing";
  SERIN_CHECK(remove_file(fresh_path));
  SERIN_CHECK(remove_file(fresh_path + "-journal"));
  Status written = write_fresh(report.kept_as, fresh_path, report);
  (void)remove_file(report.kept_as + "-shm");
  if (!written) {
    (void)remove_file(fresh_path);
    Error error = std::move(written).error();
    if (error.code == Code::data_loss) {
      error.message += "; too damaged to be repaired: bring back a copy of " +
                       directory.database() + ", or move it away and start anew";
    }
    // What was copied is of no use beside the original.
    (void)remove_file(report.kept_as);
    (void)remove_file(report.kept_as + "-wal");
    return std::unexpected(std::move(error));
  }
  SERIN_CHECK(move_file(fresh_path, directory.repaired()));
  SERIN_CHECK(put_in_place(directory));
  return report;
}

}  // namespace serin::store
