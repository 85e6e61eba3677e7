// Requests in numbers: clients that ask as fast as they are answered, and count who answered.
//
//   LoadResult result = run_load({.port = front, .requests = 20'000});
//   EXPECT_EQ(result.by_version["canary"], 1000);
//
// Who answered is what the header X-Version says.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace serin::test {

struct LoadOptions {
  std::uint16_t port = 0;
  int requests = 0;  // of all clients together; 0: until stopped
  int clients = 4;
  bool keep_alive = true;
  std::string headers{};  // "Cookie: a=b\r\n"
};

struct LoadResult {
  std::map<std::string, int> by_version;
  int failures = 0;  // no answer, or another status than 200
  int total() const;
};

class Load {
 public:
  explicit Load(const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  // Requests answered so far.
  int answered() const { return answered_; }
  // Ends the load (or waits for its requests), and counts.
  LoadResult stop();
  LoadResult wait();

 private:
  void run_client();
  bool take_one();
  LoadOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> taken_ = 0;
  std::atomic<int> answered_ = 0;
  std::mutex mutex_;
  LoadResult result_;
  std::vector<std::thread> clients_;
};

LoadResult run_load(const LoadOptions& options);

}  // namespace serin::test
