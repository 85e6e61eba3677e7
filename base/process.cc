#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/assert.h"

namespace serin {
namespace {

// What the child needs, prepared before fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<std::string> env_texts;
  std::vector<char*> env;
  const char* program = nullptr;
  const char* directory = nullptr;
  int output = -1;
  int error = -1;
  pid_t parent = -1;
  bool dies_with_parent = false;
};

[[noreturn]] void run_child(const Prepared& prepared, int error_fd) {
  auto give_up = [&] {
    int reason = errno;
    [[maybe_unused]] ssize_t written = ::write(error_fd, &reason, sizeof reason);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  if (prepared.dies_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != prepared.parent) ::_exit(127);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  int null_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null_fd, STDIN_FILENO);
  int out = prepared.output >= 0 ? prepared.output : null_fd;
  int error = prepared.error >= 0 ? prepared.error : out;
  if (::dup2(out, STDOUT_FILENO) < 0 || ::dup2(error, STDERR_FILENO) < 0) give_up();
  if (prepared.directory != nullptr && ::chdir(prepared.directory) != 0) give_up();
  ::execve(prepared.program, prepared.argv.data(), prepared.env.data());
  give_up();
  ::_exit(127);
}

}  // namespace

std::optional<std::string> environment_variable(const char* name) {
  const char* value = ::secure_getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

Result<std::string> find_program(const std::string& name) {
  if (name.empty()) return fail(Code::invalid_argument, "no program named");
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return fail(errno == EACCES ? Code::permission_denied : Code::not_found,
                "can't run " + name + ": " + std::strerror(errno));
  }
  std::string directories =
      environment_variable("PATH").value_or("/usr/bin:/bin") + ":/usr/sbin:/sbin";
  for (std::size_t begin = 0; begin <= directories.size();) {
    std::size_t end = std::min(directories.find(':', begin), directories.size());
    std::string candidate = directories.substr(begin, end - begin) + "/" + name;
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return fail(Code::not_found,
              "program '" + name + "' is not installed (not in PATH, /usr/sbin or /sbin)");
}

Result<Process> Process::start(const ProcessOptions& options) {
  if (options.argv.empty()) return fail(Code::invalid_argument, "a process needs a program");
  SERIN_TRY(program, find_program(options.argv.front()));
  Prepared prepared;
  prepared.program = program.c_str();
  for (const std::string& argument : options.argv) {
    prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  prepared.argv.push_back(nullptr);
  for (const auto& [name, value] : options.env) prepared.env_texts.push_back(name + "=" + value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view name(*entry, std::strcspn(*entry, "="));
    bool replaced = std::any_of(options.env.begin(), options.env.end(),
                                [&](const auto& pair) { return pair.first == name; });
    if (!replaced) prepared.env.push_back(*entry);
  }
  for (std::string& text : prepared.env_texts) prepared.env.push_back(text.data());
  prepared.env.push_back(nullptr);
  if (!options.directory.empty()) prepared.directory = options.directory.c_str();
  int output = options.output_fd;
  if (output < 0 && !options.output.empty()) {
    output = ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) {
      return fail(Code::unavailable, "can't write " + options.output + ": " + std::strerror(errno));
    }
  }
  prepared.output = output;
  prepared.error = options.error_fd;
  prepared.parent = ::getpid();
  prepared.dies_with_parent = options.dies_with_parent;

  int pipe_fds[2] = {-1, -1};  // tells whether exec worked: closed by it, or carries errno
  pid_t pid = -1;
  int reason = 0;
  if (::pipe2(pipe_fds, O_CLOEXEC) == 0) {
    pid = ::fork();
    if (pid == 0) run_child(prepared, pipe_fds[1]);
    if (pid < 0) reason = errno;
    ::close(pipe_fds[1]);
    if (pid > 0) {
      ::setpgid(pid, pid);
      ssize_t got = 0;
      do {
        got = ::read(pipe_fds[0], &reason, sizeof reason);
      } while (got < 0 && errno == EINTR);
      if (got <= 0) reason = 0;
    }
    ::close(pipe_fds[0]);
  } else {
    reason = errno;
  }
  if (output >= 0 && output != options.output_fd) ::close(output);
  if (reason != 0) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    Code code = reason == ENOENT   ? Code::not_found
                : reason == EACCES ? Code::permission_denied
                                   : Code::unavailable;
    return fail(code, "can't start " + program + ": " + std::strerror(reason));
  }
  return Process(pid);
}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    status_ = other.status_;
  }
  return *this;
}

Process::~Process() {
  end();
}

void Process::end() {
  if (pid_ <= 0) return;
  if (!status_) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

std::optional<int> Process::poll() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  pid_t got = ::waitpid(pid_, &status, WNOHANG);
  if (got == pid_) status_ = status;
  return status_;
}

std::optional<int> Process::reap_group() {
  if (status_ || pid_ <= 0) return status_;
  siginfo_t ended{};
  const int flags = WEXITED | WNOHANG | WNOWAIT;
  if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, flags) != 0 || ended.si_pid == 0) {
    return std::nullopt;
  }
  // As long as the child is not waited for, its number, and so its group's, is no other's.
  ::kill(-pid_, SIGKILL);
  return poll();
}

void Process::kill_group() {
  if (status_ || pid_ <= 0) return;
  signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

void Process::signal(int number) {
  SERIN_ASSERT(pid_ > 0);
  if (status_) return;
  if (::kill(-pid_, number) != 0) ::kill(pid_, number);
}

std::optional<int> Process::wait(Duration patience) {
  if (poll()) return status_;
  // A pidfd becomes readable when the child ends: no polling of the clock.
  int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (fd >= 0) {
    pollfd waiting{fd, POLLIN, 0};
    auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 1 << 30)));
    ::close(fd);
  }
  return poll();
}

int Process::stop(Duration patience) {
  if (poll()) return *status_;
  signal(SIGTERM);
  if (auto status = wait(patience)) {
    ::kill(-pid_, SIGKILL);  // what is left of its group
    return *status;
  }
  signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
  return status;
}

}  // namespace serin
