// Routes that change the configuration: all of it at once, or the document of one rollout, whose
// neighbours stay byte for byte.
//
//   Editing editing({.fleet = *fleet, .routes = api.routes(), .directory = dir, …});
//
// Nothing is written before the whole directory, as it would be, has been checked; what is written
// comes into force at once. Releases under way keep what they pinned.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/api/routes.h"
#include "app/editing/change.h"
#include "app/fleet/fleet.h"

namespace serin::app {

struct EditingParts {
  Fleet& fleet;
  RouteTable& routes;
  std::string directory{};  // of the configuration; "": there is none, only dry runs are answered
  std::map<std::string, std::string> arguments{};  // as the fleet's
  // Takes a checked configuration as the one in force.
  std::function<void(std::shared_ptr<const Configuration>)> configure{};
};

// Thread: loop-only.
class Editing {
 public:
  // Adds its routes. The parts outlive it.
  explicit Editing(EditingParts parts);

 private:
  using CallPtr = std::shared_ptr<Call>;
  // What is done to which rollout, for the answer and the audit log.
  struct Edit {
    std::string operation{};
    std::string rollout{};
    std::string file{};
    bool created = false;
    // The request's document as a file of its own; no name: there is none. What it stands for.
    rollout::ConfigFile body{};
    std::optional<Located> instead{};
  };

  void apply(const CallPtr& call);
  void show(const CallPtr& call);
  void create(const CallPtr& call);
  void put(const CallPtr& call);
  void patch(const CallPtr& call);
  void remove(const CallPtr& call);

  // All of these refuse the call where they say no.
  bool find(const CallPtr& call, Located& located);
  bool is_current(const CallPtr& call);
  bool is_guarded(const CallPtr& call, const Located& located);
  void add(const CallPtr& call, const std::string& name, const std::string& text);
  void replace(const CallPtr& call, const Located& located, const std::string& text, Edit edit);
  void take(const CallPtr& call, Change change, const Edit& edit);
  Problem errors_of(const Edit& edit, const config::Diagnostics& problems) const;

  EditingParts parts_;
};

}  // namespace serin::app
