#include "app/cli/tools.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/cli/files.h"
#include "base/config/diagnostic.h"

namespace serin::app {

ExitCode give_up(const Error& error) {
  std::fprintf(stderr, "serin: %s\n", error.to_string().c_str());
  return exit_code_of(error);
}

ExitCode end_of(const Status& status) {
  return status ? ExitCode::ok : give_up(status.error());
}

rollout::LoadOptions load_options(const AnalysisInput& input) {
  rollout::LoadOptions load;
  load.safe = input.safe;
  for (const auto& [name, value] : input.arguments) load.args.insert(name);
  return load;
}

rollout::PinOptions pin_options(const AnalysisInput& input) {
  rollout::PinOptions pin;
  pin.version = input.canary;
  pin.stable_version = input.stable;
  pin.safe = input.safe;
  for (const auto& [name, value] : input.arguments) pin.args[name] = value;
  if (!input.prometheus.empty()) pin.args["prometheus"] = input.prometheus;
  return pin;
}

Result<ChosenAnalysis> read_analysis(const AnalysisInput& input) {
  SERIN_TRY(files, read_files(input.files));
  rollout::LoadOptions load = load_options(input);
  load.unsupported = rollout::Unsupported::tell;
  rollout::Loaded loaded = rollout::load_config(files, load);
  if (loaded.problems.has_errors()) {
    std::fputs(config::to_text(loaded.problems).c_str(), stderr);
    return fail(Code::invalid_argument, "the files have errors");
  }
  warn_of_unknown_arguments(loaded.set, input.arguments);
  auto chosen = choose_analysis(loaded.set, input.name, pin_options(input));
  if (chosen) {
    for (const std::string& warning : chosen->warnings) {
      std::fprintf(stderr, "serin: warning: %s\n", warning.c_str());
    }
  }
  return chosen;
}

Result<WallTime> time_of(const std::string& text, const std::string& option, WallTime now) {
  if (text.empty() || text == "now") return now;
  if (text.starts_with('-')) {
    if (auto back = parse_duration(text)) return now + *back;
  }
  if (auto time = parse_rfc3339(text)) return time;
  if (auto seconds = Json::parse(text); seconds && seconds->is_number() && seconds->number() > 0) {
    return WallTime(from_seconds(seconds->number()));
  }
  return fail(Code::invalid_argument,
              fmt::format("{} '{}': expected a time such as 2026-11-21T08:30:00Z, Unix seconds, "
                          "or a duration before now such as -30m",
                          option, text));
}

std::unique_ptr<HttpClient> make_tool_client(AsioLoop& loop) {
  Now now = loop.clock().now();
  auto seed = static_cast<std::uint64_t>(now.wall.time_since_epoch().count()) ^
              static_cast<std::uint64_t>(::getpid()) << 48U;
  return make_http_client(loop, Rng(seed));
}

}  // namespace serin::app
