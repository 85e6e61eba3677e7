#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "app/cli/commands.h"
#include "app/command_line/parse.h"
#include "base/process.h"

namespace {

using namespace serin::app;

template <class... Fs>
struct Cases : Fs... {
  using Fs::operator()...;
};

ExitCode perform(const Invocation& invocation) {
  bool plain = invocation.no_color || !serin::environment_variable("NO_COLOR").value_or("").empty();
  Terminal terminal = Terminal::of(STDOUT_FILENO, plain);
  return std::visit(
      Cases{[&](const RunOptions& options) { return command_run(options, terminal); },
            [&](const OperationOptions& options) { return command_operation(options, terminal); },
            [&](const EditOptions& options) { return command_edit(options); },
            [&](const GetOptions& options) { return command_get(options, terminal); },
            [](const LintOptions& options) { return command_lint(options); },
            [](const ServeOptions& options) { return command_serve(options); },
            [](const TokenOptions& options) { return command_token(options); },
            [&](const ListOptions& options) { return command_list(options, terminal); },
            [&](const WatchOptions& options) { return command_watch(options, terminal); },
            [&](const StatusOptions& options) { return command_status(options, terminal); },
            [&](const ReleaseOptions& options) { return command_release(options, terminal); },
            [](const ApplyOptions& options) { return command_apply(options); },
            [](const ConvertOptions& options) { return command_convert(options); },
            [](const DeleteOptions& options) { return command_delete(options); },
            [&](const PastOptions& options) {
              return command_past(options, terminal, invocation.quiet);
            },
            [](const CompletionOptions& options) { return command_completion(options); },
            [](const CompleteOptions& options) { return command_complete(options); },
            [](const DemoCommandOptions& options) { return command_demo(options); },
            [](const JournalOptions& options) { return command_journal(options); },
            [](const ReportOptions& options) { return command_report(options); },
            [](const VersionOptions& options) { return command_version(options); },
            [](const ExplainOptions& options) { return command_explain(options); },
            [](const EvalOptions& options) { return command_eval(options); },
            [](const QueryOptions& options) { return command_query(options); },
            [](const RenderOptions& options) { return command_render(options); },
            [&](const AnalyzeOptions& options) { return command_analyze(options, terminal); },
            [&](const HistoryOptions& options) { return command_history(options, terminal); },
            [&](const EventsOptions& options) { return command_events(options, terminal); },
            [&](const AuditOptions& options) { return command_audit(options, terminal); }},
      invocation.command);
}

// A report that is cut short is no report. Who closed a pipe has read what they wanted.
ExitCode after_writing(ExitCode code) {
  const bool failed = std::ferror(stdout) != 0;
  const bool rest_failed = std::fflush(stdout) != 0;
  const int reason = errno;
  if ((!failed && !rest_failed) || (rest_failed && reason == EPIPE)) return code;
  std::fprintf(stderr, "serin: not all of the output could be written%s%s\n",
               rest_failed ? ": " : "", rest_failed ? std::strerror(reason) : "");
  return code == ExitCode::ok ? ExitCode::error : code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto invocation = parse_command_line(argc, argv);
    if (!invocation) {
      std::fputs(invocation.error().text.c_str(), invocation.error().status == 0 ? stdout : stderr);
      return invocation.error().status;
    }
    return static_cast<int>(after_writing(perform(*invocation)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "serin: %s\n", error.what());
    return static_cast<int>(ExitCode::error);
  }
}
