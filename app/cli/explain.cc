// serin explain: what a field means.
#include "app/explain/explain.h"

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/tools.h"
#include "rollout/plan/load/schema.h"

namespace serin::app {

ExitCode command_explain(const ExplainOptions& options) {
  Json schema = rollout::config_schema();
  if (options.all) {
    std::fputs(field_page(schema).c_str(), stdout);
    return ExitCode::ok;
  }
  auto explained = explain(schema, options.field);
  if (!explained) return give_up(explained.error());
  if (options.output == Output::json) {
    std::puts(explained->dump().c_str());
  } else {
    for (const std::string& line : explained_lines(*explained)) std::puts(line.c_str());
  }
  return ExitCode::ok;
}

}  // namespace serin::app
