#include "drivers/store/files/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace serin::store {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kOthersMask = 0077;

std::unexpected<Error> system_error(const std::string& what, int number) {
  Code code = number == ENOENT                      ? Code::not_found
              : number == EACCES || number == EPERM ? Code::permission_denied
                                                    : Code::unavailable;
  return fail(code, what + ": " + std::strerror(number));
}

std::string octal(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 0; i < 4; ++i) {
    text[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7U));
  }
  return text;
}

// The pid that the holder wrote, or "unknown" where it is just writing it.
std::string holder(int fd) {
  char buffer[32];
  ssize_t size = ::pread(fd, buffer, sizeof buffer, 0);
  std::string_view text(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  text = text.substr(0, text.find_first_not_of("0123456789"));
  return text.empty() ? "unknown" : std::string(text);
}

Result<Fd> take_lock(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd) return system_error(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, errno);
    return fail(Code::failed_precondition,
                path + " is held by process " + holder(fd.get()) +
                    ": one serin at a time uses a state directory; stop that one, or give this "
                    "one a directory of its own");
  }
  // A full disk must not keep serin from starting: the pid only serves the message above.
  std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0) {
    [[maybe_unused]] ssize_t written = ::pwrite(fd.get(), pid.data(), pid.size(), 0);
  }
  return fd;
}

}  // namespace

Result<Directory> Directory::open(const std::string& path, Access access) {
  if (path.empty()) return fail(Code::invalid_argument, "the state directory's name is empty");
  if (access == Access::exclusive && ::mkdir(path.c_str(), kDirectoryMode) != 0 &&
      errno != EEXIST) {
    return system_error(path, errno);
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error(path, errno);
  if (!S_ISDIR(info.st_mode)) return fail(Code::failed_precondition, path + " is no directory");
  if ((info.st_mode & kOthersMask) != 0) {
    return fail(Code::failed_precondition,
                path + " has mode " + octal(info.st_mode & 07777U) +
                    ", so that others could read or replace the journal: chmod 0700 " + path);
  }
  Directory directory(path);
  if (access == Access::exclusive) {
    SERIN_TRY(lock, take_lock(directory.lock_file()));
    directory.lock_ = std::move(lock);
  }
  return directory;
}

Status Directory::make_database() const {
  std::string path = database();
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd) return system_error(path, errno);
  // An older file, or a restored one, may have a wider mode; SQLite copies it to its log.
  if (::fchmod(fd.get(), kFileMode) != 0) return system_error(path, errno);
  return sync();
}

Status Directory::sync() const {
  Fd fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error(path_, errno);
  if (::fsync(fd.get()) != 0) return system_error(path_, errno);
  return {};
}

}  // namespace serin::store
