// Runs a user's hook: a command, or a POST of JSON to a web address.
//
//   HookRunner hooks(loop, *http);
//   hooks.run({.command = {"/opt/shop/smoke", "{version}"}, .key = "shop-42/step-3",
//              .about = about}, [](Status status) { … });
//
// `about` is an object of texts and numbers. A command gets each member as {name} in its arguments
// and as SERIN_NAME in its environment, and the key as {key}; a web address gets the object as its
// body and the key as Idempotency-Key. Nothing is tried again: the same key may come twice, after a
// restart of serin. It keeps nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "base/time.h"

namespace serin::drivers {

struct HookCall {
  std::vector<std::string> command{};  // or:
  std::string url{};
  Duration timeout{};
  std::string key{};
  Json about{};
};

// Thread: loop-only.
class HookRunner {
 public:
  using Done = std::move_only_function<void(Status)>;

  // Both outlive it.
  HookRunner(AsioLoop& loop, HttpClient& http) : loop_(loop), http_(http) {}
  // Calls `done` once, not from within the call; never after this object has gone. Errors:
  // deadline_exceeded (the command was killed), unavailable (it ended with another status than 0,
  // with the last line that it wrote), and those of run_command, HttpClient and http_status_error.
  void run(HookCall call, Done done);
  ~HookRunner() { *alive_ = false; }
  HookRunner(const HookRunner&) = delete;
  HookRunner& operator=(const HookRunner&) = delete;

 private:
  AsioLoop& loop_;
  HttpClient& http_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
