// Files that HAProxy reads when it is reloaded, kept by a thread of their own: a slow or full disk
// never holds up the loop.
//
//   KeptFile file(loop, "/etc/haproxy/share.map");
//   file.keep([](std::string text) { return with_map_value(std::move(text), "shop.base", "0"); },
//             [](Status status) { … });
//
// A file is replaced in one step (written beside, synced, renamed), with the mode and, where that
// may be set, the owner that it had. One that does not exist is not made.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/loop.h"
#include "base/result.h"

namespace serin::drivers {

// Thread: loop-only.
class KeptFile {
 public:
  using Edit = std::move_only_function<std::string(std::string)>;
  using Done = std::move_only_function<void(Status)>;

  static constexpr std::size_t kBytesMax = std::size_t{16} << 20U;

  KeptFile(Loop& loop, std::string path);
  // Waits for the edit that is under way.
  ~KeptFile();
  KeptFile(const KeptFile&) = delete;
  KeptFile& operator=(const KeptFile&) = delete;

  // Reads the file, edits its text, and writes it where that changed it. An edit that did not begin
  // yet is replaced (its `done` is told `cancelled`). Errors: not_found (no such file),
  // permission_denied, unavailable, data_loss (over kBytesMax). `done` runs on the loop, unless
  // this object is gone by then.
  void keep(Edit edit, Done done);
  const std::string& path() const { return path_; }

 private:
  struct Job {
    Edit edit;
    Done done;
  };
  void run();
  void finish(Done done, Status status);

  Loop& loop_;
  std::string path_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // read on the loop only
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Job> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

// Errors: not_found, permission_denied, unavailable, data_loss (longer than `bytes_max`).
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
// Errors: as KeptFile::keep.
Status replace_file(const std::string& path, const std::string& text);

// The text of a map file with this value for the key: its line is changed, or one is added. Other
// lines, comments and their order stay. Pure.
std::string with_map_value(const std::string& text, const std::string& key,
                           const std::string& value);

}  // namespace serin::drivers
