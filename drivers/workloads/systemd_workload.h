// Instances as units of systemd, by systemctl.
//
//   SERIN_TRY(workload, SystemdWorkload::create(loop, {.unit = "shop-{slot}@{instance}.service"},
//                                               swapped));
//
// {slot} is the place as the router's configuration calls it; {instance} counts from 1, and without
// it a slot has one instance. Where the unit names {version}, units of another version in the same
// slot are stopped once those of the new one are started; where it does not, what a unit runs is
// its own affair (a link, a drop-in), and the version is not known. systemd starts, restarts and
// keeps logs; an instance is ready when its unit is active, so a service should say itself when it
// is (Type=notify).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net/asio_loop.h"
#include "drivers/workloads/places.h"

namespace serin::drivers {

struct SystemdWorkloadOptions {
  std::string unit;
  std::string program = "systemctl";
};

// Thread: loop-only.
class SystemdWorkload final : public PlacedWorkload {
 public:
  static constexpr int kInstancesMax = 256;  // of a slot

  // Errors: invalid_argument (no unit, or a name that can't be one).
  static Result<std::unique_ptr<SystemdWorkload>> create(AsioLoop& loop,
                                                         SystemdWorkloadOptions options,
                                                         bool swapped);
  ~SystemdWorkload() override { *alive_ = false; }

  // Errors: invalid_argument (more instances than the unit's name or kInstancesMax allow),
  // unavailable (systemctl failed, in its own words), not_found, deadline_exceeded, data_loss (what
  // it printed can't be read).
  void apply(const rollout::DesiredWorkload& desired, Instant deadline, Done done) override;
  void observe(rollout::Slot slot, Instant deadline, Done done) override;

 private:
  struct Unit {
    std::string name;
    bool active = false;  // ready
    bool wanted = false;  // active, or on its way there
  };
  using Units = std::vector<Unit>;
  SystemdWorkload(AsioLoop& loop, SystemdWorkloadOptions options, bool swapped)
      : PlacedWorkload(swapped), loop_(loop), options_(std::move(options)) {}
  void list(Place place, Instant deadline, std::move_only_function<void(Result<Units>)> done);
  void control(const char* verb, const std::vector<std::string>& units, Instant deadline,
               std::move_only_function<void(Status)> done);
  void report(Place place, const std::string& version, Instant deadline, Done done);
  std::string name_of(Place place, const std::string& version, const std::string& instance) const;
  bool names_version() const { return options_.unit.find("{version}") != std::string::npos; }

  AsioLoop& loop_;
  SystemdWorkloadOptions options_;
  std::array<std::string, 2> versions_;  // last applied, by place
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
