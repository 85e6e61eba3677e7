// The two places that a router's configuration calls stable and canary, and which slot each holds:
// after a promotion by `swap` the slots have changed places.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "rollout/ports/workload.h"

namespace serin::drivers {

enum class Place { stable, canary };
inline constexpr std::array kPlaces = {Place::stable, Place::canary};

constexpr const char* to_string(Place place) {
  return place == Place::stable ? "stable" : "canary";
}

constexpr std::size_t index_of(Place place) {
  return static_cast<std::size_t>(place);
}

// A workload whose slots can change places. Thread: loop-only.
class PlacedWorkload : public rollout::Workload {
 public:
  // The slots have changed places; nothing is started or stopped.
  void exchange_roles() { swapped_ = !swapped_; }
  bool is_swapped() const { return swapped_; }

 protected:
  explicit PlacedWorkload(bool swapped) : swapped_(swapped) {}
  Place place_of(rollout::Slot slot) const {
    return (slot == rollout::Slot::stable) != swapped_ ? Place::stable : Place::canary;
  }

 private:
  bool swapped_;
};

using Placeholders = std::vector<std::pair<std::string, std::string>>;

// The text with every {name} of the list replaced by its value; other braces stay. A value is never
// looked at again.
std::string fill(const std::string& text, const Placeholders& values);
std::vector<std::string> fill(const std::vector<std::string>& texts, const Placeholders& values);

}  // namespace serin::drivers
