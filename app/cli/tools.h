// What the commands that look at metrics without a release share: files to metrics, a client, and
// the way to give up.
#pragma once

#include <memory>

#include "app/analyze/inputs.h"
#include "app/cli/exit_code.h"
#include "app/cli/options.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"

namespace serin::app {

// Says why on stderr.
ExitCode give_up(const Error& error);
// Of a command that has nothing more to say: ok, or gives up.
ExitCode end_of(const Status& status);

// The names of arguments that will be given, and serin's rules where they are asked for.
rollout::LoadOptions load_options(const AnalysisInput& input);
rollout::PinOptions pin_options(const AnalysisInput& input);

// Reads, checks (problems go to stderr) and chooses. Errors: invalid_argument where the files have
// errors; those of choose_analysis.
Result<ChosenAnalysis> read_analysis(const AnalysisInput& input);

// RFC 3339, Unix seconds, or before now ("-30m"); "" and "now" are now. Errors: invalid_argument,
// naming the option.
Result<WallTime> time_of(const std::string& text, const std::string& option, WallTime now);

std::unique_ptr<HttpClient> make_tool_client(AsioLoop& loop);

}  // namespace serin::app
