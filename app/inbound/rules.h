// Which alerts stop which releases: the file of `serin serve --hooks`.
//
//   keyFile: /etc/serin/hooks.key          # at least 16 bytes, mode 0600
//   tolerance: 5m                          # how old a signature may be
//   rules:
//   - name: checkout-errors
//     match: {alertname: CheckoutErrors, severity: critical}
//     rollout: checkout                    # or rolloutLabel: service
//     operation: abort                     # or pause
//
//   SERIN_TRY(hooks, read_hook_rules("/etc/serin/hooks.yaml"));
//   std::vector<HookHit> hits = hits_of(hooks.rules, labels);
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/machine/operations.h"

namespace serin::app {

inline constexpr std::size_t kHookRulesMax = 200;
inline constexpr std::size_t kHookKeyMin = 16;  // bytes
inline constexpr std::size_t kHookFileBytesMax = std::size_t{1} << 20U;
inline constexpr Duration kHookToleranceMax = std::chrono::hours(1);

using Labels = std::map<std::string, std::string>;

struct HookRule {
  std::string name{};
  Labels match{};               // all of them, each alike; never empty
  std::string rollout{};        // or, where it is empty,
  std::string rollout_label{};  // the label that has the rollout's name
  rollout::machine::Operation operation = rollout::machine::Operation::pause;
};

struct HookRules {
  std::string key{};
  Duration tolerance = std::chrono::minutes(5);
  std::vector<HookRule> rules{};
};

struct HookHit {
  const HookRule* rule = nullptr;
  std::string rollout{};
};

// Errors: not_found, permission_denied (a key that others may read), invalid_argument (says which
// member and why).
Result<HookRules> read_hook_rules(const std::string& path);
// Of the file's contents; the key stays empty. Errors: invalid_argument.
Result<HookRules> hook_rules_from(const Json& json);
// The rules that these labels match.
std::vector<HookHit> hits_of(const std::vector<HookRule>& rules, const Labels& labels);

}  // namespace serin::app
