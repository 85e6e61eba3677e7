// Routes that ask routers and metrics servers now, beside the releases: a template judged once, a
// target tried.
//
//   Inquiries inquiries(fleet, {.arguments = arguments});
//   inquiries.add_to(api.routes());
//
// Nothing is changed by them, but that what a router should have is applied to it once more on
// demand.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/api/routes.h"
#include "app/fleet/fleet.h"
#include "app/workbench/workbench.h"

namespace serin::app {

// Thread: loop-only.
class Inquiries {
 public:
  // `arguments`: given to every release. The fleet and the operations outlive it.
  Inquiries(Fleet& fleet, Operations& operations, std::map<std::string, std::string> arguments)
      : fleet_(fleet), arguments_(std::move(arguments)), bench_(fleet.loop(), operations) {}
  void add_to(RouteTable& routes);

 private:
  // How long a router may take to answer.
  static constexpr Duration kRouterMax = std::chrono::seconds(5);

  void test(const std::shared_ptr<Call>& call);
  void reassert(const std::shared_ptr<Call>& call);
  void analysis(const std::shared_ptr<Call>& call);

  Fleet& fleet_;
  RouteTable* routes_ = nullptr;  // keeps the audit log
  std::map<std::string, std::string> arguments_;
  Workbench bench_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a router may answer later
};

}  // namespace serin::app
