#include "drivers/routers/nginx/router.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/net/command.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;

constexpr Duration kLookPatience = std::chrono::seconds(2);
constexpr std::size_t kPidBytesMax = 64;
constexpr std::string_view kStateHeader = "x-serin";

std::unexpected<Error> overtaken() {
  return fail(Code::cancelled, "overtaken by a later command for the same route");
}

// The lines that say what is wrong; warnings before them are left out.
std::string complaint(const CommandResult& result) {
  std::string out;
  std::string_view rest = result.errors;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find("[emerg]") == std::string_view::npos) continue;
    if (!out.empty()) out += "; ";
    out += line;
  }
  return out.empty() ? fmt::format("status {}: {}", result.exit_code, result.errors.substr(0, 300))
                     : out;
}

}  // namespace

struct NginxRouter::Change {
  DesiredTraffic desired;
  Instant deadline;
  Done<ObservedTraffic> done;
  NginxState state;                      // that nginx is to say
  std::string text;                      // the file with it
  std::string old_text;                  // before
  bool sent = false;                     // the reload
  std::optional<Instant> fresh_since{};  // only new workers have answered
};

Result<std::unique_ptr<NginxRouter>> NginxRouter::create(AsioLoop& loop, HttpClient& http,
                                                         NginxOptions options) {
  SERIN_CHECK(check(options));
  return std::unique_ptr<NginxRouter>(new NginxRouter(loop, http, std::move(options)));
}

NginxRouter::NginxRouter(AsioLoop& loop, HttpClient& http, NginxOptions options)
    : loop_(loop), http_(http), options_(std::move(options)), file_(loop, options_.file) {}

NginxRouter::~NginxRouter() {
  *alive_ = false;
  loop_.cancel(timer_);
}

std::vector<std::string> NginxRouter::command(const char* flag) const {
  std::vector<std::string> argv = {options_.program, flag, "-q", "-c", options_.config};
  if (!options_.prefix.empty()) argv.insert(argv.end(), {"-p", options_.prefix});
  return argv;
}

std::string NginxRouter::instance() const {
  auto text = read_file(options_.pid_file, kPidBytesMax);
  return text ? text->substr(0, text->find_first_of("\r\n ")) : "";
}

Status NginxRouter::signal_master() const {
  std::string text = instance();
  pid_t pid = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 1) {
    return fail(Code::unavailable,
                fmt::format("{} holds no process id of nginx's master", options_.pid_file));
  }
  if (::kill(pid, SIGHUP) == 0) return {};
  return fail(errno == EPERM ? Code::permission_denied : Code::unavailable,
              fmt::format("can't signal nginx's master {}: {}", pid, std::strerror(errno)));
}

void NginxRouter::look(Instant deadline, Done<NginxState> done) {
  Instant soon = std::min(deadline, loop_.clock().now().mono + kLookPatience);
  http_.send({.url = "http://" + options_.status + "/serin", .retry = {.attempts_max = 1}}, soon,
             [status = options_.status, done = std::move(done),
              alive = alive_](Result<HttpResponse> response) mutable {
               if (!*alive) return;
               if (!response) {
                 done(fail(Code::unavailable,
                           fmt::format("nginx at {}: {}", status, response.error().message)));
                 return;
               }
               done(nginx_state_from_text(response->header(kStateHeader)));
             });
}

void NginxRouter::observe(Instant deadline, Done<ObservedTraffic> done) {
  look(deadline, [this, done = std::move(done)](Result<NginxState> state) mutable {
    if (state) {
      done(observed_of(*state, options_.swapped, instance()));
    } else {
      done(std::unexpected(std::move(state).error()));
    }
  });
}

void NginxRouter::apply(const DesiredTraffic& desired, Instant deadline,
                        Done<ObservedTraffic> done) {
  auto change = std::make_shared<Change>();
  change->desired = desired;
  change->deadline = deadline;
  change->done = std::move(done);
  if (auto waiting = std::exchange(next_, nullptr)) {
    loop_.post([waiting, alive = alive_] {
      if (*alive) waiting->done(overtaken());
    });
  }
  if (running_) {
    next_ = std::move(change);  // what runs gives up at its next step
  } else {
    begin(std::move(change));
  }
}

void NginxRouter::begin(std::shared_ptr<Change> change) {
  running_ = change;
  look(change->deadline, [this, change](Result<NginxState> now) {
    if (!now) {
      finish(change, std::unexpected(std::move(now).error()));
    } else {
      consider(change, *now);
    }
  });
}

void NginxRouter::consider(const std::shared_ptr<Change>& change, const NginxState& now) {
  if (next_) return finish(change, overtaken());
  const DesiredTraffic& desired = change->desired;
  // Taking traffic away is always allowed, whoever's mark is on the route; giving a mark back is
  // for its owner.
  const std::string& expected = desired.owner.empty() ? desired.gives_back : desired.owner;
  bool leaves = !desired.canary_in_service && !desired.owner.empty();
  bool foreign = !expected.empty() && !now.owner.empty() && now.owner != expected;
  if (foreign && !leaves) {
    return finish(change, fail(Code::failed_precondition,
                               fmt::format("the route carries the mark of '{}'", now.owner)));
  }
  change->state = {.generation = now.generation,
                   .units = desired.canary.units(),
                   .in_service = desired.canary_in_service,
                   .swapped = options_.swapped,
                   .content = rollout::content_id(desired.content),
                   .owner = foreign ? now.owner : desired.owner};
  if (change->state == now) {
    return finish(change, observed_of(now, options_.swapped, instance()));
  }
  ++change->state.generation;
  auto text = file_text(options_, change->state, desired.content);
  if (!text) return finish(change, std::unexpected(std::move(text).error()));
  change->text = std::move(*text);
  write(change);
}

void NginxRouter::write(const std::shared_ptr<Change>& change) {
  file_.keep(
      [change](std::string old_text) {
        change->old_text = std::move(old_text);
        return change->text;
      },
      [this, change](Status status) {
        if (status) {
          test(change);
        } else {
          finish(change, std::unexpected(std::move(status).error()));
        }
      });
}

// A file that nginx refuses must not be left for somebody else's reload.
void NginxRouter::put_back(const std::shared_ptr<Change>& change, Error error) {
  file_.keep([text = change->old_text](const std::string&) { return text; },
             [this, change, error = std::move(error)](const Status& status) mutable {
               if (!status) error = std::move(error).with(status.error().message);
               finish(change, std::unexpected(std::move(error)));
             });
}

void NginxRouter::test(const std::shared_ptr<Change>& change) {
  run_command(loop_, {.argv = command("-t")}, change->deadline,
              [this, change, alive = alive_](Result<CommandResult> result) {
                if (!*alive) return;
                if (!result) {
                  put_back(change, std::move(result).error());
                } else if (result->exit_code != 0) {
                  put_back(change, Error{Code::invalid_argument,
                                         "nginx refuses its configuration: " + complaint(*result)});
                } else if (next_) {
                  put_back(change, overtaken().error());
                } else {
                  reload(change);
                }
              });
}

void NginxRouter::reload(const std::shared_ptr<Change>& change) {
  change->sent = true;
  if (options_.reload.empty()) {
    if (Status sent = signal_master(); !sent) {
      put_back(change, std::move(sent).error());
    } else {
      settle(change);
    }
    return;
  }
  run_command(loop_, {.argv = options_.reload}, change->deadline,
              [this, change, alive = alive_](Result<CommandResult> result) {
                if (!*alive) return;
                if (!result) {
                  put_back(change, std::move(result).error());
                } else if (result->exit_code != 0) {
                  put_back(change,
                           Error{Code::unavailable,
                                 fmt::format("{}: {}", options_.reload[0], complaint(*result))});
                } else {
                  settle(change);
                }
              });
}

void NginxRouter::settle(const std::shared_ptr<Change>& change) {
  if (next_) return finish(change, overtaken());
  look(change->deadline, [this, change](Result<NginxState> now) {
    Instant time = loop_.clock().now().mono;
    // A worker that is about to end may close a connection unanswered.
    if (!now || now->generation != change->state.generation) {
      change->fresh_since.reset();
    } else if (!change->fresh_since) {
      change->fresh_since = time;
    } else if (time - *change->fresh_since >= kSettle) {
      return finish(change, observed_of(*now, options_.swapped, instance()));
    }
    if (time + kPoll >= change->deadline) {
      return finish(change,
                    fail(Code::maybe_delivered,
                         "nginx was told to reload, and its new workers did not answer in time"));
    }
    timer_ = loop_.call_at(time + kPoll, [this, change] {
      timer_ = TimerId::none;
      settle(change);
    });
  });
}

void NginxRouter::finish(const std::shared_ptr<Change>& change, Result<ObservedTraffic> result) {
  running_.reset();
  // Before the answer, which may bring another command.
  if (auto waiting = std::exchange(next_, nullptr)) begin(std::move(waiting));
  change->done(std::move(result));
}

void NginxRouter::preflight(Instant deadline, Done<rollout::Preflight> done) {
  auto out = std::make_shared<rollout::Preflight>();
  std::string directory = options_.file.substr(0, options_.file.rfind('/') + 1);
  if (::access(options_.file.c_str(), W_OK) != 0 || ::access(directory.c_str(), W_OK) != 0) {
    out->refusals.push_back(
        fmt::format("serin must be able to write {} and a new file beside it: {} (`serin render "
                    "nginx --idle … > {}` makes a first one)",
                    options_.file, std::strerror(errno), options_.file));
  }
  if (options_.reload.empty()) {
    std::string text = instance();
    pid_t pid = static_cast<pid_t>(std::atoi(text.c_str()));
    if (pid <= 1 || ::kill(pid, 0) != 0) {
      out->refusals.push_back(fmt::format(
          "nginx's master can't be signalled: {} must name its process, and serin run as its user "
          "or as root; or name a program in `reload`",
          options_.pid_file));
    }
  }
  run_command(loop_, {.argv = command("-T")}, deadline,
              [this, deadline, out, done = std::move(done),
               alive = alive_](Result<CommandResult> result) mutable {
                if (!*alive) return;
                if (!result) {
                  out->refusals.push_back(result.error().to_string());
                } else if (result->exit_code != 0) {
                  out->refusals.push_back("nginx refuses its configuration: " + complaint(*result));
                } else {
                  examine_config(options_, result->output, result->truncated, *out);
                }
                look(deadline, [this, out, done = std::move(done)](Result<NginxState> now) mutable {
                  if (!now) {
                    out->refusals.push_back(fmt::format(
                        "{}: nginx does not run {} as it is now: reload it once (`nginx -s "
                        "reload`), and keep that address free for it",
                        now.error().message, options_.file));
                  }
                  done(std::move(*out));
                });
              });
}

}  // namespace serin::drivers
