#include "app/cli/commands.h"
#include "app/cli/past/commands.h"

namespace serin::app {
namespace {

struct Perform {
  const Terminal& terminal;
  bool quiet;
  ExitCode operator()(const ReplayOptions& options) const {
    return command_replay(options, terminal, quiet);
  }
  ExitCode operator()(const RecordOptions& options) const { return command_record(options, quiet); }
  ExitCode operator()(const RecordingOptions& options) const { return command_recording(options); }
  ExitCode operator()(const BacktestCommandOptions& options) const {
    return command_backtest(options, terminal, quiet);
  }
  ExitCode operator()(const PlanOptions& options) const {
    return command_plan(options, terminal, quiet);
  }
  ExitCode operator()(const TestOptions& options) const { return command_test(options, terminal); }
};

}  // namespace

ExitCode command_past(const PastOptions& options, const Terminal& terminal, bool quiet) {
  return std::visit(Perform{terminal, quiet}, options);
}

}  // namespace serin::app
