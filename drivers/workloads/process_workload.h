// Instances as processes that serin starts and looks after: one a port, each slot with ports of its
// own.
//
//   ProcessWorkload workload(loop, *http, {.name = "shop", .command = {"/opt/shop/bin/{version}",
//       "--port", "{port}"}, .ports = {{{8001, 8002}, {8011, 8012}}},
//       .directory_of_files = "/var/lib/serin/instances"}, swapped);
//
// They outlive serin: their ids stand in files by which the next serin finds them. While serin
// runs, one that ends is started again, later each time. Stopping is SIGTERM to the process group,
// and SIGKILL after `stop_timeout`; a place takes another version once the old one has gone.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "drivers/workloads/instance.h"
#include "drivers/workloads/places.h"

namespace serin::drivers {

struct ProcessWorkloadOptions {
  static constexpr Duration kStopTimeoutDefault = std::chrono::seconds(30);
  std::string name{};                  // the rollout's: begins the names of files
  std::vector<std::string> command{};  // {version}, {port}, {instance} are replaced
  std::vector<std::pair<std::string, std::string>> environment{};  // likewise in values
  std::string directory{};                                         // where they run; "" stays
  std::array<std::vector<int>, 2> ports{};                         // by Place
  std::string health{};  // path that answers 2xx once it is ready; "": when the port answers
  Duration stop_timeout = kStopTimeoutDefault;
  std::string directory_of_files{};  // exists; may be written
};

// Thread: loop-only.
class ProcessWorkload final : public PlacedWorkload {
 public:
  static constexpr Duration kLookEvery = std::chrono::milliseconds(500);
  static constexpr Duration kHealthTimeout = std::chrono::seconds(1);
  // Between two starts of an instance that ends by itself; doubled up to the greatest.
  static constexpr Duration kRestartMin = std::chrono::seconds(1);
  static constexpr Duration kRestartMax = std::chrono::seconds(30);

  // Finds what runs already. The client outlives it.
  ProcessWorkload(AsioLoop& loop, HttpClient& http, ProcessWorkloadOptions options, bool swapped);
  // The instances go on.
  ~ProcessWorkload() override;

  // Starts and stops what has to be, and reports without waiting for it. Errors: invalid_argument
  // (more instances than the slot has ports), those of Instance::start.
  void apply(const rollout::DesiredWorkload& desired, Instant deadline, Done done) override;
  void observe(rollout::Slot slot, Instant deadline, Done done) override;

 private:
  struct Seat {  // one port
    std::optional<Instance> instance;
    std::optional<Instant> kill_at;  // it was asked to stop
    Instant start_at{};
    Duration pause = kRestartMin;  // before the next start
    Instant started{};
  };
  struct Target {
    std::string version;
    int instances = 0;
  };
  Status reconcile(Place place);
  Status fill_seat(Place place, std::size_t number);
  void empty_seat(Seat& seat);
  void look(Place place, Instant deadline, Done done);
  void is_ready(const Instance& instance, Instant deadline,
                std::move_only_function<void(bool)> told);
  std::string path_of(Place place, std::size_t number) const;
  void look_after();
  Instant now() const { return loop_.clock().now().mono; }

  AsioLoop& loop_;
  HttpClient& http_;
  ProcessWorkloadOptions options_;
  std::array<std::vector<Seat>, 2> seats_;
  std::array<std::optional<Target>, 2> targets_;
  TimerId timer_ = TimerId::none;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
