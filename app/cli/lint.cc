#include <algorithm>
#include <cstdio>

#include "app/analyze/asker.h"
#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "app/lint/online.h"
#include "base/config/document.h"
#include "base/real_clock.h"

namespace serin::app {
namespace {

void ask_servers(const LintOptions& options, const std::vector<rollout::ConfigFile>& files,
                 rollout::Loaded& loaded) {
  RealClock clock;
  AsioLoop loop(clock);
  auto http = make_tool_client(loop);
  Asker asker(loop, *http);
  AskProvider ask = [&](const auto& provider, const auto& request, auto timeout) {
    return asker.ask(provider, request, timeout);
  };
  lint_online(files, loaded.set, pin_options(options.input), ask, clock.now(), loaded.problems);
}

// A file that was cut short, or not filled by who makes it, is not a good one.
bool holds_nothing(const std::vector<rollout::ConfigFile>& files) {
  config::Diagnostics ignored;
  return std::ranges::all_of(files, [&](const rollout::ConfigFile& file) {
    return config::read_documents(file.name, file.text, ignored).empty();
  });
}

}  // namespace

ExitCode command_lint(const LintOptions& options) {
  auto files = read_files(options.input.files);
  if (!files) return give_up(files.error());
  rollout::LoadOptions load = load_options(options.input);
  load.unsupported = rollout::Unsupported::refuse_in_serin;
  rollout::Loaded loaded = rollout::load_config(*files, load);
  if (loaded.problems.empty() && holds_nothing(*files)) {
    loaded.problems.add(config::kUnknownKind,
                        {files->front().name,
                         {},
                         "",
                         "no document stands here",
                         "a document has apiVersion and kind: Rollout or AnalysisTemplate"});
  }
  // The scrape interval is not assumed where it is asked.
  if (options.online) {
    loaded.problems = loaded.problems.without("W033");
    if (!loaded.problems.has_errors()) ask_servers(options, *files, loaded);
  }
  const config::Diagnostics& problems = loaded.problems;
  switch (options.format) {
    case LintOptions::Format::json:
      std::puts(config::to_json(problems).dump(2).c_str());
      break;
    case LintOptions::Format::github:
      std::fputs(config::to_github(problems).c_str(), stdout);
      break;
    case LintOptions::Format::text:
      std::fputs(config::to_text(problems).c_str(), stdout);
      break;
  }
  bool bad = problems.has_errors() || (options.strict && problems.warnings() > 0);
  return bad ? ExitCode::invalid_input : ExitCode::ok;
}

}  // namespace serin::app
