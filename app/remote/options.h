// Where the serin is that a command asks: a state directory on this machine, or a server.
#pragma once

#include <string>

namespace serin::app {

// The API's Unix socket, in the state directory.
inline constexpr const char* kApiSocket = "api.sock";

struct Remote {
  std::string state = "serin-state";  // its Unix sockets and its journal are there
  bool state_given = false;
  std::string server;  // http or https; "": this machine
  std::string token_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;

  bool is_remote() const { return !server.empty(); }
  // For messages.
  const std::string& place() const { return is_remote() ? server : state; }
};

}  // namespace serin::app
