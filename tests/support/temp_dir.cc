#include "support/temp_dir.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/assert.h"

namespace serin::test {

TempDir::TempDir() : path_("/tmp/serin-test-XXXXXX") {
  SERIN_ASSERT(::mkdtemp(path_.data()) != nullptr);
  // A server that drops root's rights has to get in.
  SERIN_ASSERT(::chmod(path_.c_str(), 0755) == 0);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(std::string_view name, std::string_view content) const {
  std::string path = file(name);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary);
  out << content;
  SERIN_ASSERT(out.flush().good());
  return path;
}

std::string TempDir::read(std::string_view name) const {
  std::ifstream in(file(name), std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace serin::test
