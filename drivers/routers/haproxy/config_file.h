// Reads of HAProxy's configuration what its socket does not tell. Pure.
//
//   HaproxyConfig config;
//   config.read("/etc/haproxy/haproxy.cfg", text);
//   config.backend("be")->persists;              // `option persist`, here or in its defaults
//
// It knows the few lines that matter for shares, skips all others, and does not follow `.if` blocks
// or environment variables: a line inside a block counts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serin::drivers {

// A line, to be named to the user.
struct ConfigLine {
  std::string file;
  int line = 0;
  std::string text;
  std::string to_string() const;  // "haproxy.cfg:12: option persist"
};

// A `backend` or `listen` section with what it takes from its `defaults`.
struct ConfigBackend {
  std::optional<ConfigLine> balance{};
  std::optional<ConfigLine> persist{};        // `option persist`
  std::optional<ConfigLine> force_persist{};  // `force-persist if …`
  std::optional<ConfigLine> use_server{};     // `use-server … if …`
  // By server, "" for default-server.
  std::map<std::string, ConfigLine> shutdown_on_down{};  // on-marked-down shutdown-sessions
  std::map<std::string, ConfigLine> slow_start{};
  std::map<std::string, ConfigLine> servers{};  // by name, "" for default-server
  // The last of the words after `keyword` that a server's line, or else default-server, has.
  std::optional<std::string> server_word(const std::string& server, std::string_view keyword) const;
  // The algorithm with its argument: "random(1)", "roundrobin" where none is given.
  std::string algorithm() const;
};

// The words of a line as HAProxy reads them.
std::vector<std::string> config_words(std::string_view line);

class HaproxyConfig {
 public:
  // Several files continue each other, as HAProxy reads them.
  void read(const std::string& file, std::string_view text);
  const ConfigBackend* backend(const std::string& name) const;
  // The lines of all frontends that choose a backend: `http-request`, `use_backend`.
  const std::vector<ConfigLine>& choices() const { return choices_; }

 private:
  void begin_section(const std::vector<std::string>& words);
  void read_line(const std::vector<std::string>& words, const ConfigLine& line);
  std::map<std::string, ConfigBackend> defaults_;  // by name; "" is the last one
  std::map<std::string, ConfigBackend> backends_;
  std::vector<ConfigLine> choices_;
  ConfigBackend* current_ = nullptr;
  std::string current_defaults_;  // its own name too, where the section is a named `defaults`
};

}  // namespace serin::drivers
