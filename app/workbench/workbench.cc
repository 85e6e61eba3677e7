#include "app/workbench/workbench.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace serin::app {
namespace {

// Of a Prefer header (RFC 7240): nothing where the client would wait; else for how long it would
// first.
std::optional<Duration> patience_of(const HttpServerRequest& request) {
  std::string_view text = request.header("prefer");
  bool is_async = false;
  Duration wait{};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",;"), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word == "respond-async") is_async = true;
    int seconds = 0;
    if (!word.starts_with("wait=")) continue;
    word.remove_prefix(5);
    auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
    if (error == std::errc() && last == word.data() + word.size() && seconds > 0)
      wait = std::min<Duration>(std::chrono::seconds(seconds), Workbench::kWorkMax);
  }
  if (!is_async) return std::nullopt;
  return wait;
}

}  // namespace

Error Workbench::Limit::error() const {
  return {Code::deadline_exceeded,
          fmt::format("this takes longer than {}, which is the limit: ask for less, or use the "
                      "command line",
                      format_duration(whole_)),
          {}};
}

Workbench::~Workbench() {
  *alive_ = false;
  for (const auto& each : all_) {
    if (auto piece = each.lock()) {
      piece->state->stop = true;
      loop_.cancel(piece->timer);
    }
  }
}

void Workbench::run(const std::shared_ptr<Call>& call, Work work) {
  if (under_way_ >= kWaitingMax) {
    return call->refuse(
        {.kind = kUnavailable,
         .detail = fmt::format("{} pieces of work are under way, which is the limit", under_way_),
         .retry_after_s = kRetryAfterS});
  }
  auto piece = std::make_shared<Piece>();
  piece->call = call;
  piece->work = std::move(work);
  piece->may_last = call->request.method == "POST";
  if (piece->may_last) piece->patience = patience_of(call->request);
  if (piece->patience && operations_.is_full(*call)) {
    return call->refuse({.kind = kTooMany,
                         .detail = fmt::format("{} operations of yours are under way, which is the "
                                               "limit",
                                               Operations::kOfClientMax),
                         .retry_after_s = kRetryAfterS});
  }
  ++under_way_;
  std::erase_if(all_, [](const auto& each) { return each.expired(); });
  all_.push_back(piece);
  if (!piece->patience || *piece->patience > Duration::zero()) return begin(piece);
  // An operation from the start, which waits for its place.
  piece->operation = operations_.begin(*call, piece->state);
  piece->answered = !piece->operation.empty();
  if (!piece->answered) return begin(piece);
  piece->is_long = true;
  if (long_ >= kLongAtOnce) {
    waiting_.push_back(piece);
    return;
  }
  ++long_;
  begin(piece);
}

void Workbench::begin(const PiecePtr& piece) {
  // The time counts from when it is begun: those before it are bounded too.
  pool_.run([this, &loop = loop_, alive = alive_, piece]() mutable {
    loop.post([this, alive, piece] {
      if (*alive) begun(piece);
    });
    const Duration whole = piece->may_last ? kLongMax : kWorkMax;
    const Limit limit(loop.clock(), loop.clock().now().mono + whole, whole, *piece->state);
    Outcome outcome = piece->work(limit);
    loop.post([this, alive, piece, outcome = std::move(outcome)]() mutable {
      if (*alive) end(piece, std::move(outcome));
    });
  });
}

void Workbench::begun(const PiecePtr& piece) {
  if (!piece->operation.empty()) return operations_.begun(piece->operation);
  const Duration patience = std::min(piece->patience.value_or(kWorkMax), kWorkMax);
  if (!piece->may_last) return;
  piece->timer = loop_.call_at(loop_.clock().now().mono + patience, [this, piece] {
    piece->timer = TimerId::none;
    take_too_long(piece);
  });
}

// It goes on as an operation where there is a place for one, else it gives up.
void Workbench::take_too_long(const PiecePtr& piece) {
  if (long_ < kLongAtOnce) {
    piece->operation = operations_.begin(*piece->call, piece->state);
    if (!piece->operation.empty()) {
      operations_.begun(piece->operation);
      piece->answered = piece->is_long = true;
      ++long_;
      return;
    }
  }
  piece->answered = true;
  piece->state->stop = true;
  piece->call->refuse(
      {.kind = kUnavailable,
       .detail = fmt::format("this takes longer than {}, and other operations are under way: ask "
                             "later, or for less",
                             format_duration(kWorkMax)),
       .retry_after_s = kRetryAfterS});
}

void Workbench::end(const PiecePtr& piece, Outcome outcome) {
  loop_.cancel(std::exchange(piece->timer, TimerId::none));
  --under_way_;
  if (piece->is_long) {
    --long_;
    if (!waiting_.empty()) {
      PiecePtr next = std::move(waiting_.front());
      waiting_.pop_front();
      ++long_;
      begin(next);
    }
  }
  if (!piece->operation.empty()) return operations_.end(piece->operation, outcome);
  if (piece->answered) return;
  if (!outcome) return piece->call->refuse(outcome.error());
  piece->call->answer(*std::move(outcome));
}

}  // namespace serin::app
