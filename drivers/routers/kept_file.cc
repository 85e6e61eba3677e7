#include "drivers/routers/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/net/fd.h"

namespace serin::drivers {
namespace {

std::unexpected<Error> io_error(const char* what, const std::string& path) {
  Code code = errno == ENOENT                     ? Code::not_found
              : errno == EACCES || errno == EPERM ? Code::permission_denied
                                                  : Code::unavailable;
  return fail(code, std::string("can't ") + what + " " + path + ": " + std::strerror(errno));
}

Status write_all(int fd, const std::string& text, const std::string& path) {
  for (std::size_t done = 0; done < text.size();) {
    ssize_t size = ::write(fd, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return io_error("write", path);
    done += static_cast<std::size_t>(size);
  }
  if (::fsync(fd) != 0) return io_error("write", path);
  return {};
}

}  // namespace

KeptFile::KeptFile(Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {
  thread_ = std::thread([this] { run(); });
}

KeptFile::~KeptFile() {
  *alive_ = false;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void KeptFile::keep(Edit edit, Done done) {
  std::optional<Job> replaced;
  {
    std::lock_guard lock(mutex_);
    replaced = std::exchange(waiting_, Job{std::move(edit), std::move(done)});
  }
  wake_.notify_one();
  if (replaced) finish(std::move(replaced->done), fail(Code::cancelled, "edited anew"));
}

void KeptFile::finish(Done done, Status status) {
  loop_.post([alive = alive_, done = std::move(done), status = std::move(status)]() mutable {
    if (*alive) done(std::move(status));
  });
}

void KeptFile::run() {
  for (;;) {
    std::optional<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || waiting_.has_value(); });
      if (!waiting_) return;
      job = std::exchange(waiting_, std::nullopt);
    }
    auto edit = [&]() -> Status {
      SERIN_TRY(old_text, read_file(path_, kBytesMax));
      std::string text = job->edit(old_text);
      return text == old_text ? Status() : replace_file(path_, text);
    };
    finish(std::move(job->done), edit());
  }
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return io_error("read", path);
  std::string text;
  char buffer[1 << 14];
  for (;;) {
    ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return io_error("read", path);
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > bytes_max) {
      return fail(Code::data_loss,
                  path + " is longer than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

Status replace_file(const std::string& path, const std::string& text) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return io_error("write", path);
  std::string fresh = path + ".new";
  Status status = [&]() -> Status {
    Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return io_error("write", fresh);
    // HAProxy may run as somebody else, who reads it by group or as everybody.
    if (::fchown(fd.get(), info.st_uid, info.st_gid) != 0 && errno != EPERM) {
      return io_error("write", fresh);
    }
    if (::fchmod(fd.get(), info.st_mode & 07777U) != 0) return io_error("write", fresh);
    SERIN_CHECK(write_all(fd.get(), text, fresh));
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return io_error("write", path);
    return {};
  }();
  if (!status) ::unlink(fresh.c_str());
  return status;
}

std::string with_map_value(const std::string& text, const std::string& key,
                           const std::string& value) {
  std::string out;
  bool found = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    std::string line = text.substr(at, end == std::string::npos ? end : end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    std::size_t begin = line.find_first_not_of(" \t");
    bool is_key = begin != std::string::npos && line.compare(begin, key.size(), key) == 0 &&
                  begin + key.size() < line.size() &&
                  (line[begin + key.size()] == ' ' || line[begin + key.size()] == '\t');
    // A key that stands there twice is found by its first line.
    if (is_key && !found) {
      found = true;
      line = key + " " + value;
    }
    out += line + "\n";
  }
  if (!found) out += key + " " + value + "\n";
  return out;
}

}  // namespace serin::drivers
