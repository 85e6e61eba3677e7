#include "drivers/notify/webhook.h"

#include <fmt/format.h>

#include <utility>

namespace serin::drivers {
namespace {

bool may_succeed_later(const Result<HttpResponse>& answer) {
  return !answer || answer->status == 429 || answer->status >= 500;
}

}  // namespace

Result<std::unique_ptr<WebhookNotifier>> WebhookNotifier::create(Loop& loop, HttpClient& http,
                                                                 WebhookOptions options,
                                                                 OnProblem on_problem) {
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://")) {
    return fail(
        Code::invalid_argument,
        fmt::format("'{}' is no web address: it must begin with http:// or https://", options.url));
  }
  return std::unique_ptr<WebhookNotifier>(
      new WebhookNotifier(loop, http, std::move(options), std::move(on_problem)));
}

WebhookNotifier::WebhookNotifier(Loop& loop, HttpClient& http, WebhookOptions options,
                                 OnProblem on_problem)
    : loop_(loop), http_(http), options_(std::move(options)), on_problem_(std::move(on_problem)) {}

WebhookNotifier::~WebhookNotifier() {
  *alive_ = false;
  loop_.cancel(retry_timer_);
  loop_.cancel(flush_timer_);
}

void WebhookNotifier::notify(const rollout::Notification& notification) {
  if (waiting_.size() >= kWaitingMax) {
    // The one on its way stays.
    waiting_.erase(waiting_.begin() + 1);
    on_problem_(fmt::format("more than {} messages wait for the webhook: the oldest is dropped",
                            kWaitingMax));
  }
  Now now = loop_.clock().now();
  waiting_.push_back(Json::object()
                         .set("id", fmt::format("{}-{}", notification.release, ++number_))
                         .set("time", format_rfc3339(now.wall))
                         .set("severity", to_string(notification.severity))
                         .set("event", notification.event)
                         .set("rollout", notification.rollout)
                         .set("release", notification.release)
                         .set("text", notification.sentence)
                         .set("details", notification.details)
                         .dump());
  send();
}

void WebhookNotifier::send() {
  if (sending_ || retry_timer_ != TimerId::none || waiting_.empty()) return;
  sending_ = true;
  ++attempts_;
  HttpRequest request;
  request.method = "POST";
  request.url = options_.url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = waiting_.front();
  http_.send(std::move(request), loop_.clock().now().mono + options_.timeout,
             [this, alive = alive_](const Result<HttpResponse>& answer) {
               if (*alive) on_answer(answer);
             });
}

void WebhookNotifier::on_answer(const Result<HttpResponse>& answer) {
  sending_ = false;
  if (answer && answer->status < 300) {
    waiting_.pop_front();
    attempts_ = 0;
  } else if (may_succeed_later(answer) && attempts_ < kAttemptsMax) {
    Duration pause = options_.retry_first * (1 << (attempts_ - 1));
    retry_timer_ = loop_.call_at(loop_.clock().now().mono + pause, [this] {
      retry_timer_ = TimerId::none;
      send();
    });
    return;
  } else {
    drop_first(answer ? fmt::format("status {}", answer->status) : answer.error().to_string());
  }
  if (waiting_.empty()) flushed();
  send();
}

void WebhookNotifier::drop_first(const std::string& why) {
  waiting_.pop_front();
  attempts_ = 0;
  on_problem_("a message did not reach the webhook: " + why);
}

void WebhookNotifier::flush(Instant deadline, Callback done) {
  on_flushed_ = std::move(done);
  if (waiting_.empty()) {
    loop_.post([this, alive = alive_] {
      if (*alive) flushed();
    });
    return;
  }
  flush_timer_ = loop_.call_at(deadline, [this] {
    flush_timer_ = TimerId::none;
    flushed();
  });
}

void WebhookNotifier::flushed() {
  loop_.cancel(std::exchange(flush_timer_, TimerId::none));
  if (auto done = std::exchange(on_flushed_, nullptr)) done();
}

}  // namespace serin::drivers
