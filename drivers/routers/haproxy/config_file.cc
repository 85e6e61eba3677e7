#include "drivers/routers/haproxy/config_file.h"

#include <algorithm>
#include <array>
#include <utility>

namespace serin::drivers {
namespace {

constexpr std::array<std::string_view, 19> kSections = {
    "global",   "defaults",    "frontend",  "backend",        "listen", "peers",  "resolvers",
    "userlist", "mailers",     "cache",     "program",        "ring",   "traces", "http-errors",
    "fcgi-app", "log-forward", "crt-store", "dynamic-update", "acme"};

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// `balance random 2` does not exist, `balance random (2)` does not either; `hdr(name)` and the like
// may have blanks inside only in quotes.
std::string second(const std::vector<std::string>& words) {
  return words.size() > 1 ? words[1] : std::string();
}

}  // namespace

// '…' and "…" hold blanks, '\\' takes the next byte as it is, '#' ends the line.
std::vector<std::string> config_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < line.size()) {
        word += line[++i];
      } else {
        word += c;
      }
      continue;
    }
    if (c == '#') break;
    if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < line.size()) {
      word += line[++i];
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(word);
  return words;
}

std::string ConfigLine::to_string() const {
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(line) + ": " + text;
}

std::string ConfigBackend::algorithm() const {
  if (!balance) return "roundrobin";
  return second(config_words(balance->text));
}

std::optional<std::string> ConfigBackend::server_word(const std::string& server,
                                                      std::string_view keyword) const {
  for (const std::string& name : {server, std::string()}) {
    auto found = servers.find(name);
    if (found == servers.end()) continue;
    std::vector<std::string> words = config_words(found->second.text);
    for (std::size_t i = words.size(); i-- > 1;) {
      if (words[i - 1] == keyword) return words[i];
    }
  }
  return std::nullopt;
}

void HaproxyConfig::read(const std::string& file, std::string_view text) {
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::vector<std::string> words = config_words(line);
    if (words.empty()) continue;
    if (std::ranges::find(kSections, words[0]) != kSections.end()) {
      begin_section(words);
      continue;
    }
    ConfigLine found{.file = file, .line = number, .text = std::string(trimmed(line))};
    if (words[0] == "http-request" || words[0] == "use_backend") choices_.push_back(found);
    if (current_ != nullptr) read_line(words, found);
  }
}

void HaproxyConfig::begin_section(const std::vector<std::string>& words) {
  // "KEYWORD [NAME] [from DEFAULTS]"
  std::string name = words.size() > 1 && words[1] != "from" ? words[1] : "";
  std::string from;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] == "from") from = words[i + 1];
  }
  current_ = nullptr;
  if (words[0] == "defaults") {
    ConfigBackend inherited = from.empty() ? ConfigBackend() : defaults_[from];
    defaults_[""] = inherited;
    defaults_[name] = inherited;
    current_ = &defaults_[name];
    current_defaults_ = name;
    return;
  }
  if (words[0] != "backend" && words[0] != "listen") return;
  // The unnamed default is the last `defaults` section, whatever its name.
  backends_[name] = defaults_[from.empty() ? current_defaults_ : from];
  current_ = &backends_[name];
}

void HaproxyConfig::read_line(const std::vector<std::string>& words, const ConfigLine& line) {
  const std::string& keyword = words[0];
  std::string argument = second(words);
  if (keyword == "balance") {
    current_->balance = line;
  } else if (keyword == "option" && argument == "persist") {
    current_->persist = line;
  } else if (keyword == "no" && argument == "option" && words.size() > 2 && words[2] == "persist") {
    current_->persist.reset();
  } else if (keyword == "force-persist") {
    current_->force_persist = line;
  } else if (keyword == "use-server") {
    current_->use_server = line;
  } else if (keyword == "server" || keyword == "default-server" || keyword == "server-template") {
    std::string name = keyword == "server" ? argument : "";
    current_->servers[name] = line;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      if (words[i] == "on-marked-down" && words[i + 1] == "shutdown-sessions") {
        current_->shutdown_on_down[name] = line;
      } else if (words[i] == "slowstart" && words[i + 1] != "0") {
        current_->slow_start[name] = line;
      }
    }
  }
}

const ConfigBackend* HaproxyConfig::backend(const std::string& name) const {
  auto found = backends_.find(name);
  return found == backends_.end() ? nullptr : &found->second;
}

}  // namespace serin::drivers
