// serin render: a rollout's split and its match rules as other routers read them.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "base/config/parsers.h"

namespace serin::app {
namespace {

// The objects of the files of --existing.
Result<Json::Array> read_existing(const std::vector<std::string>& paths) {
  SERIN_TRY(files, read_files(paths));
  Json::Array objects;
  for (const rollout::ConfigFile& file : files) {
    config::Parsed parsed = config::parse_yaml(file.text);
    if (parsed.fault) {
      return fail(Code::invalid_argument, fmt::format("{}: {}", file.name, parsed.fault->message));
    }
    for (const config::Node& root : parsed.roots) objects.push_back(root.to_json());
  }
  return objects;
}

Result<SplitRequest> completed(const RenderOptions& options) {
  SplitRequest request = options.split;
  if (!options.weight.empty()) {
    SERIN_TRY(weight, rollout::Weight::parse(options.weight));
    request.units = weight.units();
  }
  if (!options.existing.empty()) {
    SERIN_TRY(objects, read_existing(options.existing));
    request.existing = std::move(objects);
  }
  return request;
}

}  // namespace

ExitCode command_render(const RenderOptions& options) {
  auto files = read_files(options.files);
  if (!files) return give_up(files.error());
  rollout::Loaded loaded =
      rollout::load_config(*files, {.unsupported = rollout::Unsupported::tell});
  if (loaded.problems.has_errors()) {
    std::fputs(config::to_text(loaded.problems).c_str(), stderr);
    return ExitCode::invalid_input;
  }
  auto chosen = choose_rollout(loaded.set, options.rollout);
  if (!chosen) return give_up(chosen.error());
  auto request = completed(options);
  if (!request) return give_up(request.error());
  auto rendered = render_split(**chosen, *request);
  if (!rendered) return give_up(rendered.error());
  for (const std::string& note : rendered->notes)
    std::fprintf(stderr, "serin: note: %s\n", note.c_str());
  std::fputs(rendered->text.c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace serin::app
