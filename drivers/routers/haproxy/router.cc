#include "drivers/routers/haproxy/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/assert.h"
#include "drivers/routers/haproxy/match_map.h"
#include "drivers/routers/haproxy/plan.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Slot;
using rollout::Weight;

constexpr Duration kShutDownPatience = std::chrono::seconds(5);
constexpr Duration kLeasePatience = std::chrono::seconds(3);
constexpr Duration kLeaseReadPatience = std::chrono::milliseconds(300);
constexpr Duration kLeasePoll = std::chrono::milliseconds(100);

// The worse error of two proxies decides what the caller must do.
int gravity(const Error& error) {
  switch (error.code) {
    case Code::maybe_delivered:
      return 4;
    case Code::failed_precondition:
      return 3;
    case Code::deadline_exceeded:
    case Code::unavailable:
      return 2;
    default:
      return 1;
  }
}

void join(rollout::SlotState& sum, const rollout::SlotState& more) {
  sum.servers_total = std::max(sum.servers_total, more.servers_total);
  sum.servers_ready = std::min(sum.servers_ready, more.servers_ready);
  sum.in_service = sum.in_service || more.in_service;
  sum.health_known = sum.health_known && more.health_known;
  sum.counts.requests += more.counts.requests;
  sum.counts.responses_5xx += more.counts.responses_5xx;
  sum.counts.connect_errors += more.counts.connect_errors;
  sum.counts.response_errors += more.counts.response_errors;
  sum.counts.retries += more.counts.retries;
  sum.counts.redispatches += more.counts.redispatches;
}

// The file that says at a reload which slot is stable; "" where there is none to write.
std::string file_of(const HaproxyOptions& options) {
  if (!options.map_layout()) return options.state_file;
  if (!options.map_file.empty()) return options.map_file;
  return options.map.starts_with('/') ? options.map : "";
}

}  // namespace

Result<std::unique_ptr<HaproxyRouter>> HaproxyRouter::create(AsioLoop& loop,
                                                             HaproxyOptions options) {
  SERIN_CHECK(check(options));
  std::vector<Endpoint> endpoints;
  for (const std::string& socket : options.sockets) {
    SERIN_TRY(endpoint, Endpoint::parse(socket));
    endpoints.push_back(endpoint);
  }
  return std::unique_ptr<HaproxyRouter>(
      new HaproxyRouter(loop, std::move(options), std::move(endpoints)));
}

HaproxyRouter::HaproxyRouter(AsioLoop& loop, HaproxyOptions options,
                             std::vector<Endpoint> endpoints)
    : loop_(loop), options_(std::move(options)) {
  for (Endpoint& endpoint : endpoints) {
    proxies_.push_back(std::make_unique<HaproxyProxy>(loop_, options_, std::move(endpoint)));
  }
  if (std::string file = file_of(options_); !file.empty()) {
    kept_ = std::make_unique<KeptFile>(loop_, std::move(file));
  }
}

HaproxyRouter::~HaproxyRouter() {
  *alive_ = false;
  loop_.cancel(drain_timer_);
}

void HaproxyRouter::for_all(const Step& step, Gather<Readbacks> done) {
  struct Gathering {
    Readbacks all;
    std::size_t left = 0;
    std::optional<Error> error;
    Gather<Readbacks> done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->all.resize(proxies_.size());
  gathering->left = proxies_.size();
  gathering->done = std::move(done);
  for (std::size_t i = 0; i < proxies_.size(); ++i) {
    step(i, [this, gathering, i, alive = alive_](Result<HaproxyReadback> one) {
      if (!*alive) return;
      if (one) {
        gathering->all[i] = std::move(*one);
      } else if (!gathering->error || gravity(one.error()) > gravity(*gathering->error)) {
        gathering->error = std::move(one).error().with("HAProxy at " + options_.sockets[i]);
      }
      if (--gathering->left > 0) return;
      if (gathering->error) {
        gathering->done(std::unexpected(std::move(*gathering->error)));
      } else {
        gathering->done(std::move(gathering->all));
      }
    });
  }
}

ObservedTraffic HaproxyRouter::observed_of(const Readbacks& all) const {
  ObservedTraffic observed;
  int units = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const HaproxyReadback& one = all[i];
    rollout::SlotState stable = one.slot(Slot::stable);
    rollout::SlotState canary = proxies_[i]->canary_of(one);
    units += one.share(options_.swapped).units();
    // A foreign mark on one proxy is a foreign mark on the route.
    // Rules that not all proxies have are none that a release knows.
    std::string content = one.content_in_force();
    if (i > 0 && content != observed.content) observed.content = kMixedContent;
    if (i == 0) observed.content = std::move(content);
    bool ours = observed.owner.empty() || observed.owner == owner_;
    if (ours && !one.owner.empty()) observed.owner = one.owner;
    if (i == 0) {
      observed.stable = stable;
      observed.canary_slot = canary;
      observed.router_instance = one.instance;
    } else {
      join(observed.stable, stable);
      join(observed.canary_slot, canary);
      observed.router_instance += " " + one.instance;
    }
  }
  auto proxies = static_cast<int>(all.size());
  observed.canary = Weight::from_units((units + proxies / 2) / proxies);
  // No traffic only where no proxy gives any.
  if (units > 0 && observed.canary == Weight()) observed.canary = Weight::from_units(1);
  return observed;
}

void HaproxyRouter::observe(Instant deadline, Done<ObservedTraffic> done) {
  for_all([&](std::size_t i, auto next) { proxies_[i]->read(deadline, std::move(next)); },
          [this, done = std::move(done)](Result<Readbacks> all) mutable {
            if (all) {
              done(observed_of(*all));
            } else {
              done(std::unexpected(std::move(all).error()));
            }
          });
}

void HaproxyRouter::apply(const DesiredTraffic& desired, Instant deadline,
                          Done<ObservedTraffic> done) {
  ++turn_;
  owner_ = desired.owner;
  done = concluding(desired, std::move(done));
  if (desired.canary_in_service) {
    enter(desired, deadline, std::move(done));
  } else {
    leave(desired, deadline, std::move(done));
  }
}

// What follows every apply, whatever came of it.
HaproxyRouter::Done<ObservedTraffic> HaproxyRouter::concluding(const DesiredTraffic& desired,
                                                               Done<ObservedTraffic> done) {
  return [this, desired, done = std::move(done)](Result<ObservedTraffic> result) mutable {
    if (result) keep_files(desired);
    done(std::move(result));
  };
}

// Whose mark may be on the route; empty: anybody's. Looked at on every proxy before anything is
// sent to any.
Status HaproxyRouter::check_marks(const DesiredTraffic& desired, const Readbacks& all) const {
  const std::string& expected = desired.owner.empty() ? desired.gives_back : desired.owner;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& owner = all[i].owner;
    if (expected.empty() || owner.empty() || owner == expected) continue;
    return fail(Code::failed_precondition,
                fmt::format("the route carries the mark of '{}' (HAProxy at {})", owner,
                            options_.sockets[i]));
  }
  return {};
}

// Reads every proxy, and goes on where the marks allow it.
void HaproxyRouter::look_first(const DesiredTraffic& desired, Instant deadline,
                               Done<ObservedTraffic> done, Next next) {
  for_all([&](std::size_t i, auto read) { proxies_[i]->read(deadline, std::move(read)); },
          [this, desired, turn = turn_, done = std::move(done),
           next = std::move(next)](Result<Readbacks> now) mutable {
            if (!now) {
              done(std::unexpected(std::move(now).error()));
            } else if (turn != turn_) {
              done(fail(Code::cancelled, "overtaken by a later command for the same route"));
            } else if (Status marks = check_marks(desired, *now); !marks) {
              done(std::unexpected(std::move(marks).error()));
            } else {
              next(std::move(*now), std::move(done));
            }
          });
}

// Taking traffic away is always allowed, whoever's mark is on the route; giving a mark back is for
// its owner.
void HaproxyRouter::leave(const DesiredTraffic& desired, Instant deadline,
                          Done<ObservedTraffic> done) {
  auto go = [this, desired, deadline](Done<ObservedTraffic> told) {
    for_all(
        [&](std::size_t i, auto next) { proxies_[i]->leave(desired, deadline, std::move(next)); },
        [this, desired, told = std::move(told)](Result<Readbacks> all) mutable {
          if (!all) {
            told(std::unexpected(std::move(all).error()));
            return;
          }
          drain_later(desired);
          told(observed_of(*all));
        });
  };
  if (!desired.owner.empty() || desired.gives_back.empty()) {
    go(std::move(done));
    return;
  }
  look_first(desired, deadline, std::move(done),
             [go](const Readbacks&, Done<ObservedTraffic> told) { go(std::move(told)); });
}

void HaproxyRouter::enter(const DesiredTraffic& desired, Instant deadline,
                          Done<ObservedTraffic> done) {
  loop_.cancel(std::exchange(drain_timer_, TimerId::none));
  look_first(desired, deadline, std::move(done),
             [this, desired, deadline](Readbacks now, Done<ObservedTraffic> told) {
               for_all(
                   [&](std::size_t i, auto next) {
                     proxies_[i]->enter(desired, now[i], deadline, std::move(next));
                   },
                   [this, told = std::move(told)](Result<Readbacks> all) mutable {
                     if (all) {
                       told(observed_of(*all));
                     } else {
                       told(std::unexpected(std::move(all).error()));
                     }
                   });
             });
}

// Streams go on in a server that is out of service, without bound: they are ended after the drain
// time. The same state applied again does not begin it anew.
void HaproxyRouter::drain_later(const DesiredTraffic& desired) {
  if (desired.drain <= Duration::zero() || drain_timer_ != TimerId::none) return;
  drain_timer_ = loop_.call_at(loop_.clock().now().mono + desired.drain, [this] {
    drain_timer_ = TimerId::none;
    for (auto& proxy : proxies_) {
      proxy->shut_down_sessions(loop_.clock().now().mono + kShutDownPatience);
    }
  });
}

void HaproxyRouter::exchange_roles() {
  options_.swapped = !options_.swapped;
  is_kept_ = false;
  ++turn_;
  loop_.cancel(std::exchange(drain_timer_, TimerId::none));
  for (auto& proxy : proxies_) proxy->exchange_roles(loop_.clock().now().mono + kShutDownPatience);
  // At once: nobody knows whether there will be a next apply.
  if (options_.map_layout()) keep_files({});
}

// Once after a start, and after every exchange of roles. Beside the apply, never before it: what
// HAProxy would read at a reload must not hold up what it does now.
void HaproxyRouter::keep_files(const DesiredTraffic& desired) {
  if (is_kept_ || !kept_) return;
  if (!options_.map_layout()) {
    // The state of servers is kept when all traffic is stable's.
    if (desired.canary == Weight() && options_.swapped) keep_state_file();
    return;
  }
  kept_->keep(
      [key = options_.key, base = options_.base_key(),
       value = std::to_string(stable_units(options_))](const std::string& text) {
        return with_map_value(with_map_value(text, key, value), base, value);
      },
      [this](Status status) { on_kept(std::move(status)); });
}

void HaproxyRouter::keep_state_file() {
  Conversation conversation;
  conversation.ask("show servers state");
  proxies_.front()->talk(
      std::move(conversation), loop_.clock().now().mono + kShutDownPatience,
      [this, alive = alive_](Result<Heard> heard) {
        if (!*alive) return;
        if (!heard) {
          on_kept(std::unexpected(std::move(heard).error()));
          return;
        }
        kept_->keep([state = heard->answers.front() + "\n"](const auto&) { return state; },
                    [this](Status status) { on_kept(std::move(status)); });
      });
}

void HaproxyRouter::on_kept(Status status) {
  if (!status && status.error().code == Code::cancelled) return;
  is_kept_ = status.has_value();
  std::string problem;
  if (!status) {
    problem = fmt::format("what HAProxy reads at a reload does not say which slot is stable: {}",
                          status.error().to_string());
  }
  // The same problem is told once; every apply tries again.
  if (problem != last_problem_ && !problem.empty() && on_problem_) on_problem_(problem);
  last_problem_ = std::move(problem);
}

struct HaproxyRouter::Examining {
  rollout::Preflight out;
  Instant deadline;
  Instant patient_until;  // for the first check of the lease
  std::size_t left = 0;
  std::optional<Error> error;
  Done<rollout::Preflight> done;

  void take(rollout::Preflight one, const std::string& prefix) {
    auto add = [&](std::vector<std::string>& to, std::vector<std::string>& from) {
      for (std::string& text : from) to.push_back(prefix + std::move(text));
    };
    add(out.refusals, one.refusals);
    add(out.warnings, one.warnings);
    out.drain_before_maintenance |= one.drain_before_maintenance;
  }
  void finish_one() {
    if (--left > 0) return;
    if (error) {
      done(std::unexpected(std::move(*error)));
    } else {
      done(std::move(out));
    }
  }
};

void HaproxyRouter::preflight(Instant deadline, Done<rollout::Preflight> done) {
  auto examining = std::make_shared<Examining>();
  Instant now = loop_.clock().now().mono;
  examining->deadline = deadline;
  examining->patient_until = std::min(now + kLeasePatience, now + (deadline - now) / 2);
  examining->left = proxies_.size();
  examining->done = std::move(done);
  for (std::size_t i = 0; i < proxies_.size(); ++i) examine(examining, i);
}

void HaproxyRouter::examine(const std::shared_ptr<Examining>& examining, std::size_t i) {
  Conversation conversation;
  ask_preflight(options_, conversation);
  proxies_[i]->talk(
      std::move(conversation), examining->deadline,
      [this, examining, i, alive = alive_](Result<Heard> heard) {
        if (!*alive) return;
        if (!heard) {
          examining->error = std::move(heard).error().with("HAProxy at " + options_.sockets[i]);
          examining->finish_one();
          return;
        }
        PreflightAnswers answers = read_preflight(options_, heard->answers);
        const Result<HaproxyReadback>& now = answers.facts.now;
        if (!now) return judge(examining, i, answers);
        proxies_[i]->note(*now);
        // Serin may answer the check since a moment ago only.
        if (now && !now->lease_holds() && loop_.clock().now().mono < examining->patient_until) {
          loop_.call_at(loop_.clock().now().mono + kLeasePoll, [this, examining, i, alive] {
            if (*alive) examine(examining, i);
          });
          return;
        }
        HaproxyReadback seen = *now;
        proxies_[i]->complete(
            std::move(seen), examining->deadline,
            [this, examining, i, answers = std::move(answers)](HaproxyReadback whole) mutable {
              answers.facts.now = std::move(whole);
              judge(examining, i, answers);
            });
      });
}

void HaproxyRouter::judge(const std::shared_ptr<Examining>& examining, std::size_t i,
                          const PreflightAnswers& answers) {
  examining->take(preflight_of(options_, answers.facts, read_config(answers.config_files)),
                  proxies_.size() > 1 ? options_.sockets[i] + ": " : "");
  examining->finish_one();
}

void HaproxyRouter::ask_lease(std::move_only_function<void(bool granted)> done) {
  Instant deadline = loop_.clock().now().mono + kLeaseReadPatience;
  for_all([&](std::size_t i, auto next) { proxies_[i]->read(deadline, std::move(next)); },
          [this, done = std::move(done)](const Result<Readbacks>& all) mutable {
            Instant now = loop_.clock().now().mono;
            if (all) lease_read_ = now;
            bool sees = lease_read_ && now - *lease_read_ <= kLeaseBlindMax;
            done(sees && std::ranges::all_of(proxies_,
                                             [](const auto& proxy) { return proxy->lease_ok(); }));
          });
}

}  // namespace serin::drivers
