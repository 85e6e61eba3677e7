#include "rollout/traffic/render/proxies.h"

#include <fmt/format.h>

#include <algorithm>

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

// "$serin_shop_rule1": 1 where all conditions hold.
Result<std::string> rule_text(const MatchRule& rule, const std::string& variable) {
  SERIN_TRY(patterns, variable_patterns(rule));
  std::string out;
  std::string all;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    std::string one = patterns.size() == 1 ? variable : fmt::format("{}_{}", variable, i + 1);
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

}  // namespace

std::string nginx_variable(const std::string& name) {
  std::string out = "$serin_";
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '_';
  }
  return out;
}

Result<std::string> nginx_text(const NginxSplit& split) {
  SERIN_ASSERT(split.units >= 0 && split.units <= kUnitsFull);
  SERIN_ASSERT(std::ranges::all_of(split.status, is_status));
  std::string variable = nginx_variable(split.name);
  std::string out = "# Written by serin; what is changed here is overwritten.\n";
  if (split.rules.empty()) {
    out += split_text(split, variable);
  } else {
    out += split_text(split, variable + "_share");
    std::string any;
    for (std::size_t i = 0; i < split.rules.size(); ++i) {
      std::string rule = fmt::format("{}_rule{}", variable, i + 1);
      SERIN_TRY(text, rule_text(split.rules[i], rule));
      out += text;
      any += rule;
    }
    out += fmt::format("map \"{}\" {} {{\n  default {}_share;\n  ~1 {};\n}}\n", any, variable,
                       variable, split.canary_upstream);
  }
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
