#include "rollout/traffic/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>

namespace serin::rollout {
namespace {

void set_text(Json& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.set(key, text);
}

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push(text);
  return json;
}

Json keys_json(const std::vector<KeyMatch>& matches) {
  Json json = Json::array();
  for (const KeyMatch& match : matches) {
    Json one = Json::object().set("key", match.key);
    set_text(one, "exact", match.exact);
    set_text(one, "regex", match.regex);
    json.push(std::move(one));
  }
  return json;
}

// Reads objects whose fields are all texts.
Status read_texts(const Json& json,
                  std::initializer_list<std::pair<std::string_view, std::string*>> fields) {
  if (!json.is_object()) return fail(Code::invalid_argument, "a condition is no object");
  for (const auto& [key, value] : json.members()) {
    std::string* to = nullptr;
    for (const auto& [name, field] : fields) {
      if (name == key) to = field;
    }
    if (to == nullptr || !value.is_string()) {
      return fail(Code::invalid_argument, fmt::format("field '{}' of a condition", key));
    }
    *to = value.string();
  }
  return {};
}

Result<std::vector<KeyMatch>> read_keys(const Json& json) {
  std::vector<KeyMatch> out;
  for (const Json& item : json.items()) {
    KeyMatch& match = out.emplace_back();
    SERIN_CHECK(
        read_texts(item, {{"key", &match.key}, {"exact", &match.exact}, {"regex", &match.regex}}));
  }
  return out;
}

}  // namespace

bool MatchRule::has_conditions() const {
  return !cookie.empty() || !header.empty() || !query.empty() || !os.empty() || !browser.empty();
}

std::vector<MatchRule> moving_rules(const std::vector<MatchRule>& rules) {
  std::vector<MatchRule> out;
  std::ranges::copy_if(rules, std::back_inserter(out), std::not_fn(&MatchRule::is_mirror));
  return out;
}

std::vector<MatchRule> mirror_rules(const std::vector<MatchRule>& rules) {
  std::vector<MatchRule> out;
  std::ranges::copy_if(rules, std::back_inserter(out), &MatchRule::is_mirror);
  return out;
}

Json to_json(const MatchRule& rule) {
  Json one = Json::object();
  if (!rule.cookie.empty()) {
    Json cookies = Json::array();
    for (const CookieMatch& match : rule.cookie) {
      Json cookie = Json::object();
      set_text(cookie, "name", match.name);
      set_text(cookie, "value", match.value);
      set_text(cookie, "regex", match.regex);
      cookies.push(std::move(cookie));
    }
    one.set("cookie", std::move(cookies));
  }
  if (!rule.header.empty()) one.set("header", keys_json(rule.header));
  if (!rule.query.empty()) one.set("query", keys_json(rule.query));
  if (!rule.os.empty()) one.set("os", texts_json(rule.os));
  if (!rule.browser.empty()) one.set("browser", texts_json(rule.browser));
  if (rule.mirror) one.set("mirror", *rule.mirror);
  return one;
}

Json to_json(const std::vector<MatchRule>& rules) {
  Json json = Json::array();
  for (const MatchRule& rule : rules) json.push(to_json(rule));
  return json;
}

Result<MatchRule> match_rule_from_json(const Json& json) {
  if (!json.is_object()) return fail(Code::invalid_argument, "a rule is no object");
  MatchRule rule;
  for (const auto& [key, value] : json.members()) {
    if (key == "mirror") {
      if (!value.is_integer() || value.integer() < 1 || value.integer() > 100) {
        return fail(Code::invalid_argument, "'mirror' of a rule is no percentage from 1 to 100");
      }
      rule.mirror = static_cast<int>(value.integer());
      continue;
    }
    if (!value.is_array()) {
      return fail(Code::invalid_argument, fmt::format("'{}' of a rule is no list", key));
    }
    if (key == "cookie") {
      for (const Json& item : value.items()) {
        CookieMatch& match = rule.cookie.emplace_back();
        SERIN_CHECK(read_texts(
            item, {{"name", &match.name}, {"value", &match.value}, {"regex", &match.regex}}));
      }
    } else if (key == "header" || key == "query") {
      SERIN_TRY(keys, read_keys(value));
      (key == "header" ? rule.header : rule.query) = std::move(keys);
    } else if (key == "os" || key == "browser") {
      for (const Json& item : value.items()) {
        (key == "os" ? rule.os : rule.browser).emplace_back(item.string());
      }
    } else {
      return fail(Code::invalid_argument, fmt::format("unknown field '{}' of a rule", key));
    }
  }
  return rule;
}

Result<std::vector<MatchRule>> match_rules_from_json(const Json& json) {
  if (!json.is_array()) return fail(Code::invalid_argument, "rules are no list");
  std::vector<MatchRule> rules;
  for (const Json& item : json.items()) {
    SERIN_TRY(rule, match_rule_from_json(item));
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::string content_id(const std::vector<MatchRule>& rules) {
  if (rules.empty()) return "";
  // FNV-1a, 64 bits.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char c : to_json(rules).dump()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace serin::rollout
