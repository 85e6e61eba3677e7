// What this version carries out. Documents may use everything that is described; what is not
// supported yet is refused when a release starts and by lint, never ignored.
//
//   if (!is_supported("step.experiment")) …
//
// To bring a feature in, change its line in features.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace serin::analysis {

struct Feature {
  std::string_view name;
  bool supported = false;
};

// All features, in order of their names.
std::span<const Feature> supported_features();

// Asserts that the feature is in the table.
bool is_supported(std::string_view feature);

// "… is not supported yet", with what is instead where the table knows others of its group.
std::string not_supported(std::string_view feature);

}  // namespace serin::analysis
