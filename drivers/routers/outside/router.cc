#include "drivers/routers/outside/router.h"

#include <fmt/format.h>

#include <utility>

#include "base/net/command.h"
#include "drivers/routers/outside/contract.h"
#include "drivers/workloads/places.h"

namespace serin::drivers {
namespace {

using rollout::DesiredTraffic;
using rollout::ObservedTraffic;

constexpr std::size_t kAnswerMax = std::size_t{1} << 20U;

// How the other side is reached.
class Outside {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;
  virtual ~Outside() = default;
  virtual void tell(const Json& wanted, Instant deadline,
                    std::move_only_function<void(Status)> done) = 0;
  virtual void ask(Instant deadline, Done<Json> done) = 0;
};

class CommandOutside final : public Outside {
 public:
  CommandOutside(AsioLoop& loop, CommandRouterOptions options)
      : loop_(loop), options_(std::move(options)) {}

  void tell(const Json& wanted, Instant deadline,
            std::move_only_function<void(Status)> done) override {
    Placeholders values = {{"weight", format_double(wanted["weight"].number())},
                           {"generation", std::to_string(wanted["generation"].integer())},
                           {"owner", std::string(wanted["owner"].string())},
                           {"place", std::string(wanted["place"].string())}};
    CommandOptions command{.argv = fill(options_.set, values)};
    command.env = {{"SERIN_WANTED", wanted.dump()}};
    run_command(
        loop_, command, limit(deadline),
        [argv = options_.set, done = std::move(done)](Result<CommandResult> result) mutable {
          if (!result) {
            // It was started: what it did before it was killed is not known.
            bool late = result.error().code == Code::deadline_exceeded;
            done(late ? fail(Code::maybe_delivered, result.error().message)
                      : std::unexpected(std::move(result).error()));
          } else {
            done(status_of(argv, *result));
          }
        });
  }
  void ask(Instant deadline, Done<Json> done) override {
    run_command(
        loop_, {.argv = options_.get}, limit(deadline),
        [argv = options_.get, done = std::move(done)](Result<CommandResult> result) mutable {
          if (!result) return done(std::unexpected(std::move(result).error()));
          if (Status status = status_of(argv, *result); !status) {
            return done(std::unexpected(std::move(status).error()));
          }
          auto json = Json::parse(result->output);
          if (!json)
            json = fail(Code::data_loss, argv[0] + " printed no JSON: " + json.error().message);
          done(std::move(json));
        });
  }

 private:
  Instant limit(Instant deadline) const {
    return std::min(deadline, loop_.clock().now().mono + options_.timeout);
  }
  static Status status_of(const std::vector<std::string>& argv, const CommandResult& result) {
    if (result.exit_code == 0) return {};
    std::string why = result.errors.substr(0, result.errors.find('\n'));
    return fail(Code::unavailable, fmt::format("{} ended with status {}{}{}", argv[0],
                                               result.exit_code, why.empty() ? "" : ": ", why));
  }

  AsioLoop& loop_;
  CommandRouterOptions options_;
};

class WebhookOutside final : public Outside {
 public:
  WebhookOutside(AsioLoop& loop, HttpClient& http, WebhookRouterOptions options)
      : loop_(loop), http_(http), options_(std::move(options)) {}

  void tell(const Json& wanted, Instant deadline,
            std::move_only_function<void(Status)> done) override {
    http_.send({.method = "PUT",
                .url = options_.url,
                .headers = {{"content-type", "application/json"}},
                .body = wanted.dump(),
                .body_max = kAnswerMax},
               limit(deadline), [done = std::move(done)](Result<HttpResponse> response) mutable {
                 if (!response) {
                   bool late = response.error().code == Code::deadline_exceeded;
                   done(late ? fail(Code::maybe_delivered, response.error().message)
                             : std::unexpected(std::move(response).error()));
                 } else if (!response->ok()) {
                   done(std::unexpected(http_status_error(*response)));
                 } else {
                   done({});
                 }
               });
  }
  void ask(Instant deadline, Done<Json> done) override {
    http_.send({.url = options_.url, .body_max = kAnswerMax}, limit(deadline),
               [done = std::move(done)](Result<HttpResponse> response) mutable {
                 if (!response) return done(std::unexpected(std::move(response).error()));
                 if (!response->ok()) return done(std::unexpected(http_status_error(*response)));
                 auto json = Json::parse(response->body);
                 if (!json)
                   json = fail(Code::data_loss,
                               "the router's answer is no JSON: " + json.error().message);
                 done(std::move(json));
               });
  }

 private:
  Instant limit(Instant deadline) const {
    return std::min(deadline, loop_.clock().now().mono + options_.timeout);
  }
  AsioLoop& loop_;
  HttpClient& http_;
  WebhookRouterOptions options_;
};

class OutsideRouter final : public SteeredRouter {
 public:
  OutsideRouter(AsioLoop& loop, std::string rollout, std::unique_ptr<Outside> outside, bool swapped)
      : loop_(loop),
        rollout_(std::move(rollout)),
        outside_(std::move(outside)),
        swapped_(swapped) {}
  ~OutsideRouter() override { *alive_ = false; }

  // Whether it answers in the words of the contract.
  void preflight(Instant deadline, Done<rollout::Preflight> done) override {
    observe(deadline, [done = std::move(done)](const Result<ObservedTraffic>& held) mutable {
      rollout::Preflight out;
      if (!held) out.refusals.push_back(held.error().to_string());
      done(std::move(out));
    });
  }
  void observe(Instant deadline, Done<ObservedTraffic> done) override {
    outside_->ask(deadline,
                  [this, done = std::move(done), alive = alive_](Result<Json> json) mutable {
                    if (!*alive) return;
                    if (json) {
                      done(held_from_json(*json, swapped_));
                    } else {
                      done(std::unexpected(std::move(json).error()));
                    }
                  });
  }
  void apply(const DesiredTraffic& desired, Instant deadline, Done<ObservedTraffic> done) override {
    auto change = std::make_shared<Change>(Change{desired, deadline, std::move(done)});
    if (auto waiting = std::exchange(next_, nullptr)) {
      loop_.post([waiting, alive = alive_] {
        if (*alive) waiting->done(overtaken());
      });
    }
    if (is_running_) {
      next_ = std::move(change);
    } else {
      begin(change);
    }
  }
  void exchange_roles() override { swapped_ = !swapped_; }
  bool is_swapped() const override { return swapped_; }
  void on_problem(OnProblem) override {}

 private:
  struct Change {
    DesiredTraffic desired;
    Instant deadline;
    Done<ObservedTraffic> done;
  };
  static std::unexpected<Error> overtaken() {
    return fail(Code::cancelled, "overtaken by a later command for the same route");
  }

  void begin(const std::shared_ptr<Change>& change) {
    is_running_ = true;
    observe(change->deadline, [this, change](Result<ObservedTraffic> held) {
      const DesiredTraffic& desired = change->desired;
      bool leaves = !desired.canary_in_service && !desired.owner.empty();
      // Taking traffic away does not wait for an answer that can be read.
      if (!held && !leaves) return finish(change, std::move(held));
      if (next_) return finish(change, overtaken());
      const std::string& expected = desired.owner.empty() ? desired.gives_back : desired.owner;
      bool foreign = held && !expected.empty() && !held->owner.empty() && held->owner != expected;
      if (foreign && !leaves) {
        return finish(change, fail(Code::failed_precondition,
                                   fmt::format("the route carries the mark of '{}'", held->owner)));
      }
      DesiredTraffic wanted = desired;
      if (foreign) wanted.owner = held->owner;
      tell(change, wanted);
    });
  }
  void tell(const std::shared_ptr<Change>& change, const DesiredTraffic& wanted) {
    outside_->tell(wanted_json(rollout_, wanted, swapped_), change->deadline,
                   [this, change, alive = alive_](Status status) {
                     if (!*alive) return;
                     if (!status) {
                       finish(change, std::unexpected(std::move(status).error()));
                     } else {
                       observe(change->deadline, [this, change](Result<ObservedTraffic> held) {
                         finish(change, std::move(held));
                       });
                     }
                   });
  }
  void finish(const std::shared_ptr<Change>& change, Result<ObservedTraffic> result) {
    is_running_ = false;
    if (auto waiting = std::exchange(next_, nullptr)) begin(waiting);
    change->done(std::move(result));
  }

  AsioLoop& loop_;
  std::string rollout_;
  std::unique_ptr<Outside> outside_;
  bool swapped_;
  bool is_running_ = false;
  std::shared_ptr<Change> next_;  // at most one waits
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<SteeredRouter> make_command_router(AsioLoop& loop, CommandRouterOptions options,
                                                   bool swapped) {
  std::string rollout = options.rollout;
  return std::make_unique<OutsideRouter>(
      loop, rollout, std::make_unique<CommandOutside>(loop, std::move(options)), swapped);
}

std::unique_ptr<SteeredRouter> make_webhook_router(AsioLoop& loop, HttpClient& http,
                                                   WebhookRouterOptions options, bool swapped) {
  std::string rollout = options.rollout;
  return std::make_unique<OutsideRouter>(
      loop, rollout, std::make_unique<WebhookOutside>(loop, http, std::move(options)), swapped);
}

}  // namespace serin::drivers
