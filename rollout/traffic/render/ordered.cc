#include "rollout/traffic/render/ordered.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace serin::rollout {
namespace {

using Match = std::vector<Condition>;

// What is copied alike.
struct Copies {
  int percent = 0;
  std::vector<Match> matches{};  // none: all requests
};

Status add_condition(Match& match, const Condition& condition) {
  auto same = std::ranges::find_if(match, [&](const Condition& other) {
    return other.on == condition.on && other.key == condition.key;
  });
  if (same == match.end()) {
    match.push_back(condition);
    return {};
  }
  if (*same == condition) return {};
  return fail(Code::invalid_argument,
              fmt::format("two conditions on {} '{}' would have to hold together, and Kubernetes' "
                          "routers hold one: write them as one regex",
                          condition.on == Condition::On::query ? "the parameter" : "the header",
                          condition.key));
}

Result<Match> match_of(const MatchRule& rule) {
  auto problems = problems_of(rule);
  if (!problems.empty()) {
    return fail(Code::invalid_argument,
                fmt::format("match {}: {}", problems.front().path, problems.front().message));
  }
  Match match;
  for (const Condition& condition : conditions_of(rule)) {
    SERIN_CHECK(add_condition(match, condition));
  }
  return match;
}

// Mirror routes, those that copy most first; behind one of all requests none counts.
Result<std::vector<Copies>> copies_of(const std::vector<MatchRule>& rules) {
  std::map<int, std::vector<MatchRule>, std::greater<>> by_percent;
  for (const MatchRule& rule : mirror_rules(rules)) by_percent[*rule.mirror].push_back(rule);
  std::vector<Copies> out;
  for (const auto& [percent, alike] : by_percent) {
    Copies& copies = out.emplace_back(Copies{.percent = percent});
    for (const MatchRule& rule : alike) {
      SERIN_TRY(match, match_of(rule));
      copies.matches.push_back(std::move(match));
    }
    bool of_all = std::ranges::any_of(copies.matches, &Match::empty);
    if (!of_all) continue;
    copies.matches.clear();
    break;
  }
  return out;
}

// Requests for which one of each holds.
Result<std::vector<Match>> both(const std::vector<Match>& left, const std::vector<Match>& right) {
  if (right.empty()) return left;
  if (left.empty()) return right;
  std::vector<Match> out;
  for (const Match& one : left) {
    for (const Match& other : right) {
      Match& match = out.emplace_back(one);
      for (const Condition& condition : other) SERIN_CHECK(add_condition(match, condition));
    }
  }
  return out;
}

Status add_routes(std::vector<OrderedRoute>& routes, const std::vector<Match>& matches,
                  bool to_canary, const std::vector<Copies>& copies) {
  for (const Copies& some : copies) {
    SERIN_TRY(copied, both(matches, some.matches));
    routes.push_back(
        {.matches = std::move(copied), .to_canary = to_canary, .mirror = some.percent});
  }
  bool all_copied = !copies.empty() && copies.back().matches.empty();
  if (!all_copied) routes.push_back({.matches = matches, .to_canary = to_canary});
  return {};
}

}  // namespace

Result<std::vector<OrderedRoute>> ordered_routes(const std::vector<MatchRule>& rules) {
  std::vector<Match> moved;
  for (const MatchRule& rule : moving_rules(rules)) {
    SERIN_TRY(match, match_of(rule));
    moved.push_back(std::move(match));
  }
  SERIN_TRY(copies, copies_of(rules));
  std::vector<OrderedRoute> routes;
  if (!moved.empty()) SERIN_CHECK(add_routes(routes, moved, true, copies));
  SERIN_CHECK(add_routes(routes, {}, false, copies));
  return routes;
}

}  // namespace serin::rollout
