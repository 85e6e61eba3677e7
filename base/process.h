// Child processes: started without a shell, in a group of their own, stopped by process id.
//
//   SERIN_TRY(child, Process::start({.argv = {"haproxy", "-db", "-f", file}, .output = log}));
//   …
//   child.stop(2s);   // SIGTERM to the group, SIGKILL after 2 s
//
// A Process that is destroyed kills its group. It does not read the child's output (see
// base/net/command.h for a command with a time limit whose output is wanted). Thread: one owner.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace serin {

struct ProcessOptions {
  std::vector<std::string> argv;                           // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env{};  // added to the parent's
  std::string directory{};                                 // "" stays
  std::string output{};  // file that stdout and stderr are appended to; "" is /dev/null
  int output_fd =
      -1;  // takes precedence: both go to this descriptor, which the caller keeps and closes
  int error_fd = -1;  // stderr goes to this descriptor instead, which the caller keeps and closes
  bool dies_with_parent = true;  // the kernel kills it when the thread that started it ends
};

class Process {
 public:
  // Errors: not_found (no such program), permission_denied, unavailable (no resources).
  static Result<Process> start(const ProcessOptions& options);

  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  // The wait status once the child has ended (WIFEXITED and friends apply); never waits.
  std::optional<int> poll();
  // The same, but what is left of the child's group is killed before its status is taken.
  std::optional<int> reap_group();
  // Kills the child with its group and takes its status; one that has ended is no error.
  void kill_group();
  // Sends a signal to the child's group; one that has ended is no error.
  void signal(int number);
  // Asks with SIGTERM, waits at most `patience`, then kills; returns the wait status. Blocks.
  int stop(Duration patience);
  // Lets go of the child, which runs on; its caller answers for its end. Returns its process id.
  pid_t release() { return std::exchange(pid_, -1); }
  // Waits at most `patience` for the end. Blocks.
  std::optional<int> wait(Duration patience);

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  void end();
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// A variable of this process' environment, read where the program is put together and nowhere else.
// Nothing where it is not set, or the process runs with more rights than its user.
std::optional<std::string> environment_variable(const char* name);

// The first program of that name in PATH or in the directories where Debian keeps servers
// (/usr/sbin, /sbin).
Result<std::string> find_program(const std::string& name);

}  // namespace serin
