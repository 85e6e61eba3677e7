#include "drivers/routers/haproxy/proxy.h"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/routers/haproxy/owner_mark.h"
#include "drivers/routers/haproxy/plan.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::Slot;
using rollout::Weight;

constexpr Duration kCheckPoll = std::chrono::milliseconds(50);

bool takes_requests(const DesiredTraffic& desired) {
  return desired.canary > Weight() || !desired.content.empty();
}

// Each slot that is to take requests has a server that is up.
bool is_served(const HaproxyReadback& now, const DesiredTraffic& desired) {
  return (!takes_requests(desired) || now.count(Slot::canary, true) > 0) &&
         (desired.canary == Weight::full() || now.count(Slot::stable, true) > 0);
}

std::unexpected<Error> overtaken() {
  return fail(Code::cancelled, "overtaken by a later command for the same route");
}

}  // namespace

struct HaproxyProxy::Entering {
  DesiredTraffic desired;
  Instant deadline;
  Instant settle;  // from here on one server that passed its checks is enough
  std::uint64_t turn = 0;
  Done<HaproxyReadback> done;

  void finish(Result<HaproxyReadback> result) { std::exchange(done, {})(std::move(result)); }
};

HaproxyProxy::HaproxyProxy(AsioLoop& loop, const HaproxyOptions& options, Endpoint endpoint)
    : loop_(loop), options_(options), socket_(loop, std::move(endpoint)) {}

HaproxyProxy::~HaproxyProxy() {
  *alive_ = false;
  loop_.cancel(timer_);
}

void HaproxyProxy::talk(Conversation conversation, Instant deadline, Done<Heard> done) {
  struct Talking {
    Conversation conversation;
    std::vector<std::string> answers;
    std::size_t left = 0;
    std::optional<Error> error;
    Done<Heard> done;
  };
  auto talking = std::make_shared<Talking>();
  talking->conversation = std::move(conversation);
  std::vector<std::string> lines = talking->conversation.lines();
  talking->answers.resize(lines.size());
  talking->left = lines.size();
  talking->done = std::move(done);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    socket_.run(std::move(lines[i]), deadline,
                [talking, i, alive = alive_](Result<std::string> answer) {
                  if (!*alive) return;
                  if (answer) {
                    talking->answers[i] = std::move(*answer);
                  } else if (!talking->error || talking->error->code != Code::maybe_delivered) {
                    talking->error = std::move(answer).error();
                  }
                  if (--talking->left > 0) return;
                  if (talking->error) {
                    talking->done(std::unexpected(std::move(*talking->error)));
                  } else {
                    talking->done(talking->conversation.hear(talking->answers));
                  }
                });
  }
}

void HaproxyProxy::run(const Conversation& conversation, Instant deadline,
                       Done<HaproxyReadback> done) {
  talk(conversation, deadline,
       [this, deadline, done = std::move(done)](Result<Heard> heard) mutable {
         if (!heard) {
           done(std::unexpected(std::move(heard).error()));
           return;
         }
         auto now = read_back(options_, heard->answers);
         if (now) note(*now);
         if (!heard->status) {
           done(std::unexpected(std::move(heard->status).error()));
         } else if (now) {
           complete(std::move(*now), deadline, std::move(done));
         } else {
           done(std::move(now));
         }
       });
}

void HaproxyProxy::complete(HaproxyReadback now, Instant deadline,
                            std::move_only_function<void(HaproxyReadback)> done) {
  if (now.namesakes.empty()) {
    done(std::move(now));
    return;
  }
  Conversation conversation;
  ask_namesakes(now, conversation);
  talk(conversation, deadline,
       [this, now = std::move(now), done = std::move(done)](Result<Heard> heard) mutable {
         if (heard) read_namesakes(heard->answers, now);
         note(now);
         done(std::move(now));
       });
}

void HaproxyProxy::read(Instant deadline, Done<HaproxyReadback> done) {
  Conversation conversation;
  ask_all(options_, conversation);
  run(conversation, deadline, std::move(done));
}

void HaproxyProxy::note(const HaproxyReadback& now) {
  last_ = now;
  for (const HaproxyServer& server : now.servers) {
    if (server.up || server.maintenance) probation_.erase(server.path());
  }
  if (probation_.empty() && now.lease_holds()) share_waits_ = false;
  lease_ok_ = now.lease_holds() || now.is_quiet(options_.swapped);
}

void HaproxyProxy::exchange_roles(Instant deadline) {
  take_turn();
  if (options_.map_layout() && last_) {
    Conversation conversation;
    plan_base(options_, *last_, conversation);
    if (conversation.changes()) talk(std::move(conversation), deadline, [](const auto&) {});
  }
  last_.reset();
  probation_.clear();
  share_waits_ = false;
}

rollout::SlotState HaproxyProxy::canary_of(const HaproxyReadback& now) const {
  rollout::SlotState state = now.slot(Slot::canary);
  if (!share_waits_) return state;
  state.in_service = std::ranges::any_of(now.servers, [&](const HaproxyServer& server) {
    return server.slot == Slot::canary && !server.maintenance &&
           !probation_.contains(server.path());
  });
  return state;
}

void HaproxyProxy::leave(const DesiredTraffic& desired, Instant deadline,
                         Done<HaproxyReadback> done) {
  take_turn();
  if (last_) {
    leave_with(desired, *last_, deadline, false, std::move(done));
    return;
  }
  read(deadline,
       [this, desired, deadline, done = std::move(done)](Result<HaproxyReadback> now) mutable {
         if (now) {
           leave_with(desired, *now, deadline, true, std::move(done));
         } else {
           done(std::move(now));
         }
       });
}

void HaproxyProxy::leave_with(const DesiredTraffic& desired, const HaproxyReadback& now,
                              Instant deadline, bool again, Done<HaproxyReadback> done) {
  Conversation conversation;
  plan_leave(options_, now, conversation);
  ask_all(options_, conversation);
  run(conversation, deadline,
      [this, desired, deadline, again,
       done = std::move(done)](Result<HaproxyReadback> after) mutable {
        bool refused = !after && (after.error().code == Code::not_found ||
                                  after.error().code == Code::invalid_argument);
        if (refused && !again && last_) {
          // The names were old ones: a reload took some away, or emptied the map.
          last_.reset();
          leave(desired, deadline, std::move(done));
        } else if (after) {
          regain(desired, std::move(*after), deadline, std::move(done));
        } else {
          done(std::move(after));
        }
      });
}

// The canary is out; without a server of stable's that is up nobody would be served.
void HaproxyProxy::regain(const DesiredTraffic& desired, HaproxyReadback now, Instant deadline,
                          Done<HaproxyReadback> done) {
  Conversation conversation;
  plan_regain(options_, now, conversation);
  if (!conversation.changes()) {
    take_mark(desired, std::move(now), deadline, std::move(done));
    return;
  }
  ask_all(options_, conversation);
  run(conversation, deadline,
      [this, desired, deadline, done = std::move(done)](Result<HaproxyReadback> after) mutable {
        if (after) {
          take_mark(desired, std::move(*after), deadline, std::move(done));
        } else {
          done(std::move(after));
        }
      });
}

// The canary is out; the mark follows where it is not as it should be.
void HaproxyProxy::take_mark(const DesiredTraffic& desired, HaproxyReadback now, Instant deadline,
                             Done<HaproxyReadback> done) {
  bool foreign = !desired.owner.empty() && !now.owner.empty() && now.owner != desired.owner;
  if (now.owner == desired.owner || foreign) {
    done(std::move(now));
    return;
  }
  Conversation conversation;
  set_owner(options_, now.owner, desired.owner, conversation);
  ask_all(options_, conversation);
  run(conversation, deadline, std::move(done));
}

void HaproxyProxy::enter(const DesiredTraffic& desired, const HaproxyReadback& now,
                         Instant deadline, Done<HaproxyReadback> done) {
  auto entering = std::make_shared<Entering>();
  entering->desired = desired;
  entering->deadline = deadline;
  Instant start = loop_.clock().now().mono;
  entering->settle = start + (deadline - start) / 2;
  take_turn();
  entering->turn = turn_;
  entering->done = std::move(done);
  Conversation conversation;
  set_owner(options_, now.owner, desired.owner, conversation);
  plan_quiet(options_, now, conversation);
  std::vector<std::string> waiting = plan_ready(options_, now, conversation);
  probation_.insert(waiting.begin(), waiting.end());
  // Nobody to give the rest to counts as well: stable's own servers may be on probation.
  bool checks = !probation_.empty() && (takes_requests(desired) || !is_served(now, desired));
  share_waits_ = checks || (takes_requests(desired) && !now.lease_holds());
  if (!share_waits_) {
    if (Status planned = plan_traffic(now, desired, conversation); !planned) {
      loop_.post([entering, alive = alive_, error = std::move(planned).error()]() mutable {
        if (*alive) entering->finish(std::unexpected(std::move(error)));
      });
      return;
    }
  }
  ask_all(options_, conversation);
  run(conversation, deadline, [this, entering](Result<HaproxyReadback> after) {
    if (after && share_waits_ && entering->turn == turn_) {
      look_at_checks(entering, *after);
    } else if (after && entering->desired.canary > Weight() && entering->turn == turn_ &&
               std::abs(after->share(options_.swapped).units() - entering->desired.canary.units()) >
                   0) {
      // Servers went up or down while the commands were on their way, or came back just now.
      split(entering, *after);
    } else {
      entering->finish(std::move(after));
    }
  });
}

// Rules that go come before a share that grows, and the other way round: neither is above what was
// or will be.
Status HaproxyProxy::plan_traffic(const HaproxyReadback& now, const DesiredTraffic& desired,
                                  Conversation& conversation) const {
  SERIN_CHECK(plan_content(options_, now, desired.content, conversation));
  return plan_split(options_, now, desired.canary, desired.lease, conversation);
}

void HaproxyProxy::split(const std::shared_ptr<Entering>& entering, const HaproxyReadback& now) {
  Conversation conversation;
  Status planned = plan_traffic(now, entering->desired, conversation);
  if (!planned) {
    entering->finish(std::unexpected(std::move(planned).error()));
    return;
  }
  if (!conversation.changes()) {
    entering->finish(now);
    return;
  }
  ask_all(options_, conversation);
  run(conversation, entering->deadline,
      [entering](Result<HaproxyReadback> after) { entering->finish(std::move(after)); });
}

void HaproxyProxy::look_at_checks(const std::shared_ptr<Entering>& entering,
                                  const HaproxyReadback& now) {
  Instant time = loop_.clock().now().mono;
  bool checked =
      probation_.empty() || (is_served(now, entering->desired) && time >= entering->settle);
  bool leased = now.lease_holds() || !takes_requests(entering->desired);
  if (checked && leased) {
    probation_.clear();
    share_waits_ = false;
    split(entering, now);
    return;
  }
  if (time + kCheckPoll >= entering->deadline) {
    std::string waiting;
    if (checked) waiting = "the lease's backend " + options_.lease_backend;
    for (const std::string& path : probation_) waiting += (waiting.empty() ? "" : ", ") + path;
    entering->finish(
        fail(Code::deadline_exceeded,
             fmt::format("shares stay as they are: {} did not pass the health checks so "
                         "far",
                         waiting)));
    return;
  }
  wait_for_checks(entering);
}

void HaproxyProxy::wait_for_checks(const std::shared_ptr<Entering>& entering) {
  waiting_ = entering;
  timer_ = loop_.call_at(loop_.clock().now().mono + kCheckPoll, [this, entering] {
    timer_ = TimerId::none;
    waiting_.reset();
    read(entering->deadline, [this, entering](Result<HaproxyReadback> now) {
      if (entering->turn != turn_) {
        entering->finish(overtaken());
      } else if (!now) {
        entering->finish(std::move(now));
      } else {
        look_at_checks(entering, *now);
      }
    });
  });
}

// What went before is overtaken: one that waits for checks waits no more.
void HaproxyProxy::take_turn() {
  ++turn_;
  loop_.cancel(std::exchange(timer_, TimerId::none));
  auto waiting = std::exchange(waiting_, nullptr);
  if (!waiting) return;
  loop_.post([waiting, alive = alive_] {
    if (*alive) waiting->finish(overtaken());
  });
}

void HaproxyProxy::shut_down_sessions(Instant deadline) {
  if (!last_) return;
  Conversation conversation;
  for (const HaproxyServer& server : last_->servers) {
    if (server.slot != Slot::canary || !server.maintenance) continue;
    conversation.change("shutdown sessions server " + server.path());
  }
  if (conversation.changes()) talk(std::move(conversation), deadline, [](const auto&) {});
}

}  // namespace serin::drivers
