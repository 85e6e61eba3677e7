// What shells offer: by the description of the command line, and as bash asks for it.
#include "app/command_line/completion.h"

#include <filesystem>
#include <set>

#include "unit/app/program.h"

namespace serin::app {
namespace {

using Words = std::set<std::string>;

Words offered(const std::vector<std::string>& words) {
  Words found;
  for (const Candidate& each : complete(words)) found.insert(each.word);
  return found;
}

TEST(Completion, OffersCommandsAndOptionsByTheirBeginning) {
  EXPECT_EQ(offered({"pro"}), (Words{"promote-fully"}));
  EXPECT_TRUE(offered({""}).contains("serve"));
  EXPECT_FALSE(offered({""}).contains("terminate")) << "another word for abort is not shown";
  // What a refusal lists as allowed can be typed.
  EXPECT_FALSE(complete({"promoteFully", "--r"}).empty());
  EXPECT_FALSE(complete({"setWeight", "--r"}).empty());
  EXPECT_EQ(offered({"token", ""}), (Words{"create", "list", "revoke"}));
  EXPECT_EQ(offered({"serve", "--side"}), (Words{"--sidecar", "--sidecar-auto-start"}));
  EXPECT_TRUE(offered({"get", "shop", "--"}).contains("--no-color")) << "options of all commands";
  EXPECT_EQ(offered({"nonsense"}), (Words{}));
  EXPECT_EQ(offered({}), (Words{}));
  for (const Candidate& each : complete({"abort"})) EXPECT_NE(each.help, "");
}

TEST(Completion, OffersTheWordsThatAnOptionTakes) {
  EXPECT_EQ(offered({"get", "shop", "-o", "j"}), (Words{"json"}));
  EXPECT_EQ(offered({"status", "shop", "--output", ""}),
            (Words{"table", "json", "yaml", "jsonl", "name", "md", "junit"}));
  EXPECT_EQ(offered({"status", "shop", "--output=y"}), (Words{"--output=yaml"}));
  EXPECT_EQ(offered({"token", "create", "ci", "--role", ""}),
            (Words{"viewer", "operator", "admin"}));
  EXPECT_EQ(offered({"completion", ""}), (Words{"bash", "zsh", "fish"}));
  EXPECT_EQ(offered({"list", "--status", "Pa"}), (Words{"Paused"}));
  EXPECT_EQ(offered({"list", "--status", "Failed,Pa"}), (Words{"Failed,Paused"}));
  EXPECT_EQ(offered({"list", "--status=Succ"}), (Words{"--status=Succeeded"}));
  EXPECT_EQ(offered({"run", "-f", ""}), (Words{})) << "files are the shell's";
}

TEST(Completion, HasNoNamesWhereNobodyAnswers) {
  test::TempDir dir;
  EXPECT_EQ(offered({"get", "--state", dir.path(), ""}), (Words{}));
  EXPECT_EQ(offered({"get", "--server", "http://127.0.0.1:1", ""}), (Words{}));
}

// What a shell prints that has sourced its script; `check` is in its language.
std::string in_shell(const std::string& shell, const std::string& check) {
  test::TempDir dir;
  std::filesystem::create_symlink(SERIN_PROGRAM, dir.path() + "/serin");
  std::string command =
      "PATH=" + in_quotes(dir.path()) + ":$PATH " + shell + " -c " + in_quotes(check) + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string out;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) out.append(buffer, got);
  ::pclose(pipe);
  return out;
}

// As bash calls the function: the line split at its word breaks, which = and : are.
std::string in_bash(const std::string& line, const std::string& words) {
  return in_shell("bash",
                  "source <(serin completion bash); complete -p serin >/dev/null || exit; "
                  "COMP_LINE='" +
                      line + "' COMP_POINT=" + std::to_string(line.size()) + " COMP_WORDS=(" +
                      words +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                      "_serin; printf '%s\\n' \"${COMPREPLY[@]}\"");
}

TEST(Completion, WorksInBash) {
  EXPECT_EQ(in_bash("serin prom", "serin prom"), "promote-fully\n");
  EXPECT_EQ(in_bash("serin token ", "serin token ''"), "create\nlist\nrevoke\n");
  EXPECT_EQ(in_bash("serin get shop -o ya", "serin get shop -o ya"), "yaml\n");
  EXPECT_EQ(in_bash("serin get shop --output=ya", "serin get shop --output = ya"), "yaml\n");
  EXPECT_EQ(in_bash("serin get shop --output=", "serin get shop --output ="),
            "table\nwide\njson\nyaml\nname\n");
  EXPECT_EQ(in_bash("serin list --server http://127.0.0.1:1 --qu",
                    "serin list --server http : //127.0.0.1 : 1 --qu"),
            "--query\n--quiet\n");
}

TEST(CommandLine, SaysWhatItWouldHaveTaken) {
  EXPECT_EQ(run_serin({"statsu"}).err,
            "serin: 'statsu' is no command: did you mean 'status'? `serin --help` lists them\n");
  EXPECT_EQ(run_serin({"-q", "xyzzy"}).err,
            "serin: 'xyzzy' is no command; `serin --help` lists them\n");
  EXPECT_EQ(run_serin({"statsu"}).status, 2);
  Ran list = run_serin({"list", "-o", "junit"});
  EXPECT_EQ(list.status, 2);
  EXPECT_TRUE(list.err.starts_with(
      "--output: expected table, wide, json, yaml, jsonl or name, got 'junit'\n"))
      << list.err;
  EXPECT_TRUE(run_serin({"version", "-o", "x"})
                  .err.starts_with("--output: expected text or json, got 'x'\n"));
  EXPECT_EQ(run_serin({"version", "-o", "JSON"}).status, 0);
}

TEST(Completion, IsUnderstoodByZshAndFishWhereTheyAre) {
  for (const std::string shell : {"zsh", "fish"}) {
    Ran script = run_serin({"completion", shell});
    EXPECT_EQ(script.status, 0);
    EXPECT_NE(script.out.find("complete"), std::string::npos);
    bool installed = in_shell("sh", "command -v " + shell).starts_with("/");
    if (!installed) continue;
    EXPECT_EQ(in_shell(shell, "serin completion " + shell + " | " + shell + " -n"), "");
  }
  EXPECT_EQ(run_serin({"completion", "csh"}).status, 2);
}

}  // namespace
}  // namespace serin::app
