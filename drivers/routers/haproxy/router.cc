#include "drivers/routers/haproxy/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "drivers/routers/haproxy/preflight.h"
#include "drivers/routers/haproxy/weights.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Slot;
using rollout::Weight;

constexpr std::size_t kCommandBytesMax = 4000;  // of one line: well below HAProxy's buffer

Status check(const HaproxyOptions& options) {
  auto need = [](const std::string& value, const char* field) -> Status {
    if (!value.empty()) return {};
    return fail(Code::invalid_argument, fmt::format("trafficRouting.haproxy.{} is needed", field));
  };
  if (options.sockets.empty())
    return fail(Code::invalid_argument, "trafficRouting.haproxy.socket is needed");
  if (options.map_layout()) {
    SERIN_CHECK(need(options.key, "key"));
    SERIN_CHECK(need(options.stable_backend, "stableBackend"));
    return need(options.canary_backend, "canaryBackend");
  }
  SERIN_CHECK(need(options.backend, "backend"));
  if (options.stable_servers.empty() || options.canary_servers.empty()) {
    return fail(Code::invalid_argument,
                "trafficRouting.haproxy needs stable and canary servers, or map, "
                "stableBackend and canaryBackend");
  }
  return {};
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
    : loop_(loop), options_(std::move(options)), mark_(options_) {
  for (Endpoint& endpoint : endpoints) {
    sockets_.push_back(std::make_unique<HaproxySocket>(loop_, std::move(endpoint)));
  }
}

HaproxyRouter::~HaproxyRouter() {
  *alive_ = false;
  loop_.cancel(drain_timer_);
}

void HaproxyRouter::read_one(std::size_t socket, Instant deadline, Gather<HaproxyReadback> done) {
  struct Reading {
    HaproxyAnswers answers;
    int left = 0;
    Gather<HaproxyReadback> done;
  };
  auto reading = std::make_shared<Reading>();
  reading->done = std::move(done);
  auto part = [this, reading, alive = alive_](std::string HaproxyAnswers::*field) {
    return [this, reading, alive, field](Result<std::string> answer) {
      if (!*alive || !reading->done) return;
      if (!answer) {
        auto end = std::exchange(reading->done, {});
        end(std::unexpected(std::move(answer).error()));
        return;
      }
      reading->answers.*field = std::move(*answer);
      if (--reading->left > 0) return;
      auto end = std::exchange(reading->done, {});
      end(read_back(options_, reading->answers));
    };
  };
  reading->left = options_.map_layout() ? 4 : 3;
  HaproxySocket& haproxy = *sockets_[socket];
  haproxy.run("show info", deadline, part(&HaproxyAnswers::info));
  haproxy.run("show stat", deadline, part(&HaproxyAnswers::stat));
  haproxy.run("show servers state", deadline, part(&HaproxyAnswers::servers));
  if (options_.map_layout())
    haproxy.run("show map " + options_.map, deadline, part(&HaproxyAnswers::map));
}

void HaproxyRouter::read_all(Instant deadline, Gather<std::vector<HaproxyReadback>> done) {
  struct Reading {
    std::vector<HaproxyReadback> all;
    std::size_t left = 0;
    Gather<std::vector<HaproxyReadback>> done;
  };
  auto reading = std::make_shared<Reading>();
  reading->all.resize(sockets_.size());
  reading->left = sockets_.size();
  reading->done = std::move(done);
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    read_one(i, deadline, [this, reading, i](Result<HaproxyReadback> one) {
      if (!reading->done) return;
      if (!one) {
        auto end = std::exchange(reading->done, {});
        end(std::unexpected(std::move(one).error().with("HAProxy at " + options_.sockets[i])));
        return;
      }
      reading->all[i] = std::move(*one);
      if (--reading->left > 0) return;
      auto end = std::exchange(reading->done, {});
      end(std::move(reading->all));
    });
  }
}

Result<ObservedTraffic> HaproxyRouter::observed_of(const std::vector<HaproxyReadback>& all) const {
  SERIN_TRY(owner, mark_.read());
  ObservedTraffic observed;
  observed.owner = owner;
  for (std::size_t i = 0; i < all.size(); ++i) {
    rollout::SlotState stable = all[i].slot(Slot::stable);
    rollout::SlotState canary = all[i].slot(Slot::canary);
    if (i == 0) {
      observed.stable = stable;
      observed.canary_slot = canary;
      observed.canary = all[i].share();
      observed.router_instance = all[i].instance;
      continue;
    }
    // Of several proxies the greatest share and the fewest ready servers count, and all requests.
    observed.canary = std::max(observed.canary, all[i].share());
    observed.router_instance += " " + all[i].instance;
    auto join = [](rollout::SlotState& sum, const rollout::SlotState& more) {
      sum.servers_ready = std::min(sum.servers_ready, more.servers_ready);
      sum.in_service = sum.in_service || more.in_service;
      sum.health_known = sum.health_known && more.health_known;
      sum.counts.requests += more.counts.requests;
      sum.counts.responses_5xx += more.counts.responses_5xx;
      sum.counts.connect_errors += more.counts.connect_errors;
      sum.counts.response_errors += more.counts.response_errors;
      sum.counts.retries += more.counts.retries;
      sum.counts.redispatches += more.counts.redispatches;
    };
    join(observed.stable, stable);
    join(observed.canary_slot, canary);
  }
  return observed;
}

void HaproxyRouter::observe(Instant deadline, Done<ObservedTraffic> done) {
  read_all(deadline,
           [this, done = std::move(done)](Result<std::vector<HaproxyReadback>> all) mutable {
             if (!all) {
               done(std::unexpected(std::move(all).error()));
             } else {
               done(observed_of(*all));
             }
           });
}

std::string HaproxyRouter::commands_for(const DesiredTraffic& desired,
                                        const HaproxyReadback& now) const {
  int stable_up = 0;
  int canary_up = 0;
  for (const HaproxyServer& server : now.servers) {
    if (!server.up) continue;
    ++(server.slot == Slot::stable ? stable_up : canary_up);
  }
  ServerWeights weights = weights_for(desired.canary, stable_up, canary_up);
  std::vector<std::string> first;  // what takes traffic from the canary
  std::vector<std::string> then;
  auto raises = desired.canary > now.share();
  if (now.map_layout) {
    int units = options_.swapped ? Weight::kFull - desired.canary.units() : desired.canary.units();
    (raises ? then : first)
        .push_back(fmt::format("{} map {} {} {}", now.map_has_key ? "set" : "add", options_.map,
                               options_.key, units));
  }
  for (const HaproxyServer& server : now.servers) {
    bool canary = server.slot == Slot::canary;
    std::string name = server.backend + "/" + server.name;
    if (!now.map_layout) {
      int weight = canary ? weights.canary : weights.stable;
      if (server.weight != weight) {
        (canary ? first : then).push_back(fmt::format("set server {} weight {}", name, weight));
      }
    }
    if (canary && !desired.canary_in_service && !server.maintenance) {
      first.push_back(fmt::format("set server {} state maint", name));
    } else if (canary && desired.canary_in_service && (server.maintenance || server.draining)) {
      first.push_back(fmt::format("set server {} state ready", name));
    }
  }
  std::string line;
  for (const auto* part : {&first, &then}) {
    for (const std::string& command : *part) line += (line.empty() ? "" : "; ") + command;
  }
  return line;
}

Status HaproxyRouter::keep_map(const DesiredTraffic& desired) const {
  // What the proxy reads when it reloads. A share for the canary is never kept there: after a
  // reload that nobody noticed all requests go to stable.
  int stable_units = options_.swapped ? Weight::kFull : 0;
  (void)desired;
  return replace_file(options_.map, fmt::format("{} {}\n", options_.key, stable_units), 0644);
}

void HaproxyRouter::apply(const DesiredTraffic& desired, Instant deadline,
                          Done<ObservedTraffic> done) {
  auto owner = mark_.read();
  auto refuse = [&](Error error) {
    loop_.post([done = std::move(done), error = std::move(error)]() mutable {
      done(std::unexpected(std::move(error)));
    });
  };
  bool lowers = !desired.canary_in_service && desired.canary == Weight();
  if (!owner && !lowers) return refuse(std::move(owner).error());
  const std::string& expected = desired.owner.empty() ? desired.gives_back : desired.owner;
  if (owner && !owner->empty() && !expected.empty() && *owner != expected) {
    return refuse(
        {Code::failed_precondition,
         fmt::format("the route is owned by release {} (mark {})", *owner, mark_.path())});
  }
  // A mark before the first command of a release; its loss never holds up the way back.
  if (!desired.owner.empty() && owner && *owner != desired.owner) {
    if (Status marked = mark_.write(desired.owner); !marked && !lowers)
      return refuse(std::move(marked).error());
  }
  read_all(deadline, [this, desired, deadline,
                      done = std::move(done)](Result<std::vector<HaproxyReadback>> now) mutable {
    if (!now) {
      done(std::unexpected(std::move(now).error()));
    } else {
      send_all(desired, std::move(*now), deadline, std::move(done));
    }
  });
}

void HaproxyRouter::send_all(const DesiredTraffic& desired, std::vector<HaproxyReadback> now,
                             Instant deadline, Done<ObservedTraffic> done) {
  struct Sending {
    std::size_t left = 0;
    std::optional<Error> error;
    Done<ObservedTraffic> done;
  };
  auto sending = std::make_shared<Sending>();
  sending->left = now.size();
  sending->done = std::move(done);
  auto finish = [this, sending, desired, deadline, alive = alive_] {
    if (!*alive) return;
    if (sending->error) {
      sending->done(std::unexpected(std::move(*sending->error)));
      return;
    }
    if (options_.map_layout()) {
      // Not knowing what a reload would bring is told, but the split itself stands.
      (void)keep_map(desired);
    }
    if (desired.owner.empty()) {
      if (Status freed = mark_.write(""); !freed) {
        sending->done(std::unexpected(std::move(freed).error()));
        return;
      }
    }
    observe(deadline, std::move(sending->done));
  };
  for (std::size_t i = 0; i < now.size(); ++i) {
    std::string commands = commands_for(desired, now[i]);
    if (commands.empty()) {
      loop_.post([sending, finish] {
        if (--sending->left == 0) finish();
      });
      continue;
    }
    sockets_[i]->set(
        std::move(commands), deadline, [this, i, sending, finish, alive = alive_](Status status) {
          if (!*alive) return;
          if (!status && !sending->error) {
            sending->error = std::move(status).error().with("HAProxy at " + options_.sockets[i]);
          }
          if (--sending->left == 0) finish();
        });
  }
  drain_later(desired, now);
}

void HaproxyRouter::drain_later(const DesiredTraffic& desired,
                                const std::vector<HaproxyReadback>& now) {
  loop_.cancel(std::exchange(drain_timer_, TimerId::none));
  if (desired.canary_in_service || desired.drain <= Duration::zero()) return;
  std::string commands;
  for (const HaproxyServer& server : now.front().servers) {
    if (server.slot != Slot::canary) continue;
    commands += fmt::format("{}shutdown sessions server {}/{}", commands.empty() ? "" : "; ",
                            server.backend, server.name);
  }
  if (commands.empty() || commands.size() > kCommandBytesMax) return;
  drain_timer_ = loop_.call_at(loop_.clock().now().mono + desired.drain, [this, commands] {
    drain_timer_ = TimerId::none;
    for (auto& socket : sockets_) {
      socket->set(commands, loop_.clock().now().mono + std::chrono::seconds(5),
                  [](const Status&) {});
    }
  });
}

void HaproxyRouter::preflight(Instant deadline, Done<rollout::Preflight> done) {
  read_all(deadline, [this, deadline,
                      done = std::move(done)](Result<std::vector<HaproxyReadback>> now) mutable {
    if (!now) {
      // A name that HAProxy does not know is for the user to change: a refusal, not a failure of
      // the proxy.
      if (now.error().code == Code::invalid_argument) {
        done(rollout::Preflight{.refusals = {now.error().to_string()}, .warnings = {}});
      } else {
        done(std::unexpected(std::move(now).error()));
      }
      return;
    }
    sockets_.front()->run(
        "show stat", deadline,
        [this, done = std::move(done), now = std::move(*now)](Result<std::string> stat) mutable {
          if (!stat) {
            done(std::unexpected(std::move(stat).error()));
          } else {
            done(preflight_of(options_, now.front(), *stat));
          }
        });
  });
}

}  // namespace serin::drivers
