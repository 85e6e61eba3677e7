#include "app/live/recordings.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace serin::app {
namespace {

namespace fs = std::filesystem;

// Makes room for one more; that of the release itself is written anew.
void prune(const std::string& directory, const std::string& own) {
  std::error_code problem;
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    if (entry.path().extension() != ".srn" || entry.path().filename() == own) continue;
    files.emplace_back(fs::last_write_time(entry.path(), problem), entry.path());
  }
  std::ranges::sort(files);
  for (std::size_t i = 0; i + kKeptFilesMax <= files.size(); ++i)
    fs::remove(files[i].second, problem);
}

}  // namespace

KeepRecording keep_in(const std::string& directory, const Log& log) {
  return [directory, log](const rollout::engine::Ticket& ticket) -> std::shared_ptr<KeptFile> {
    const std::string name = ticket.spec.id + ".srn";
    std::error_code problem;
    fs::create_directories(directory, problem);
    prune(directory, name);
    // After an edit the file of the plan before may still be open: it is another one from now on.
    fs::remove(directory + "/" + name, problem);
    auto file =
        KeptFile::create(directory + "/" + name, Json::object()
                                                     .set("made_by", "serin run")
                                                     .set("release", ticket.spec.id)
                                                     .set("rollout", ticket.spec.rollout)
                                                     .set("canary", ticket.spec.version)
                                                     .set("stable", ticket.spec.stable_version)
                                                     .set("pinned", ticket.pinned));
    if (!file) {
      log.warn("no recording of this release is kept",
               {{"release", ticket.spec.id}, {"why", file.error().to_string()}});
      return nullptr;
    }
    return *std::move(file);
  };
}

}  // namespace serin::app
