// The commands. Each returns the exit status; results go to stdout, messages and progress to
// stderr.
#pragma once

#include "app/cli/exit_code.h"
#include "app/cli/options.h"
#include "app/view/terminal.h"

namespace serin::app {

ExitCode command_version(const VersionOptions& options);
ExitCode command_operation(const OperationOptions& options, const Terminal& terminal);
ExitCode command_edit(const EditOptions& options);
ExitCode command_get(const GetOptions& options, const Terminal& terminal);
ExitCode command_demo(const DemoCommandOptions& options);
ExitCode command_lint(const LintOptions& options);
ExitCode command_explain(const ExplainOptions& options);
ExitCode command_eval(const EvalOptions& options);
ExitCode command_query(const QueryOptions& options);
ExitCode command_analyze(const AnalyzeOptions& options, const Terminal& terminal);
ExitCode command_report(const ReportOptions& options);
// Recorded and past metrics: replay, record, recording, backtest, plan, test.
ExitCode command_past(const PastOptions& options, const Terminal& terminal, bool quiet);
ExitCode command_journal(const JournalOptions& options);
ExitCode command_history(const HistoryOptions& options, const Terminal& terminal);
ExitCode command_events(const EventsOptions& options, const Terminal& terminal);
ExitCode command_audit(const AuditOptions& options, const Terminal& terminal);
ExitCode command_render(const RenderOptions& options);
ExitCode command_serve(const ServeOptions& options);
ExitCode command_token(const TokenOptions& options);
ExitCode command_list(const ListOptions& options, const Terminal& terminal);
ExitCode command_watch(const WatchOptions& options, const Terminal& terminal);
ExitCode command_status(const StatusOptions& options, const Terminal& terminal);
ExitCode command_release(const ReleaseOptions& options, const Terminal& terminal);
ExitCode command_apply(const ApplyOptions& options);
ExitCode command_delete(const DeleteOptions& options);
ExitCode command_convert(const ConvertOptions& options);
ExitCode command_completion(const CompletionOptions& options);
ExitCode command_complete(const CompleteOptions& options);
ExitCode command_run(const RunOptions& options, const Terminal& terminal);

}  // namespace serin::app
