#include "rollout/plan/replicas/counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/assert.h"

namespace serin::rollout {
namespace {

constexpr int kFullWeight = 100;
constexpr std::int32_t kPercentDefault = 25;

int ceil_share(int replicas, int weight, int full) {
  const std::int64_t product = std::int64_t{replicas} * weight;
  return static_cast<int>(product > 0 ? (product + full - 1) / full : product / full);
}

Result<int> resolve(const std::optional<config::IntOrString>& value, std::string_view field,
                    int replicas, bool up) {
  if (value && !value->is_string()) return value->integer();
  std::int32_t percent = kPercentDefault;
  if (value) {
    std::string_view text = value->text();
    if (text.ends_with('%')) text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (error != std::errc() || end != text.data() + text.size()) {
      return fail(Code::invalid_argument,
                  fmt::format("{} is '{}': a number of instances, or a percentage such as '25%'",
                              field, value->text()));
    }
  }
  return up ? ceil_share(replicas, percent, kFullWeight)
            : static_cast<int>(std::int64_t{replicas} * percent / kFullWeight);
}

// The half between two whole numbers of canary instances, in the floating point of the source:
// which of 0.5 and 0.49999… it is decides.
bool halfway(int weight, int total) {
  double whole = 0;
  return std::modf(static_cast<double>(total) * (static_cast<double>(weight) / 100), &whole) == 0.5;
}

// Instances that scaling down may count on.
int counted(const InstanceSet& set, bool whether_ready_or_not) {
  return whether_ready_or_not ? set.desired : std::min(set.desired, set.available);
}

// Brings the sum under the surge's limit: first at the cost of the side that stays, as far as
// enough instances stay available, then of the side that shrinks.
void keep_limits(const InstanceSet& shrinking, int& shrinking_count, const InstanceSet& staying,
                 int& staying_count, int sum_max, int available_min) {
  staying_count -= std::max(0, staying_count + shrinking_count - sum_max);
  const int available =
      std::min(shrinking.available, shrinking_count) + std::min(staying.available, staying_count);
  const int lost = std::max(0, staying.available - staying_count);
  staying_count += std::min(lost, std::max(0, available_min - available));
  shrinking_count -= std::max(0, staying_count + shrinking_count - sum_max);
}

int at_least(const RoutedCanary& canary, int count) {
  if (count == 0 || !canary.min_per_side) return count;
  return std::max(count, std::min(*canary.min_per_side, canary.replicas));
}

}  // namespace

Result<InstanceLimits> instance_limits(const std::optional<config::IntOrString>& max_surge,
                                       const std::optional<config::IntOrString>& max_unavailable,
                                       int replicas) {
  SERIN_ASSERT(replicas >= 0);
  SERIN_TRY(surge, resolve(max_surge, "maxSurge", replicas, true));
  SERIN_TRY(unavailable, resolve(max_unavailable, "maxUnavailable", replicas, false));
  if (surge == 0 && unavailable == 0) unavailable = 1;
  return InstanceLimits{surge, std::min(unavailable, replicas)};
}

InstanceCounts nearest_split(int replicas, int weight, bool surge) {
  SERIN_ASSERT(replicas >= 0 && weight >= 0);
  if (replicas == 0) return {};
  const int up = ceil_share(replicas, weight, kFullWeight);
  const int down = static_cast<int>(std::int64_t{replicas} * weight / kFullWeight);
  const bool none_allowed = weight == 0 || weight == kFullWeight || (replicas == 1 && !surge);
  struct Option {
    bool allowed;
    int canary;
    int total;
  };
  const bool down_allowed = down != 0 || none_allowed;
  const std::array<Option, 4> options{
      Option{up < replicas || none_allowed, up, replicas},
      Option{down_allowed && !halfway(weight, replicas), down, replicas},
      Option{surge, up, replicas + 1},
      Option{surge && down_allowed && !halfway(weight, replicas + 1), down, replicas + 1}};
  InstanceCounts best{0, replicas};
  double best_distance = INFINITY;
  for (const Option& option : options) {
    if (!option.allowed) continue;
    const double share = option.canary * 100.0 / option.total;
    const double distance = std::abs(share - weight);
    if (distance < best_distance) {
      best = {option.canary, option.total - option.canary};
      best_distance = distance;
    }
  }
  return best;
}

InstanceCounts basic_counts(const BasicCanary& in) {
  const InstanceCounts target = in.stable
                                    ? nearest_split(in.replicas, in.weight, in.limits.surge > 0)
                                    : InstanceCounts{in.replicas, 0};
  const InstanceSet stable = in.stable.value_or(InstanceSet{});
  InstanceCounts next{in.canary.desired, stable.desired};
  const int sum_max = in.replicas + in.limits.surge;
  int room = std::max(0, sum_max - in.older - next.canary - next.stable);
  const int stable_more = std::clamp(target.stable - next.stable, 0, room);
  next.stable += stable_more;
  room -= stable_more;
  next.canary += std::clamp(target.canary - next.canary, 0, room);
  if (in.older > 0) return next;

  const bool growing = target.canary >= in.canary.desired;
  const int available_min = in.replicas - in.limits.unavailable;
  const int spare = counted(in.canary, !growing) + counted(stable, growing) - available_min;
  if (spare <= 0) return next;
  if (growing) {
    if (!in.stable) return next;
    if (stable.desired > target.stable) {
      next.stable = std::max(target.stable, stable.desired - spare);
    }
    keep_limits(stable, next.stable, in.canary, next.canary, sum_max, available_min);
  } else {
    next.canary = std::max(target.canary, in.canary.desired - spare);
    if (in.stable) {
      keep_limits(in.canary, next.canary, stable, next.stable, sum_max, available_min);
    }
  }
  return next;
}

int abort_weight(const RoutedCanary& in) {
  if (!in.dynamic_stable) return 0;
  const int needed = std::max(in.replicas - in.stable.available, in.canary.available);
  for (std::size_t i = in.steps.size(); i-- > 0;) {
    if (ceil_share(in.replicas, in.steps[i], in.max_weight) < needed) return in.steps[i];
  }
  return 0;
}

InstanceCounts routed_counts(const RoutedCanary& in) {
  SERIN_ASSERT(in.max_weight > 0 && in.replicas >= 0);
  const bool scaled = !in.aborted || in.abort_keeps_scale;
  int weight = in.aborted ? abort_weight(in) : in.weight;
  if (scaled && in.scale_weight) weight = *in.scale_weight;
  // A fixed number of instances says nothing of a weight: stable keeps its own.
  const bool fixed = scaled && in.scale_replicas.has_value();
  if (fixed) weight = 0;
  const auto share = [&in](int of) { return ceil_share(in.replicas, of, in.max_weight); };
  InstanceCounts counts{fixed ? *in.scale_replicas : at_least(in, share(weight)), in.replicas};
  if (!in.dynamic_stable) return counts;
  counts.stable = share(in.max_weight - weight);
  if (in.actual) {
    counts.stable = std::max(counts.stable, share(in.actual->stable));
    if (in.aborted) counts.canary = std::max(counts.canary, share(in.actual->canary));
  }
  return {at_least(in, counts.canary), at_least(in, counts.stable)};
}

}  // namespace serin::rollout
