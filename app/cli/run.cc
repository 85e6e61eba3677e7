// serin run: one release in the foreground.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/control/client.h"
#include "app/live/event_lines.h"
#include "app/live/stable_version.h"
#include "app/session/session.h"
#include "app/view/release_view.h"
#include "base/assert.h"
#include "base/process.h"
#include "base/real_clock.h"
#include "rollout/plan/load/revision.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRedrawMin = 200ms;

ExitCode give_up(const Error& error, Output output) {
  std::string text = error.to_string();
  std::fprintf(stderr, "serin: %s\n", text.c_str());
  if (output == Output::json) {
    std::puts(
        Json::object()
            .set("error", Json::object().set("code", to_string(error.code)).set("message", text))
            .dump()
            .c_str());
  }
  return exit_code_of(error);
}

// Draws the release anew in place, at most five times a second; elsewhere one line an event.
class Display {
 public:
  Display(const Terminal& terminal, Output output, AsioLoop& loop)
      : terminal_(terminal), output_(output), loop_(loop) {}
  ~Display() { loop_.cancel(timer_); }

  void show(const Json& view) {
    last_ = view;
    Now now = loop_.clock().now();
    if (output_ == Output::text && terminal_.live) {
      if (timer_ != TimerId::none) return;
      Instant next = drawn_ + kRedrawMin;
      if (now.mono >= next) {
        draw();
      } else {
        timer_ = loop_.call_at(next, [this] {
          timer_ = TimerId::none;
          draw();
        });
      }
      return;
    }
    for (const EventLines::Event& event : lines_.next(view)) {
      std::string time = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now.wall));
      if (output_ == Output::json) {
        std::puts(Json::object()
                      .set("time", time)
                      .set("event", event.kind)
                      .set("release", view["id"])
                      .set("status", view["status"])
                      .set("text", event.text)
                      .dump()
                      .c_str());
      } else {
        std::puts(event_line(event, time.substr(11), terminal_).c_str());
      }
    }
    std::fflush(stdout);
  }

  // The last state stays on the screen.
  void end() {
    loop_.cancel(std::exchange(timer_, TimerId::none));
    if (output_ == Output::text && terminal_.live && !last_.is_null()) draw();
  }

 private:
  void draw() {
    drawn_ = loop_.clock().now().mono;
    std::string out;
    if (height_ > 0) out += fmt::format("\x1b[{}A\x1b[J", height_);
    std::vector<std::string> lines = release_lines(last_, terminal_);
    for (const std::string& line : lines) out += fit(line, terminal_.width) + "\n";
    height_ = static_cast<int>(lines.size());
    std::fputs(out.c_str(), stdout);
    std::fflush(stdout);
  }

  Terminal terminal_;
  Output output_;
  AsioLoop& loop_;
  EventLines lines_;
  Json last_;
  Instant drawn_{};
  int height_ = 0;
  TimerId timer_ = TimerId::none;
};

std::string_view verdict_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::succeeded:
      return "promote";
    case SessionEnd::rolled_back:
      return "rollback";
    case SessionEnd::aborted:
      return "aborted";
    case SessionEnd::refused:
      return "refused";
    case SessionEnd::timed_out:
      return "timeout";
    case SessionEnd::inconclusive:
      break;
  }
  return "inconclusive";
}

ExitCode exit_code_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::succeeded:
      return ExitCode::ok;
    case SessionEnd::rolled_back:
      return ExitCode::rolled_back;
    case SessionEnd::aborted:
      return ExitCode::aborted;
    case SessionEnd::refused:
      return ExitCode::refused;
    case SessionEnd::timed_out:
      return ExitCode::timeout;
    case SessionEnd::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

void conclude(const Session& session, Output output) {
  Json view = session.view();
  SessionEnd end = *session.end();
  bool refused = end == SessionEnd::refused;  // then there may be no release to look at
  if (output == Output::json) {
    std::puts(Json::object()
                  .set("verdict", verdict_of(end))
                  .set("release", view["id"])
                  .set("status", view["status"])
                  .set("cause", view["cause"])
                  .set("sentence", refused ? Json(session.refusal()) : view["sentence"])
                  .set("version", view["version"])
                  .set("stable_version", view["stable_version"])
                  .set("start", view["start"])
                  .set("end", view["end"])
                  .set("steps", view["steps"])
                  .set("metrics", view["report"]["metrics"])
                  .dump()
                  .c_str());
  } else if (refused) {
    std::fprintf(stderr, "serin: %s\n", session.refusal().c_str());
  }
}

// The stable version: as the journal has it, else as the person says; "" where neither does.
std::string stable_version(const store::Store& store, const std::string& rollout,
                           const std::string& said, const Log& log) {
  auto roles = store.roles(rollout);
  if (!roles || roles->stable_version.empty()) return said;
  if (!said.empty() && said != roles->stable_version) {
    log.warn("--stable is not what the journal says, which counts",
             {{"said", said}, {"journal", roles->stable_version}});
  }
  return roles->stable_version;
}

Result<rollout::PinnedPlan> plan_of(const RunOptions& options, const rollout::ConfigSet& set,
                                    const rollout::Rollout& rollout, const std::string& stable) {
  rollout::PinOptions pin;
  pin.version = options.version;
  pin.stable_version = stable;
  pin.safe = options.safe;
  for (const auto& [name, value] : options.arguments) pin.args[name] = value;
  return rollout::pin(set, rollout, pin);
}

// The first of these variables that says something.
std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = environment_variable(name); value && !value->empty()) return *value;
  }
  return "";
}

std::string pipeline_of_ci() {
  std::string link = first_of({"SERIN_PIPELINE", "CI_JOB_URL", "CI_PIPELINE_URL", "BUILD_URL"});
  std::string run = first_of({"GITHUB_RUN_ID"});
  if (!link.empty() || run.empty()) return link;
  return fmt::format("{}/{}/actions/runs/{}", first_of({"GITHUB_SERVER_URL"}),
                     first_of({"GITHUB_REPOSITORY"}), run);
}

Result<TicketOrigin> origin_of(const RunOptions& options, const rollout::ConfigSet& set,
                               const rollout::Rollout& rollout) {
  rollout::PinOptions pin;
  pin.safe = options.safe;
  for (const auto& [name, value] : options.arguments) pin.args[name] = value;
  SERIN_TRY(revision, rollout::policy_revision(set, rollout, pin));
  TicketOrigin origin{
      .executor = options.executor, .pipeline = options.pipeline, .revision = revision};
  if (origin.executor.empty()) {
    origin.executor = first_of({"SERIN_EXECUTOR", "GITLAB_USER_LOGIN", "GITHUB_ACTOR"});
  }
  if (origin.executor.empty()) origin.executor = user_name();
  if (origin.pipeline.empty()) origin.pipeline = pipeline_of_ci();
  return origin;
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Code::unavailable,
              fmt::format("can't make the state directory {}: {}", path, std::strerror(errno)));
}

}  // namespace

ExitCode command_run(const RunOptions& options, const Terminal& terminal) {
  auto files = read_files(options.files);
  if (!files) return give_up(files.error(), options.output);
  rollout::LoadOptions load;
  load.safe = options.safe;
  for (const auto& [name, value] : options.arguments) load.args.insert(name);
  rollout::Loaded loaded = rollout::load_config(*files, load);
  std::fputs(config::to_text(loaded.problems).c_str(), stderr);
  if (loaded.problems.has_errors()) return ExitCode::invalid_input;
  auto chosen = choose_rollout(loaded.set, options.rollout);
  if (!chosen) return give_up(chosen.error(), options.output);

  RealClock clock;
  AsioLoop loop(clock);
  LogOptions log_options;
  // On a terminal the view says what happens; the log would tear it.
  log_options.level = terminal.live ? LogLevel::error : LogLevel::warn;
  Log log(clock, log_options);
  if (Status made = make_directory(options.state); !made)
    return give_up(made.error(), options.output);
  store::StoreOptions store_options;
  store_options.directory = options.state;
  auto store = store::Store::open(store_options, loop);
  if (!store) return give_up(store.error(), options.output);
  Rng rng(static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count()) ^
          static_cast<std::uint64_t>(::getpid()) << 48U);
  std::string stable = stable_version(**store, (*chosen)->metadata.name, options.stable, log);
  auto plan = plan_of(options, loaded.set, **chosen, stable);
  if (plan && stable.empty()) {
    auto found = find_stable_version(loop, rng, *plan);
    if (!found) return give_up(found.error(), options.output);
    std::fprintf(stderr, "serin: %s is the stable version, by the metrics\n", found->c_str());
    plan = rollout::with_stable(*std::move(plan), *found);
  }
  if (!plan) return give_up(plan.error(), options.output);
  for (const std::string& warning : plan->warnings)
    std::fprintf(stderr, "serin: warning: %s\n", warning.c_str());

  SessionOptions session_options;
  session_options.state_directory = options.state;
  session_options.user = user_name();
  auto origin = origin_of(options, loaded.set, **chosen);
  if (!origin) return give_up(origin.error(), options.output);
  session_options.origin = std::move(*origin);
  session_options.take_over = options.take_over;
  session_options.notify_url = options.notify;
  if (!terminal.live) session_options.pause_timeout = options.pause_timeout;
  auto session = Session::open(loop, rng, session_options, std::move(*store), *plan, log);
  if (!session) return give_up(session.error(), options.output);
  Display display(terminal, options.output, loop);
  (*session)->on_view = [&](const Json& view) { display.show(view); };
  for (int number : {SIGINT, SIGTERM}) loop.on_signal(number, [&] { (*session)->interrupt(); });
  if (Status begun = (*session)->begin(); !begun) return give_up(begun.error(), options.output);
  loop.run();
  display.end();
  SERIN_ASSERT((*session)->end().has_value());
  conclude(**session, options.output);
  return exit_code_of(*(*session)->end());
}

}  // namespace serin::app
