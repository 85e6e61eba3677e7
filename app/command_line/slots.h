// Where CLI11 puts what the command line says, until the chosen command is taken out of it. Private
// to this folder.
#pragma once

#include <string>
#include <vector>

#include "app/cli/options.h"
#include "app/history/parse.h"
#include "app/past/parse.h"
#include "app/serving/parse.h"

namespace CLI {
class App;
}

namespace serin::app {

struct Slots {
  Invocation invocation;
  RunOptions run;
  OperationOptions operation;
  EditOptions edit;
  GetOptions get;
  LintOptions lint;
  DemoCommandOptions demo;
  JournalOptions journal;
  VersionOptions version;
  ExplainOptions explain;
  EvalOptions eval;
  QueryOptions query;
  AnalyzeOptions analyze;
  HistorySlots past;
  ReportOptions report;
  RenderOptions render;
  ServingSlots serving;
  ApplyOptions apply;
  DeleteOptions gone;
  ConvertOptions convert;
  CompletionOptions completion;
  PastParser recorded;
  std::vector<std::string> run_arguments;
  std::vector<std::string> edit_arguments;
  std::vector<std::string> tool_arguments;
  std::string analyze_length;
  std::string eval_as = "guess";
  std::string render_format;
  std::string pause_timeout;
  std::string lint_format = "text";
  std::string report_form;
  std::string output;
  bool only_bad = false;
  bool only_good = false;
};

// All commands and options, which fill `slots`; both outlive the parsing.
void describe_commands(CLI::App& app, Slots& slots);

// Commands about files, metrics and conditions, and the demo.
void add_tools(CLI::App& app, Slots& slots);

}  // namespace serin::app
