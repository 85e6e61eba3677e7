#include "app/notify/messenger.h"

#include <fmt/format.h>

#include <utility>

#include "app/live/secrets.h"
#include "drivers/store/reader.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {
namespace {

using drivers::NotifyTarget;

constexpr const char* kExtraName = "--notify";

bool is_web(const std::string& url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

Result<std::string> text_of(const rollout::SecretText& text) {
  if (!text.secret_key_ref) return fail(Code::invalid_argument, "a secret without a reference");
  return secret_value(*text.secret_key_ref);
}

// A web address that is a secret: it is not shown where it is wrong either.
Result<std::string> url_of(const rollout::SecretText& text) {
  SERIN_TRY(url, text_of(text));
  if (is_web(url)) return std::move(url);
  return fail(Code::invalid_argument,
              fmt::format("secret '{}', key '{}' holds no web address: it begins with http:// or "
                          "https://",
                          text.secret_key_ref->name, text.secret_key_ref->key));
}

Result<NotifyTarget> target_of(const rollout::NotifyTarget& configured) {
  NotifyTarget target;
  if (configured.webhook) {
    target.url = configured.webhook->url;
    if (configured.webhook->url_from) {
      SERIN_TRY(url, url_of(*configured.webhook->url_from));
      target.url = std::move(url);
    }
    if (configured.webhook->signature) {
      SERIN_TRY(key, text_of(*configured.webhook->signature));
      target.signature = std::move(key);
    }
  } else if (configured.slack) {
    target.kind = NotifyTarget::Kind::slack;
    SERIN_TRY(url, url_of(configured.slack->url));
    target.url = std::move(url);
  } else if (configured.alertmanager) {
    target.kind = NotifyTarget::Kind::alertmanager;
    target.url = configured.alertmanager->address;
    target.labels = configured.alertmanager->labels;
  }
  return target;
}

bool is_end(std::string_view event) {
  return event == "Succeeded" || event == "Failed" || event == "Terminated";
}

}  // namespace

Messenger::Messenger(Loop& loop, HttpClient& http, store::Store& store,
                     const rollout::engine::Engine& engine, Log log)
    : loop_(loop),
      store_(store),
      engine_(engine),
      log_(std::move(log)),
      courier_(
          loop, http, {}, [this](const drivers::Courier::Settled& settled) { settle(settled); },
          [this](const std::string& target, const std::string& problem) {
            log_.warn(problem.empty() ? "messages arrive again"
                                      : "messages do not arrive; they are tried again",
                      {{"target", target}, {"problem", problem}});
          }) {}

Messenger::~Messenger() {
  *alive_ = false;
  loop_.cancel(settle_timer_);
}

Status Messenger::prepare(const rollout::Rollout& rollout, const std::string& extra_url) {
  const std::string& name = rollout.metadata.name;
  std::vector<Addressee> addressees;
  for (const rollout::NotifyTarget& configured : rollout.notifications) {
    std::string key = name + "/" + configured.name;
    auto target = target_of(configured);
    if (!target) return std::unexpected(std::move(target).error().with("notifications " + key));
    courier_.set_target(key, std::move(*target));
    addressees.push_back({.name = key, .level = configured.level});
  }
  if (!extra_url.empty()) {
    if (!is_web(extra_url)) {
      return fail(Code::invalid_argument,
                  "--notify: expected a web address that begins with http:// or https://");
    }
    std::string key = name + "/" + kExtraName;
    courier_.set_target(key, {.url = extra_url});
    addressees.push_back({.name = key, .level = rollout::NotifyLevel::info});
  }
  addressees_[name] = std::move(addressees);
  return {};
}

// Another rollout's, of before a restart. Where its secrets are gone its messages wait.
void Messenger::prepare_release(const std::string& release) {
  const rollout::engine::Ticket* ticket = engine_.ticket(release);
  if (ticket == nullptr || addressees_.contains(ticket->spec.rollout)) return;
  addressees_[ticket->spec.rollout] = {};
  auto plan = rollout::pinned_plan_from_json(ticket->pinned);
  Status prepared = plan ? prepare(plan->rollout, "") : Status(std::unexpected(plan.error()));
  if (prepared) return;
  log_.warn("nobody can be told of a release",
            {{"release", release}, {"error", prepared.error().to_string()}});
}

Status Messenger::resume(const std::string& directory) {
  SERIN_TRY(reader, store::Reader::open(directory));
  SERIN_TRY(messages, reader.messages());
  for (const rollout::PendingMessage& message : messages) {
    prepare_release(message.release);
    if (courier_.knows(message.target)) courier_.send(message);
  }
  return {};
}

std::vector<rollout::PendingMessage> Messenger::address(const rollout::history::Notice& notice) {
  std::vector<rollout::PendingMessage> messages;
  prepare_release(notice.what.release);
  auto found = addressees_.find(notice.what.rollout);
  if (found == addressees_.end()) return messages;
  for (const Addressee& addressee : found->second) {
    bool wanted = static_cast<int>(notice.what.severity) >= static_cast<int>(addressee.level);
    if (!wanted && !is_end(notice.what.event)) continue;
    messages.push_back({.id = notice.id,
                        .target = addressee.name,
                        .release = notice.what.release,
                        .created = notice.when,
                        .body = drivers::message_body(notice)});
  }
  return messages;
}

void Messenger::send(const rollout::PendingMessage& message) {
  if (courier_.knows(message.target)) courier_.send(message);
}

void Messenger::settle(const drivers::Courier::Settled& settled) {
  if (!settled.problem.empty()) {
    log_.warn("a message is given up",
              {{"message", settled.id}, {"target", settled.target}, {"problem", settled.problem}});
  }
  settled_.push_back({settled.id, settled.target});
  write_settled();
}

void Messenger::write_settled() {
  store::Batch batch;
  batch.settled = std::exchange(settled_, {});
  std::vector<store::SettledMessage> kept = batch.settled;
  store_.commit(std::move(batch), [this, kept = std::move(kept), alive = alive_](Status status) {
    if (!*alive || status) return;
    settled_.insert(settled_.end(), kept.begin(), kept.end());
    if (settle_timer_ != TimerId::none) return;
    settle_timer_ = loop_.call_at(loop_.clock().now().mono + kSettleAgain, [this] {
      settle_timer_ = TimerId::none;
      write_settled();
    });
  });
}

}  // namespace serin::app
