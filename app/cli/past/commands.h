// The commands about recorded and past metrics, each in a file of its own.
#pragma once

#include "app/cli/exit_code.h"
#include "app/past/options.h"
#include "app/view/terminal.h"

namespace serin::app {

ExitCode command_replay(const ReplayOptions& options, const Terminal& terminal, bool quiet);
ExitCode command_record(const RecordOptions& options, bool quiet);
ExitCode command_recording(const RecordingOptions& options);
ExitCode command_backtest(const BacktestCommandOptions& options, const Terminal& terminal,
                          bool quiet);
ExitCode command_plan(const PlanOptions& options, const Terminal& terminal, bool quiet);
ExitCode command_test(const TestOptions& options, const Terminal& terminal);

}  // namespace serin::app
