// serin run: one release in the foreground.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/control/client.h"
#include "app/live/recovery.h"
#include "app/live/stable_version.h"
#include "app/session/foreground.h"
#include "base/process.h"
#include "base/real_clock.h"
#include "rollout/plan/load/revision.h"

namespace serin::app {
namespace {

// Another release's way back to stable may take so long, and is looked for so often.
constexpr Duration kSupersedeMax = std::chrono::minutes(5);
constexpr Duration kSupersedeEvery = std::chrono::milliseconds(200);

// The stable version: as the journal has it, else as the person says, else that of the release
// which is under way or was the last; "" where none does.
std::string stable_version(const store::Store& store, const RunOptions& options,
                           const std::string& rollout, const Log& log) {
  const std::string& said = options.stable;
  auto roles = store.roles(rollout);
  if (!roles || roles->stable_version.empty()) {
    if (!said.empty()) return said;
    auto last = stored_ticket(options.state, rollout);
    return last ? last->spec.stable_version : "";
  }
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
  return rollout::pin_reusable(set, rollout, pin);
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

// The plan of the same release as other files have it, or its own by now.
Result<SessionOptions::Reread> reread(RunOptions options, const std::string& name,
                                      const std::string& stable, const EditRequest& request) {
  std::vector<rollout::ConfigFile> files = request.files;
  if (files.empty()) {
    SERIN_TRY(own, read_files(options.files));
    files = std::move(own);
  }
  // The last one of a name counts.
  options.arguments.insert(options.arguments.end(), request.arguments.begin(),
                           request.arguments.end());
  rollout::LoadOptions load;
  load.safe = options.safe;
  for (const auto& [argument, value] : options.arguments) load.args.insert(argument);
  rollout::Loaded loaded = rollout::load_config(files, load);
  if (loaded.problems.has_errors()) {
    return fail(Code::invalid_argument, config::to_text(loaded.problems));
  }
  const rollout::Rollout* rollout = loaded.set.find_rollout(name);
  if (rollout == nullptr) {
    return fail(Code::not_found, fmt::format("the files have no rollout '{}' any more", name));
  }
  SERIN_TRY(plan, plan_of(options, loaded.set, *rollout, stable));
  SERIN_TRY(origin, origin_of(options, loaded.set, *rollout));
  return SessionOptions::Reread{std::move(plan), origin.revision};
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Code::unavailable,
              fmt::format("can't make the state directory {}: {}", path, std::strerror(errno)));
}

// One serin at a time: whoever has the state directory says what it releases. With --supersede that
// is aborted, and its end waited for.
Result<std::unique_ptr<store::Store>> open_store(AsioLoop& loop, const RunOptions& options,
                                                 const std::string& rollout) {
  auto open = [&] { return store::Store::open({.directory = options.state}, loop); };
  auto store = open();
  if (store || store.error().code != Code::failed_precondition) return store;
  auto ask = [&](std::string_view op) {
    return ask_control(options.state, Json::object()
                                          .set("op", op)
                                          .set("name", rollout)
                                          .set("user", user_name())
                                          .set("reason", "superseded by " + options.version));
  };
  auto held = ask("get");
  if (!held) return store;
  const Json& release = (*held)["release"];
  std::string holder = fmt::format("{} of version {}, which is {}", release["id"].string(),
                                   release["version"].string(), release["status"].string());
  if (!options.supersede) {
    return fail(Code::failed_precondition,
                fmt::format("{} is held by {}: wait for its end, abort it, or put --supersede "
                            "({})",
                            rollout, holder, store.error().message));
  }
  std::fprintf(stderr, "serin: superseding %s\n", holder.c_str());
  SERIN_TRY(aborted, ask("abort"));
  static_cast<void>(aborted);
  Instant end = loop.clock().now().mono + kSupersedeMax;
  while (!store && loop.clock().now().mono < end) {
    loop.run_until([] { return false; }, kSupersedeEvery);
    store = open();
  }
  return store;
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
  if (loaded.problems.has_errors()) {
    return give_up({Code::invalid_argument, "the files have errors", {}}, options.output);
  }
  warn_of_unknown_arguments(loaded.set, options.arguments);
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
  auto store = open_store(loop, options, (*chosen)->metadata.name);
  if (!store) return give_up(store.error(), options.output);
  Rng rng(static_cast<std::uint64_t>(clock.now().wall.time_since_epoch().count()) ^
          static_cast<std::uint64_t>(::getpid()) << 48U);
  std::string stable = stable_version(**store, options, (*chosen)->metadata.name, log);
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
  session_options.recordings = options.recordings;
  session_options.pause_timeout = options.pause_timeout;
  session_options.supersede = options.supersede;
  session_options.reread = [&](const EditRequest& request) -> Result<SessionOptions::Reread> {
    return reread(options, (*chosen)->metadata.name, plan->stable_version, request);
  };
  auto end = run_session(loop, rng, std::move(session_options), std::move(*store), *plan, log,
                         terminal, options.output == Output::json);
  return end ? exit_code_of(*end) : give_up(end.error(), options.output);
}

}  // namespace serin::app
