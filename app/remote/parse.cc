#include "app/remote/parse.h"

#include <CLI/CLI.hpp>

#include "base/process.h"

namespace serin::app {

void add_remote(CLI::App& command, Remote& remote, const std::string& state_help) {
  command.add_option("--state", remote.state, state_help)
      ->each([&remote](const std::string&) { remote.state_given = true; })
      ->capture_default_str()
      ->type_name("DIR");
  command.add_option("--server", remote.server, "ask this server; left out: $SERIN_SERVER")
      ->type_name("URL");
  command
      .add_option("--token-file", remote.token_file,
                  "holds a token (`serin token create`); left out: $SERIN_TOKEN_FILE")
      ->type_name("FILE");
  command.add_option("--cacert", remote.ca_file, "the authority of the server's certificate")
      ->type_name("FILE");
  command.add_option("--cert", remote.cert_file, "our own certificate")->type_name("FILE");
  command.add_option("--key", remote.key_file, "… and its key")->type_name("FILE");
}

void take_environment(Remote& remote) {
  if (remote.server.empty() && !remote.state_given)
    remote.server = environment_variable("SERIN_SERVER").value_or("");
  if (remote.is_remote() && remote.token_file.empty())
    remote.token_file = environment_variable("SERIN_TOKEN_FILE").value_or("");
}

}  // namespace serin::app
