// Where nginx is and which of its upstreams carry the two slots.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace serin::drivers {

struct NginxOptions {
  std::string name;  // the rollout's: the variable is $serin_NAME
  std::string file;  // serin's own; nginx's configuration includes it in its http block
  std::string stable_upstream;
  std::string canary_upstream;
  std::string config = "/etc/nginx/nginx.conf";
  std::string prefix{};  // what nginx is started with as -p; "" for nothing
  std::string program = "nginx";
  std::string pid_file = "/run/nginx.pid";
  std::vector<std::string> reload{};      // instead of a signal to the master
  std::string status = "127.0.0.1:9478";  // where nginx tells what it runs
  std::string split_by = "$request_id";
  bool mirrors = false;  // the plan copies requests: nginx's configuration must have room for that
  bool swapped = false;  // after an odd number of promotions by `swap`
};

// Errors: invalid_argument, naming the field, where something is missing or nginx would read it
// otherwise.
Status check(const NginxOptions& options);

}  // namespace serin::drivers
