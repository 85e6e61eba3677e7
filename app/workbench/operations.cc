#include "app/workbench/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/net/crypto/digest.h"
#include "base/net/crypto/keys.h"

namespace serin::app {
namespace {

constexpr std::size_t kEpochDigits = 8;
constexpr std::array kStatuses{"running", "succeeded", "failed", "cancelled"};

std::string second(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(time));
}

Json second(const std::optional<WallTime>& time) {
  return time ? Json(second(*time)) : Json();
}

}  // namespace

Operations::Operations(Loop& loop)
    : loop_(loop), epoch_(sha256_hex(random_key()).substr(0, kEpochDigits)) {}

void Operations::add_to(RouteTable& routes) {
  const std::string path = "/api/v1/operations/{operation}";
  routes.add("GET", path, Role::viewer, [this](const std::shared_ptr<Call>& call) {
    if (const Operation* operation = find(*call)) call->answer(200, document(*operation));
  });
  routes.add("DELETE", path, Role::viewer, [this](const std::shared_ptr<Call>& call) {
    Operation* operation = find(*call);
    if (operation == nullptr) return;
    if (operation->status == Status::running) {
      operation->state->stop = true;
      finish(*operation, Status::cancelled);
      return call->answer(200, document(*operation));
    }
    const Json last = document(*operation);
    operations_.erase(operation->id);
    call->answer(200, last);
  });
}

// Others than its owner and admins are told that there is none.
Operations::Operation* Operations::find(Call& call) {
  prune();
  const std::string& id = call["operation"];
  auto found = operations_.find(id);
  const bool may = found != operations_.end() &&
                   (found->second.owner == call.who.actor || call.who.role >= Role::admin);
  if (may) return &found->second;
  call.refuse({.kind = kUnknown,
               .detail = fmt::format("there is no operation '{}' of yours: they are kept for {} "
                                     "after their end, and none outlives a restart of serin",
                                     id, format_duration(kKept))});
  return nullptr;
}

bool Operations::is_full(const Call& call) const {
  const auto running = std::ranges::count_if(operations_, [&](const auto& each) {
    return each.second.status == Status::running && each.second.owner == call.who.actor;
  });
  return running >= kOfClientMax;
}

std::string Operations::begin(Call& call, std::shared_ptr<WorkState> state) {
  prune();
  if (is_full(call)) return "";
  if (operations_.size() >= kOperationsMax) {
    // The one that ended first makes room.
    auto oldest = operations_.end();
    for (auto it = operations_.begin(); it != operations_.end(); ++it) {
      if (!it->second.ended) continue;
      if (oldest == operations_.end() || it->second.ended < oldest->second.ended) oldest = it;
    }
    if (oldest == operations_.end()) return "";
    operations_.erase(oldest);
  }
  Operation operation{.id = fmt::format("{}-{}", epoch_, ++count_),
                      .owner = call.who.actor,
                      .what = call.request.method + " " + call.request.path,
                      .created = loop_.clock().now().wall,
                      .state = std::move(state)};
  const std::string id = operation.id;
  HttpResponse response = json_response(202, document(operation));
  response.headers.emplace_back("Location", "/api/v1/operations/" + id);
  response.headers.emplace_back("Preference-Applied", "respond-async");
  operations_.emplace(id, std::move(operation));
  call.answer(std::move(response));
  return id;
}

void Operations::begun(const std::string& id) {
  auto found = operations_.find(id);
  if (found != operations_.end()) found->second.started = loop_.clock().now().wall;
}

void Operations::end(const std::string& id, const Outcome& outcome) {
  auto found = operations_.find(id);
  if (found == operations_.end() || found->second.status != Status::running) return;
  Operation& operation = found->second;
  if (outcome) {
    auto result = Json::parse(outcome->body);
    operation.result = result ? *std::move(result) : Json(outcome->body);
    return finish(operation, Status::succeeded);
  }
  const HttpResponse told = problem(outcome.error(), "/api/v1/operations/" + id, operation.id);
  operation.problem = Json::parse(told.body).value_or(Json());
  finish(operation, Status::failed);
}

void Operations::finish(Operation& operation, Status status) {
  const Now now = loop_.clock().now();
  operation.status = status;
  operation.ended = now.wall;
  operation.forget = now.mono + kKept;
  // What it found is large: it goes even where nobody asks any more.
  loop_.call_at(operation.forget, [this, alive = alive_] {
    if (*alive) prune();
  });
}

void Operations::prune() {
  const Instant now = loop_.clock().now().mono;
  std::erase_if(operations_,
                [&](const auto& each) { return each.second.ended && each.second.forget <= now; });
}

Json Operations::document(const Operation& operation) const {
  Json json = Json::object()
                  .set("id", operation.id)
                  .set("what", operation.what)
                  .set("status", kStatuses[static_cast<std::size_t>(operation.status)])
                  .set("created", second(operation.created))
                  .set("started", second(operation.started))
                  .set("ended", second(operation.ended));
  const double progress = operation.state->progress;
  const bool is_done = operation.status == Status::succeeded;
  json.set("progress", is_done ? Json(1) : progress >= 0 ? Json(progress) : Json());
  if (is_done) json.set("result", operation.result);
  if (!operation.problem.is_null()) json.set("problem", operation.problem);
  return json;
}

}  // namespace serin::app
