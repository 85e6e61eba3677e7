#include "app/api/feed.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace serin::app {

Feed::~Feed() {
  loop_.cancel(timer_);
}

std::string Feed::id_of(std::uint64_t number) const {
  return fmt::format("{}-{}", epoch_, number);
}

std::optional<std::uint64_t> Feed::place_of(std::string_view id) const {
  std::size_t mark = id.rfind('-');
  if (mark == std::string_view::npos || id.substr(0, mark) != epoch_) return std::nullopt;
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(id.data() + mark + 1, id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  std::uint64_t oldest = events_.empty() ? next_ : events_.front().number;
  if (number >= next_ || number + 1 < oldest) return std::nullopt;
  return number;
}

void Feed::publish(std::string_view type, const std::string& release, const Json& data) {
  std::uint64_t number = next_++;
  events_.push_back({number, release, server_sent_event(type, data.dump(), id_of(number))});
  bytes_ += events_.back().text.size();
  while (events_.size() > kEventsMax || (bytes_ > kBytesMax && events_.size() > 1)) {
    bytes_ -= events_.front().text.size();
    events_.pop_front();
  }
  const Event& event = events_.back();
  for (auto each = listeners_.begin(); each != listeners_.end();) {
    bool gone = each->wants(release) ? !each->stream.write(event.text) : !each->stream.is_open();
    each = gone ? listeners_.erase(each) : std::next(each);
  }
}

void Feed::subscribe(HttpStream stream, std::set<std::string> releases, std::string_view last_id) {
  Listener listener{std::move(stream), std::move(releases)};
  std::string beginning = fmt::format("retry: {}\n\n", kRetryMs);
  if (!last_id.empty()) {
    auto place = place_of(last_id);
    if (place) {
      for (const Event& event : events_) {
        if (event.number > *place && listener.wants(event.release)) beginning += event.text;
      }
    } else {
      beginning += server_sent_event("reset", "{}", this->last_id());
    }
  }
  // More than a client may leave waiting: it reads all anew instead.
  if (beginning.size() >= kHttpStreamWaitingMax / 2) {
    beginning =
        fmt::format("retry: {}\n\n", kRetryMs) + server_sent_event("reset", "{}", this->last_id());
  }
  if (!listener.stream.write(beginning)) return;
  listeners_.push_back(std::move(listener));
  if (timer_ == TimerId::none) beat();
}

// Keeps proxies from closing quiet streams, and finds out who has gone.
void Feed::beat() {
  timer_ = TimerId::none;
  std::erase_if(listeners_, [](Listener& listener) { return !listener.stream.is_open(); });
  if (listeners_.empty()) return;
  timer_ = loop_.call_at(loop_.clock().now().mono + kHeartbeat, [this] {
    std::erase_if(listeners_, [](Listener& listener) { return !listener.stream.write(":\n\n"); });
    beat();
  });
}

void Feed::close() {
  listeners_.clear();
}

}  // namespace serin::app
