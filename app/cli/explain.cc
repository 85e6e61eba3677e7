// serin explain: what a field means.
#include "app/explain/explain.h"

#include <cstdio>

#include "app/cli/commands.h"
#include "rollout/plan/load/schema.h"

namespace serin::app {

ExitCode command_explain(const ExplainOptions& options) {
  Json schema = rollout::config_schema();
  if (options.all) {
    std::fputs(field_page(schema).c_str(), stdout);
    return ExitCode::ok;
  }
  auto lines = explain(schema, options.field);
  if (!lines) {
    std::fprintf(stderr, "serin: %s\n", lines.error().message.c_str());
    return exit_code_of(lines.error());
  }
  for (const std::string& line : *lines) std::puts(line.c_str());
  return ExitCode::ok;
}

}  // namespace serin::app
