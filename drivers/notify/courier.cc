#include "drivers/notify/courier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace serin::drivers {
namespace {

constexpr int kDoublingsMax = 20;

bool may_succeed_later(const Result<HttpResponse>& answer) {
  if (answer) return answer->status == 408 || answer->status == 429 || answer->status >= 500;
  return answer.error().code != Code::invalid_argument;
}

std::string problem_of(const Result<HttpResponse>& answer) {
  return answer ? fmt::format("status {}", answer->status) : answer.error().to_string();
}

}  // namespace

Courier::Courier(Loop& loop, HttpClient& http, CourierOptions options, OnSettled on_settled,
                 OnTrouble on_trouble)
    : loop_(loop),
      http_(http),
      options_(options),
      on_settled_(std::move(on_settled)),
      on_trouble_(std::move(on_trouble)) {}

Courier::~Courier() {
  *alive_ = false;
  loop_.cancel(flush_timer_);
  for (auto& [name, line] : lines_) loop_.cancel(line.retry);
}

void Courier::set_target(const std::string& name, NotifyTarget target) {
  lines_[name].target = std::move(target);
}

void Courier::send(rollout::PendingMessage message) {
  auto found = lines_.find(message.target);
  SERIN_ASSERT(found != lines_.end());
  Line& line = found->second;
  bool known = std::ranges::any_of(
      line.waiting, [&](const rollout::PendingMessage& other) { return other.id == message.id; });
  if (known) return;
  line.waiting.push_back(std::move(message));
  if (line.waiting.size() > kWaitingMax) {
    // The one on its way stays.
    Settled dropped{line.waiting[1].id, found->first,
                    fmt::format("more than {} messages wait", kWaitingMax)};
    line.waiting.erase(line.waiting.begin() + 1);
    on_settled_(dropped);
  }
  send_first(found->first);
}

void Courier::send_first(const std::string& name) {
  Line& line = lines_.at(name);
  if (line.sending || line.retry != TimerId::none || line.waiting.empty()) return;
  line.sending = true;
  ++line.attempts;
  Now now = loop_.clock().now();
  http_.send(request_for(line.target, line.waiting.front(), now.wall), now.mono + options_.timeout,
             [this, name, alive = alive_](const Result<HttpResponse>& answer) {
               if (*alive) on_answer(name, answer);
             });
}

void Courier::on_answer(const std::string& name, const Result<HttpResponse>& answer) {
  Line& line = lines_.at(name);
  line.sending = false;
  bool arrived = answer && answer->status < 300;
  if (!arrived && may_succeed_later(answer)) {
    if (!std::exchange(line.in_trouble, true)) on_trouble_(name, problem_of(answer));
    Duration pause = options_.retry_first * (1LL << std::min(line.attempts - 1, kDoublingsMax));
    line.retry =
        loop_.call_at(loop_.clock().now().mono + std::min(pause, options_.retry_max), [this, name] {
          lines_.at(name).retry = TimerId::none;
          send_first(name);
        });
    return;
  }
  if (arrived && std::exchange(line.in_trouble, false)) on_trouble_(name, "");
  settle_first(name, arrived ? "" : problem_of(answer));
  if (waiting() == 0) flushed();
  send_first(name);
}

void Courier::settle_first(const std::string& name, std::string problem) {
  Line& line = lines_.at(name);
  Settled settled{line.waiting.front().id, name, std::move(problem)};
  line.waiting.pop_front();
  line.attempts = 0;
  on_settled_(settled);
}

std::size_t Courier::waiting() const {
  std::size_t count = 0;
  for (const auto& [name, line] : lines_) count += line.waiting.size();
  return count;
}

void Courier::flush(Instant deadline, Callback done) {
  on_flushed_ = std::move(done);
  if (waiting() == 0) {
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

void Courier::flushed() {
  loop_.cancel(std::exchange(flush_timer_, TimerId::none));
  if (auto done = std::exchange(on_flushed_, nullptr)) done();
}

}  // namespace serin::drivers
