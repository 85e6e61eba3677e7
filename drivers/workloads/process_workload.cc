#include "drivers/workloads/process_workload.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/assert.h"
#include "base/net/fd.h"

namespace serin::drivers {
namespace {

using rollout::DesiredWorkload;
using rollout::ObservedWorkload;

// One that ran for so long has proved itself: its next end is no repetition.
constexpr Duration kProved = std::chrono::minutes(1);

// On loopback a connection is there or refused at once.
bool port_answers(int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return fd &&
         ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

ProcessWorkload::ProcessWorkload(AsioLoop& loop, HttpClient& http, ProcessWorkloadOptions options,
                                 bool swapped)
    : PlacedWorkload(swapped), loop_(loop), http_(http), options_(std::move(options)) {
  SERIN_ASSERT(!options_.command.empty());
  for (Place place : kPlaces) {
    std::vector<Seat>& seats = seats_[index_of(place)];
    seats.resize(options_.ports[index_of(place)].size());
    for (std::size_t i = 0; i < seats.size(); ++i) {
      seats[i].instance = Instance::find(path_of(place, i));
      if (!seats[i].instance) continue;
      seats[i].started = now();
      std::optional<Target>& target = targets_[index_of(place)];
      if (!target) target.emplace(seats[i].instance->version(), 0);
      if (seats[i].instance->version() == target->version) {
        target->instances = static_cast<int>(i) + 1;
      }
    }
  }
  look_after();
}

ProcessWorkload::~ProcessWorkload() {
  *alive_ = false;
  loop_.cancel(timer_);
}

std::string ProcessWorkload::path_of(Place place, std::size_t number) const {
  return fmt::format("{}/{}-{}-{}", options_.directory_of_files, options_.name, to_string(place),
                     number + 1);
}

void ProcessWorkload::look_after() {
  // What can't be started now is tried again; who asked for it is told by its own call.
  for (Place place : kPlaces) {
    if (targets_[index_of(place)]) static_cast<void>(reconcile(place));
  }
  timer_ = loop_.call_at(now() + kLookEvery, [this] { look_after(); });
}

void ProcessWorkload::empty_seat(Seat& seat) {
  if (!seat.kill_at) {
    seat.instance->signal(SIGTERM);
    seat.kill_at = now() + options_.stop_timeout;
  } else if (now() >= *seat.kill_at) {
    seat.instance->signal(SIGKILL);
  }
}

Status ProcessWorkload::fill_seat(Place place, std::size_t number) {
  Seat& seat = seats_[index_of(place)][number];
  if (now() < seat.start_at) return {};
  const Target& target = *targets_[index_of(place)];
  int port = options_.ports[index_of(place)][number];
  Placeholders values = {{"version", target.version},
                         {"port", std::to_string(port)},
                         {"instance", std::to_string(number + 1)},
                         {"slot", to_string(place)}};
  InstanceSpec spec{.argv = fill(options_.command, values),
                    .directory = fill(options_.directory, values),
                    .version = target.version,
                    .port = port};
  for (const auto& [name, value] : options_.environment) {
    spec.env.emplace_back(name, fill(value, values));
  }
  seat.start_at = now() + seat.pause;
  seat.pause = std::min(2 * seat.pause, kRestartMax);
  seat.started = now();
  SERIN_TRY(instance, Instance::start(spec, path_of(place, number)));
  seat.instance = std::move(instance);
  return {};
}

Status ProcessWorkload::reconcile(Place place) {
  const Target& target = *targets_[index_of(place)];
  std::vector<Seat>& seats = seats_[index_of(place)];
  Status status;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    Seat& seat = seats[i];
    bool wanted = static_cast<int>(i) < target.instances;
    if (seat.instance && !seat.instance->is_alive()) {
      bool was_asked = std::exchange(seat.kill_at, std::nullopt).has_value();
      if (was_asked || now() - seat.started > kProved) {
        seat.start_at = Instant{};
        seat.pause = kRestartMin;
      }
      seat.instance.reset();
    }
    if (seat.instance && (!wanted || seat.instance->version() != target.version)) {
      empty_seat(seat);
    } else if (!seat.instance && wanted) {
      if (Status filled = fill_seat(place, i); !filled && status) status = std::move(filled);
    }
  }
  return status;
}

void ProcessWorkload::apply(const DesiredWorkload& desired, Instant deadline, Done done) {
  Place place = place_of(desired.slot);
  Status status;
  std::size_t ports = options_.ports[index_of(place)].size();
  if (desired.instances < 0 || static_cast<std::size_t>(desired.instances) > ports) {
    status =
        fail(Code::invalid_argument,
             fmt::format("{} instances are wanted, and workload.process.{}Ports names {} ports",
                         desired.instances, to_string(place), ports));
  } else {
    targets_[index_of(place)] = Target{desired.version, desired.instances};
    status = reconcile(place);
  }
  if (!status) {
    loop_.post([done = std::move(done), error = std::move(status).error()]() mutable {
      done(std::unexpected(std::move(error)));
    });
    return;
  }
  look(place, deadline, std::move(done));
}

void ProcessWorkload::observe(rollout::Slot slot, Instant deadline, Done done) {
  look(place_of(slot), deadline, std::move(done));
}

void ProcessWorkload::look(Place place, Instant deadline, Done done) {
  struct Looking {
    ObservedWorkload observed;
    std::size_t left = 1;
    Done done;
  };
  auto looking = std::make_shared<Looking>();
  looking->done = std::move(done);
  auto finish_one = [looking] {
    if (--looking->left == 0) looking->done(std::move(looking->observed));
  };
  ObservedWorkload& observed = looking->observed;
  const std::optional<Target>& target = targets_[index_of(place)];
  int number = 0;
  for (Seat& seat : seats_[index_of(place)]) {
    const bool wanted = target && number++ < target->instances;
    if (!seat.instance || !seat.instance->is_alive()) {
      if (wanted) ++observed.instances;  // it has ended, and is started again
      continue;
    }
    const std::string& version = seat.instance->version();
    if (!observed.version.empty() && version != observed.version) observed.mixed = true;
    observed.version = version;
    ++observed.instances;
    if (seat.kill_at) continue;  // on its way out
    ++looking->left;
    is_ready(*seat.instance, deadline, [looking, finish_one, alive = alive_](bool ready) {
      if (!*alive) return;
      if (ready) ++looking->observed.ready;
      finish_one();
    });
  }
  if (observed.mixed) observed.version.clear();
  loop_.post([finish_one, alive = alive_] {
    if (*alive) finish_one();
  });
}

void ProcessWorkload::is_ready(const Instance& instance, Instant deadline,
                               std::move_only_function<void(bool)> told) {
  if (options_.health.empty()) {
    loop_.post(
        [told = std::move(told), ready = port_answers(instance.port())]() mutable { told(ready); });
    return;
  }
  HttpRequest request;
  request.url = fmt::format("http://127.0.0.1:{}{}", instance.port(), options_.health);
  http_.send(std::move(request), std::min(deadline, now() + kHealthTimeout),
             [told = std::move(told)](const Result<HttpResponse>& response) mutable {
               told(response && response->status >= 200 && response->status < 300);
             });
}

}  // namespace serin::drivers
