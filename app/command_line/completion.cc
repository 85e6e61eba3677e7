#include "app/command_line/completion.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <set>

#include "app/cli/commands.h"
#include "app/command_line/slots.h"
#include "app/remote/client.h"
#include "app/remote/parse.h"
#include "drivers/store/reader.h"
#include "rollout/machine/model/state.h"

namespace serin::app {
namespace {

constexpr int kNamesMax = 200;

constexpr const char* kBash =
    R"(# serin's commands, options and names in bash:  source <(serin completion bash)
_serin() {
  local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} words found word
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  # Bash takes = and : for ends of words; what stands before them is not to be offered again.
  [[ $current == = || $current == : ]] && current=
  local whole=${words[${#words[@]} - 1]}
  local before=${whole%"$current"}
  COMPREPLY=()
  while IFS=$'\t' read -r found _; do
    word=${found#"$before"}
    [[ $word == *= ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$word")
  done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _serin serin
)";

constexpr const char* kZsh = R"(#compdef serin
# serin's commands, options and names in zsh:  source <(serin completion zsh)
_serin() {
  local -a lines words_found
  local line
  lines=("${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    [[ -n $line ]] && words_found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( ${#words_found} )); then
    _describe serin words_found
  else
    _files
  fi
}
compdef _serin serin
)";

constexpr const char* kFish =
    R"(# serin's commands, options and names in fish:  serin completion fish | source
function __serin_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c serin -f -a '(__serin_complete)'
)";

// "table, wide or json" → those of its words that the option accepts.
std::vector<Candidate> values_of(CLI::Option& option) {
  CLI::Validator* validator = nullptr;
  try {
    validator = option.get_validator(0);
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
  // One that takes anything names no words.
  std::string anything = "?";
  if ((*validator)(anything).empty()) return {};
  std::vector<Candidate> values;
  std::set<std::string> seen;
  std::string word;
  const std::string text = option.get_description() + " ";
  for (char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c == '-' && !word.empty())) {
      word += c;
      continue;
    }
    std::string tried = std::exchange(word, "");
    if (tried.empty() || !seen.insert(tried).second) continue;
    std::string transformed = tried;
    if ((*validator)(transformed).empty()) values.push_back({tried});
  }
  return values;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

CLI::Option* find_option(CLI::App& app, const std::string& name) {
  for (CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    if (CLI::Option* found = at->get_option_no_throw(name)) return found;
  }
  return nullptr;
}

std::vector<Candidate> names_in(const Json& items, bool rollouts_only) {
  std::vector<Candidate> names;
  std::set<std::string> seen;
  for (const char* field : {"rollout", "name", "id"}) {
    if (rollouts_only && std::string_view(field) == "id") break;
    for (const Json& item : items.items()) {
      std::string name(item[field].string());
      if (!name.empty() && seen.insert(name).second) names.push_back({name});
    }
  }
  return names;
}

// Of a server that answers at once, else of the journal.
std::vector<Candidate> names_of(const Remote& remote, bool rollouts_only) {
  const std::string what = rollouts_only ? "rollouts" : "releases";
  if (auto client = ApiClient::open(remote, kNamesPatience)) {
    auto page = (*client)->get("/api/v1/" + what + "?limit=" + std::to_string(kNamesMax));
    if (page) return names_in((*page)["items"], rollouts_only);
  }
  if (remote.is_remote()) return {};
  auto reader = store::Reader::open(remote.state);
  if (!reader) return {};
  auto rows = reader->releases({.limit = kNamesMax});
  if (!rows) return {};
  Json items = Json::array();
  for (const store::ReleaseInfo& row : *rows)
    items.push(Json::object().set("rollout", row.ticket.rollout).set("id", row.entry.id));
  return names_in(items, rollouts_only);
}

// Metrics of the release, or of the rollout's newest one.
std::vector<Candidate> metrics_of(const Remote& remote, const std::string& name) {
  auto client = ApiClient::open(remote, kNamesPatience);
  if (!client) return {};
  auto path = (*client)->release_path(name);
  if (!path) return {};
  auto page = (*client)->get(*path + "/metrics");
  return page ? names_in((*page)["metrics"], false) : std::vector<Candidate>{};
}

// Those of releases; behind a comma the next one.
std::vector<Candidate> statuses_behind(const std::string& word) {
  const std::string before = word.substr(0, word.rfind(',') + 1);
  std::vector<Candidate> all;
  for (std::string_view each : names(std::type_identity<rollout::machine::ReleaseStatus>{}))
    all.push_back({before + std::string(each)});
  return all;
}

// The words before the cursor, followed through the description.
class Walk {
 public:
  explicit Walk(CLI::App& app) : at_(&app) {}

  void take(const std::string& word) {
    if (pending_ != nullptr) {
      keep(*std::exchange(pending_, nullptr), word);
    } else if (word.starts_with("-")) {
      std::size_t equals = word.find('=');
      CLI::Option* option = find_option(*at_, word.substr(0, equals));
      if (option == nullptr || !takes_value(*option)) return;
      if (equals == std::string::npos) {
        pending_ = option;
      } else {
        keep(*option, word.substr(equals + 1));
      }
    } else if (auto next = at_->get_subcommands(
                   [&](const CLI::App* each) { return each->check_name(word); });
               !next.empty()) {
      at_ = next.front();
      positionals_ = 0;
    } else {
      if (positionals_++ == 0) name_ = word;
    }
  }

  std::vector<Candidate> offer(const std::string& word) {
    if (pending_ != nullptr)
      return is_status(*pending_) ? statuses_behind(word) : values_of(*pending_);
    if (word.starts_with("-")) {
      std::size_t equals = word.find('=');
      return equals == std::string::npos ? options() : values_behind(word.substr(0, equals), word);
    }
    std::vector<Candidate> found;
    for (const CLI::App* each : at_->get_subcommands([](const CLI::App*) { return true; })) {
      if (!each->get_group().empty()) found.push_back({each->get_name(), each->get_description()});
    }
    for (Candidate& each : positional()) found.push_back(std::move(each));
    return found;
  }

 private:
  static bool is_status(const CLI::Option& option) { return option.get_type_name() == "STATUSES"; }

  void keep(const CLI::Option& option, const std::string& value) {
    std::string name = option.get_single_name();
    if (name == "state") {
      remote_.state = value;
      remote_.state_given = true;
    }
    if (name == "server") remote_.server = value;
    if (name == "token-file") remote_.token_file = value;
    if (name == "cacert") remote_.ca_file = value;
    if (name == "cert") remote_.cert_file = value;
    if (name == "key") remote_.key_file = value;
  }

  std::vector<Candidate> options() const {
    std::vector<Candidate> found;
    for (CLI::App* app = at_; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* each : app->get_options()) {
        for (const std::string& name : each->get_lnames())
          found.push_back({"--" + name, each->get_description()});
      }
    }
    return found;
  }

  std::vector<Candidate> values_behind(const std::string& name, const std::string& word) {
    CLI::Option* option = find_option(*at_, name);
    if (option == nullptr) return {};
    std::vector<Candidate> values =
        is_status(*option) ? statuses_behind(word.substr(name.size() + 1)) : values_of(*option);
    for (Candidate& each : values) each.word.insert(0, name + "=");
    return values;
  }

  std::vector<Candidate> positional() {
    int index = 0;
    for (CLI::Option* each : at_->get_options()) {
      if (!each->get_positional() || index++ != positionals_) continue;
      const std::string what = each->get_name(true);
      const bool is_metric = what == "METRIC";
      const bool asks =
          (is_metric || what == "NAME") && at_->get_option_no_throw("--server") != nullptr;
      if (!asks) return values_of(*each);
      take_environment(remote_);
      if (is_metric) return metrics_of(remote_, name_);
      return names_of(remote_, at_->get_name() == "start" || at_->get_name() == "rollout");
    }
    return {};
  }

  CLI::App* at_;
  CLI::Option* pending_ = nullptr;
  int positionals_ = 0;
  std::string name_;  // the first of them
  Remote remote_;
};

}  // namespace

std::vector<Candidate> complete(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  CLI::App app(kAbout, "serin");
  Slots slots;
  describe_commands(app, slots);
  Walk walk(app);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) walk.take(words[i]);
  std::vector<Candidate> found = walk.offer(words.back());
  std::erase_if(found, [&](const Candidate& each) { return !each.word.starts_with(words.back()); });
  return found;
}

ExitCode command_completion(const CompletionOptions& options) {
  std::fputs(options.shell == "bash" ? kBash : options.shell == "zsh" ? kZsh : kFish, stdout);
  return ExitCode::ok;
}

ExitCode command_complete(const CompleteOptions& options) {
  for (const Candidate& each : complete(options.words)) {
    std::string help = each.help.substr(0, each.help.find('\n'));
    std::printf("%s\t%s\n", each.word.c_str(), help.c_str());
  }
  return ExitCode::ok;
}

}  // namespace serin::app
