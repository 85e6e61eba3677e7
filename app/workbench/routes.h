// Routes about what takes longer to work out: a release's report, replays, plans, lint.
//
//   Tools tools(loop, {.state_directory = dir, .configuration = […] { return configuration; }});
//   tools.add_to(api.routes());
//
// None of them changes anything: a viewer may ask.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/fleet/configuration.h"
#include "app/workbench/policy.h"
#include "app/workbench/workbench.h"

namespace serin::app {

struct ToolsOptions {
  std::string state_directory{};
  std::function<std::shared_ptr<const Configuration>()> configuration{};
  std::map<std::string, std::string> arguments{};  // given to every release
};

// Thread: loop-only.
class Tools {
 public:
  // The operations outlive it.
  Tools(Loop& loop, Operations& operations, ToolsOptions options)
      : options_(std::move(options)), bench_(loop, operations) {}
  void add_to(RouteTable& routes);
  // For other routes whose work is of this kind.
  Workbench& bench() { return bench_; }

 private:
  void report(const std::shared_ptr<Call>& call);
  void replay(const std::shared_ptr<Call>& call);
  void plan(const std::shared_ptr<Call>& call);
  void lint(const std::shared_ptr<Call>& call);
  template <class Use>
  auto with_policy(PolicyRequest policy, Use use);

  ToolsOptions options_;
  Workbench bench_;
};

}  // namespace serin::app
