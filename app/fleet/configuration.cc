#include "app/fleet/configuration.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "base/net/crypto/digest.h"
#include "base/net/fd.h"

namespace serin::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRevisionDigits = 16;
constexpr std::size_t kNameMax = 128;
constexpr const char* kBeside = ".serin-new";

std::string revision_of(const std::vector<rollout::ConfigFile>& files) {
  std::string all;
  for (const rollout::ConfigFile& file : files) {
    all += fmt::format("{}:{}:{}:", file.name.size(), file.name, file.text.size()) + file.text;
  }
  return text_mark(all);
}

Error io_error(const std::string& path, const std::error_code& error) {
  Code code = error == std::errc::permission_denied           ? Code::permission_denied
              : error == std::errc::no_such_file_or_directory ? Code::not_found
                                                              : Code::unavailable;
  return {code, path + ": " + error.message()};
}

// Names of configuration files in the directory, in order.
Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entries(directory, error);
  if (error) return std::unexpected(io_error(directory, error));
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) return std::unexpected(io_error(directory, error));
    std::string name = entries->path().filename().string();
    if (is_config_name(name) && entries->is_regular_file(error)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Error disk_error(const std::string& path) {
  return io_error(path, std::error_code(errno, std::generic_category()));
}

// Durable before it returns. The mode is that of `like`, where there is such a file.
Status write_file(const std::string& path, const std::string& text, const std::string& like) {
  constexpr mode_t kMode = 0644;
  struct stat status {};
  const bool known = ::stat(like.c_str(), &status) == 0;
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (file.get() < 0) return std::unexpected(disk_error(path));
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t done = ::write(file.get(), text.data() + at, text.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return std::unexpected(disk_error(path));
    at += static_cast<std::size_t>(done);
  }
  if (known && ::fchmod(file.get(), status.st_mode & 07777) != 0)
    return std::unexpected(disk_error(path));
  if (::fsync(file.get()) != 0) return std::unexpected(disk_error(path));
  return {};
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Code::permission_denied, "can't read " + path);
  return text;
}

// Renames and removals in it outlive a crash from then on.
Status sync_directory(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return std::unexpected(disk_error(directory));
  return {};
}

}  // namespace

std::string text_mark(std::string_view text) {
  return sha256_hex(text).substr(0, kRevisionDigits);
}

std::set<std::string> changed_rollouts(const rollout::ConfigSet& before,
                                       const rollout::ConfigSet& after) {
  std::set<std::string> names;
  auto compare = [&](const rollout::ConfigSet& a, const rollout::ConfigSet& b) {
    for (const rollout::Rollout& one : a.rollouts) {
      const rollout::Rollout* other = b.find_rollout(one.metadata.name);
      if (other == nullptr || !(*other == one) || a.templates != b.templates ||
          a.cluster_templates != b.cluster_templates) {
        names.insert(one.metadata.name);
      }
    }
  };
  compare(before, after);
  compare(after, before);
  return names;
}

bool is_config_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax || name.front() == '.') return false;
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), is_plain)) return false;
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

Result<std::vector<rollout::ConfigFile>> read_directory(const std::string& directory) {
  SERIN_TRY(names, names_in(directory));
  if (names.size() > kConfigFilesMax) {
    return fail(Code::invalid_argument, fmt::format("{} holds {} files of configuration; at most "
                                                    "{} are read: put several documents into one",
                                                    directory, names.size(), kConfigFilesMax));
  }
  std::vector<rollout::ConfigFile> files;
  for (const std::string& name : names) {
    std::string path = directory + "/" + name;
    std::error_code error;
    auto size = fs::file_size(path, error);
    if (error) return std::unexpected(io_error(path, error));
    if (size > kConfigFileBytesMax) {
      return fail(Code::invalid_argument, fmt::format("{} has {} bytes; at most {} are read", path,
                                                      size, kConfigFileBytesMax));
    }
    SERIN_TRY(text, read_text(path));
    files.push_back({name, std::move(text)});
  }
  return files;
}

Status write_directory(const std::string& directory,
                       const std::vector<rollout::ConfigFile>& files) {
  SERIN_TRY(before, names_in(directory));
  std::set<std::string> kept;
  std::vector<std::string> changed;
  std::error_code error;
  auto give_up = [&](Error why) -> Status {
    for (const std::string& name : changed) fs::remove(directory + "/" + name + kBeside, error);
    return std::unexpected(std::move(why));
  };
  for (const rollout::ConfigFile& file : files) {
    kept.insert(file.name);
    const std::string path = directory + "/" + file.name;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error))
      return give_up({Code::unavailable, path + " is there, and is no file"});
    auto known = read_text(path);
    if (known && *known == file.text) continue;
    changed.push_back(file.name);
    if (Status written = write_file(path + kBeside, file.text, path); !written)
      return give_up(written.error());
  }
  for (const std::string& name : changed) {
    std::string path = directory + "/" + name;
    fs::rename(path + kBeside, path, error);
    if (error) return give_up(io_error(path, error));
  }
  for (const std::string& name : before) {
    if (kept.contains(name)) continue;
    fs::remove(directory + "/" + name, error);
    if (error) return std::unexpected(io_error(directory + "/" + name, error));
  }
  return sync_directory(directory);
}

std::string directory_mark(const std::string& directory) {
  auto names = names_in(directory);
  if (!names) return "";
  std::string mark = "files:";
  for (const std::string& name : *names) {
    struct stat status {};
    if (::stat((directory + "/" + name).c_str(), &status) != 0) continue;
    mark += fmt::format("{}:{}:{}.{}:{};", name, status.st_size, status.st_mtim.tv_sec,
                        status.st_mtim.tv_nsec, status.st_ino);
  }
  return mark;
}

Configuration check_configuration(std::vector<rollout::ConfigFile> files,
                                  const std::map<std::string, std::string>& arguments,
                                  rollout::Unsupported unsupported) {
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  rollout::LoadOptions options{.unsupported = unsupported};
  for (const auto& [name, value] : arguments) options.args.insert(name);
  rollout::Loaded loaded = rollout::load_config(files, options);
  Configuration configuration;
  configuration.revision = revision_of(files);
  configuration.files = std::move(files);
  configuration.set = std::move(loaded.set);
  configuration.problems = std::move(loaded.problems);
  return configuration;
}

}  // namespace serin::app
