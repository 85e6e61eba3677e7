#include "rollout/traffic/render/proxies.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/assert.h"
#include "rollout/traffic/patterns.h"

namespace serin::rollout {
namespace {

constexpr int kUnitsFull = 10'000;

// In double quotes nginx reads '\' and '"' otherwise.
std::string nginx_quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_status(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._@:;=% ").find(c) != std::string_view::npos;
}

std::string split_text(const NginxSplit& split, const std::string& variable) {
  std::string out = fmt::format("split_clients {} {} {{\n", nginx_quoted(split.split_by), variable);
  if (split.units >= kUnitsFull) {
    out += fmt::format("  * {};\n", split.canary_upstream);
  } else {
    if (split.units > 0) {
      out += fmt::format("  {}.{:02}% {};\n", split.units / 100, split.units % 100,
                         split.canary_upstream);
    }
    out += fmt::format("  * {};\n", split.stable_upstream);
  }
  return out + "}\n";
}

using PartName = std::function<std::string(std::size_t)>;

// "$serin_shop_rule1": 1 where all conditions hold; `part` names what one condition says.
Result<std::string> rule_text(const MatchRule& rule, const std::string& variable,
                              const PartName& part) {
  SERIN_TRY(patterns, variable_patterns(rule));
  std::string out;
  std::string all;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    std::string one = patterns.size() == 1 ? variable : part(i + 1);
    out += fmt::format("map {} {} {{\n  default 0;\n  {} 1;\n}}\n", patterns[i].variable, one,
                       nginx_quoted("~" + patterns[i].pattern));
    all += one;
  }
  if (patterns.size() > 1) {
    out += fmt::format("map \"{}\" {} {{\n  default 0;\n  {} 1;\n}}\n", all, variable,
                       std::string(patterns.size(), '1'));
  }
  return out;
}

std::string plain_name(const std::string& name) {
  std::string out;
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '_';
  }
  return out;
}

// "$serinmirror1_shop". No rollout's name gives the variable of another one.
std::string mirror_variable(const std::string& name, const std::string& part) {
  return fmt::format("$serinmirror{}_{}", part, plain_name(name));
}

// Which requests are copied, and where to. A request is dealt out anew for that, so that those of
// the canary's share are not the ones that are copied, and one percentage has the requests of all
// smaller ones.
Result<std::string> mirror_text(const NginxSplit& split) {
  const std::vector<MatchRule> rules = mirror_rules(split.rules);
  const std::string variable = nginx_mirror_variable(split.name);
  if (rules.empty()) return fmt::format("map \"\" {} {{\n  default \"\";\n}}\n", variable);
  std::string out;
  std::string any;
  std::set<int> shares;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::string holds = "1";
    if (rules[i].has_conditions()) {
      holds = mirror_variable(split.name, fmt::format("{}", i + 1));
      SERIN_TRY(text, rule_text(rules[i], holds, [&](std::size_t part) {
                  return mirror_variable(split.name, fmt::format("{}x{}", i + 1, part));
                }));
      out += text;
    }
    std::string drawn = "1";
    if (const int percent = *rules[i].mirror; percent < 100) {
      drawn = mirror_variable(split.name, fmt::format("share{}", percent));
      if (shares.insert(percent).second) {
        out += fmt::format("split_clients \"${{request_id}}mirror\" {} {{\n  {}% 1;\n  * 0;\n}}\n",
                           drawn, percent);
      }
    }
    // A figure behind a variable would belong to its name.
    any += (any.empty() ? "" : ",") + (drawn == "1" ? drawn + holds : holds + drawn);
  }
  return out + fmt::format("map \"{}\" {} {{\n  default \"\";\n  \"~(?:^|,)11\" {};\n}}\n", any,
                           variable, split.canary_upstream);
}

}  // namespace

std::string nginx_mirror_variable(const std::string& name) {
  return mirror_variable(name, "");
}

std::string nginx_mirror_location(const std::string& name) {
  const std::string variable = nginx_mirror_variable(name);
  return fmt::format(
      "location = /serin-mirror {{ internal; if ({0} = \"\") {{ return 204; }} proxy_pass "
      "http://{0}$request_uri; proxy_connect_timeout 200ms; proxy_read_timeout 1s; }}",
      variable);
}

std::string nginx_variable(const std::string& name) {
  return "$serin_" + plain_name(name);
}

Result<std::string> nginx_text(const NginxSplit& split) {
  SERIN_ASSERT(split.units >= 0 && split.units <= kUnitsFull);
  SERIN_ASSERT(std::ranges::all_of(split.status, is_status));
  std::string variable = nginx_variable(split.name);
  std::string out = "# Written by serin; what is changed here is overwritten.\n";
  const std::vector<MatchRule> rules = moving_rules(split.rules);
  if (rules.empty()) {
    out += split_text(split, variable);
  } else {
    out += split_text(split, variable + "_share");
    std::string any;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      std::string rule = fmt::format("{}_rule{}", variable, i + 1);
      SERIN_TRY(text, rule_text(rules[i], rule, [&](std::size_t part) {
                  return fmt::format("{}_{}", rule, part);
                }));
      out += text;
      any += rule;
    }
    out += fmt::format("map \"{}\" {} {{\n  default {}_share;\n  ~1 {};\n}}\n", any, variable,
                       variable, split.canary_upstream);
  }
  SERIN_TRY(copies, mirror_text(split));
  out += copies;
  if (split.status_listen.empty()) return out;
  // Each look is a connection of its own, so that it shows which workers accept them.
  return out +
         fmt::format(
             "server {{\n  listen {};\n  server_name serin;\n  access_log off;\n  "
             "keepalive_timeout 0;\n  location = /serin {{\n    add_header X-Serin \"{}\";\n  "
             "  return 204;\n  }}\n  location / {{\n    return 404;\n  }}\n}}\n",
             split.status_listen, split.status);
}

Result<std::string> haproxy_text(const HaproxySplit& split) {
  std::string lease = split.lease_backend.empty()
                          ? ""
                          : fmt::format(" if {{ nbsrv({}) ge 1 }}", split.lease_backend);
  std::string out = fmt::format("# In the frontend of {}:\n", split.name);
  if (split.lease_backend.empty()) {
    out += fmt::format("  http-request set-var(txn.share) str({}),map_str_int({},0)\n", split.key,
                       split.map);
  } else {
    out += fmt::format("  http-request set-var(txn.share) str({}.base),map_str_int({},0)\n",
                       split.key, split.map);
    out += fmt::format("  http-request set-var(txn.share) str({}),map_str_int({},0){}\n", split.key,
                       split.map, lease);
  }
  if (!split.match_map.empty()) {
    out += "  http-request set-var-fmt(txn.request) \"%[query]\\n%[req.hdrs]\"\n";
    out += fmt::format("  http-request set-var(txn.share) var(txn.request),map_reg_int({}){}\n",
                       split.match_map, lease);
  }
  out += fmt::format("  use_backend {} if {{ rand(10000),sub(txn.share) -m int lt 0 }}\n",
                     split.canary_backend);
  out += fmt::format("  default_backend {}\n", split.stable_backend);
  if (!split.lease_backend.empty()) {
    out += fmt::format(
        "\nbackend {}\n  option httpchk GET /lease\n  server engine {} check inter 500ms fall 4 "
        "rise 1\n",
        split.lease_backend, split.lease_listen);
  }
  out += fmt::format("\n# {}:\n#   {} {}\n", split.map, split.key, split.units);
  if (split.match_map.empty()) {
    if (split.rules.empty()) return out;
    return fail(Code::invalid_argument,
                "match needs trafficRouting.haproxy.matchMap: a map's file that HAProxy reads");
  }
  out += fmt::format("\n# {}:\n", split.match_map);
  for (const MatchRule& rule : split.rules) {
    SERIN_TRY(pattern, request_pattern(rule));
    out += fmt::format("#   {} {}\n", pattern, kUnitsFull);
  }
  return out;
}

}  // namespace serin::rollout
