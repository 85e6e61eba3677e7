#include "rollout/traffic/open_routes.h"

#include <algorithm>

namespace serin::rollout {

void OpenRoutes::set(const std::string& name, std::vector<MatchRule> rules) {
  std::erase_if(routes_, [&](const auto& route) { return route.first == name; });
  if (!rules.empty()) routes_.emplace_back(name, std::move(rules));
}

std::vector<MatchRule> OpenRoutes::rules() const {
  std::vector<MatchRule> out;
  for (const auto& [name, rules] : routes_) out.insert(out.end(), rules.begin(), rules.end());
  return out;
}

}  // namespace serin::rollout
