// Tells a web server what people must know: one JSON object a message, by POST.
//
//   WebhookNotifier webhook(loop, *http, {.url = "https://chat.example/hooks/serin"}, on_problem);
//   webhook.notify(notification);
//
// Messages go in their order, one at a time, and are tried again for a while where the server can't
// be reached or answers 429 or 5xx; a message may therefore arrive twice (its `id` is the same).
// What can't be told is dropped and said so once. It never holds up the engine, and keeps nothing
// across restarts.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/net/http_client.h"
#include "rollout/ports/notifier.h"

namespace serin::drivers {

struct WebhookOptions {
  std::string url{};
  Duration timeout = std::chrono::seconds(10);     // of one attempt
  Duration retry_first = std::chrono::seconds(1);  // doubled with each further attempt
};

// Thread: loop-only.
class WebhookNotifier final : public rollout::Notifier {
 public:
  static constexpr std::size_t kWaitingMax = 100;  // messages; beyond, the oldest is dropped
  static constexpr int kAttemptsMax = 6;           // half a minute with the defaults

  using OnProblem = std::move_only_function<void(const std::string&)>;

  // The client outlives it. Errors: invalid_argument (no http or https URL).
  static Result<std::unique_ptr<WebhookNotifier>> create(Loop& loop, HttpClient& http,
                                                         WebhookOptions options,
                                                         OnProblem on_problem);
  ~WebhookNotifier() override;

  void notify(const rollout::Notification& notification) override;
  // Calls `done` once nothing waits any more, or at the deadline. Once at a time.
  void flush(Instant deadline, Callback done);

 private:
  WebhookNotifier(Loop& loop, HttpClient& http, WebhookOptions options, OnProblem on_problem);
  void send();
  void on_answer(const Result<HttpResponse>& answer);
  void drop_first(const std::string& why);
  void flushed();

  Loop& loop_;
  HttpClient& http_;
  WebhookOptions options_;
  OnProblem on_problem_;
  std::deque<std::string> waiting_;  // bodies; the first is being sent
  std::uint64_t number_ = 0;
  int attempts_ = 0;
  bool sending_ = false;
  TimerId retry_timer_ = TimerId::none;
  TimerId flush_timer_ = TimerId::none;
  Callback on_flushed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
