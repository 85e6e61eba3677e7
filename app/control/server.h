// The control socket of a running serin: operations and views, one line of JSON each way.
//
// {"op":"get"|"continue"|…,"name":"checkout" or "checkout-42","user":…,"reason":…,"key":…,"hard":…,
//  "weight":"12.5","metric":…,"version":…,"from_step":…}: the last ones as far as the operation has
// them (operation_of)
// {"op":"edit","name":…,"user":…,"reason":…,"args":{…},"files":[{"name":…,"text":…}],"dryRun":…}
// → {"message":…,"opened":…,"release":{…}} or {"error":{"code":…,"message":…,"allowed":[…]}}
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/control/edit.h"
#include "app/live/shell.h"
#include "base/net/asio_loop.h"
#include "base/net/line_server.h"

namespace serin::app {

// The operation that a request or a command line asks for. Errors: invalid_argument (an unknown
// word, a weight that is none), failed_precondition (a word of other tools).
Result<rollout::machine::event::Operated> operation_of(const Json& request);

// Thread: loop-only.
class ControlServer {
 public:
  // Errors: as LineServer::listen.
  static Result<std::unique_ptr<ControlServer>> listen(AsioLoop& loop, const std::string& directory,
                                                       rollout::engine::Engine& engine,
                                                       LiveShell& shell);
  // Takes edited plans; without it none can be edited here. The answer may come later.
  std::function<void(EditRequest request, EditDone done)> on_edit;
  // The engine's answer to an operation; false where it was not asked for here.
  bool reply(const LiveShell::Reply& reply);

 private:
  ControlServer(AsioLoop& loop, rollout::engine::Engine& engine, LiveShell& shell)
      : loop_(loop), engine_(engine), shell_(shell) {}
  void handle(const std::string& line, LineReply reply);
  void edit(const std::string& release, const Json& request, LineReply reply);
  // The release of that id, or the newest of the rollout of that name; "" where there is none.
  std::string find(std::string_view name) const;

  AsioLoop& loop_;
  rollout::engine::Engine& engine_;
  LiveShell& shell_;
  std::unique_ptr<LineServer> server_;
  struct Waiting {
    LineReply reply;
    std::string release;
  };
  std::map<std::string, Waiting> waiting_;
  std::uint64_t requests_ = 0;
};

}  // namespace serin::app
