// A split as the text that nginx and HAProxy read.
//
//   SERIN_TRY(text, nginx_text({.name = "shop", .stable_upstream = "blue",
//                               .canary_upstream = "green", .units = 500}));
//
// nginx reads the text as a whole at a reload; in HAProxy's it is the lines that make the split
// possible, which serin then steers at run time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct NginxSplit {
  std::string name{};  // the rollout's
  std::string stable_upstream{};
  std::string canary_upstream{};
  std::string split_by = "$request_id";  // what a request is dealt out by
  int units = 0;                         // the canary's, of 10 000
  std::vector<MatchRule> rules{};
  // Where nginx tells serin what it runs; "" for nothing of that.
  std::string status_listen{};
  std::string status{};  // what it tells: letters, digits and "-._@:;=% "
};

// "$serin_shop": the variable that holds the upstream of a request.
std::string nginx_variable(const std::string& name);
// "$serinmirror_shop": the one that holds the upstream of its copy, "" where none is made.
std::string nginx_mirror_variable(const std::string& name);
// The lines that a configuration needs once for copies, for messages and documents.
std::string nginx_mirror_location(const std::string& name);
// What belongs into nginx's http block. Errors: invalid_argument (a problem of a rule, a header
// that nginx can't name).
Result<std::string> nginx_text(const NginxSplit& split);

struct HaproxySplit {
  std::string name{};
  std::string map{};        // files, as HAProxy names them
  std::string match_map{};  // "" where no rules are wanted
  std::string key{};
  std::string stable_backend{};
  std::string canary_backend{};
  std::string lease_backend{};  // "" for none
  std::string lease_listen{};
  int units = 0;
  std::vector<MatchRule> rules{};
};

// Lines of a frontend, and the two maps' contents behind them as comments. Errors likewise.
Result<std::string> haproxy_text(const HaproxySplit& split);

}  // namespace serin::rollout
