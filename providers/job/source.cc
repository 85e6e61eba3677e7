#include "providers/job/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include "base/net/fd.h"
#include "base/process.h"

namespace serin::job {
namespace {

// How often a running command is looked at: soon at first, so that quick ones answer quickly.
constexpr Duration kLookMin = std::chrono::milliseconds(2);
constexpr Duration kLookMax = std::chrono::milliseconds(100);

queries::Answer answer_of(int status, std::string output) {
  Json json = Json::object();
  json.set("exitCode", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  json.set("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  auto parsed = Json::parse(output);
  json.set("output", std::move(output));
  json.set("json", parsed ? std::move(*parsed) : Json());
  queries::Answer answer;
  answer.type = queries::AnswerType::json;
  answer.json = std::move(json);
  return answer;
}

}  // namespace

struct JobSource::Shared : std::enable_shared_from_this<JobSource::Shared> {
  struct Job {
    explicit Job(Process started) : process(std::move(started)) {}
    Process process;
    Fd output;
    std::string text;
    Instant deadline;
    Duration next_look = kLookMin;
    TimerId timer = TimerId::none;
    queries::AnswerCallback done;
  };
  using JobPointer = std::shared_ptr<Job>;

  Shared(Loop& loop_in, JobOptions options_in) : loop(loop_in), options(std::move(options_in)) {}

  Result<JobPointer> start() {
    if (jobs.size() >= kJobsMax) {
      return fail(Code::unavailable,
                  fmt::format("job: {} runs of the command are under way already", kJobsMax));
    }
    int fds[2] = {-1, -1};
    if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
      return fail(Code::unavailable, "job: no pipe for the command's output");
    }
    Fd reading(fds[0]);
    const Fd writing(fds[1]);
    // The command's own end waits like any other output.
    ::fcntl(writing.get(), F_SETFL, 0);
    auto started = Process::start({.argv = options.command, .output_fd = writing.get()});
    if (!started) return std::unexpected(std::move(started).error().with("job"));
    auto job = std::make_shared<Job>(std::move(*started));
    job->output = std::move(reading);
    return job;
  }

  void look_later(const JobPointer& job) {
    const Instant now = loop.clock().now().mono;
    const Instant when = std::min(now + job->next_look, std::max(now, job->deadline));
    job->next_look = std::min(2 * job->next_look, kLookMax);
    job->timer = loop.call_at(when, [weak = weak_from_this(), job] {
      if (auto self = weak.lock()) self->look(job);
    });
  }

  static void read(Job& job) {
    char buffer[4096];
    for (;;) {
      const ssize_t got = ::read(job.output.get(), buffer, sizeof buffer);
      if (got <= 0) return;
      job.next_look = kLookMin;  // more may follow, and the pipe is small
      job.text.append(buffer, static_cast<std::size_t>(got));
      if (job.text.size() > 2 * kJobOutputMax) job.text.erase(0, job.text.size() - kJobOutputMax);
    }
  }

  void look(const JobPointer& job) {
    if (!job->done) return;
    read(*job);
    if (const auto status = job->process.reap_group()) {
      read(*job);
      if (job->text.size() > kJobOutputMax) job->text.erase(0, job->text.size() - kJobOutputMax);
      finish(job, answer_of(*status, std::move(job->text)));
    } else if (loop.clock().now().mono >= job->deadline) {
      finish(job, fail(Code::deadline_exceeded,
                       fmt::format("job: {} took too long and was killed", options.command[0])));
    } else {
      look_later(job);
    }
  }

  void finish(const JobPointer& job, Result<queries::Answer> answer) {
    auto done = std::exchange(job->done, {});
    if (!done) return;
    loop.cancel(job->timer);
    job->process.kill_group();
    std::erase(jobs, job);
    done(std::move(answer));
  }

  Loop& loop;
  JobOptions options;
  std::list<JobPointer> jobs;
};

Result<std::unique_ptr<JobSource>> JobSource::create(Loop& loop, JobOptions options) {
  if (options.command.empty() || options.command.front().empty()) {
    return fail(Code::invalid_argument, "job: `command` names no program");
  }
  auto program = find_program(options.command.front());
  if (!program) return std::unexpected(std::move(program).error().with("job"));
  return std::unique_ptr<JobSource>(
      new JobSource(std::make_shared<Shared>(loop, std::move(options))));
}

JobSource::~JobSource() {
  for (const auto& job : std::exchange(shared_->jobs, {})) {
    job->done = {};
    shared_->loop.cancel(job->timer);
    job->process.kill_group();
  }
}

Cancellation JobSource::ask(const queries::Request&, Instant deadline,
                            queries::AnswerCallback done) {
  auto started = shared_->start();
  if (!started) {
    shared_->loop.post([error = std::move(started).error(), done = std::move(done)]() mutable {
      done(std::unexpected(std::move(error)));
    });
    return {};
  }
  const Shared::JobPointer job = std::move(*started);
  job->deadline = deadline;
  job->done = std::move(done);
  shared_->jobs.push_back(job);
  shared_->look_later(job);
  return Cancellation([weak = std::weak_ptr<Shared>(shared_), job] {
    auto self = weak.lock();
    if (!self || !job->done) return;
    job->process.kill_group();
    self->loop.post([weak, job] {
      if (auto alive = weak.lock()) alive->finish(job, fail(Code::cancelled, "cancelled"));
    });
  });
}

}  // namespace serin::job
