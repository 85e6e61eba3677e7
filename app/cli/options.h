// What the command line asks for, as plain values: parse.cc fills them, the commands take them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/convert/options.h"
#include "app/editing/options.h"
#include "app/history/options.h"
#include "app/operate/options.h"
#include "app/past/options.h"
#include "app/render/split.h"
#include "app/serving/options.h"
#include "app/view/output.h"
#include "base/time.h"

namespace serin::app {

struct RunOptions {
  std::vector<std::string> files;
  std::string rollout;  // where the files hold several
  std::string version;  // args.canary
  std::string stable;   // args.stable, where no state knows it
  std::vector<std::pair<std::string, std::string>> arguments;  // --set name=value
  std::string state = "serin-state";
  Duration pause_timeout = std::chrono::minutes(30);
  std::string take_over;   // the mark of an owner that is known to be dead
  std::string notify;      // a web address that is told what people must know
  std::string recordings;  // a folder for the release's own recording
  std::string executor;    // who releases; "": $SERIN_EXECUTOR, the CI's user, else the user
  std::string pipeline;    // what started it; "": $SERIN_PIPELINE, or the CI's own link
  bool safe = false;
  bool supersede = false;
  Output output = Output::text;
};

struct GetOptions {
  std::string name;
  Remote remote;
  Format format = Format::table;
};

// Files with templates, and what fills them.
struct AnalysisInput {
  std::vector<std::string> files;
  std::string name;        // where the files hold several analyses
  std::string canary;      // args.canary
  std::string stable;      // args.stable
  std::string prometheus;  // the address of metrics that name none
  std::vector<std::pair<std::string, std::string>> arguments;
  bool safe = false;
};

struct LintOptions {
  AnalysisInput input;
  bool strict = false;
  bool online = false;  // ask the servers
  enum class Format { text, json, github } format = Format::text;
};

struct ExplainOptions {
  std::string field;
  bool all = false;  // every field, as a page
  Output output = Output::text;
};

struct EvalOptions {
  std::string expression;
  std::string result;  // JSON; "" is nil
  enum class As { guess, prometheus, json } as = As::guess;
  Output output = Output::text;
};

struct QueryOptions {
  AnalysisInput input;
  std::string metric;
  Output output = Output::text;
};

struct AnalyzeOptions {
  AnalysisInput input;
  std::string from;  // "" is live
  std::string to;    // "" is now
  Duration length = std::chrono::minutes(10);
  Output output = Output::text;
};

struct DemoCommandOptions {
  bool bad = true;
  bool good = true;
  bool exit = false;  // end by itself with a summary
  std::string directory = "serin-demo";
  Output output = Output::text;
};

struct JournalOptions {
  bool repair = false;
  std::string state = "serin-state";
  Output output = Output::text;
};

struct ReportOptions {
  std::string name;  // rollout or release
  Remote remote;
  std::string html;  // a file, "-" is standard output; "": none
  enum class Form { none, markdown, json } form = Form::none;  // none: Markdown where no HTML is
};

struct VersionOptions {
  Output output = Output::text;
};

struct RenderOptions {
  std::vector<std::string> files;
  std::string rollout;                // where the files hold several
  std::string weight;                 // a percentage; "": that of the first setWeight
  SplitRequest split;                 // units and existing are the command's to fill in
  std::vector<std::string> existing;  // files with the objects as they are
};

struct CompletionOptions {
  std::string shell;  // bash, zsh, fish
};

// What a shell asks at the tab key: the words so far without `serin`, the one at the cursor last.
struct CompleteOptions {
  std::vector<std::string> words;
};

using Command =
    std::variant<RunOptions, OperationOptions, EditOptions, GetOptions, LintOptions,
                 DemoCommandOptions, JournalOptions, VersionOptions, ExplainOptions, EvalOptions,
                 QueryOptions, AnalyzeOptions, HistoryOptions, EventsOptions, AuditOptions,
                 ReportOptions, RenderOptions, ServeOptions, TokenOptions, ListOptions,
                 WatchOptions, StatusOptions, ReleaseOptions, ApplyOptions, DeleteOptions,
                 ConvertOptions, PastOptions, CompletionOptions, CompleteOptions>;

struct Invocation {
  Command command;
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  std::string program;  // argv[0]
};

}  // namespace serin::app
