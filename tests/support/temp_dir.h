// A directory of one test's own, removed with all it holds when the test is done.
//
//   TempDir dir;
//   std::string config = dir.write("haproxy.cfg", text);
//
// Its path is short enough for a Unix socket inside it.
#pragma once

#include <string>
#include <string_view>

namespace serin::test {

// Thread: one owner.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes a file (parents are made) and returns its path.
  std::string write(std::string_view name, std::string_view content) const;
  // The content, or "" where there is no such file.
  std::string read(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace serin::test
