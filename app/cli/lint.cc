#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"

namespace serin::app {

ExitCode command_lint(const LintOptions& options) {
  auto files = read_files(options.files);
  if (!files) {
    std::fprintf(stderr, "serin: %s\n", files.error().to_string().c_str());
    return exit_code_of(files.error());
  }
  rollout::LoadOptions load;
  load.safe = options.safe;
  config::Diagnostics problems = rollout::lint(*files, load);
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
