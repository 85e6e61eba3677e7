#include "drivers/routers/haproxy/owner_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace serin::drivers {
namespace {

constexpr std::size_t kMarkMax = 4096;

std::unexpected<Error> io_error(const std::string& what, const std::string& path) {
  Code code = errno == EACCES || errno == EPERM ? Code::permission_denied : Code::unavailable;
  return fail(code, "can't " + what + " " + path + ": " + std::strerror(errno));
}

}  // namespace

OwnerMark::OwnerMark(const HaproxyOptions& options) {
  // Beside the map where there is one: it is serin's to write, the socket's directory may not be.
  if (options.map_layout()) {
    path_ = options.map + "." + options.key + ".owner";
    return;
  }
  std::string socket = options.sockets.front();
  if (socket.starts_with("unix:")) socket.erase(0, 5);
  if (socket.find('/') == std::string::npos) socket = "/tmp/serin-" + socket;  // host:port
  path_ = socket + "." + options.backend + ".owner";
}

Result<std::string> OwnerMark::read() const {
  int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ENOENT) return std::string();
    return io_error("read the owner's mark", path_);
  }
  char text[kMarkMax];
  ssize_t got = ::read(fd, text, sizeof text);
  ::close(fd);
  if (got < 0) return io_error("read the owner's mark", path_);
  std::string owner(text, static_cast<std::size_t>(got));
  owner.erase(owner.find_last_not_of("\n ") + 1);
  return owner;
}

Status OwnerMark::write(const std::string& owner) const {
  if (!owner.empty()) return replace_file(path_, owner + "\n", 0644);
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
    return io_error("remove the owner's mark", path_);
  return {};
}

Status replace_file(const std::string& path, const std::string& text, unsigned mode) {
  std::string temporary = path + ".new";
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return io_error("write", temporary);
  std::size_t done = 0;
  while (done < text.size()) {
    ssize_t got = ::write(fd, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  bool written = done == text.size() && ::fdatasync(fd) == 0;
  int reason = errno;
  ::close(fd);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    if (!written) errno = reason;
    auto error = io_error("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace serin::drivers
