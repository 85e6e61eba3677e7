#include "base/net/command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "base/net/asio.h"
#include "base/net/asio_loop.h"
#include "base/net/fd.h"
#include "base/process.h"
// After net/asio.h, which brings what it lacks.
#include <boost/asio/posix/stream_descriptor.hpp>

namespace serin {
namespace {

namespace asio = net::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;
using Done = std::move_only_function<void(Result<CommandResult>)>;

class Command : public std::enable_shared_from_this<Command> {
 public:
  Command(AsioLoop& loop, Done done)
      : loop_(loop),
        output_{Descriptor(loop.context()), {}, {}},
        errors_{Descriptor(loop.context()), {}, {}},
        ended_(loop.context()),
        done_(std::move(done)) {}

  void start(const CommandOptions& options, Instant deadline) {
    name_ = options.argv.empty() ? "" : options.argv.front();
    if (Status started = begin(options); !started) {
      finish_later(std::unexpected(std::move(started).error()));
      return;
    }
    timer_ = loop_.call_at(deadline, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->kill(Code::deadline_exceeded, "took too long");
    });
    read(output_, &CommandResult::output);
    read(errors_, &CommandResult::errors);
    ended_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
      if (!error) self->on_end();
    });
  }

  void cancel() { kill(Code::cancelled, "was cancelled"); }

 private:
  struct Pipe {
    Descriptor descriptor;
    std::array<char, 4096> buffer;
    bool closed;
  };

  Status begin(const CommandOptions& options) {
    int output[2];
    int errors[2];
    if (::pipe2(output, O_CLOEXEC) != 0) return no_resources();
    Fd output_read(output[0]);
    Fd output_write(output[1]);
    if (::pipe2(errors, O_CLOEXEC) != 0) return no_resources();
    Fd errors_read(errors[0]);
    Fd errors_write(errors[1]);
    SERIN_TRY(process, Process::start({.argv = options.argv,
                                       .env = options.env,
                                       .directory = options.directory,
                                       .output_fd = output_write.get(),
                                       .error_fd = errors_write.get(),
                                       .dies_with_parent = false}));
    process_.emplace(std::move(process));
    // Becomes readable when the child ends.
    int ended = static_cast<int>(::syscall(SYS_pidfd_open, process_->pid(), 0));
    if (ended < 0) return no_resources();
    ended_.assign(ended);
    output_.descriptor.assign(output_read.release());
    errors_.descriptor.assign(errors_read.release());
    output_.descriptor.non_blocking(true);
    errors_.descriptor.non_blocking(true);
    return {};
  }

  Status no_resources() const {
    return fail(Code::unavailable, "can't run " + name_ + ": " + std::strerror(errno));
  }

  void read(Pipe& pipe, std::string CommandResult::*field) {
    pipe.descriptor.async_read_some(
        asio::buffer(pipe.buffer),
        [self = shared_from_this(), &pipe, field](const error_code& error, std::size_t size) {
          if (error || self->done_ == nullptr) return;
          self->take(pipe, field, size);
          if (!self->has_ended_) self->read(pipe, field);
        });
  }

  void take(Pipe& pipe, std::string CommandResult::*field, std::size_t size) {
    std::string& text = result_.*field;
    std::size_t room = kCommandOutputMax - text.size();
    if (size > room) result_.truncated = true;
    text.append(pipe.buffer.data(), std::min(size, room));
  }

  // Its children may hold the pipes open for ever: what is there now is all that counts.
  void drain(Pipe& pipe, std::string CommandResult::*field) {
    for (;;) {
      error_code error;
      std::size_t size = pipe.descriptor.read_some(asio::buffer(pipe.buffer), error);
      if (error || size == 0) return;
      take(pipe, field, size);
      if (result_.truncated) return;
    }
  }

  void on_end() {
    if (done_ == nullptr) return;
    has_ended_ = true;
    error_code ignored;
    output_.descriptor.cancel(ignored);
    errors_.descriptor.cancel(ignored);
    // What a read took already is told before this.
    loop_.post([self = shared_from_this()] { self->conclude(); });
  }

  void conclude() {
    if (done_ == nullptr) return;
    int status = process_->poll().value_or(0);
    result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    drain(output_, &CommandResult::output);
    drain(errors_, &CommandResult::errors);
    finish(std::move(result_));
  }

  void kill(Code code, const char* what) {
    if (done_ == nullptr) return;
    if (process_) process_->signal(SIGKILL);
    finish_later(fail(code, name_ + " " + what + " and was killed"));
  }

  void finish_later(Result<CommandResult> result) {
    loop_.post([self = shared_from_this(), done = std::exchange(done_, nullptr),
                result = std::move(result)]() mutable { done(std::move(result)); });
    close();
  }

  void finish(Result<CommandResult> result) {
    Done done = std::exchange(done_, nullptr);
    close();
    done(std::move(result));
  }

  void close() {
    loop_.cancel(std::exchange(timer_, TimerId::none));
    error_code ignored;
    ended_.close(ignored);
    output_.descriptor.close(ignored);
    errors_.descriptor.close(ignored);
    process_.reset();
  }

  AsioLoop& loop_;
  std::string name_;
  std::optional<Process> process_;
  Pipe output_;
  Pipe errors_;
  Descriptor ended_;
  CommandResult result_;
  bool has_ended_ = false;
  TimerId timer_ = TimerId::none;
  Done done_;
};

}  // namespace

Cancellation run_command(AsioLoop& loop, const CommandOptions& options, Instant deadline,
                         Done done) {
  auto command = std::make_shared<Command>(loop, std::move(done));
  command->start(options, deadline);
  return Cancellation([weak = std::weak_ptr(command)] {
    if (auto self = weak.lock()) self->cancel();
  });
}

}  // namespace serin
