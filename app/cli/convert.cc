// serin convert: other tools' documents, written as serin's.
#include "app/convert/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/cli/commands.h"
#include "app/cli/files.h"

namespace serin::app {
namespace {

std::string path_of(const std::string& directory, const ConvertedDocument& document) {
  std::string name = document.name;
  std::ranges::replace(name, '/', '-');
  const char* kind = document.kind == "Rollout"            ? "rollout"
                     : document.kind == "AnalysisTemplate" ? "template"
                                                           : "cluster-template";
  return fmt::format("{}/{}.{}.yaml", directory, name, kind);
}

// Each document into a file of its own, whose paths are the result; none that is there is written
// over.
Result<std::vector<std::string>> write_all(const std::string& directory,
                                           const Converted& converted) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(Code::unavailable, directory + ": " + error.message());
  std::vector<std::string> paths;
  for (const ConvertedDocument& document : converted.documents) {
    paths.push_back(path_of(directory, document));
    if (!fs::exists(paths.back(), error)) continue;
    return fail(Code::failed_precondition,
                paths.back() + " is there already: take it away, or name another directory");
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::ofstream out(paths[i], std::ios::binary);
    out << converted.documents[i].draft.to_yaml();
    out.flush();
    if (!out) return fail(Code::unavailable, "can't write " + paths[i]);
  }
  return paths;
}

std::string summary(const Converted& converted) {
  std::size_t levels[3] = {};
  for (const ConvertFinding& each : converted.findings)
    ++levels[static_cast<std::size_t>(each.level)];
  return fmt::format("serin: {} document{}; {} left to others, {} changed, {} lost\n",
                     converted.documents.size(), converted.documents.size() == 1 ? "" : "s",
                     levels[0], levels[1], levels[2]);
}

}  // namespace

ExitCode command_convert(const ConvertOptions& options) {
  auto from = parse_convert_from(options.from);
  if (!from) return give_up(from.error(), options.output);
  auto files = read_files(options.files);
  if (!files) return give_up(files.error(), options.output);
  auto converted = convert(*from, *files);
  if (!converted) return give_up(converted.error(), options.output);
  if (options.output == Output::json) {
    std::puts(to_json(*converted).dump(2).c_str());
  } else if (options.directory.empty()) {
    std::fputs(converted->text().c_str(), stdout);
  }
  if (!options.directory.empty()) {
    auto written = write_all(options.directory, *converted);
    if (!written) return give_up(written.error(), Output::text);
    for (const std::string& path : *written) {
      if (options.output == Output::text) std::puts(path.c_str());
    }
  }
  for (const ConvertFinding& each : converted->findings)
    std::fprintf(stderr, "%s\n", to_text(each).c_str());
  std::fputs(summary(*converted).c_str(), stderr);
  if (converted->problems.has_errors()) {
    std::fputs("serin: the result does not pass `serin lint`:\n", stderr);
    std::fputs(config::to_text(converted->problems).c_str(), stderr);
    return ExitCode::invalid_input;
  }
  return converted->lost() > 0 && !options.allow_lossy ? ExitCode::error : ExitCode::ok;
}

}  // namespace serin::app
