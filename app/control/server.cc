#include "app/control/server.h"

#include <fmt/format.h>

#include "app/control/client.h"
#include "rollout/machine/operations.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;
namespace machine = rollout::machine;

std::string refusal(Code code, const std::string& message,
                    const std::vector<machine::Operation>& allowed) {
  Json names = Json::array();
  for (machine::Operation operation : allowed) names.push(machine::to_string(operation));
  return Json::object()
      .set("error", Json::object()
                        .set("code", to_string(code))
                        .set("message", message)
                        .set("allowed", std::move(names)))
      .dump();
}

}  // namespace

Result<machine::event::Operated> operation_of(const Json& request) {
  machine::event::Operated operated;
  SERIN_TRY(operation, machine::operation_from_word(request["op"].string()));
  operated.operation = operation;
  operated.key = request["key"].string();
  operated.user = request["user"].string();
  operated.comment = request["reason"].string();
  operated.hard = request["hard"].boolean();
  operated.metric = request["metric"].string();
  operated.version = request["version"].string();
  operated.from_step = static_cast<int>(request["from_step"].integer());
  if (operation == machine::Operation::set_weight) {
    SERIN_TRY(weight, rollout::Weight::parse(request["weight"].string()));
    operated.weight = weight;
  }
  return operated;
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(AsioLoop& loop,
                                                             const std::string& directory,
                                                             engine::Engine& engine,
                                                             LiveShell& shell) {
  std::unique_ptr<ControlServer> control(new ControlServer(loop, engine, shell));
  SERIN_TRY(server, LineServer::listen(loop, directory + "/" + kControlSocket, {},
                                       [&control = *control](std::string line, LineReply reply) {
                                         control.handle(line, std::move(reply));
                                       }));
  control->server_ = std::move(server);
  return control;
}

std::string ControlServer::find(std::string_view name) const {
  std::string found;
  for (const std::string& id : engine_.releases()) {
    const engine::Ticket* ticket = engine_.ticket(id);
    if (id == name || ticket->spec.rollout == name || ticket->service == name) found = id;
  }
  return found;
}

void ControlServer::handle(const std::string& line, LineReply reply) {
  auto request = Json::parse(line);
  if (!request) {
    reply(error_line(request.error()));
    return;
  }
  std::string op((*request)["op"].string());
  std::string name((*request)["name"].string());
  std::string release = find(name);
  if (release.empty()) {
    reply(error_line(
        {Code::not_found, fmt::format("there is no rollout or release '{}' here", name)}));
    return;
  }
  if (op == "get") {
    reply(Json::object().set("release", engine_.view(release, loop_.clock().now())).dump());
    return;
  }
  if (op == "edit") return edit(release, *request, std::move(reply));
  auto operated = operation_of(*request);
  if (!operated) {
    reply(error_line(operated.error()));
    return;
  }
  std::string key = fmt::format("control-{}", ++requests_);
  waiting_.emplace(key, Waiting{std::move(reply), release});
  engine::event::Operate event;
  event.release = release;
  event.operated = std::move(*operated);
  event.operated.request = key;
  shell_.submit(event);
}

void ControlServer::edit(const std::string& release, const Json& request, LineReply reply) {
  auto wanted = edit_request_from(request);
  if (!wanted || !on_edit) {
    reply(error_line(wanted ? Error{Code::failed_precondition, "no plan can be edited here"}
                            : wanted.error()));
    return;
  }
  wanted->release = release;
  on_edit(*std::move(wanted),
          [this, release, reply = std::move(reply)](Result<std::string> done) mutable {
            if (!done) return reply(refusal(done.error().code, done.error().message, {}));
            reply(Json::object()
                      .set("message", *done)
                      .set("repeated", false)
                      .set("opened", "")
                      .set("release", engine_.view(release, loop_.clock().now()))
                      .dump());
          });
}

bool ControlServer::reply(const LiveShell::Reply& reply) {
  auto found = waiting_.find(reply.request);
  if (found == waiting_.end()) return false;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  if (!reply.accepted) {
    waiting.reply(refusal(reply.code, reply.message, reply.allowed));
    return true;
  }
  std::string message = reply.message.empty() ? waiting.release + ": done" : reply.message;
  if (!reply.opened.empty()) message += ", " + reply.opened + " is open";
  if (reply.repeated) message = waiting.release + ": was done before under this key";
  waiting.reply(Json::object()
                    .set("message", message)
                    .set("repeated", reply.repeated)
                    .set("opened", reply.opened)
                    .set("release", engine_.view(waiting.release, loop_.clock().now()))
                    .dump());
  return true;
}

}  // namespace serin::app
