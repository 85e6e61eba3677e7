#include "app/cli/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>

namespace serin::app {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20U;

Result<std::string> read_file(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    int reason = errno;
    Code code = reason == ENOENT   ? Code::not_found
                : reason == EACCES ? Code::permission_denied
                                   : Code::unavailable;
    return fail(code, fmt::format("can't read {}: {}", path, std::strerror(reason)));
  }
  std::string text;
  char buffer[65536];
  std::size_t got = 0;
  while (text.size() <= kFileBytesMax && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    text.append(buffer, got);
  bool failed = std::ferror(file) != 0;
  int reason = errno;
  if (file != stdin) std::fclose(file);
  if (failed && reason == EISDIR) {
    return fail(Code::invalid_argument,
                fmt::format("{0} is a directory: name its files ({0}/*.yaml)", path));
  }
  if (failed)
    return fail(Code::unavailable, fmt::format("can't read {}: {}", path, std::strerror(reason)));
  if (text.size() > kFileBytesMax) {
    return fail(Code::invalid_argument,
                fmt::format("{} is larger than {} bytes", path, kFileBytesMax));
  }
  return text;
}

}  // namespace

Result<std::vector<rollout::ConfigFile>> read_files(const std::vector<std::string>& paths) {
  std::vector<rollout::ConfigFile> files;
  for (const std::string& path : paths) {
    SERIN_TRY(text, read_file(path));
    files.push_back({path == "-" ? "standard input" : path, std::move(text)});
  }
  return files;
}

void warn_of_unknown_arguments(const rollout::ConfigSet& set,
                               const std::vector<std::pair<std::string, std::string>>& arguments) {
  // serin's own need no declaration.
  std::set<std::string> known{"canary", "stable", "prometheus"};
  auto declare = [&](const std::vector<analysis::Argument>& list) {
    for (const analysis::Argument& each : list) known.insert(each.name);
  };
  auto declare_of = [&](const std::optional<rollout::AnalysisSpec>& spec) {
    if (spec) declare(spec->args);
  };
  for (const auto* list : {&set.templates, &set.cluster_templates}) {
    for (const auto& each : *list) declare(each.spec.args);
  }
  for (const auto& each : set.runs) declare(each.spec.args);
  for (const rollout::Rollout& each : set.rollouts) {
    if (each.canary) {
      declare_of(each.canary->analysis);
      for (const rollout::Step& step : each.canary->steps) {
        const auto* inside = std::get_if<rollout::AnalysisStep>(&step.action);
        if (inside != nullptr) declare(inside->args);
      }
    }
    if (each.blue_green) {
      declare_of(each.blue_green->pre_promotion_analysis);
      declare_of(each.blue_green->post_promotion_analysis);
    }
  }
  for (const auto& [name, value] : arguments) {
    if (known.contains(name)) continue;
    std::fprintf(stderr,
                 "serin: warning: --set %s is left out: no template has an argument of this name "
                 "(there is: %s)\n",
                 name.c_str(), fmt::format("{}", fmt::join(known, ", ")).c_str());
  }
}

Result<const rollout::Rollout*> choose_rollout(const rollout::ConfigSet& set,
                                               const std::string& name) {
  std::string names;
  for (const rollout::Rollout& rollout : set.rollouts) {
    names += (names.empty() ? "" : ", ") + rollout.metadata.name;
    if (rollout.metadata.name == name) return &rollout;
  }
  if (name.empty() && set.rollouts.size() == 1) return &set.rollouts.front();
  if (set.rollouts.empty()) return fail(Code::invalid_argument, "the files hold no Rollout");
  return fail(Code::invalid_argument,
              name.empty() ? fmt::format("the files hold several rollouts: choose one with "
                                         "--rollout ({})",
                                         names)
                           : fmt::format("there is no rollout '{}' (there is: {})", name, names));
}

}  // namespace serin::app
