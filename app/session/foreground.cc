#include "app/session/foreground.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <utility>

#include "app/live/event_lines.h"
#include "app/view/live_view.h"
#include "base/assert.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRedrawMin = 200ms;

// Draws the release anew in place, at most five times a second; elsewhere one line an event.
class Display {
 public:
  Display(const Terminal& terminal, bool json, AsioLoop& loop)
      : terminal_(terminal), live_(terminal), json_(json), loop_(loop) {}
  ~Display() { loop_.cancel(timer_); }

  void show(const Json& view) {
    last_ = view;
    Now now = loop_.clock().now();
    if (!json_ && terminal_.live) {
      if (timer_ != TimerId::none) return;
      Instant next = drawn_ + kRedrawMin;
      if (now.mono >= next) {
        draw();
      } else {
        timer_ = loop_.call_at(next, [this] {
          timer_ = TimerId::none;
          draw();
        });
      }
      return;
    }
    for (const EventLines::Event& event : lines_.next(view)) {
      std::string time = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now.wall));
      if (json_) {
        std::puts(Json::object()
                      .set("time", time)
                      .set("event", event.kind)
                      .set("release", view["id"])
                      .set("status", view["status"])
                      .set("text", event.text)
                      .dump()
                      .c_str());
      } else {
        std::puts(event_line(event, time.substr(11), terminal_).c_str());
      }
    }
    std::fflush(stdout);
  }

  // The last state stays on the screen.
  void end() {
    loop_.cancel(std::exchange(timer_, TimerId::none));
    if (!json_ && terminal_.live && !last_.is_null()) draw();
  }

 private:
  void draw() {
    drawn_ = loop_.clock().now().mono;
    live_.draw(last_);
  }

  Terminal terminal_;
  LiveView live_;
  bool json_;
  AsioLoop& loop_;
  EventLines lines_;
  Json last_;
  Instant drawn_{};
  TimerId timer_ = TimerId::none;
};

std::string_view verdict_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::succeeded:
      return "promote";
    case SessionEnd::rolled_back:
      return "rollback";
    case SessionEnd::aborted:
      return "aborted";
    case SessionEnd::refused:
      return "refused";
    case SessionEnd::timed_out:
      return "timeout";
    case SessionEnd::inconclusive:
      break;
  }
  return "inconclusive";
}

void conclude(const Session& session, bool json) {
  Json view = session.view();
  SessionEnd end = *session.end();
  bool refused = end == SessionEnd::refused;  // then there may be no release to look at
  if (json) {
    std::puts(Json::object()
                  .set("verdict", verdict_of(end))
                  .set("release", view["id"])
                  .set("status", view["status"])
                  .set("cause", view["cause"])
                  .set("sentence", refused ? Json(session.refusal()) : view["sentence"])
                  .set("version", view["version"])
                  .set("stable_version", view["stable_version"])
                  .set("start", view["start"])
                  .set("end", view["end"])
                  .set("steps", view["steps"])
                  .set("metrics", view["report"]["metrics"])
                  .dump()
                  .c_str());
  } else if (!session.remark().empty()) {
    std::fprintf(stderr, "serin: %s\n", session.remark().c_str());
  } else if (refused) {
    std::fprintf(stderr, "serin: %s\n", session.refusal().c_str());
  }
}

}  // namespace

Result<SessionEnd> run_session(AsioLoop& loop, Rng& rng, SessionOptions options,
                               std::unique_ptr<store::Store> store, const rollout::PinnedPlan& plan,
                               const Log& log, const Terminal& terminal, bool json) {
  // Somebody sits at a terminal.
  if (terminal.live) options.pause_timeout.reset();
  auto session = Session::open(loop, rng, options, std::move(store), plan, log);
  if (!session) return std::unexpected(std::move(session).error());
  Display display(terminal, json, loop);
  (*session)->on_view = [&](const Json& view) { display.show(view); };
  for (int number : {SIGINT, SIGTERM}) loop.on_signal(number, [&] { (*session)->interrupt(); });
  // Not SIGHUP: that is what the end of a terminal sends.
  loop.on_signal(SIGUSR1, [&] { (*session)->reload(); });
  SERIN_CHECK((*session)->begin());
  loop.run();
  display.end();
  SERIN_ASSERT((*session)->end().has_value());
  conclude(**session, json);
  return *(*session)->end();
}

}  // namespace serin::app
