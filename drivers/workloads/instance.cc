#include "drivers/workloads/instance.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/json.h"
#include "base/net/fd.h"
#include "base/process.h"

namespace serin::drivers {
namespace {

std::string read_all(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t size = 1; fd && size > 0 && text.size() < sizeof buffer * 4;) {
    size = ::read(fd.get(), buffer, sizeof buffer);
    if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

// The moment of a process' start; nothing where there is none, or it has ended and only waits to be
// reaped. Fields of /proc/PID/stat behind the name in parentheses: state is the first, starttime
// the twentieth.
std::optional<std::uint64_t> start_of(pid_t pid) {
  std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = text.rfind(')');
  if (at == std::string::npos || at + 2 >= text.size()) return std::nullopt;
  at += 2;
  if (text[at] == 'Z' || text[at] == 'X') return std::nullopt;
  for (int field = 1; field < 20 && at != std::string::npos; ++field) {
    at = text.find(' ', at);
    if (at != std::string::npos) ++at;
  }
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(text.c_str() + at, nullptr, 10);
}

Status write_all(const std::string& path, const std::string& text) {
  std::string fresh = path + ".new";
  bool written = false;
  {
    Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    written =
        fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  if (written && std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  auto error = fail(Code::unavailable, "can't write " + path + ": " + std::strerror(errno));
  ::unlink(fresh.c_str());
  return error;
}

}  // namespace

Result<Instance> Instance::start(const InstanceSpec& spec, const std::string& path) {
  SERIN_TRY(process, Process::start({.argv = spec.argv,
                                     .env = spec.env,
                                     .directory = spec.directory,
                                     .output = path + ".log",
                                     .dies_with_parent = false}));
  Instance instance;
  instance.path_ = path;
  instance.version_ = spec.version;
  instance.port_ = spec.port;
  instance.pid_ = process.pid();
  instance.started_ = start_of(process.pid()).value_or(0);
  // Who is not written down would be nobody's after a restart.
  SERIN_CHECK(write_all(path + ".json", Json::object()
                                                .set("pid", instance.pid_)
                                                .set("started", instance.started_)
                                                .set("version", spec.version)
                                                .set("port", spec.port)
                                                .dump() +
                                            "\n"));
  process.release();
  return instance;
}

std::optional<Instance> Instance::find(const std::string& path) {
  auto json = Json::parse(read_all(path + ".json"));
  if (!json || (*json)["pid"].integer() <= 1) return std::nullopt;
  Instance instance;
  instance.path_ = path;
  instance.pid_ = static_cast<pid_t>((*json)["pid"].integer());
  instance.started_ = static_cast<std::uint64_t>((*json)["started"].integer());
  instance.version_ = std::string((*json)["version"].string());
  instance.port_ = static_cast<int>((*json)["port"].integer());
  if (!instance.is_alive()) return std::nullopt;
  return instance;
}

bool Instance::is_alive() {
  if (pid_ <= 0) return false;
  int status = 0;
  ::waitpid(pid_, &status, WNOHANG);  // where it is a child of this process, it is reaped
  if (start_of(pid_) == started_) return true;
  pid_ = -1;
  ::unlink((path_ + ".json").c_str());
  return false;
}

void Instance::signal(int number) const {
  if (pid_ <= 0 || start_of(pid_) != started_) return;
  if (::kill(-pid_, number) != 0) ::kill(pid_, number);
}

}  // namespace serin::drivers
