#include "app/fleet/configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "base/net/crypto/digest.h"

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
  return sha256_hex(all).substr(0, kRevisionDigits);
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

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc | std::ios::binary);
  out << text;
  out.flush();
  if (!out) return fail(Code::unavailable, "can't write " + path);
  return {};
}

}  // namespace

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
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return fail(Code::permission_denied, "can't read " + path);
    files.push_back({name, std::move(text)});
  }
  return files;
}

Status write_directory(const std::string& directory,
                       const std::vector<rollout::ConfigFile>& files) {
  SERIN_TRY(before, names_in(directory));
  std::set<std::string> kept;
  std::error_code error;
  for (const rollout::ConfigFile& file : files) {
    std::string path = directory + "/" + file.name;
    if (Status written = write_file(path + kBeside, file.text); !written) {
      for (const rollout::ConfigFile& other : files)
        fs::remove(directory + "/" + other.name + kBeside, error);
      return written;
    }
    kept.insert(file.name);
  }
  for (const std::string& name : kept) {
    std::string path = directory + "/" + name;
    fs::rename(path + kBeside, path, error);
    if (error) return std::unexpected(io_error(path, error));
  }
  for (const std::string& name : before) {
    if (kept.contains(name)) continue;
    fs::remove(directory + "/" + name, error);
    if (error) return std::unexpected(io_error(directory + "/" + name, error));
  }
  return {};
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
