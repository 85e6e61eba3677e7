#include "app/inbound/rules.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/config/parsers.h"

namespace serin::app {
namespace {

using rollout::machine::Operation;

Result<std::string> read_bounded(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       &std::fclose);
  if (file == nullptr) return fail(Code::not_found, "can't read " + path);
  std::string text(kHookFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (text.size() > kHookFileBytesMax) {
    return fail(Code::invalid_argument,
                fmt::format("{} is larger than {} bytes", path, kHookFileBytesMax));
  }
  return text;
}

Result<std::string> read_key(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return fail(Code::permission_denied,
                path + " can be read by others than its owner: chmod 600 it, and make a new key");
  }
  SERIN_TRY(key, read_bounded(path));
  while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  if (key.size() < kHookKeyMin) {
    return fail(
        Code::invalid_argument,
        fmt::format("{}: a key has at least {} bytes: openssl rand -hex 32", path, kHookKeyMin));
  }
  return key;
}

Status wrong(const std::string& where, const std::string& why) {
  return fail(Code::invalid_argument, where + " " + why);
}

Status check_members(const Json& json, const std::vector<std::string_view>& known,
                     const std::string& where) {
  if (!json.is_object()) return wrong(where, "must be a mapping");
  for (const auto& [name, value] : json.members()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return wrong(where, fmt::format("has no member '{}': {} are", name, fmt::join(known, ", ")));
  }
  return {};
}

Result<HookRule> rule_from(const Json& json, const std::string& where) {
  SERIN_CHECK(
      check_members(json, {"name", "match", "rollout", "rolloutLabel", "operation"}, where));
  HookRule rule{.name = std::string(json["name"].string()),
                .rollout = std::string(json["rollout"].string()),
                .rollout_label = std::string(json["rolloutLabel"].string())};
  if (rule.name.empty()) SERIN_CHECK(wrong(where, "needs a name: the audit log has it"));
  if (rule.rollout.empty() == rule.rollout_label.empty())
    SERIN_CHECK(wrong(where, "needs one of rollout and rolloutLabel"));
  for (const auto& [label, value] : json["match"].members()) {
    if (!value.is_string())
      SERIN_CHECK(wrong(where, fmt::format("match.{} must be a text: quote it", label)));
    rule.match[label] = value.string();
  }
  if (rule.match.empty())
    SERIN_CHECK(wrong(where,
                      "needs match with at least one label: without one every alert would "
                      "stop the release"));
  std::string_view operation = json["operation"].string();
  if (operation != "pause" && operation != "abort")
    SERIN_CHECK(wrong(where, "needs an operation: pause or abort"));
  rule.operation = operation == "abort" ? Operation::abort : Operation::pause;
  return rule;
}

}  // namespace

Result<HookRules> hook_rules_from(const Json& json) {
  SERIN_CHECK(check_members(json, {"keyFile", "tolerance", "rules"}, "the file"));
  HookRules rules;
  if (json.contains("tolerance")) {
    auto given = parse_duration(json["tolerance"].string());
    if (!given || *given <= Duration::zero() || *given > kHookToleranceMax) {
      SERIN_CHECK(wrong("tolerance", fmt::format("must be a duration up to {}, such as 5m",
                                                 format_duration(kHookToleranceMax))));
    }
    rules.tolerance = *given;
  }
  if (!json["rules"].is_array() || json["rules"].size() == 0)
    SERIN_CHECK(wrong("rules", "must be a list with at least one rule"));
  if (json["rules"].size() > kHookRulesMax)
    SERIN_CHECK(wrong("rules", fmt::format("has {} rules; at most {} are taken",
                                           json["rules"].size(), kHookRulesMax)));
  for (std::size_t i = 0; i < json["rules"].size(); ++i) {
    SERIN_TRY(rule, rule_from(json["rules"].at(i), fmt::format("rules[{}]", i)));
    rules.rules.push_back(std::move(rule));
  }
  return rules;
}

Result<HookRules> read_hook_rules(const std::string& path) {
  SERIN_TRY(text, read_bounded(path));
  config::Parsed parsed = config::parse_yaml(text);
  if (parsed.fault) {
    return fail(Code::invalid_argument,
                fmt::format("{}:{}: {}", path, parsed.fault->position.line, parsed.fault->message));
  }
  if (parsed.roots.size() != 1)
    return fail(Code::invalid_argument, path + ": one document is expected");
  const Json json = parsed.roots.front().to_json();
  auto rules = hook_rules_from(json);
  if (!rules) return std::unexpected(std::move(rules).error().with(path));
  std::string key_file(json["keyFile"].string());
  if (key_file.empty())
    return fail(Code::invalid_argument, path + ": keyFile names the file of the key");
  SERIN_TRY(key, read_key(key_file));
  rules->key = std::move(key);
  return rules;
}

std::vector<HookHit> hits_of(const std::vector<HookRule>& rules, const Labels& labels) {
  std::vector<HookHit> hits;
  for (const HookRule& rule : rules) {
    bool all = std::ranges::all_of(rule.match, [&](const auto& wanted) {
      auto found = labels.find(wanted.first);
      return found != labels.end() && found->second == wanted.second;
    });
    if (!all) continue;
    auto named = labels.find(rule.rollout_label);
    if (rule.rollout.empty() && named == labels.end()) continue;
    hits.push_back({&rule, rule.rollout.empty() ? named->second : rule.rollout});
  }
  return hits;
}

}  // namespace serin::app
